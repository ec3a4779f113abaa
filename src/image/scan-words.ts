// Walks aligned words of address ranges, for finders that know a structure by its shape. Holes are passed over; nothing is read twice but the overlap.
import type { Memory } from './memory.js';

export interface AddressRange {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** Bytes read at a time. */
const blockBytes = 2 ** 18;

/** The words around the one that is looked at; `at(n)` is the word n bytes further. Numbers above 2^53 are rounded: they are no addresses. */
export interface Words {
  readonly address: number;
  /** The pointer-sized word `offset` bytes behind `address`; NaN where it is not in reach. */
  at(offset: number): number;
  uint32(offset: number): number;
}

/** Addresses in `ranges` at which `matches` holds. `reach` is how many bytes behind an address it looks. */
export function* matchingWords(
  memory: Memory,
  ranges: readonly AddressRange[],
  reach: number,
  matches: (words: Words) => boolean,
): Generator<number> {
  const { pointerSize } = memory;
  const words = new WordWindow(memory);
  for (const { start, end } of ranges) {
    let from = Math.ceil(start / pointerSize) * pointerSize;
    while (from < end) {
      const { bytes, fault } = memory.bytes(from, Math.min(blockBytes, end - from) + reach);
      const complete = fault === undefined || bytes.length > reach;
      words.load(from, bytes);
      const last = from + Math.min(blockBytes, end - from, bytes.length);
      for (let address = from; address + pointerSize <= last; address += pointerSize) {
        words.address = address;
        if (matches(words)) yield address;
      }
      from = fault === undefined || complete ? Math.max(last, from + pointerSize) : nextReadable(memory, fault.address);
      from = Math.ceil(from / pointerSize) * pointerSize;
      if (fault !== undefined && last >= fault.address) from = Math.max(from, nextReadable(memory, fault.address));
    }
  }
}

/** Where memory is readable again behind a hole; beyond any address where it is not. */
function nextReadable({ segments }: Memory, address: number): number {
  const next = segments.find(({ end, origin }) => end > address && origin !== 'missing');
  if (!next) return Number.MAX_SAFE_INTEGER;
  return Math.max(next.start, address + 1);
}

class WordWindow implements Words {
  address = 0;
  readonly #wide: boolean;
  readonly #littleEndian: boolean;
  #base = 0;
  #view: DataView = new DataView(new ArrayBuffer(0));

  constructor({ pointerSize, littleEndian }: Memory) {
    this.#wide = pointerSize === 8;
    this.#littleEndian = littleEndian;
  }

  load(base: number, bytes: Uint8Array): void {
    this.#base = base;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  at(offset: number): number {
    const at = this.address - this.#base + offset;
    const little = this.#littleEndian;
    if (at + (this.#wide ? 8 : 4) > this.#view.byteLength) return Number.NaN;
    if (!this.#wide) return this.#view.getUint32(at, little);
    const low = this.#view.getUint32(little ? at : at + 4, little);
    return low + this.#view.getUint32(little ? at + 4 : at, little) * 2 ** 32;
  }

  uint32(offset: number): number {
    const at = this.address - this.#base + offset;
    return at + 4 > this.#view.byteLength ? Number.NaN : this.#view.getUint32(at, this.#littleEndian);
  }
}
