// The span table of a process that runs on while it is read: what does not agree with itself is read again, a bounded number of times, and what never does is marked.
//
// A row is read in a few microseconds, and what the runtime promises of a span at any moment can be checked in it: its class gives its elemsize, nelems and limit follow
// from its pages, freeindex and allocBits give allocCount, and no two spans in use share a page. allocBits are never changed by allocation, only exchanged by the
// sweeper, which also moves sweepgen (runtime/mgcsweep.go): bits that were read between two looks at the same sweepgen and pointers belong to that mspan.
//
// Knows nothing of processes: only of memory that can be read again. The walk itself is span-table.ts, the same as for an image that holds still.
import { pause } from '../bytes/pause.js';
import type { LiveMemory } from '../image/memory.js';
import type { Layout } from '../layout/types.js';
import { overlappingRows } from './overlaps.js';
import {
  type OnProgress,
  readSpanTable,
  type SliceHeader,
  type SpanTable,
  spanFlag,
  stateInuse,
} from './span-table.js';

/** Walks over allspans that may begin anew, because the array was replaced or what it leads to was mapped only just now. */
const maxWalks = 4;
/** Rounds of reading doubtful rows again, and the pauses before them in ms: a thread may have lost its processor between two stores. */
const pauses = [0, 0, 0, 1, 2, 5, 10, 20];
/** Reads of one row within a round. */
const triesInRound = 4;
/** What is still doubtful then stays so. */
const longestMs = 3000;

/** What reads rows again. */
export interface LiveSource {
  readonly memory: LiveMemory;
  readonly layout: Layout;
  /** Where the slice header of mheap_.allspans stands, and how it is read. */
  readonly headerAddress: number;
  readonly header: () => SliceHeader | undefined;
}

export interface LiveSpans {
  readonly table: SpanTable;
  readonly header: SliceHeader;
}

/** Reads the table; rows that never agreed with themselves have the flag `torn`. Undefined where allspans can't be read. */
export function readLiveSpans(source: LiveSource, onProgress?: OnProgress): LiveSpans | undefined {
  for (let walk = 1; ; walk += 1) {
    source.memory.refresh();
    const header = source.header();
    if (!header) return undefined;
    const table = readSpanTable(source.memory, source.layout, header, onProgress);
    const after = headerAgain(source, header);
    const whole =
      after.array === header.array && table.unreadableEntries === 0 && !table.flags.includes(spanFlag.unreadable);
    if (!whole && walk < maxWalks) continue;
    if (table.unreadableEntries === 0) settle(source, header, table);
    return { table, header };
  }
}

/** The header as it is now: the blocks that hold it may be older than the walk. */
function headerAgain({ memory, headerAddress, header }: LiveSource, before: SliceHeader): SliceHeader {
  memory.readAgain(headerAddress, 3 * memory.pointerSize);
  return header() ?? before;
}

/**
 * Reads row `row` and its bitmaps again until they are of one moment: what is then read of them is what the row says. Rows that never hold still keep the flag `torn`.
 */
export function settleRow(source: LiveSource, { table, header }: LiveSpans, row: number): void {
  if (table.unreadableEntries > 0) return;
  const bits = new BitmapReader(source, table);
  table.flags[row]! &= ~spanFlag.torn;
  for (let attempt = 0; attempt < triesInRound * 2; attempt += 1) {
    if (attempt >= triesInRound) pause(1);
    if (readTogether(source, header, table, bits, row) && rowAgrees(source.layout, table, row)) return;
  }
  table.flags[row]! |= spanFlag.torn;
}

function settle(source: LiveSource, header: SliceHeader, table: SpanTable): void {
  const started = performance.now();
  const bits = new BitmapReader(source, table);
  const seen = new Map<number, string>();
  const stable = new Set<number>();
  let doubtful = doubtfulRows(source.layout, table);
  for (const ms of pauses) {
    if (doubtful.length === 0 || performance.now() - started > longestMs) break;
    if (ms > 0) pause(ms);
    for (const row of doubtful) {
      if (performance.now() - started > longestMs) break;
      let together = false;
      for (let attempt = 0; attempt < triesInRound && !together; attempt += 1)
        together = readTogether(source, header, table, bits, row) && rowAgrees(source.layout, table, row);
      const now = together ? '' : fingerprint(table, row);
      if (!together && seen.get(row) === now) stable.add(row);
      else stable.delete(row);
      seen.set(row, now);
    }
    doubtful = doubtfulRows(source.layout, table);
  }
  // What says the same each time is no accident of reading: whether it is lawful is judged as in any image.
  for (const row of doubtful) if (!stable.has(row)) table.flags[row]! |= spanFlag.torn;
  const differing = doubtful.filter((row) => stable.has(row) && countDiffers(table, row));
  table.differing.splice(0, table.differing.length, ...differing);
}

function doubtfulRows(layout: Layout, table: SpanTable): number[] {
  const rows = new Set(overlappingRows(table, layout.traits.pageSize));
  for (let row = 0; row < table.length; row += 1) if (!rowAgrees(layout, table, row)) rows.add(row);
  return [...rows].sort((a, b) => a - b);
}

const fingerprint = (table: SpanTable, row: number): string =>
  [
    table.base[row], table.npages[row], table.state[row], table.spanclass[row], table.nelems[row], table.freeindex[row], table.allocCount[row], table.allocated[row], table.sweepgen[row], table.flags[row],
  ].join(' '); // biome-ignore format: a list

