// How numbers of the target leave the engine: addresses as text, big integers as decimal strings.
import type { AddressText, BigCount } from './results.js';

export function addressText(value: number | bigint): AddressText {
  return `0x${value.toString(16)}`;
}

/** A number up to 2^53, a decimal string above. */
export function bigCount(value: number | bigint): BigCount {
  if (typeof value === 'bigint') return value <= 2n ** 53n && value >= -(2n ** 53n) ? Number(value) : value.toString();
  return Number.isSafeInteger(value) ? value : BigInt(value).toString();
}
