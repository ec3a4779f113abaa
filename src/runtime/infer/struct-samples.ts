// The bytes of many structs of one type, side by side, so that what stands at an offset can be compared over all of them. Reads each struct once;
// knows nothing of what the structs are.
import type { Memory } from '../../image/memory.js';

export class StructSamples {
  readonly addresses: readonly number[];
  /** Bytes kept of each struct. */
  readonly bytes: number;
  readonly pointerSize: 4 | 8;
  readonly #view: DataView;
  readonly #little: boolean;

  /** Those of `addresses` of which `bytes` bytes can be read. */
  constructor(memory: Memory, addresses: readonly number[], bytes: number) {
    this.bytes = bytes;
    this.pointerSize = memory.pointerSize;
    this.#little = memory.littleEndian;
    const kept: number[] = [];
    const all = new Uint8Array(addresses.length * bytes);
    for (const address of addresses) {
      if (memory.copy(address, all, kept.length * bytes, bytes) === bytes) kept.push(address);
    }
    this.addresses = kept;
    this.#view = new DataView(all.buffer);
  }

  get count(): number {
    return this.addresses.length;
  }

  /** NaN where `offset` is not within the bytes kept: so are the others. */
  uint32(row: number, offset: number): number {
    if (offset < 0 || offset + 4 > this.bytes) return Number.NaN;
    return this.#view.getUint32(row * this.bytes + offset, this.#little);
  }

  /** Rounded above 2^53: no address, no ID. */
  uint64(row: number, offset: number): number {
    if (offset < 0 || offset + 8 > this.bytes) return Number.NaN;
    const at = row * this.bytes + offset;
    const high = this.#view.getUint32(this.#little ? at + 4 : at, this.#little);
    return high * 2 ** 32 + this.#view.getUint32(this.#little ? at : at + 4, this.#little);
  }

  /** Pointer-sized; rounded above 2^53. */
  word(row: number, offset: number): number {
    return this.pointerSize === 8 ? this.uint64(row, offset) : this.uint32(row, offset);
  }

  /** Offsets at which a value of `size` bytes may stand: uint64 is aligned to the word on 32-bit ports, to 8 where 64-bit ones need it. */
  offsets(size: number): readonly number[] {
    const step = Math.min(size, this.pointerSize);
    const found: number[] = [];
    for (let offset = 0; offset + size <= this.bytes; offset += step) found.push(offset);
    return found;
  }

  /** Offsets of words for which `holds` is true in every row of `rows`. */
  where(rows: readonly number[], size: number, holds: (row: number, offset: number) => boolean): number[] {
    return this.offsets(size).filter((offset) => rows.every((row) => holds(row, offset)));
  }
}

/** The greatest number of bytes, up to `most`, that no two of the structs share: the distance of the nearest two. */
export function roomOf(addresses: readonly number[], most: number): number {
  const sorted = addresses.toSorted((a, b) => a - b);
  let room = most;
  for (let i = 1; i < sorted.length; i += 1) {
    const distance = sorted[i]! - sorted[i - 1]!;
    if (distance > 0 && distance < room) room = distance;
  }
  return room & ~7;
}
