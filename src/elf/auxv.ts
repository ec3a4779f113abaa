// The auxiliary vector: pairs of words that the kernel hands a program at its start (NT_AUXV, /proc/PID/auxv).
import type { DataShape } from './types.js';

/** Values by AT_ type, up to AT_NULL or the last whole pair. */
export function parseAuxv(bytes: Uint8Array, { pointerSize, littleEndian }: DataShape): ReadonlyMap<number, bigint> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (at: number) =>
    pointerSize === 8 ? view.getBigUint64(at, littleEndian) : BigInt(view.getUint32(at, littleEndian));
  const values = new Map<number, bigint>();
  for (let at = 0; at + 2 * pointerSize <= bytes.length; at += 2 * pointerSize) {
    const type = Number(word(at));
    if (type === 0) break;
    values.set(type, word(at + pointerSize));
  }
  return values;
}
