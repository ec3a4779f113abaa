// The bitmaps that one pointer field of the in-use spans leads to, read once, so that different places of freeindex can be tried on them. Bit i stands in
// byte i/8, bit i%8 (runtime/mbitmap.go, gcBits).
import type { Memory } from '../../image/memory.js';

/** More slots than a span of any size class has. */
const mostSlots = 65_534;
/** Bytes of bitmaps that are held, at most. */
const mostBytes = 64 << 20;

const popcounts = Uint8Array.from({ length: 256 }, (_, byte) => {
  let bits = 0;
  for (let rest = byte; rest > 0; rest >>= 1) bits += rest & 1;
  return bits;
});

/** By position in the list of rows that they were read for. */
export class Bitmaps {
  readonly #bytes: Uint8Array;
  readonly #at: Int32Array;
  readonly #slots: Float64Array;

  private constructor(bytes: Uint8Array, at: Int32Array, slots: Float64Array) {
    this.#bytes = bytes;
    this.#at = at;
    this.#slots = slots;
  }

  /** Reads ⌈nelems/64⌉ words for each row; those that can't be read, or would be too much, are left out. */
  static read(memory: Memory, pointers: Float64Array, nelems: Float64Array): Bitmaps {
    const at = new Int32Array(pointers.length).fill(-1);
    let total = 0;
    for (let i = 0; i < pointers.length; i += 1) {
      const length = bytesOf(nelems[i]!);
      if (length === 0 || total + length > mostBytes) continue;
      at[i] = total;
      total += length;
    }
    const bytes = new Uint8Array(total);
    for (let i = 0; i < pointers.length; i += 1) {
      const length = bytesOf(nelems[i]!);
      if (at[i]! >= 0 && memory.copy(pointers[i]!, bytes, at[i]!, length) < length) at[i] = -1;
    }
    return new Bitmaps(bytes, at, nelems);
  }

  has(i: number): boolean {
    return this.#at[i]! >= 0;
  }

  /** Bits set among [from, nelems); -1 where there is no bitmap. */
  countFrom(i: number, from: number): number {
    const at = this.#at[i]!;
    if (at < 0) return -1;
    const end = this.#slots[i]!;
    let count = 0;
    for (let byte = from >> 3; byte < (end + 7) >> 3; byte += 1) {
      let value = this.#bytes[at + byte]!;
      if (byte * 8 < from) value &= 0xff << (from - byte * 8);
      if (byte * 8 + 8 > end) value &= 0xff >> (byte * 8 + 8 - end);
      count += popcounts[value & 0xff]!;
    }
    return count;
  }

  /** Whether bits are set at or behind `from`, up to the bitmap's end in memory. */
  anyFrom(i: number, from: number): boolean {
    const at = this.#at[i]!;
    if (at < 0) return false;
    const length = bytesOf(this.#slots[i]!);
    for (let byte = from >> 3; byte < length; byte += 1) {
      const value = this.#bytes[at + byte]!;
      if ((byte * 8 < from ? value & (0xff << (from - byte * 8)) : value) !== 0) return true;
    }
    return false;
  }

  /** Whether every bit set in it is below `below` or set in `other` too. */
  within(i: number, below: number, other: Bitmaps): boolean {
    const at = this.#at[i]!;
    const otherAt = other.#at[i]!;
    if (at < 0 || otherAt < 0) return false;
    const length = (this.#slots[i]! + 7) >> 3;
    for (let byte = 0; byte < length; byte += 1) {
      let extra = this.#bytes[at + byte]! & ~other.#bytes[otherAt + byte]!;
      if (byte * 8 + 8 <= below) continue;
      if (byte * 8 < below) extra &= 0xff << (below - byte * 8);
      if ((extra & 0xff) !== 0) return false;
    }
    return true;
  }

  /** Whether the two words of the cache, low and high, are what the runtime makes of this bitmap for `freeindex` (refillAllocCache), as far as slots go. */
  isCachedAs(i: number, freeindex: number, low: number, high: number): boolean {
    const at = this.#at[i]!;
    const word = (freeindex >> 6) * 8;
    const shift = freeindex & 63;
    const valid = Math.min(this.#slots[i]! - freeindex, 64 - shift);
    for (let bit = 0; bit < valid; bit += 1) {
      const slot = shift + bit;
      const free = ((this.#bytes[at + word + (slot >> 3)]! >> (slot & 7)) & 1) === 0;
      const cached = ((bit < 32 ? low >>> bit : high >>> (bit - 32)) & 1) === 1;
      if (free !== cached) return false;
    }
    return true;
  }
}

function bytesOf(nelems: number): number {
  return nelems >= 1 && nelems <= mostSlots ? Math.ceil(nelems / 64) * 8 : 0;
}
