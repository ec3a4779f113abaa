// The span table: a row per mspan in mheap_.allspans, in that order, held as columns. Hot code: one walk over all spans,
// plain typed arrays, no object per span; a million spans are normal. Not what a screen or a row of text looks like.
import type { Memory } from '../image/memory.js';
import type { Layout } from '../layout/types.js';
import { type Building, copyRow, empty, grown, makeTable, type SpanRows, type SpanTable } from './span-rows.js';
import { entriesAtOnce, type OnProgress, type SliceHeader, SpanWalk } from './span-walk.js';

export {
  type SpanRows,
  type SpanTable,
  spanFlag,
  stateFree,
  stateInuse,
  stateManual,
} from './span-rows.js';
export { maxSlots, type OnProgress, type SliceHeader } from './span-walk.js';

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
  const walk = new SpanWalk(memory, layout, allspans, onProgress);
  const table = makeTable(walk.total);
  while (walk.next(table));
  table.unreadableEntries = allspans.length - table.length;
  return table;
}

/** The same for mspans whose addresses are known, a row for each in their order: for a heap of which allspans is not known. */
export function readSpansAt(memory: Memory, layout: Layout, addresses: Float64Array): SpanTable {
  const nothing = { array: 0, length: 0, capacity: 0 };
  const walk = new SpanWalk(memory, layout, nothing, undefined, addresses.length);
  const table = makeTable(addresses.length);
  table.addr.set(addresses);
  table.length = addresses.length;
  walk.readMspans(table, 0);
  return table;
}

/** Rows [0, rows.length) were just read, not judged yet; they are gone when it returns. */
export type VisitRows = (rows: SpanRows) => void;

/**
 * The same walk without a table: `visit` sees all rows, some thousands at a time. Kept and returned are only those that more is asked of later: the rows
 * that differ, and those whose mspan's address `isWanted`. So a million spans take no more memory than a thousand.
 */
export function visitSpans(
  memory: Memory,
  layout: Layout,
  allspans: SliceHeader,
  visit: VisitRows,
  isWanted: (address: number) => boolean,
  onProgress?: OnProgress,
): SpanRows {
  const walk = new SpanWalk(memory, layout, allspans, onProgress);
  const rows = makeTable(Math.min(walk.total, entriesAtOnce));
  let kept = makeTable(64);
  while (walk.next(rows)) {
    visit(rows);
    kept = keepSome(rows, isWanted, kept);
    empty(rows);
  }
  kept.unreadableEntries = allspans.length - walk.done;
  return kept;
}

/** `kept` with the rows that differ or are wanted; another table where it had no room. */
function keepSome(rows: SpanRows, isWanted: (address: number) => boolean, kept: Building): Building {
  const { addr, length, differing } = rows;
  let to = kept;
  let next = 0;
  for (let row = 0; row < length; row += 1) {
    const differs = next < differing.length && differing[next] === row;
    if (differs) next += 1;
    else if (!isWanted(addr[row]!)) continue;
    to = keep(rows, row, differs, to);
  }
  return to;
}

function keep(rows: SpanRows, row: number, differs: boolean, kept: Building): Building {
  const to = kept.length === kept.addr.length ? grown(kept) : kept;
  if (differs) to.differing.push(to.length);
  copyRow(rows, row, to, to.length);
  to.length += 1;
  return to;
}
