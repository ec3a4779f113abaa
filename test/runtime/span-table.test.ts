// The span table over synthetic heaps: every column, the rule of allocated slots against a naive model, lawful and unlawful differences, holes and lies.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spanRow } from '../../src/analysis/span-rows.js';
import { judgeSpans } from '../../src/runtime/judge-spans.js';
import { readAllspans } from '../../src/runtime/roots/validate-mheap.js';
import { readSpanTable, type SpanTable, spanFlag } from '../../src/runtime/span-table.js';
import { bounded, hostile } from '../support/costs.js';
import { type HeapSpec, nowhere, type SpanSpec, type WrittenHeap, writeHeap } from '../support/heap-writer.js';
import { layout386 } from '../support/layout-386.js';

fc.configureGlobal({ seed: 1 });

function tableOf(heap: WrittenHeap): SpanTable {
  const { memory, layout, roots } = heap;
  const table = readSpanTable(memory, layout, readAllspans({ memory, layout }, roots['runtime.mheap_'])!);
  judgeSpans(heap.view, table);
  return table;
}

function read(spec: HeapSpec) {
  const heap = writeHeap(spec);
  const table = tableOf(heap);
  const source = { memory: heap.memory, layout: heap.layout, table };
  const rows = Array.from({ length: table.length }, (_, row) => spanRow(source, row, true));
  return { heap, table, rows };
}

const suspects = (spec: HeapSpec) => read(spec).rows.map((row) => row.suspect);

const bits = (length: number) =>
  fc.array(fc.constantFrom('0', '1'), { maxLength: length }).map((list) => list.join(''));
const spanSpecs: fc.Arbitrary<SpanSpec> = fc
  .record({
    state: fc.constantFrom('free' as const, 'inuse' as const, 'inuse' as const, 'manual' as const),
    sizeclass: fc.integer({ min: 0, max: 67 }),
    noscan: fc.boolean(),
    freeindex: fc.nat(1100),
    allocBits: fc.oneof(bits(1024), fc.constant(null)),
    gcmarkBits: fc.oneof(bits(1024), fc.constant(null)),
    sweep: fc.constantFrom(-2, -1, 0, 1, 3),
    allocCount: fc.nat(1024),
  })
  .map(({ allocCount, ...rest }) => (allocCount < 200 ? { ...rest, allocCount } : rest));

/** Slot by slot, as runtime/mbitmap.go, isFree says it. */
function naiveAllocated(spec: SpanSpec, nelems: number): number {
  let count = 0;
  for (let slot = 0; slot < nelems; slot += 1)
    if (slot < (spec.freeindex ?? 0) || (spec.allocBits ?? '')[slot] === '1') count += 1;
  return count;
}

/** ⌈nelems/8⌉ bytes of a bitmap as hex; empty for nil. */
function naiveHex(text: string | null | undefined, nelems: number): string {
  if (text === null || text === undefined) return '';
  let hex = '';
  for (let byte = 0; byte < Math.ceil(nelems / 8); byte += 1) {
    const own = [...text.slice(byte * 8, byte * 8 + 8).padEnd(8, '0')].reverse().join('');
    hex += Number.parseInt(own, 2).toString(16).padStart(2, '0');
  }
  return hex;
}

