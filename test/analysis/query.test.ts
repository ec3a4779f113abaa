// The filter language and the sorting of rows: what is understood, what is refused, and both against a naive reading of the same words.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnReader, filterRows, findRow, type SortColumn, sortRows } from '../../src/analysis/query.js';
import { parseFilter } from '../../src/analysis/query-text.js';
import { InspectError } from '../../src/bytes/errors.js';
import { judgeSpans } from '../../src/runtime/judge-spans.js';
import { readAllspans } from '../../src/runtime/roots/validate-mheap.js';
import { readSpanTable, type SpanTable, stateInuse } from '../../src/runtime/span-table.js';
import { type HeapSpec, type SpanSpec, writeHeap } from '../support/heap-writer.js';

fc.configureGlobal({ seed: 1 });

const pageSize = 8192;

function tableOf(spec: HeapSpec): SpanTable {
  const { memory, layout, roots, view } = writeHeap(spec);
  const table = readSpanTable(memory, layout, readAllspans({ memory, layout }, roots['runtime.mheap_'])!);
  judgeSpans(view, table);
  return table;
}

const table = tableOf({
  spans: [
    { freeindex: 7 }, // 0: class 5, noscan
    { sizeclass: 5, noscan: false, allocBits: '11' }, // 1
    { sizeclass: 0, npages: 5, freeindex: 1 }, // 2: large
    { state: 'manual', npages: 4, elemsize: 8192 }, // 3
    { state: 'free' }, // 4
    { sizeclass: 9, freeindex: 4, allocCount: 1 }, // 5: mismatch
    { sizeclass: 67, freeindex: 1, sweep: -2 }, // 6: 32 KiB
  ],
});
const rows = (text: string) => [...filterRows(table, parseFilter(text), pageSize)];
const hex = (value: number) => `0x${value.toString(16)}`;