const countDiffers = ({ state, flags, allocated, allocCount }: SpanTable, row: number): boolean =>
  state[row] === stateInuse &&
  (flags[row]! & (spanFlag.unreadable | spanFlag.bitsUnreadable | spanFlag.badNelems)) === 0 &&
  allocated[row] !== allocCount[row];

/** Flags of a row that was read at a bad moment, or is broken. */
const unusable =
  spanFlag.unreadable | spanFlag.bitsUnreadable | spanFlag.saturated | spanFlag.badState | spanFlag.badNelems;

/** Whether the row fulfils what holds for a span in use at any moment (runtime/mheap.go, initSpan); other rows promise nothing. */
function rowAgrees({ traits }: Layout, table: SpanTable, row: number): boolean {
  if ((table.flags[row]! & unusable) !== 0) return false;
  if (table.state[row] !== stateInuse) return true;
  const { pageSize, sizeClasses } = traits;
  const [base, limit, elemsize, nelems] = [
    table.base[row]!,
    table.limit[row]!,
    table.elemsize[row]!,
    table.nelems[row]!,
  ];
  const bytes = table.npages[row]! * pageSize;
  const sizeclass = table.spanclass[row]! >> 1;
  if (base === 0 || base % pageSize !== 0 || bytes === 0 || limit <= base || limit > base + bytes) return false;
  if (sizeclass >= sizeClasses.length || nelems === 0 || table.freeindex[row]! > nelems) return false;
  if (sizeclass === 0 && (nelems !== 1 || elemsize > bytes)) return false;
  if (sizeclass > 0 && (elemsize !== sizeClasses[sizeclass] || nelems * elemsize > bytes)) return false;
  // 1.22 sets limit by the slots that the pages would hold, before it takes the pointer bits off them.
  const slotted = (limit - base) % elemsize === 0 && limit - base >= nelems * elemsize;
  if (sizeclass > 0 && !slotted && limit !== base + bytes) return false;
  return !countDiffers(table, row);
}

/** The places of the fields that tie an mspan to its bitmaps. */
class BitmapReader {
  readonly #source: LiveSource;
  readonly #table: SpanTable;
  readonly #mspanBytes: number;

  constructor(source: LiveSource, table: SpanTable) {
    this.#source = source;
    this.#table = table;
    this.#mspanBytes = source.layout.struct('mspan')?.size ?? 0;
  }

  readMspan(row: number): void {
    this.#source.memory.readAgain(this.#table.addr[row]!, this.#mspanBytes);
  }

  /** Which life of the span and which bitmaps: equal before and after means the bitmaps between are theirs. */
  tie(row: number): string {
    return ['startAddr', 'npages', 'state', 'spanclass', 'sweepgen', 'nelems', 'allocBits', 'gcmarkBits']
      .map((name) => this.#word(row, name))
      .join(' ');
  }

  #word(row: number, name: string): number | undefined {
    const { memory, layout } = this.#source;
    const field = layout.struct('mspan')?.fields.get(name);
    if (!field) return undefined;
    const at = this.#table.addr[row]! + field.offset;
    if (field.size === 1) return memory.uint8(at);
    if (field.size === 2) return memory.uint16(at);
    return field.size === memory.pointerSize ? memory.word(at) : memory.uint32(at);
  }

  /** False where they can't be read: their memory was mapped after the mappings were looked at. */
  readBitmaps(row: number): boolean {
    const { memory, layout } = this.#source;
    const { inlineMarks, pageSize } = layout.traits;
    const slots = Math.min(this.#word(row, 'nelems') ?? 0, mostSlots);
    let readable = true;
    for (const name of ['allocBits', 'gcmarkBits']) {
      const address = this.#word(row, name);
      if (!address) continue;
      memory.readAgain(address, (slots + 7) >> 3);
      if (memory.faultAt(address)) readable = false;
    }
    const end = (this.#word(row, 'startAddr') ?? 0) + (this.#word(row, 'npages') ?? 0) * pageSize;
    if (inlineMarks && Number.isSafeInteger(end) && end >= inlineMarks.reservedBytes)
      memory.readAgain(end - inlineMarks.reservedBytes, inlineMarks.reservedBytes);
    return readable;
  }
}

/** A page of 8-byte objects has a thousand; the largest small span far fewer than this. */
const mostSlots = 65536;

/** Reads mspan, bitmaps and mspan again, and the row anew; false where they are not of one moment. */
function readTogether(
  { memory, layout }: LiveSource,
  { array }: SliceHeader,
  table: SpanTable,
  bits: BitmapReader,
  row: number,
): boolean {
  bits.readMspan(row);
  const before = bits.tie(row);
  // Free mspans keep pointers to bitmaps that are gone.
  if (!bits.readBitmaps(row) && table.state[row] === stateInuse) memory.refresh();
  bits.readMspan(row);
  const again = readSpanTable(memory, layout, { array: array + row * memory.pointerSize, length: 1, capacity: 1 });
  if (again.length !== 1 || again.addr[0] !== table.addr[row]) return false;
  copyRow(again, table, row);
  return bits.tie(row) === before;
}

/** Every column of the one row of `from`. */
function copyRow(from: SpanTable, to: SpanTable, row: number): void {
  const source = from as unknown as Readonly<Record<string, unknown>>;
  const target = to as unknown as Readonly<Record<string, unknown>>;
  for (const [name, column] of Object.entries(source)) {
    if (!ArrayBuffer.isView(column)) continue;
    (target[name] as Float64Array)[row] = (column as Float64Array)[0]!;
  }
}
