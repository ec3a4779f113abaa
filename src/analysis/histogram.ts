// How often each value of a column of the span table occurs: one pass over the rows, one bin a value. Shares (`used`) go into tens of per cent.
import { InspectError } from '../bytes/errors.js';
import { type SpanTable, stateFree, stateInuse, stateManual } from '../runtime/span-table.js';
import { columnReader } from './query.js';
import type { HistogramBin, HistogramResult, SpanColumn } from './results.js';

/** Bins of one result. */
const mostBins = 1000;
/** Columns that say nothing of a span without slots. */
const ofSlots: ReadonlySet<string> = new Set([
  'spanclass', 'sizeclass', 'elemsize', 'nelems', 'freeindex', 'allocCount', 'allocated', 'used',
]); // biome-ignore format: a list of names
const stateNames = new Map([
  [stateFree, 'free'],
  [stateInuse, 'inuse'],
  [stateManual, 'manual'],
]);

interface Count {
  spans: number;
  pages: number;
}

/** `rows` of the table by the values of a column, most frequent first. Throws InspectError `unsupported` where each span has a value of its own. */
export function histogramOf(
  table: SpanTable,
  rows: Uint32Array,
  column: SpanColumn,
  pageSize: number,
): HistogramResult {
  if (column === 'index' || column === 'addr' || column === 'base')
    throw new InspectError(
      'unsupported',
      `histogram of ${column}`,
      'each span has its own',
      'choose another column with < and >',
    );
  const read = columnReader(table, column, pageSize);
  const slotted = ofSlots.has(column);
  const counts = new Map<number, Count>();
  for (const row of rows) {
    const without = slotted && table.state[row] !== stateInuse;
    const value = without ? Number.NaN : read(row);
    const key = column === 'used' ? Math.min(9, Math.floor(value / 10)) : value;
    let count = counts.get(key);
    if (count === undefined) {
      count = { spans: 0, pages: 0 };
      counts.set(key, count);
    }
    count.spans += 1;
    count.pages += table.npages[row]!;
  }
  const sorted = [...counts].sort((a, b) => b[1].spans - a[1].spans || a[0] - b[0]);
  const bins = sorted
    .slice(0, mostBins)
    .map(([key, { spans, pages }]): HistogramBin => ({ ...binOf(column, key), spans, bytes: pages * pageSize }));
  return { column, matching: rows.length, values: counts.size, bins };
}

/** What a value is called, and the filter that keeps its rows; null where there is none. */
function binOf(column: SpanColumn, key: number): Pick<HistogramBin, 'text' | 'filter'> {
  if (Number.isNaN(key)) return { text: 'no slots', filter: column === 'used' ? null : '!inuse' };
  switch (column) {
    case 'state': {
      const state = stateNames.get(key);
      return { text: state ?? `unknown (${key})`, filter: state === undefined ? null : `state=${state}` };
    }
    case 'used':
      return key === 9
        ? { text: '90–100%', filter: 'used>=90' }
        : { text: `${key * 10}–${key * 10 + 9}%`, filter: `used>=${key * 10} used<${key * 10 + 10}` };
    case 'spanclass':
      return { text: `${key >> 1}${key & 1 ? 'n' : ''}`, filter: `spanclass=${key} inuse` };
    default:
      return { text: String(key), filter: `${column}=${key}${ofSlots.has(column) ? ' inuse' : ''}` };
  }
}