describe('columns', () => {
  const shapes: [string, HeapSpec][] = [
    ['go1.24', { go: 'go1.24.0' }],
    ['go1.16', { go: 'go1.16.0' }],
    ['go1.21 arm64', { go: 'go1.21.0', arch: 'arm64' }],
    ['64-bit big-endian', { go: 'go1.24.0', littleEndian: false }],
    ['32-bit', { layout: layout386() }],
    ['32-bit big-endian', { layout: layout386(), littleEndian: false }],
  ];
  it.each(shapes)('are what was written, for any spans: %s', (_, shape) => {
    fc.assert(
      fc.property(fc.array(spanSpecs, { minLength: 1, maxLength: 12 }), (spans) => {
        const { heap, rows } = read({ ...shape, spans });
        expect(rows.length).toBe(spans.length);
        for (const [i, spec] of spans.entries()) {
          const written = heap.spans[i]!;
          const { nelems } = written;
          const allocated = spec.state === 'inuse' ? naiveAllocated(spec, nelems) : 0;
          expect(rows[i]).toMatchObject({
            addr: `0x${written.addr.toString(16)}`,
            base: `0x${written.base.toString(16)}`,
            limit: `0x${(written.base + written.npages * 8192).toString(16)}`,
            npages: written.npages,
            state: spec.state,
            spanclass: written.spanclass,
            sizeclass: written.spanclass >> 1,
            noscan: spec.noscan,
            elemsize: written.elemsize,
            nelems,
            freeindex: spec.freeindex,
            allocCount: written.allocCount,
            sweepgen: written.sweepgen,
            allocated,
            allocBits: naiveHex(spec.allocBits, nelems),
            gcmarkBits: naiveHex(spec.gcmarkBits, nelems),
            inlineMarks: '',
          });
          expect(rows[i]!.missing).toBeUndefined();
          const differs = spec.state === 'inuse' && allocated !== written.allocCount;
          expect(rows[i]!.suspect).toBe(differs ? (spec.sweep === -1 ? 'transient' : 'mismatch') : undefined);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('says nothing of spans that are not in use', () => {
    const { rows } = read({
      spans: [
        { state: 'manual', elemsize: 2048, nelems: 0, allocCount: 3 },
        { state: 'free', nelems: 4, freeindex: 3, allocCount: 1, allocBits: '1111' },
      ],
    });
    expect(rows.map(({ allocated, suspect }) => [allocated, suspect])).toEqual([
      [0, undefined],
      [0, undefined],
    ]);
    expect(rows[1]).toMatchObject({ allocCount: 1, allocBits: '0f' });
  });

  it.each([
    ['go1.21.0', 3],
    ['go1.24.0', 0],
  ] as const)('are the same in either byte order, also of values at the edge of what fits: %s', (go, state) => {
    // Little-endian mspans are decoded in one loop where all of them are plain, all others column by column.
    const columns = ({ length, differing, ...rest }: SpanTable) =>
      Object.entries(rest).map(([name, column]) => [name, ArrayBuffer.isView(column) ? [...column] : column, length]);
    const same = (...spans: SpanSpec[]) => {
      const plain = read({ go, spans }).table;
      expect(columns(plain)).toEqual(columns(read({ go, spans, littleEndian: false }).table));
    };
    same({ state }, {});
    for (const field of ['startAddr', 'limit', 'elemsize', 'npages', 'nelems', 'freeindex', 'allocCount', 'sweepgen'])
      for (const bits of [8, 16, 21, 32, 53, 63])
        for (const value of [2n ** BigInt(bits) - 1n, 2n ** BigInt(bits)]) same({}, { lies: { [field]: value } });
  });

  it('keeps values that fit no column exact', () => {
    const huge = 2n ** 63n + 5n;
    const { rows } = read({
      go: 'go1.20.0',
      spans: [{ lies: { npages: huge, elemsize: huge, nelems: huge, limit: huge } }],
    });
    expect(rows[0]).toMatchObject({
      npages: '9223372036854775813',
      elemsize: '9223372036854775813',
      nelems: '9223372036854775813',
      limit: '0x8000000000000005',
      allocated: null,
      allocBits: null,
    });
    expect(rows[0]!.missing).toContain('allocated');
  });
});

describe('lawful and unlawful differences', () => {
  const offByOne: SpanSpec = { freeindex: 3, allocCount: 2 };
  it('a healthy heap has none', () => {
    expect(suspects({ spans: [{ freeindex: 2 }, { allocBits: '0101' }, {}], ps: [[0], [1]] })).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
  it('one too many in the slots of a cached span is a moment inside the allocator', () => {
    expect(suspects({ spans: [offByOne, {}], ps: [[0]] })).toEqual(['transient', undefined]);
  });
  it('the same without a P that caches it is not', () => {
    expect(suspects({ spans: [offByOne, {}], ps: [[1]] })).toEqual(['mismatch', undefined]);
  });
  it('a P allocates from one span at a time', () => {
    const second = { ...offByOne, sizeclass: 9 };
    expect(suspects({ spans: [offByOne, second], ps: [[0, 1]] })).toEqual(['transient', 'mismatch']);
    expect(suspects({ spans: [offByOne, second], ps: [[0], [1]] })).toEqual(['transient', 'transient']);
  });
  it('one too few, or two too many, is no such moment', () => {
    expect(suspects({ spans: [{ freeindex: 3, allocCount: 4 }], ps: [[0]] })).toEqual(['mismatch']);
    expect(suspects({ spans: [{ freeindex: 3, allocCount: 1 }], ps: [[0]] })).toEqual(['mismatch']);
  });
  it('a span that is being swept may differ in any way', () => {
    expect(suspects({ spans: [{ freeindex: 30, allocCount: 2, sweep: -1 }] })).toEqual(['transient']);
    expect(suspects({ sweepgen: 0, spans: [{ freeindex: 30, allocCount: 2, sweep: -1 }] })).toEqual(['transient']);
  });
  it('where mcaches can’t be read, sweepgen tells what was cached', () => {
    const heap = writeHeap({ spans: [3, 1, 0, -2].map((sweep) => ({ ...offByOne, sweep })) });
    const { memory, layout, roots, view } = heap;
    const table = readSpanTable(memory, layout, readAllspans({ memory, layout }, roots['runtime.mheap_'])!);
    judgeSpans({ ...view, address: (name) => (name === 'runtime.allp' ? undefined : roots[name]) }, table);
    const { transient, mismatch } = spanFlag;
    expect([...table.flags.subarray(0, 4)]).toEqual([transient, transient, mismatch, mismatch]);
  });
  it('without Ps nothing is excused, and nothing breaks', () => {
    expect(suspects({ spans: [offByOne], ps: [] })).toEqual(['mismatch']);
  });
});

describe('holes', () => {
  it('an unreadable mspan is a row of its address and nulls', () => {
    const { heap, rows } = read({ spans: [{}, { unreadable: true }, {}] });
    expect(rows.length).toBe(3);
    expect(rows[1]).toMatchObject({
      addr: `0x${heap.spans[1]!.addr.toString(16)}`,
      base: null,
      state: null,
      noscan: null,
      allocated: null,
      allocBits: null,
    });
    expect(rows[1]!.missing).toEqual(expect.arrayContaining(['base', 'npages', 'state', 'allocated', 'inlineMarks']));
    expect(rows[2]!.missing).toBeUndefined();
  });

  it('what can be read of a cut mspan is shown', () => {
    const { rows } = read({ spans: [{ freeindex: 4, unreadable: ['limit'] }] });
    expect(rows[0]).toMatchObject({ state: 'inuse', freeindex: 4, limit: null, allocated: null });
    expect(rows[0]!.missing).toEqual(expect.arrayContaining(['limit', 'allocated']));
    expect(rows[0]!.missing).not.toContain('freeindex');
  });

  it('an unreadable bitmap leaves allocated unknown, unless freeindex says it all', () => {
    const nelems = 8192 / 48;
    const { rows } = read({
      spans: [
        { allocBits: 'unreadable', freeindex: 2, allocCount: 2 },
        { allocBits: 'unreadable', freeindex: Math.floor(nelems), allocCount: Math.floor(nelems) },
        { gcmarkBits: 'unreadable' },
      ],
    });
    expect(rows[0]).toMatchObject({ allocated: null, allocBits: null, missing: ['allocated', 'allocBits'] });
    expect(rows[0]!.suspect).toBeUndefined();
    expect(rows[1]).toMatchObject({ allocated: Math.floor(nelems), missing: ['allocBits'] });
    expect(rows[2]).toMatchObject({ allocated: 0, gcmarkBits: null, missing: ['gcmarkBits'] });
  });

  it('a cut allspans gives the rows that are there and counts the rest', () => {
    const spans = Array.from({ length: 700 }, () => ({}));
    const { table, heap } = read({ spans, allspansCutAt: 600 });
    expect(table.length).toBe(600);
    expect(table.unreadableEntries).toBe(100);
    expect([...table.addr.subarray(0, 600)]).toEqual(heap.spans.slice(0, 600).map(({ addr }) => addr));
  });

  it('an allspans that is nowhere has no rows', () => {
    const { table } = read({ spans: [{}], allspans: { array: nowhere, length: 5 } });
    expect([table.length, table.unreadableEntries]).toEqual([0, 5]);
  });
});

describe('lies', () => {
  it('a length that the image can’t hold costs nothing', () => {
    const { table } = bounded(hostile, () =>
      read({ spans: [{}, {}], allspans: { length: 2 ** 27, capacity: 2 ** 27 } }),
    );
    expect(table.addr.length).toBeLessThan(2 ** 20);
    expect(table.length + table.unreadableEntries).toBe(2 ** 27);
    expect(table.length).toBeGreaterThanOrEqual(2);
  });

  it('lengths above any heap’s, or above the capacity, are no allspans', () => {
    for (const allspans of [
      { length: 2 ** 40, capacity: 2 ** 40 },
      { length: 2, capacity: 1 },
      { length: 2n ** 63n },
    ]) {
      const { memory, layout, roots } = writeHeap({ spans: [{}, {}], allspans });
      expect(readAllspans({ memory, layout }, roots['runtime.mheap_'])).toBeUndefined();
    }
  });

  it('entries that are no addresses are shown as they stand', () => {
    const entries = [0n, 1n, 2n ** 53n + 1n, 2n ** 64n - 1n, 2n ** 47n];
    const { rows } = read({ spans: [{}, ...entries.map((entry) => ({ entry }))] });
    expect(rows.slice(1).map(({ addr }) => addr)).toEqual(entries.map((entry) => `0x${entry.toString(16)}`));
    for (const row of rows.slice(1)) expect(row.missing).toContain('state');
  });

  it('an nelems that its pages can’t hold is shown, and its bitmaps are not read', () => {
    for (const nelems of [1025, 65535]) {
      const { rows, table } = read({ spans: [{ lies: { nelems }, freeindex: 1, allocCount: 1 }] });
      expect(rows[0]).toMatchObject({ nelems, allocated: null, allocBits: null });
      expect(rows[0]!.missing).toContain('allocated');
      expect(table.flags[0]! & spanFlag.badNelems).not.toBe(0);
    }
  });

  it('an npages that fits no memory harms nothing', () => {
    const { rows } = read({
      go: 'go1.27.0',
      spans: [{ lies: { npages: 2n ** 51n }, freeindex: 1 }, { lies: { npages: 0 } }],
    });
    expect(rows[0]).toMatchObject({ npages: 2 ** 51, allocated: 1, inlineMarks: null });
    expect(rows[1]).toMatchObject({ npages: 0, allocated: null });
  });

  it('a state that no release knows is null and named', () => {
    const { rows } = read({ spans: [{ state: 3 }, { state: 255 }, { state: 0 }] });
    expect(rows.map(({ state }) => state)).toEqual([null, null, 'free']);
    expect(rows[0]!.missing).toContain('state');
    expect(read({ layout: withSpanStates(), spans: [{ state: 3 }] }).rows[0]!.state).toBe('free');
  });

  it('freeindex above nelems calls every slot allocated', () => {
    const { rows } = read({ spans: [{ nelems: 10, freeindex: 500, allocCount: 10 }] });
    expect(rows[0]).toMatchObject({ freeindex: 500, allocated: 10 });
    expect(rows[0]!.suspect).toBeUndefined();
  });

  it('any garbage in an mspan gives a row', () => {
    const word = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    const garbage = fc.record({
      startAddr: word,
      npages: word,
      limit: word,
      elemsize: word,
      allocBits: word,
      gcmarkBits: word,
      nelems: word,
      freeindex: word,
      allocCount: word,
      spanclass: word,
      sweepgen: word,
    });
    const spans = fc.array(
      fc.tuple(garbage, fc.nat(255)).map(([lies, state]): SpanSpec => ({ lies, state })),
      { minLength: 1, maxLength: 6 },
    );
    fc.assert(
      fc.property(spans, fc.constantFrom('go1.16.0', 'go1.27.0'), (list, go) => {
        const { rows } = read({ go, spans: list, ps: [list.map((_, i) => i).slice(0, 1)] });
        expect(rows.length).toBe(list.length);
        for (const row of rows) expect(() => JSON.stringify(row)).not.toThrow();
      }),
      { numRuns: 60 },
    );
  });
});

/** A heap of a release whose state 3 is mSpanFree (up to 1.13). */
function withSpanStates() {
  const { layout } = writeHeap({ go: 'go1.16.0' });
  return { ...layout, traits: { ...layout.traits, spanStates: ['free', 'inuse', 'manual', 'free'] as const } };
}

describe('progress', () => {
  it('is told, and can stop the walk', () => {
    const { memory, layout, roots } = writeHeap({ spans: [{}, {}] });
    const allspans = readAllspans({ memory, layout }, roots['runtime.mheap_'])!;
    const seen: [number, number][] = [];
    readSpanTable(memory, layout, allspans, (done, total) => seen.push([done, total]));
    expect(seen).toContainEqual([0, 2]);
    const stop = () => {
      throw new Error('stop');
    };
    expect(() => readSpanTable(memory, layout, allspans, stop)).toThrow('stop');
  });
});
