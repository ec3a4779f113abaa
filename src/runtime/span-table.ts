// The span table: a row per mspan in mheap_.allspans, in that order, held as columns. Hot code: one walk over all spans,
// plain typed arrays, no object per span, no closures in the loop; a million spans are normal.
// Knows mspan's fields and the rule of allocated slots (runtime/mheap.go, type mspan); not what a screen or a row of text looks like.
import type { Memory } from '../image/memory.js';
import type { Layout } from '../layout/types.js';
import { popcountFrom } from './bitmap.js';
import { type MspanOffsets, mspanOffsets } from './mspan-offsets.js';

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
  /** Pointers to the bitmaps, 0 for nil. */
  readonly allocBits: Float64Array;
  readonly gcmarkBits: Float64Array;
  readonly npages: Uint32Array;
  readonly nelems: Uint32Array;
  readonly freeindex: Uint32Array;
  readonly allocCount: Uint32Array;
  /** Slots that freeindex and allocBits together call allocated; 0 unless in use. */
  readonly allocated: Uint32Array;
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

/** Slots a bitmap may have before we call nelems nonsense: 8-byte objects on the largest small span, generously. */
export const maxSlots = 65536;

/** Called now and then with rows done; throws to stop the walk. */
export type OnProgress = (done: number, total: number) => void;

const progressEvery = 16384;

