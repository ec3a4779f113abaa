// Bitmaps of the runtime: bit i stands in byte i/8, bit i%8 (runtime/mbitmap.go, gcBits). Byte-wise, so byte order does not matter.
import type { Memory } from '../image/memory.js';

const popcounts = Uint8Array.from({ length: 256 }, (_, byte) => {
  let n = 0;
  for (let rest = byte; rest > 0; rest >>= 1) n += rest & 1;
  return n;
});

/** Bits set among [from, end) of the bitmap at `address`; -1 where a byte of them can't be read. Works in pieces of up to 4096 bytes. */
export function popcountFrom(memory: Memory, address: number, from: number, end: number): number {
  let count = 0;
  for (let byte = from >> 3; byte < (end + 7) >> 3; ) {
    const length = Math.min(4096, ((end + 7) >> 3) - byte);
    const at = memory.view(address + byte, length);
    if (at < 0) return -1;
    const { window } = memory;
    for (let i = 0; i < length; i += 1) {
      let value = window.getUint8(at + i);
      const firstBit = (byte + i) * 8;
      if (firstBit < from) value &= 0xff << (from - firstBit);
      if (firstBit + 8 > end) value &= 0xff >> (firstBit + 8 - end);
      count += popcounts[value & 0xff]!;
    }
    byte += length;
  }
  return count;
}

/** Whether bit `index` is set; false beyond the end (a nil bitmap has no bit set). */
export function bitAt(bits: Uint8Array, index: number): boolean {
  return (((bits[index >> 3] ?? 0) >> (index & 7)) & 1) === 1;
}

/** Two lower-case hex digits a byte, lowest address first. */
export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}
