// Reading a piece of a ByteSource into an array of its own, with the length checked against the source before anything is allocated.
import type { ByteSource } from './byte-source.js';

/** The bytes [offset, offset+length), fewer where the source ends. Allocates no more than the source can give. */
export function readBytes(source: ByteSource, offset: number, length: number): Uint8Array {
  const available = Math.max(0, Math.min(length, source.size - offset));
  if (available === 0 || !(offset >= 0)) return new Uint8Array(0);
  const bytes = new Uint8Array(available);
  const got = source.read(offset, bytes);
  return got === available ? bytes : bytes.subarray(0, got);
}