function makeTable(capacity: number) {
  return {
    length: 0,
    addr: new Float64Array(capacity),
    base: new Float64Array(capacity),
    limit: new Float64Array(capacity),
    elemsize: new Float64Array(capacity),
    allocBits: new Float64Array(capacity),
    gcmarkBits: new Float64Array(capacity),
    npages: new Uint32Array(capacity),
    nelems: new Uint32Array(capacity),
    freeindex: new Uint32Array(capacity),
    allocCount: new Uint32Array(capacity),
    allocated: new Uint32Array(capacity),
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
  readSpans(memory, offsets, stateMap(layout), table, onProgress);
  countAllocated(memory, layout.traits.pageSize, table, onProgress);
  return table;
}

/** raw mspan.state → stateFree … ; 256 entries so that the loop needs no bound check. */
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

function readPointers(
  memory: Memory,
  { array, length }: SliceHeader,
  ranges: readonly EntryRange[],
  table: Building,
): void {
  const chunk = 4096 / memory.pointerSize;
  for (const { from, end } of ranges) {
    for (let entry = from; entry < end; entry += chunk)
      readChunk(memory, array, entry, Math.min(chunk, end - entry), table);
  }
  table.unreadableEntries = length - table.length;
}

function readChunk(memory: Memory, array: number, first: number, count: number, table: Building): void {
  const { pointerSize, littleEndian } = memory;
  const wide = pointerSize === 8;
  const at = memory.view(array + first * pointerSize, count * pointerSize);
  for (let i = 0; i < count && table.length < table.addr.length; i += 1) {
    const offset = at >= 0 ? at + i * pointerSize : memory.view(array + (first + i) * pointerSize, pointerSize);
    if (offset < 0) continue;
    const { window } = memory;
    const address = readWord(window, offset, wide, littleEndian);
    if (address > Number.MAX_SAFE_INTEGER)
      table.garbageAddrs.set(table.length, window.getBigUint64(offset, littleEndian));
    table.addr[table.length] = address;
    table.length += 1;
  }
}

/** Everything that the loop needs stands in local constants: property loads would cost half of its time. */
function readSpans(
  memory: Memory,
  fields: MspanOffsets,
  states: Uint8Array,
  table: Building,
  onProgress?: OnProgress,
): void {
  const { littleEndian } = memory;
  const wide = memory.pointerSize === 8;
  const { length, addr, base, limit, elemsize, allocBits, gcmarkBits, npages } = table;
  const { nelems, freeindex, allocCount, sweepgen, spanclass, state, flags } = table;
  const mspanBytes = fields.size;
  const [atBase, atLimit, atElemsize] = [fields.startAddr.offset, fields.limit.offset, fields.elemsize.offset];
  const [atAllocBits, atMarkBits, atPages] = [fields.allocBits.offset, fields.gcmarkBits.offset, fields.npages.offset];
  const [atSweepgen, atClass, atState] = [fields.sweepgen.offset, fields.spanclass.offset, fields.state.offset];
  const [atNelems, nelemsBytes] = [fields.nelems.offset, fields.nelems.size];
  const [atFree, freeBytes] = [fields.freeindex.offset, fields.freeindex.size];
  const [atCount, countBytes] = [fields.allocCount.offset, fields.allocCount.size];
  for (let row = 0; row < length; row += 1) {
    if (onProgress && row % progressEvery === 0) onProgress(row, length);
    const at = memory.view(addr[row]!, mspanBytes);
    if (at < 0) {
      flags[row] = spanFlag.unreadable;
      state[row] = stateUnknown;
      continue;
    }
    const window = memory.window;
    const start = readWord(window, at + atBase, wide, littleEndian);
    const stop = readWord(window, at + atLimit, wide, littleEndian);
    const size = readWord(window, at + atElemsize, wide, littleEndian);
    const pages = readWord(window, at + atPages, wide, littleEndian);
    const slots = readUint(window, at + atNelems, nelemsBytes, littleEndian);
    const free = readUint(window, at + atFree, freeBytes, littleEndian);
    base[row] = start;
    limit[row] = stop;
    elemsize[row] = size;
    allocBits[row] = readWord(window, at + atAllocBits, wide, littleEndian);
    gcmarkBits[row] = readWord(window, at + atMarkBits, wide, littleEndian);
    npages[row] = Math.min(pages, maxColumn);
    nelems[row] = Math.min(slots, maxColumn);
    freeindex[row] = Math.min(free, maxColumn);
    allocCount[row] = readUint(window, at + atCount, countBytes, littleEndian);
    sweepgen[row] = window.getUint32(at + atSweepgen, littleEndian);
    spanclass[row] = window.getUint8(at + atClass);
    const code = states[window.getUint8(at + atState)]!;
    state[row] = code;
    let flag = code === stateUnknown ? spanFlag.badState : 0;
    if (pages > maxColumn || slots > maxColumn || free > maxColumn) flag |= spanFlag.saturated;
    if (start > maxExact || stop > maxExact || size > maxExact) flag |= spanFlag.saturated;
    flags[row] = flag;
  }
}

/** The largest value of a column of 32 bits, and the largest that a number holds exactly. */
const maxColumn = 0xffffffff;
const maxExact = Number.MAX_SAFE_INTEGER;

function countAllocated(memory: Memory, pageSize: number, table: Building, onProgress?: OnProgress): void {
  for (let row = 0; row < table.length; row += 1) {
    if (onProgress && row % progressEvery === 0) onProgress(row, table.length);
    if (table.state[row] !== stateInuse) continue;
    const nelems = table.nelems[row]!;
    const freeindex = table.freeindex[row]!;
    if (nelems > maxSlots || nelems * 8 > table.npages[row]! * pageSize) {
      table.flags[row]! |= spanFlag.badNelems;
      continue;
    }
    let allocated = Math.min(freeindex, nelems);
    const bits = table.allocBits[row]!;
    if (freeindex < nelems && bits !== 0) {
      const counted = popcountFrom(memory, bits, freeindex, nelems);
      if (counted < 0) {
        table.flags[row]! |= spanFlag.bitsUnreadable;
        continue;
      }
      allocated += counted;
    }
    table.allocated[row] = allocated;
    if (allocated !== table.allocCount[row]) table.differing.push(row);
  }
}

function readWord(window: DataView, at: number, wide: boolean, littleEndian: boolean): number {
  if (!wide) return window.getUint32(at, littleEndian);
  const low = window.getUint32(littleEndian ? at : at + 4, littleEndian);
  return low + window.getUint32(littleEndian ? at + 4 : at, littleEndian) * 4294967296;
}

function readUint(window: DataView, at: number, size: number, littleEndian: boolean): number {
  if (size === 2) return window.getUint16(at, littleEndian);
  if (size === 1) return window.getUint8(at);
  return readWord(window, at, size === 8, littleEndian);
}
