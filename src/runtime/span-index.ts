// From an address to a row of the span table: the span whose pages hold it, or the mspan struct it points into. Sorted once, searched by bisection.
// Only spans in use and manual ones own pages: what a free mspan says of its pages may be long past.
import { type SpanTable, spanFlag, stateInuse, stateManual } from './span-table.js';

export interface SpanIndex {
  /** The row in use (or manual) whose pages hold `address`; -1 if none does. */
  rowAt(address: number): number;
  /** The row whose mspan struct of `mspanBytes` holds `address`; -1 if none does. */
  mspanAt(address: number): number;
  /** Rows in use and manual, ascending by first page. */
  readonly byBase: Uint32Array;
}

/** How many rows before the nearest are looked at: more than one holds an address only in a damaged table. */
const looksBack = 8;
const kept = new WeakMap<SpanTable, SpanIndex>();

export function spanIndex(table: SpanTable, pageSize: number, mspanBytes: number): SpanIndex {
  const known = kept.get(table);
  if (known) return known;
  const index = makeIndex(table, pageSize, mspanBytes);
  kept.set(table, index);
  return index;
}

function makeIndex(table: SpanTable, pageSize: number, mspanBytes: number): SpanIndex {
  const { addr, base, npages } = table;
  const byBase = sortedRows(table, base, (row) => {
    const state = table.state[row]!;
    return (state === stateInuse || state === stateManual) && (table.flags[row]! & spanFlag.saturated) === 0;
  });
  let byAddr: Uint32Array | undefined;
  return {
    byBase,
    rowAt(address) {
      return search(byBase, base, address, (row) => address < base[row]! + npages[row]! * pageSize);
    },
    mspanAt(address) {
      byAddr ??= sortedRows(table, addr, (row) => !table.garbageAddrs.has(row));
      return search(byAddr, addr, address, (row) => address < addr[row]! + mspanBytes);
    },
  };
}

/** The last row at or before `address` that `holds` it. */
function search(rows: Uint32Array, keys: Float64Array, address: number, holds: (row: number) => boolean): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[rows[middle]!]! <= address) low = middle + 1;
    else high = middle;
  }
  for (let i = low - 1; i >= 0 && i >= low - looksBack; i -= 1) if (holds(rows[i]!)) return rows[i]!;
  return -1;
}

/** The rows that `wanted` takes, ascending by key. Key and row are packed into one number where they fit: sorting numbers is ten times faster. */
function sortedRows(table: SpanTable, keys: Float64Array, wanted: (row: number) => boolean): Uint32Array {
  const rows = new Uint32Array(table.length);
  let count = 0;
  let lowest = Number.POSITIVE_INFINITY;
  let highest = 0;
  for (let row = 0; row < table.length; row += 1) {
    const key = keys[row]!;
    if (key === 0 || !wanted(row)) continue;
    rows[count] = row;
    count += 1;
    if (key < lowest) lowest = key;
    if (key > highest) highest = key;
  }
  const found = rows.slice(0, count);
  const unit = 8;
  if (((highest - lowest) / unit + 1) * table.length > Number.MAX_SAFE_INTEGER)
    return found.sort((a, b) => keys[a]! - keys[b]! || a - b);
  const packed = Float64Array.from(found, (row) => Math.floor((keys[row]! - lowest) / unit) * table.length + row);
  packed.sort();
  return Uint32Array.from(packed, (value) => value % table.length);
}
