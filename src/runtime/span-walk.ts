// One walk over mheap_.allspans: pointers, the mspans that they lead to, and how many of their slots are allocated, in batches. Hot code: plain typed arrays, no object per span.
// Knows mspan's fields and the rule of allocated slots (runtime/mheap.go, type mspan).
import type { Memory } from '../image/memory.js';
import type { Layout } from '../layout/types.js';
import { popcountFrom } from './bitmap.js';
import { type MspanOffsets, mspanOffsets } from './mspan-offsets.js';
import { arePlain, decodePlainly } from './plain-mspans.js';
import { type Building, spanFlag, stateFree, stateInuse, stateManual, stateUnknown } from './span-rows.js';
import { type FieldPlace, StructBatch } from './struct-batch.js';

/** A slice header in the target: what `allspans` is. */
export interface SliceHeader {
  readonly array: number;
  readonly length: number;
  readonly capacity: number;
}

/** Slots a bitmap may have before we call nelems nonsense: far above what any size class has, and below what saturates its column. */
export const maxSlots = 65534;

/** Called now and then with rows done; throws to stop the walk. */
export type OnProgress = (done: number, total: number) => void;

const progressEvery = 16384;
/** Structs in a batch, at most: what a batch holds and the columns of its rows stay in the processor's cache. */
export const entriesAtOnce = 4096;
const mspansAtOnce = 2048;
/** A walk begins with short batches, each longer by so much: each loop is compiled by itself, once, before it is asked to run for long. */
const firstEntries = 128;
const growth = 1.1;

/** A walk over allspans that fills tables, some thousands of rows at a time. */
export class SpanWalk {
  /** Rows there may be: entries that lie in memory, as far as the image can hold their mspans. */
  readonly total: number;
  /** Rows read. */
  done = 0;
  readonly #memory: Memory;
  readonly #pageSize: number;
  readonly #fields: MspanOffsets;
  readonly #plain: boolean;
  readonly #states: Uint8Array;
  readonly #array: number;
  readonly #ranges: readonly EntryRange[];
  readonly #entries: StructBatch;
  readonly #mspans: StructBatch;
  readonly #onProgress: OnProgress | undefined;
  #range = 0;
  #entry = 0;
  #told = 0;
  /** Entries of the next batch, at most. */
  #atOnce = firstEntries;

  /** `besides`: mspans that `readMspans` will be given which are not of `allspans`. */
  constructor(memory: Memory, layout: Layout, allspans: SliceHeader, onProgress: OnProgress | undefined, besides = 0) {
    const fields = mspanOffsets(layout);
    this.#memory = memory;
    this.#pageSize = layout.traits.pageSize;
    this.#fields = fields;
    this.#plain = arePlain(memory, fields);
    this.#states = stateMap(layout);
    this.#array = allspans.array;
    this.#ranges = readableEntries(memory, allspans);
    this.#onProgress = onProgress;
    const entries = this.#ranges.reduce((sum, { from, end }) => sum + end - from, 0);
    this.total = Math.min(entries, mostSpans(memory, fields.size));
    this.#entries = new StructBatch(memory, memory.pointerSize, Math.min(entriesAtOnce, this.total));
    this.#mspans = new StructBatch(memory, fields.size, Math.min(mspansAtOnce, this.total + besides));
  }

