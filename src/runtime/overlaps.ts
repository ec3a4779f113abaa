// Spans in use that share pages: impossible at any one moment, so one of them was read before the other came to be. Columns in, row numbers out.
import { type SpanTable, stateInuse, stateManual } from './span-table.js';

/** The rows, in use or manual, whose pages another such row has too. O(n log n), without objects unless there are some. */
export function overlappingRows(table: SpanTable, pageSize: number): number[] {
  const bases = new Float64Array(table.length);
  let count = 0;
  for (let row = 0; row < table.length; row += 1) {
    if (!holdsPages(table, row)) continue;
    bases[count] = table.base[row]!;
    count += 1;
  }
  const sorted = bases.subarray(0, count).sort();
  if (!anyOverlap(table, sorted, pageSize)) return [];
  const order = Array.from({ length: table.length }, (_, row) => row).filter((row) => holdsPages(table, row));
  order.sort((a, b) => table.base[a]! - table.base[b]!);
  const rows = new Set<number>();
  let reach = 0;
  let reaching = -1;
  for (const row of order) {
    if (table.base[row]! < reach) rows.add(row).add(reaching);
    const end = table.base[row]! + table.npages[row]! * pageSize;
    if (end <= reach) continue;
    reach = end;
    reaching = row;
  }
  return [...rows];
}

/** `sorted`: where the spans begin. */
function anyOverlap(table: SpanTable, sorted: Float64Array, pageSize: number): boolean {
  for (let row = 0; row < table.length; row += 1) {
    if (!holdsPages(table, row)) continue;
    const start = table.base[row]!;
    const at = firstAbove(sorted, start);
    if (sorted[at - 2] === start || sorted[at]! < start + table.npages[row]! * pageSize) return true;
  }
  return false;
}

const holdsPages = ({ state, npages, base }: SpanTable, row: number): boolean =>
  (state[row] === stateInuse || state[row] === stateManual) && npages[row]! > 0 && base[row]! > 0;

/** Index of the first element greater than `value`. */
function firstAbove(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
