// All mspans (of a very large heap: 200,000 of them, evenly spread) as bytes, read once, and any field of them as a column. Knows where mspans stand and how
// far apart they are, nothing of what they hold.
import type { Memory } from '../../image/memory.js';

/** Offset and size in bytes inside an mspan. */
export interface Place {
  readonly offset: number;
  readonly size: number;
}

const mostRows = 200_000;
/** No mspan is known with more; the runtime's allocator hands out less than 16 KiB. */
const mostBytes = 512;
const leastBytes = 48;
/** The share of neighbours in memory that stand exactly one struct apart. */
const enough = 0.6;

export class SpanSample {
  readonly rows: number;
  /** sizeof(mspan): what neighbours in the runtime's allocator are apart. */
  readonly structBytes: number;
  /** The share of neighbours that are. */
  readonly sizeShare: number;
  /** Whether these are all spans there are. */
  readonly whole: boolean;
  readonly addresses: Float64Array;
  readonly pointerSize: 4 | 8;
  readonly littleEndian: boolean;
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #columns = new Map<string, Float64Array>();

  private constructor(memory: Memory, addresses: Float64Array, size: { bytes: number; share: number }, whole: boolean) {
    this.pointerSize = memory.pointerSize;
    this.littleEndian = memory.littleEndian;
    this.structBytes = size.bytes;
    this.sizeShare = size.share;
    const bytes = new Uint8Array(addresses.length * size.bytes);
    const kept = new Float64Array(addresses.length);
    let rows = 0;
    for (const address of addresses) {
      if (memory.copy(address, bytes, rows * size.bytes, size.bytes) < size.bytes) continue;
      kept[rows] = address;
      rows += 1;
    }
    this.rows = rows;
    this.whole = whole && rows === addresses.length;
    this.addresses = kept.subarray(0, rows);
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }

  /** Undefined where the mspans stand too irregularly for their size to be told. */
  static take(memory: Memory, array: number, length: number): SpanSample | undefined {
    const rows = Math.min(length, mostRows);
    const addresses = new Float64Array(rows);
    let count = 0;
    for (let i = 0; i < rows; i += 1) {
      const address = memory.word(array + Math.floor((i * length) / rows) * memory.pointerSize);
      if (address === undefined || address === 0) continue;
      addresses[count] = address;
      count += 1;
    }
    const size = structSize(memory, array, length);
    return size && new SpanSample(memory, addresses.subarray(0, count), size, rows === length && count === rows);
  }

  /** One unsigned field of 1, 2, 4 or 8 bytes, by row; rounded from 2^53 on. Kept: ask for what is looked at often. */
  column(place: Place): Float64Array {
    const key = `${place.offset} ${place.size}`;
    let column = this.#columns.get(key);
    if (column === undefined) {
      column = this.#read(place);
      this.#columns.set(key, column);
    }
    return column;
  }

  byteAt(row: number, offset: number): number {
    return this.#bytes[row * this.structBytes + offset]!;
  }

  #read({ offset, size }: Place): Float64Array {
    const values = new Float64Array(this.rows);
    const view = this.#view;
    const little = this.littleEndian;
    for (let row = 0, at = offset; row < this.rows; row += 1, at += this.structBytes) {
      if (size === 1) values[row] = view.getUint8(at);
      else if (size === 2) values[row] = view.getUint16(at, little);
      else if (size === 4) values[row] = view.getUint32(at, little);
      else
        values[row] =
          view.getUint32(little ? at : at + 4, little) + view.getUint32(little ? at + 4 : at, little) * 2 ** 32;
    }
    return values;
  }
}

/** The distance that most neighbours have, among up to some thousand mspans that were handed out one after the other. */
function structSize(memory: Memory, array: number, length: number): { bytes: number; share: number } | undefined {
  const looked = Math.min(length, 4096);
  const all: number[] = [];
  for (let i = 0; i < looked; i += 1) {
    const address = memory.word(array + i * memory.pointerSize);
    if (address) all.push(address);
  }
  all.sort((a, b) => a - b);
  const counts = new Map<number, number>();
  let near = 0;
  for (let i = 1; i < all.length; i += 1) {
    const gap = all[i]! - all[i - 1]!;
    if (gap < leastBytes || gap > mostBytes) continue;
    near += 1;
    counts.set(gap, (counts.get(gap) ?? 0) + 1);
  }
  const [best] = [...counts].sort((a, b) => b[1] - a[1]);
  if (!best || best[0] % memory.pointerSize !== 0 || best[1] < near * enough) return undefined;
  return { bytes: best[0], share: best[1] / near };
}
