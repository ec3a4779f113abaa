// Filters and sorts the span table: the result is a list of row numbers; the columns never move.
import { type SpanTable, spanFlag, stateFree, stateInuse, stateManual } from '../runtime/span-table.js';
import type { Comparison, NumberColumn, Term } from './query-text.js';

/** Columns by which rows can be sorted. */
export type SortColumn = NumberColumn | 'state';

const stateCodes = { free: stateFree, inuse: stateInuse, manual: stateManual } as const;

/** The value of a column as a number; `used` is allocCount in per cent of nelems. */
export function columnReader(table: SpanTable, column: SortColumn, pageSize: number): (row: number) => number {
  switch (column) {
    case 'index':
      return (row) => row;
    case 'sizeclass':
      return (row) => table.spanclass[row]! >> 1;
    case 'used':
      // Only slots can be used: of a span without any nothing is true, neither used<70 nor used>=70.
      return (row) =>
        table.state[row] !== stateInuse || table.nelems[row] === 0
          ? Number.NaN
          : (100 * table.allocCount[row]!) / table.nelems[row]!;
    case 'bytes':
      return (row) => table.npages[row]! * pageSize;
    default: {
      const values = table[column];
      return (row) => values[row]!;
    }
  }
}

function compare(comparison: Comparison, left: number, right: number): boolean {
  switch (comparison) {
    case '=':
      return left === right;
    case '!=':
      return left !== right && !Number.isNaN(left);
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
    default:
      return false;
  }
}

type Test = (row: number) => boolean;

function testOf(table: SpanTable, term: Term, pageSize: number): Test {
  const test = positive(table, term, pageSize);
  return term.inverse ? (row) => !test(row) : test;
}

function positive(table: SpanTable, term: Term, pageSize: number): Test {
  switch (term.kind) {
    case 'number': {
      const read = columnReader(table, term.column, pageSize);
      return (row) => compare(term.comparison, read(row), term.value);
    }
    case 'state':
      return (row) => table.state[row] === stateCodes[term.state];
    case 'any': {
      const tests = term.terms.map((one) => testOf(table, one, pageSize));
      return (row) => tests.some((test) => test(row));
    }
    case 'noscan':
      return (row) => (table.spanclass[row]! & 1) === 1;
    case 'suspect':
      return (row) => (table.flags[row]! & (spanFlag.mismatch | spanFlag.transient | spanFlag.torn)) !== 0;
    case 'address':
      return (row) => table.addr[row] === term.address || holdsAddress(table, row, term.address, pageSize);
    default:
      return () => false;
  }
}

/** Whether `address` lies in the pages of row `row`. */
export function holdsAddress(table: SpanTable, row: number, address: number, pageSize: number): boolean {
  const base = table.base[row]!;
  return base !== 0 && address >= base && address < base + table.npages[row]! * pageSize;
}

/** The rows for which every term holds, in table order. */
export function filterRows(table: SpanTable, terms: readonly Term[], pageSize: number): Uint32Array {
  const tests = terms.map((term) => testOf(table, term, pageSize));
  const rows = new Uint32Array(table.length);
  let count = 0;
  next: for (let row = 0; row < table.length; row += 1) {
    for (const test of tests) if (!test(row)) continue next;
    rows[count] = row;
    count += 1;
  }
  return rows.subarray(0, count);
}

/** Sorts `rows` in place by a column; equal values keep table order. */
export function sortRows(
  table: SpanTable,
  rows: Uint32Array,
  column: SortColumn,
  descending: boolean,
  pageSize: number,
): Uint32Array {
  if (column === 'index') return descending ? rows.reverse() : rows;
  const read = columnReader(table, column, pageSize);
  const keys = new Float64Array(table.length);
  for (const row of rows) {
    const key = read(row);
    keys[row] = Number.isNaN(key) ? -1 : key;
  }
  return rows.sort(descending ? (a, b) => keys[b]! - keys[a]! || a - b : (a, b) => keys[a]! - keys[b]! || a - b);
}

/** The row whose mspan stands at `address`, else the one in use whose pages hold it, else a free one; -1 if none. */
export function findRow(table: SpanTable, address: number, pageSize: number): number {
  let fallback = -1;
  for (let row = 0; row < table.length; row += 1) {
    if (table.addr[row] === address) return row;
    if (!holdsAddress(table, row, address, pageSize)) continue;
    if (table.state[row] === stateFree) fallback = fallback < 0 ? row : fallback;
    else if (fallback < 0 || table.state[fallback] === stateFree) fallback = row;
  }
  return fallback;
}
