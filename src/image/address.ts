// Addresses of the target as branded numbers: exact below 2^53, which holds for every Linux user address of 47 or 48 bits.

declare const addressBrand: unique symbol;
/** An address in the target's memory: a non-negative integer below 2^53. Made only by `toAddress` and `tryAddress`. */
export type Address = number & { readonly [addressBrand]: true };

/** `value` as an address; undefined if it is negative, no integer, or 2^53 or more. */
export function tryAddress(value: number | bigint): Address | undefined {
  const n = Number(value);
  return Number.isSafeInteger(n) && n >= 0 ? (n as Address) : undefined;
}

/** `value` as an address; throws RangeError where `tryAddress` gives undefined. */
export function toAddress(value: number | bigint): Address {
  const address = tryAddress(value);
  if (address === undefined) throw new RangeError(`not an address: ${value}`);
  return address;
}