  /** Adds some rows to `rows`, as many as there is room for; false where there are none left. */
  next(rows: Building): boolean {
    const range = this.#ranges[this.#range];
    const room = rows.addr.length - rows.length;
    if (range === undefined || this.done >= this.total || room === 0) return false;
    if (this.#onProgress && this.done >= this.#told) {
      this.#onProgress(this.done, this.total);
      this.#told = this.done + progressEvery;
    }
    const entry = Math.max(this.#entry, range.from);
    this.#entries.takeArray(
      this.#array + entry * this.#memory.pointerSize,
      Math.min(range.end - entry, room, this.total - this.done, this.#atOnce),
    );
    this.#atOnce = Math.min(entriesAtOnce, Math.ceil(this.#atOnce * growth));
    this.#entry = entry + this.#entries.count;
    if (this.#entry >= range.end) this.#range += 1;
    const first = rows.length;
    addPointers(this.#memory, this.#entries, rows);
    this.done += rows.length - first;
    this.readMspans(rows, first);
    return true;
  }

  /** Reads the mspans of the rows from `first` on piece by piece, and each piece column by column. */
  readMspans(rows: Building, first: number): void {
    const mspans = this.#mspans;
    for (let row = first; row < rows.length; row += mspans.count) {
      mspans.take(rows.addr, row, rows.length);
      if (!this.#plain || !decodePlainly(mspans, this.#fields, this.#states, rows, row))
        decode(mspans, this.#fields, this.#states, rows, row);
      countAllocated(this.#memory, this.#pageSize, mspans, this.#fields, rows, row);
    }
  }
}

/** raw mspan.state → stateFree … */
function stateMap(layout: Layout): Uint8Array {
  const codes = { free: stateFree, inuse: stateInuse, manual: stateManual } as const;
  const map = new Uint8Array(256).fill(stateUnknown);
  layout.traits.spanStates.forEach((state, raw) => {
    map[raw] = codes[state];
  });
  return map;
}

/** Rows that are believed of any image, however small: a core that lacks the mspans may still hold allspans. */
const alwaysBelieved = 2 ** 20;

/** mspans do not overlap, so an image can't have more than it has bytes for. */
function mostSpans(memory: Memory, mspanBytes: number): number {
  const readable = memory.segments.reduce(
    (sum, { start, end, origin }) => sum + (origin === 'missing' || origin === 'zero' ? 0 : end - start),
    0,
  );
  return Math.max(alwaysBelieved, Math.ceil(readable / mspanBytes));
}

/** [from, end) of entry indices. */
interface EntryRange {
  readonly from: number;
  readonly end: number;
}

/** The entries of allspans that lie in memory the image has, as ascending ranges: what lies in holes is never looked at. */
function readableEntries({ segments, pointerSize }: Memory, { array, length }: SliceHeader): EntryRange[] {
  const stop = array + length * pointerSize;
  const pieces: { start: number; end: number }[] = [];
  for (const { start, end, origin } of segments) {
    if (origin === 'missing' || origin === 'zero' || end <= array || start >= stop) continue;
    const last = pieces.at(-1);
    if (last !== undefined && last.end === start) last.end = Math.min(end, stop);
    else pieces.push({ start: Math.max(start, array), end: Math.min(end, stop) });
  }
  return pieces
    .map(({ start, end }) => ({
      from: Math.ceil((start - array) / pointerSize),
      end: Math.floor((end - array) / pointerSize),
    }))
    .filter(({ from, end }) => from < end);
}

/** Entries that can't be read are left out; the rows are what remains. */
function addPointers(memory: Memory, entries: StructBatch, table: Building): void {
  const pointers = entries.read({ offset: 0, size: memory.pointerSize });
  const { count, unreadable } = entries;
  const { addr } = table;
  let skipped = 0;
  let row = table.length;
  for (let i = 0; i < count; i += 1) {
    if (unreadable[skipped] === i) {
      skipped += 1;
      continue;
    }
    const address = pointers[i]!;
    if (address > maxExact) table.garbageAddrs.set(row, memory.uint64(entries.addressOf(i)) ?? 0n);
    addr[row] = address;
    row += 1;
  }
  table.length = row;
}

function decode(mspans: StructBatch, fields: MspanOffsets, states: Uint8Array, table: Building, row: number): void {
  const { count } = mspans;
  const { flags, state } = table;
  const store = (place: FieldPlace, column: Float64Array | Uint32Array | Uint16Array | Uint8Array, most: number) => {
    const values = mspans.read(place);
    saturate(values, count, most, flags, row);
    column.set(values.subarray(0, count), row);
  };
  store(fields.startAddr, table.base, maxExact);
  store(fields.limit, table.limit, maxExact);
  store(fields.elemsize, table.elemsize, maxExact);
  store(fields.npages, table.npages, max32);
  store(fields.nelems, table.nelems, max16);
  store(fields.freeindex, table.freeindex, max16);
  store(fields.allocCount, table.allocCount, max16);
  store(fields.sweepgen, table.sweepgen, max32);
  store(fields.spanclass, table.spanclass, max8);
  const raw = mspans.read(fields.state);
  for (let i = 0; i < count; i += 1) {
    const code = states[raw[i]!] ?? stateUnknown;
    state[row + i] = code;
    if (code === stateUnknown) flags[row + i]! |= spanFlag.badState;
  }
  for (const i of mspans.unreadable) {
    flags[row + i] = spanFlag.unreadable;
    state[row + i] = stateUnknown;
  }
}

/** Values above `most` become `most`, and their rows are flagged. */
function saturate(values: Float64Array, count: number, most: number, flags: Uint8Array, row: number): void {
  for (let i = 0; i < count; i += 1) {
    if (values[i]! <= most) continue;
    values[i] = most;
    flags[row + i]! |= spanFlag.saturated;
  }
}

/** The largest values of columns of 8, 16 and 32 bits, and the largest that a number holds exactly. */
const max8 = 0xff;
const max16 = 0xffff;
const max32 = 0xffffffff;
const maxExact = Number.MAX_SAFE_INTEGER;

/** Fills `allocated` of the rows from `first` on that stand in `mspans`: what freeindex leaves open is counted in allocBits. */
function countAllocated(
  memory: Memory,
  pageSize: number,
  mspans: StructBatch,
  fields: MspanOffsets,
  table: Building,
  first: number,
): void {
  const { state, nelems, freeindex, npages, flags, allocated, allocCount } = table;
  const end = first + mspans.count;
  let bitmaps: Float64Array | undefined;
  for (let row = first; row < end; row += 1) {
    if (state[row] !== stateInuse) continue;
    const slots = nelems[row]!;
    if (slots > maxSlots || slots * 8 > npages[row]! * pageSize) {
      flags[row]! |= spanFlag.badNelems;
      continue;
    }
    let taken = freeindex[row]!;
    if (taken >= slots) taken = slots;
    else {
      bitmaps ??= mspans.read(fields.allocBits);
      const bits = bitmaps[row - first]!;
      const counted = bits === 0 ? 0 : popcountFrom(memory, bits, taken, slots);
      if (counted < 0) {
        flags[row]! |= spanFlag.bitsUnreadable;
        continue;
      }
      taken += counted;
    }
    allocated[row] = taken;
    if (taken !== allocCount[row]) table.differing.push(row);
  }
}
