// The span table: a row per mspan in mheap_.allspans, in that order, held as columns. Hot code: one walk over all spans,
// plain typed arrays, no object per span; a million spans are normal. Columns are as narrow as the runtime's values need, because fresh memory costs
// more than anything else here: what a row needs only when it is shown (the pointers to its bitmaps) is read from its mspan then.
// Knows mspan's fields and the rule of allocated slots (runtime/mheap.go, type mspan); not what a screen or a row of text looks like.
import type { Memory } from '../image/memory.js';
import type { Layout } from '../layout/types.js';
import { popcountFrom } from './bitmap.js';
import { type MspanOffsets, mspanOffsets } from './mspan-offsets.js';
import { type FieldPlace, StructBatch } from './struct-batch.js';

/** Row flags, or'ed together. */
export const spanFlag = {
  /** The mspan itself (or part of it) can't be read: only `addr` is sure. */
  unreadable: 1,
  /** allocBits can't be read, so `allocated` is unknown. */
  bitsUnreadable: 2,
  /** allocated differs from allocCount, and no lawful moment explains it. */
  mismatch: 4,
  /** They differ as a thread stopped inside the allocator or sweeper may leave them. */
  transient: 8,
  /** A value is too large for its column: the column holds its maximum, the exact value is in memory. */
  saturated: 16,
  /** mspan.state has a value that this release does not know. */
  badState: 32,
  /** nelems is more than its pages can hold: the bitmaps were not read. */
  badNelems: 64,
} as const;

export const stateFree = 0;
export const stateInuse = 1;
export const stateManual = 2;
export const stateUnknown = 255;

/** Columns by row; row i is allspans[i] (entries that can't be read are left out). Addresses and sizes in bytes as exact integers. */
export interface SpanTable {
  readonly length: number;
  /** The mspan's own address. */
  readonly addr: Float64Array;
  /** startAddr: the first byte of its pages. */
  readonly base: Float64Array;
  readonly limit: Float64Array;
  readonly elemsize: Float64Array;
  readonly npages: Uint32Array;
  readonly nelems: Uint16Array;
  readonly freeindex: Uint16Array;
  readonly allocCount: Uint16Array;
  /** Slots that freeindex and allocBits together call allocated; 0 unless in use. */
  readonly allocated: Uint16Array;
  readonly sweepgen: Uint32Array;
  readonly spanclass: Uint8Array;
  /** stateFree, stateInuse, stateManual or stateUnknown. */
  readonly state: Uint8Array;
  readonly flags: Uint8Array;
  /** Entries of allspans that could not be read: rows that are not here. */
  readonly unreadableEntries: number;
  /** By row: the exact value of an entry that is 2^53 or more, no address at all; `addr` has it rounded. */
  readonly garbageAddrs: ReadonlyMap<number, bigint>;
  /** In-use rows whose allocated count differs from allocCount, not yet judged. */
  readonly differing: readonly number[];
}

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
/** Structs in a batch, at most. */
const entriesAtOnce = 8192;
const mspansAtOnce = 2048;

function makeTable(capacity: number) {
  return {
    length: 0,
    addr: new Float64Array(capacity),
    base: new Float64Array(capacity),
    limit: new Float64Array(capacity),
    elemsize: new Float64Array(capacity),
    npages: new Uint32Array(capacity),
    nelems: new Uint16Array(capacity),
    freeindex: new Uint16Array(capacity),
    allocCount: new Uint16Array(capacity),
    allocated: new Uint16Array(capacity),
    sweepgen: new Uint32Array(capacity),
    spanclass: new Uint8Array(capacity),
    state: new Uint8Array(capacity),
    flags: new Uint8Array(capacity),
    unreadableEntries: 0,
    garbageAddrs: new Map<number, bigint>(),
    differing: [] as number[],
  };
}
type Building = ReturnType<typeof makeTable>;

/**
 * Walks allspans once and fills the table; a length that the image can't hold costs nothing. Reads each mspan once, and the allocBits of in-use spans.
 * Never throws for unreadable memory; `onProgress` may throw to cancel.
 */
export function readSpanTable(
  memory: Memory,
  layout: Layout,
  allspans: SliceHeader,
  onProgress?: OnProgress,
): SpanTable {
  const offsets = mspanOffsets(layout);
  const ranges = readableEntries(memory, allspans);
  const entries = ranges.reduce((sum, { from, end }) => sum + end - from, 0);
  const table = makeTable(Math.min(entries, mostSpans(memory, offsets.size)));
  readPointers(memory, allspans, ranges, table);
  readSpans(memory, layout, offsets, table, onProgress);
  return table;
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
    (sum, { start, end, origin }) => sum + (origin === 'missing' ? 0 : end - start),
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
    if (origin === 'missing' || end <= array || start >= stop) continue;
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
function readPointers(
  memory: Memory,
  { array, length }: SliceHeader,
  ranges: readonly EntryRange[],
  table: Building,
): void {
  const { pointerSize } = memory;
  const entries = new StructBatch(memory, pointerSize, entriesAtOnce);
  for (const { from, end } of ranges) {
    for (let entry = from; entry < end; entry += entries.count) {
      entries.takeArray(array + entry * pointerSize, end - entry);
      addPointers(memory, entries, table);
    }
  }
  table.unreadableEntries = length - table.length;
}

function addPointers(memory: Memory, entries: StructBatch, table: Building): void {
  const pointers = entries.read({ offset: 0, size: memory.pointerSize });
  const { count, unreadable } = entries;
  const { addr } = table;
  let skipped = 0;
  let row = table.length;
  for (let i = 0; i < count && row < addr.length; i += 1) {
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

/** Reads the mspans piece by piece, and each piece column by column. */
function readSpans(
  memory: Memory,
  layout: Layout,
  fields: MspanOffsets,
  table: Building,
  onProgress?: OnProgress,
): void {
  const states = stateMap(layout);
  const { length, addr } = table;
  const mspans = new StructBatch(memory, fields.size, mspansAtOnce);
  let told = 0;
  for (let row = 0; row < length; row += mspans.count) {
    if (onProgress && row >= told) {
      onProgress(row, length);
      told = row + progressEvery;
    }
    mspans.take(addr, row, length);
    decode(mspans, fields, states, table, row);
    countAllocated(memory, layout.traits.pageSize, mspans, fields, table, row);
  }
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
