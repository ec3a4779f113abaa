// Histograms of the sample's span table against counts over the rows that the command line prints, and each bin's filter against its own count.
import { afterAll, describe, expect, it } from 'vitest';
import { histogramOf } from '../../src/analysis/histogram.js';
import { filterRows } from '../../src/analysis/query.js';
import { parseFilter } from '../../src/analysis/query-text.js';
import type { SpanColumn } from '../../src/analysis/results.js';
import { openProcess, openTarget } from '../../src/index.js';
import { json, sampleFiles } from '../support/run-cli.js';

interface Row {
  readonly state: string;
  readonly npages: number;
  readonly spanclass: number;
  readonly elemsize: number;
  readonly nelems: number;
  readonly allocCount: number;
}

const target = openTarget({ files: sampleFiles, options: {} });
const process = openProcess(target, {})!;
const table = process.spans()!;
const pageSize = 8192;
const printed = json<{ spans: Row[] }>(['spans', ...sampleFiles, '--limit', '0']).spans;
const rowsOf = (filter: string) => filterRows(table, parseFilter(filter), pageSize);
const histogram = (column: SpanColumn, filter = '') => histogramOf(table, rowsOf(filter), column, pageSize);

afterAll(() => target.close());

/** How often each text occurs among the printed rows, and the bytes of their pages. */
function counted(text: (row: Row) => string): Map<string, { spans: number; bytes: number }> {
  const counts = new Map<string, { spans: number; bytes: number }>();
  for (const row of printed) {
    const { spans, bytes } = counts.get(text(row)) ?? { spans: 0, bytes: 0 };
    counts.set(text(row), { spans: spans + 1, bytes: bytes + row.npages * pageSize });
  }
  return counts;
}

const slots = (row: Row, text: string) => (row.state === 'inuse' ? text : 'no slots');
const share = ({ allocCount, nelems }: Row) => {
  const tens = Math.min(9, Math.floor((10 * allocCount) / nelems));
  return tens === 9 ? '90–100%' : `${tens * 10}–${tens * 10 + 9}%`;
};
const columns: [SpanColumn, (row: Row) => string][] = [
  ['state', ({ state }) => state],
  ['npages', ({ npages }) => String(npages)],
  ['elemsize', (row) => slots(row, String(row.elemsize))],
  ['spanclass', (row) => slots(row, `${row.spanclass >> 1}${row.spanclass & 1 ? 'n' : ''}`)],
  ['used', (row) => slots(row, share(row))],
];

describe.each(columns)('a histogram of %s', (column, text) => {
  const { bins, values, matching } = histogram(column);
  it('counts each printed row once', () => {
    expect(matching).toBe(printed.length);
    expect(values).toBe(bins.length);
    expect(new Map(bins.map(({ text: of, spans, bytes }) => [of, { spans, bytes }]))).toEqual(counted(text));
  });
  it('begins with the most frequent', () => {
    const spans = bins.map((bin) => bin.spans);
    expect(spans).toEqual(spans.toSorted((a, b) => b - a));
  });
  it('has filters that keep what was counted', () => {
    const offered = bins.filter(({ filter }) => filter !== null);
    expect(offered.length).toBeGreaterThan(1);
    for (const { filter, spans } of offered) expect(rowsOf(filter!), filter!).toHaveLength(spans);
  });
});

it('counts only the rows that it is given', () => {
  const { bins, matching } = histogram('state', 'inuse,manual');
  expect(bins.map(({ text }) => text).toSorted()).toEqual(['inuse', 'manual']);
  expect(matching).toBe(printed.filter(({ state }) => state !== 'free').length);
});

it.each<SpanColumn>(['addr', 'base', 'index'])('refuses %s, of which each span has its own', (column) => {
  expect(() => histogram(column)).toThrow(expect.objectContaining({ code: 'unsupported' }));
});
