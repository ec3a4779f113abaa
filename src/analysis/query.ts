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
  const keys = new Float64Array(rows.length);
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < rows.length; i += 1) {
    const value = read(rows[i]!);
    const key = Number.isNaN(value) ? -1 : value;
    keys[i] = key;
    if (key < lowest) lowest = key;
    if (key > highest) highest = key;
  }
  const unit = commonUnit(keys, lowest);
  // What does not fit into one number with its row (shares, limits far apart) is ranked among its own values first.
  if (unit > 0 && ((highest - lowest) / unit + 1) * table.length <= Number.MAX_SAFE_INTEGER)
    for (let i = 0; i < keys.length; i += 1) keys[i] = (descending ? highest - keys[i]! : keys[i]! - lowest) / unit;
  else rank(keys, descending);
  return sortPacked(rows, keys, table.length);
}

/** The greatest power of two, up to 2^31, of which each key is a multiple above `lowest`; 0 if one is no whole number above it. */
function commonUnit(keys: Float64Array, lowest: number): number {
  let bits = 2 ** 31;
  for (const key of keys) {
    const above = key - lowest;
    if (!Number.isInteger(above)) return 0;
    bits |= above;
  }
  return (bits & -bits) >>> 0;
}

/** Puts in place of each key its place among the different keys, from 0, counted from the lowest or the highest. */
function rank(keys: Float64Array, descending: boolean): void {
  const different = keys.slice().sort();
  let count = 0;
  for (const key of different) {
    if (count > 0 && different[count - 1] === key) continue;
    different[count] = key;
    count += 1;
  }
  const last = count - 1;
  for (let i = 0; i < keys.length; i += 1) {
    const key = keys[i]!;
    let low = 0;
    let high = last;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (different[middle]! < key) low = middle + 1;
      else high = middle;
    }
    keys[i] = descending ? last - low : low;
  }
}

/** Sorts `rows` (each below `length`) by their whole keys from 0, which it overwrites. Key and row become one number: sorting numbers is ten times faster than comparing. */
function sortPacked(rows: Uint32Array, keys: Float64Array, length: number): Uint32Array {
  for (let i = 0; i < keys.length; i += 1) keys[i] = keys[i]! * length + rows[i]!;
  keys.sort();
  for (let i = 0; i < keys.length; i += 1) rows[i] = keys[i]! % length;
  return rows;
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
