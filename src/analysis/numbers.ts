// How numbers of the target leave the engine: addresses as text, big integers as decimal strings.
import type { AddressText, BigCount, Reconciliation } from './results.js';

export function addressText(value: number | bigint): AddressText {
  return `0x${value.toString(16)}`;
}

/** A number up to 2^53, a decimal string above. */
export function bigCount(value: number | bigint): BigCount {
  if (typeof value === 'bigint') return value <= 2n ** 53n && value >= -(2n ** 53n) ? Number(value) : value.toString();
  return Number.isSafeInteger(value) ? value : BigInt(value).toString();
}

/** How far our number is from the runtime's, in per cent of the latter, rounded up. */
export function percentApart({ ours, runtime }: Reconciliation): number {
  return Math.ceil((100 * Math.abs(Number(ours) - Number(runtime))) / Math.max(1, Number(runtime)));
}