describe('a filter', () => {
  it.each([
    ['', [0, 1, 2, 3, 4, 5, 6]],
    ['  ', [0, 1, 2, 3, 4, 5, 6]],
    ['inuse', [0, 1, 2, 5, 6]],
    ['state=manual', [3]],
    ['state != inuse', [3, 4]],
    ['!inuse', [3, 4]],
    ['!state!=inuse', [0, 1, 2, 5, 6]],
    ['-free inuse', [0, 1, 2, 5, 6]],
    ['class=5', [0, 1, 3, 4]],
    ['class=5n', [0, 3, 4]],
    ['class == 5n && inuse', [0]],
    ['class = 5N inuse', [0]],
    ['!class=5n inuse', [1, 2, 5, 6]],
    ['class!=5n inuse', [1, 2, 5, 6]],
    ['spanclass=10', [1]],
    ['noscan inuse', [0, 2, 5, 6]],
    ['scan', [1]],
    ['!noscan', [1]],
    ['!scan inuse', [0, 2, 5, 6]],
    ['suspect', [5]],
    ['!suspect class=9', []],
    ['elemsize>=32k', [2, 6]],
    ['size>=32KiB', [2, 6]],
    ['size=40K', [2]],
    ['elemsize>0.03M', [2, 6]],
    ['bytes>=0x8000', [2, 3, 6]],
    ['pages=4', [3, 6]],
    ['npages>4', [2]],
    ['used<10% inuse', [0, 1, 5]],
    ['used<10', [0, 1, 5]],
    ['used!=100', [0, 1, 5]],
    ['used=100', [2, 6]],
    ['alloc=2', [1]],
    ['ALLOCCOUNT=2', [1]],
    ['allocated=4', [5]],
    ['slots=1', [2, 6]],
    ['sweepgen<20', [6]],
    ['index>4', [5, 6]],
    ['inuse,manual', [0, 1, 2, 3, 5, 6]],
    ['state=free,manual', [3, 4]],
    ['state!=free,manual', [0, 1, 2, 5, 6]],
    ['!free,manual', [0, 1, 2, 5, 6]],
    ['class=5,0 inuse', [0, 1, 2]],
    ['class=5n,0 inuse', [0, 2]],
    ['inuse, noscan', [0, 2, 5, 6]],
    ['inuse&&noscan', [0, 2, 5, 6]],
    [hex(table.addr[3]!), [3]],
    [hex(table.base[2]! + 40959), [2]],
    [`!${hex(table.base[2]! + 40959)} class=0`, []],
    [`base>=${hex(table.base[5]!)}`, [5, 6]],
    ['0xffffffffffffffffffff', []],
  ])('%s', (text, expected) => {
    expect(rows(text)).toEqual(expected);
  });

  it.each([
    'nonsense',
    'class=',
    '=5',
    'class',
    'class=x',
    'class=5nn',
    'class<5n',
    'state=running',
    'state',
    'foo=1',
    'used<<5',
    'elemsize>=1q',
    'elemsize>=1..5',
    'npages=-1',
    'npages=1e3',
    '0xzz',
    '!',
    '!!inuse',
    'inuse noscan what',
    'constructor=1',
    '__proto__=1',
    'toString>1',
    '>',
  ])('%s is refused with the word that was not understood', (text) => {
    expect(() => parseFilter(text)).toThrow(InspectError);
    try {
      parseFilter(text);
    } catch (error) {
      expect((error as InspectError).code).toBe('unsupported');
      expect((error as InspectError).subject).toMatch(/^filter ./);
    }
  });

  it('any text is either understood or refused', () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom('class', 'state', '=', '<=', '!', '5', '5n', '0x', 'noscan', '%', 'k', ',', '&&', ' '),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), (words) => {
        try {
          filterRows(table, parseFilter(words.join('')), pageSize);
        } catch (error) {
          expect(error).toBeInstanceOf(InspectError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

const specs: fc.Arbitrary<SpanSpec> = fc.record({
  state: fc.constantFrom('free' as const, 'inuse' as const, 'manual' as const),
  sizeclass: fc.nat(67),
  noscan: fc.boolean(),
  freeindex: fc.nat(20),
});
const numbers = [
  'npages',
  'sizeclass',
  'spanclass',
  'elemsize',
  'nelems',
  'freeindex',
  'allocCount',
  'used',
  'bytes',
  'index',
] as const;
const comparisons = { '=': (a: number, b: number) => a === b, '!=': (a: number, b: number) => a !== b && !Number.isNaN(a), '<': (a: number, b: number) => a < b, '<=': (a: number, b: number) => a <= b, '>': (a: number, b: number) => a > b, '>=': (a: number, b: number) => a >= b } as const; // biome-ignore format: short

/** The column's value, taken from the plain columns. */
function naive(of: SpanTable, column: (typeof numbers)[number], row: number): number {
  switch (column) {
    case 'index':
      return row;
    case 'bytes':
      return of.npages[row]! * pageSize;
    case 'sizeclass':
      return Math.floor(of.spanclass[row]! / 2);
    case 'used':
      // Nothing is true of the used share of what has no slots.
      return of.state[row] === stateInuse && of.nelems[row] ? (of.allocCount[row]! / of.nelems[row]) * 100 : Number.NaN;
    default:
      return of[column][row]!;
  }
}

describe('against a naive implementation', () => {
  const terms = fc.array(
    fc.record({
      column: fc.constantFrom(...numbers),
      comparison: fc.constantFrom(...(Object.keys(comparisons) as (keyof typeof comparisons)[])),
      value: fc.nat(200),
      inverse: fc.boolean(),
    }),
    { maxLength: 3 },
  );

  it('filters and sorts any table', () => {
    fc.assert(
      fc.property(
        fc.array(specs, { minLength: 1, maxLength: 30 }),
        terms,
        fc.constantFrom(...numbers),
        fc.boolean(),
        (spans, wanted, column, descending) => {
          const any = tableOf({ spans });
          const text = wanted.map((t) => `${t.inverse ? '!' : ''}${t.column}${t.comparison}${t.value}`).join(' ');
          const filtered = filterRows(any, parseFilter(text), pageSize);
          const expected = spans
            .map((_, row) => row)
            .filter((row) =>
              wanted.every((t) => comparisons[t.comparison](naive(any, t.column, row), t.value) !== t.inverse),
            );
          expect([...filtered]).toEqual(expected);
          const sorted = [...sortRows(any, filtered, column, descending, pageSize)];
          const sign = descending ? -1 : 1;
          const key = (row: number) => (Number.isNaN(naive(any, column, row)) ? -1 : naive(any, column, row));
          const ordered = [...expected].sort((a, b) => sign * (key(a) - key(b)) || a - b);
          expect(sorted).toEqual(ordered);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('finds the span of any address', () => {
    fc.assert(
      fc.property(fc.array(specs, { minLength: 1, maxLength: 12 }), fc.nat(), fc.boolean(), (spans, offset, mspan) => {
        const any = tableOf({ spans });
        const row = offset % spans.length;
        const inside = any.base[row]! + (offset % (any.npages[row]! * pageSize));
        expect(findRow(any, mspan ? any.addr[row]! : inside, pageSize)).toBe(row);
        const last = spans.length - 1;
        expect(findRow(any, any.base[last]! + any.npages[last]! * pageSize, pageSize)).toBe(-1);
        expect(findRow(any, any.base[0]! - 1, pageSize)).toBe(-1);
      }),
      { numRuns: 40 },
    );
  });
});

it('a span in use is preferred to a freed one that had the same pages', () => {
  const { base } = table;
  const reused = tableOf({
    spans: [{ state: 'free', lies: { startAddr: base[1]! } }, {}, { state: 'free', lies: { startAddr: base[1]! } }],
  });
  expect(findRow(reused, base[1]! + 5, pageSize)).toBe(1);
});

it('sorts by every column that is offered', () => {
  const columns: SortColumn[] = [...numbers, 'addr', 'base', 'limit', 'state', 'allocated', 'sweepgen'];
  for (const column of columns) {
    const read = columnReader(table, column, pageSize);
    const sorted = sortRows(table, filterRows(table, parseFilter('inuse'), pageSize), column, false, pageSize);
    const values = [...sorted].map(read);
    expect(values).toEqual([...values].sort((a, b) => a - b));
    expect(values.every(Number.isFinite)).toBe(true);
  }
});

describe('rows are sorted as a plain comparison sorts them', () => {
  // What decides how they are sorted: whole numbers close together, far apart, of one unit, shares, and zeros between addresses.
  const keys = {
    few: fc.nat(5),
    sizes: fc.nat(2 ** 31),
    pages: fc.nat(2 ** 20).map((n) => 0xc000000000 + n * 8192),
    'addresses and zeros': fc.oneof(
      fc.constant(0),
      fc.nat(2 ** 30).map((n) => 0xc000000000 + n),
    ),
    'all that a number holds': fc.maxSafeNat(),
  };
  it.each(Object.entries(keys))('%s', (_, key) => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.boolean()), { maxLength: 300 }), fc.boolean(), (wanted, descending) => {
        const made = { ...table, length: wanted.length, base: Float64Array.from(wanted, ([value]) => value) };
        const chosen = wanted.flatMap(([, taken], row) => (taken ? [row] : []));
        const sign = descending ? -1 : 1;
        const expected = chosen.toSorted((a, b) => sign * (made.base[a]! - made.base[b]!) || a - b);
        expect([...sortRows(made, Uint32Array.from(chosen), 'base', descending, pageSize)]).toEqual(expected);
      }),
      { numRuns: 100 },
    );
  });
  it('shares, with spans between them that have none', () => {
    const share = fc.record({ nelems: fc.nat(9), allocCount: fc.nat(9), state: fc.constantFrom(0, stateInuse) });
    fc.assert(
      fc.property(fc.array(share, { maxLength: 300 }), fc.boolean(), (wanted, descending) => {
        const made = {
          ...table,
          length: wanted.length,
          nelems: Uint16Array.from(wanted, ({ nelems }) => nelems),
          allocCount: Uint16Array.from(wanted, ({ allocCount }) => allocCount),
          state: Uint8Array.from(wanted, ({ state }) => state),
        };
        const used = wanted.map(({ nelems, allocCount, state }) =>
          nelems === 0 || state !== stateInuse ? -1 : (100 * allocCount) / nelems,
        );
        const sign = descending ? -1 : 1;
        const all = wanted.map((__, row) => row);
        const expected = all.toSorted((a, b) => sign * (used[a]! - used[b]!) || a - b);
        expect([...sortRows(made, Uint32Array.from(all), 'used', descending, pageSize)]).toEqual(expected);
      }),
      { numRuns: 100 },
    );
  });
});
