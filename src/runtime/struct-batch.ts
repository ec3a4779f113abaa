// Many structs of one kind, copied out of the target into one buffer and then read field by field: a tight loop for each field
// instead of a dozen reads for each struct. Written for the walk over a million mspans; knows offsets and sizes, not what fields mean.
//
// Structs that stand close together are copied in one piece: what the runtime's fixalloc hands out one after the other is neighbours in memory.
import type { Memory } from '../image/memory.js';

/** Offset and size in bytes inside a struct. */
export interface FieldPlace {
  readonly offset: number;
  readonly size: number;
}

const bufferBytes = 1 << 18;
/** Bytes between two structs that are read along rather than beginning a new piece. */
const maxGap = 8192;

/** Whether this machine's own integers are little-endian. */
const hostIsLittleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

export class StructBatch {
  /** Structs in the batch. */
  count = 0;
  /** Indices of those that could not be read whole; all their fields are 0. */
  unreadable: number[] = [];
  readonly #memory: Memory;
  readonly #structBytes: number;
  /** The batch's bytes, and the same as this machine's integers. */
  readonly bytes: Uint8Array;
  readonly halves: Uint16Array;
  readonly words: Uint32Array;
  readonly #view: DataView;
  /** By struct: its offset in bytes. */
  readonly at: Int32Array;
  readonly #values: Float64Array;
  /** Address of the buffer's byte 0. */
  #origin = 0;
  /** Whether all of `at` are multiples of 4, and words stand in the target as in this machine. */
  direct = false;

  /** For structs of `structBytes` bytes, up to `capacity` of them at a time. */
  constructor(memory: Memory, structBytes: number, capacity: number) {
    const fitting = Math.max(1, Math.min(capacity, Math.floor((bufferBytes - 8) / structBytes)));
    // A few structs need no large buffer: single ones are read over and over where a process runs on.
    const few = Math.ceil((capacity * (structBytes + 8) + 8) / 8) * 8;
    const buffer = new ArrayBuffer(Math.min(few, Math.max(bufferBytes, Math.ceil((structBytes + 8) / 8) * 8)));
    this.#memory = memory;
    this.#structBytes = structBytes;
    this.bytes = new Uint8Array(buffer);
    this.halves = new Uint16Array(buffer);
    this.words = new Uint32Array(buffer);
    this.#view = new DataView(buffer);
    this.at = new Int32Array(fitting);
    this.#values = new Float64Array(fitting);
  }

  /** Takes the structs at addresses[from], addresses[from + 1], …: as many as lie close together and ascend, at least one, none of `end` and behind. */
  take(addresses: Float64Array, from: number, end: number): void {
    const at = this.at;
    const structBytes = this.#structBytes;
    const start = addresses[from]!;
    // Addresses keep their alignment in the buffer.
    const origin = start - (start % 8);
    const limit = Math.min(end - from, at.length);
    const lastFitting = origin + this.bytes.length - structBytes;
    let free = start;
    let offsets = 0;
    let count = 0;
    while (count < limit) {
      const address = addresses[from + count]!;
      if (count > 0 && !(address >= free && address <= free + maxGap && address <= lastFitting)) break;
      const offset = address - origin;
      at[count] = offset;
      offsets |= offset;
      free = address + structBytes;
      count += 1;
    }
    this.#load(origin, offsets, count);
  }

  /** Takes `count` structs that stand side by side from `address` on, or as many as fit. */
  takeArray(address: number, count: number): void {
    const origin = address - (address % 8);
    const at = this.at;
    const taken = Math.min(count, at.length);
    const first = address - origin;
    for (let i = 0; i < taken; i += 1) at[i] = first + i * this.#structBytes;
    this.#load(origin, first | this.#structBytes, taken);
  }

  #load(origin: number, offsets: number, count: number): void {
    const at = this.at;
    const structBytes = this.#structBytes;
    this.count = count;
    this.unreadable = [];
    this.#origin = origin;
    this.direct = hostIsLittleEndian && this.#memory.littleEndian && (offsets & 3) === 0;
    const end = at[count - 1]! + structBytes;
    for (let i = 0; i < count; ) {
      const from = at[i]!;
      const read = from + this.#memory.copy(origin + from, this.bytes, from, end - from);
      // The fault may lie between structs: only the one that a read begins with is sure to hold it.
      if (from + structBytes <= read) {
        while (i < count && at[i]! + structBytes <= read) i += 1;
        continue;
      }
      this.unreadable.push(i);
      this.bytes.fill(0, at[i], at[i]! + structBytes);
      i += 1;
    }
  }

  /** Where struct `i` stands in the target. */
  addressOf(i: number): number {
    return this.#origin + this.at[i]!;
  }

  /** One unsigned field of 1, 2, 4 or 8 bytes of every struct, by index; rounded from 2^53 on. Holds until the next call. */
  read({ offset, size }: FieldPlace): Float64Array {
    if (this.direct && offset % Math.min(size, 4) === 0) this.#readDirect(offset, size);
    else this.#readAny(offset, size);
    return this.#values;
  }

  #readDirect(offset: number, size: number): void {
    const at = this.at;
    const values = this.#values;
    const { count } = this;
    if (size === 8) {
      const words = this.words;
      for (let i = 0; i < count; i += 1) {
        const word = (at[i]! + offset) >> 2;
        values[i] = words[word]! + words[word + 1]! * 4294967296;
      }
    } else if (size === 4) {
      const words = this.words;
      for (let i = 0; i < count; i += 1) values[i] = words[(at[i]! + offset) >> 2]!;
    } else if (size === 2) {
      const halves = this.halves;
      for (let i = 0; i < count; i += 1) values[i] = halves[(at[i]! + offset) >> 1]!;
    } else {
      const bytes = this.bytes;
      for (let i = 0; i < count; i += 1) values[i] = bytes[at[i]! + offset]!;
    }
  }

  /** Any byte order and alignment. */
  #readAny(offset: number, size: number): void {
    const view = this.#view;
    const { littleEndian } = this.#memory;
    for (let i = 0; i < this.count; i += 1) this.#values[i] = readUint(view, this.at[i]! + offset, size, littleEndian);
  }
}

function readUint(view: DataView, at: number, size: number, littleEndian: boolean): number {
  if (size === 1) return view.getUint8(at);
  if (size === 2) return view.getUint16(at, littleEndian);
  if (size === 4) return view.getUint32(at, littleEndian);
  const low = view.getUint32(littleEndian ? at : at + 4, littleEndian);
  return low + view.getUint32(littleEndian ? at + 4 : at, littleEndian) * 4294967296;
}
