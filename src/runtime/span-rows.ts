// Rows of the span table as columns: what a span is to everyone who asks for it, and the making, copying and clearing of rows. Columns are as narrow as the runtime's
// values need, because fresh memory costs more than anything else here: what a row needs only when it is shown (the pointers to its bitmaps) is read from its
// mspan then. Knows nothing of where rows come from.

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
  /** Of a live process: read several times, and never of one moment. */
  torn: 128,
} as const;

export const stateFree = 0;
export const stateInuse = 1;
export const stateManual = 2;
export const stateUnknown = 255;

/** Columns by row, in allspans order. Addresses and sizes in bytes as exact integers. */
export interface SpanRows {
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
  readonly differing: number[];
  /** Why these need not be all spans of the heap: mheap_ could not be read, and they were found without it. */
  readonly partial?: string;
}

/** All rows: row i is allspans[i], where entries that can't be read are left out. */
export interface SpanTable extends SpanRows {
  readonly whole: true;
}

/** Room for `capacity` rows, none of them filled. */
export function makeTable(capacity: number) {
  return {
    whole: true as const,
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
/** A table that is being filled. */
export type Building = ReturnType<typeof makeTable>;

const columnNames = [
  'addr', 'base', 'limit', 'elemsize', 'npages', 'nelems', 'freeindex', 'allocCount', 'allocated', 'sweepgen', 'spanclass', 'state', 'flags',
] as const; // biome-ignore format: a list of names

/** Row `row` of `from` as row `at` of `to`. */
export function copyRow(from: SpanRows, row: number, to: Building, at: number): void {
  for (const name of columnNames) to[name][at] = from[name][row]!;
}

/** The same rows with room for as many again. */
export function grown(rows: Building): Building {
  const larger = makeTable(2 * rows.length);
  for (const name of columnNames) larger[name].set(rows[name]);
  return { ...larger, length: rows.length, differing: rows.differing };
}

/** Ready for other rows: only what a walk does not write in every row is cleared. */
export function empty(rows: Building): void {
  rows.flags.fill(0, 0, rows.length);
  rows.allocated.fill(0, 0, rows.length);
  rows.garbageAddrs.clear();
  rows.differing.length = 0;
  rows.length = 0;
}
