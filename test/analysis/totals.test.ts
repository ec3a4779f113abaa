// Sums over spans, their reconciliation with the runtime's counters, findings, and the details of one span.
import { describe, expect, it } from 'vitest';
import { bigCount } from '../../src/analysis/numbers.js';
import { overviewOf } from '../../src/analysis/overview.js';
import { spanDetail } from '../../src/analysis/span-detail.js';
import { overviewText } from '../../src/output/overview-text.js';
import { openProcess } from '../../src/runtime/process.js';
import { type HeapSpec, nowhere, type SpanSpec, writeHeap } from '../support/heap-writer.js';

function overview(spec: HeapSpec) {
  const heap = writeHeap(spec);
  const target = heap.target();
  const process = openProcess(target, {})!;
  return { heap, process, result: overviewOf(target, process, process.spans()) };
}

/** Enough healthy spans that the others do not make the layout doubtful. */
const healthy: SpanSpec[] = Array.from({ length: 30 }, () => ({ freeindex: 1 }));

describe('sums', () => {
  it('by class', () => {
    const { result } = overview({
      spans: [
        { sizeclass: 5, freeindex: 7 },
        { sizeclass: 5, freeindex: 1 },
        { sizeclass: 5, noscan: false, freeindex: 2 },
        { sizeclass: 0, npages: 3, freeindex: 1 },
        { sizeclass: 0, npages: 9, freeindex: 1 },
      ],
    });
    expect(result.classes.map(({ spanclass, spans, objects, inuseBytes, allocBytes }) => [spanclass, spans, objects, inuseBytes, allocBytes])).toEqual([
      [1, 2, 2, 12 * 8192, 12 * 8192],
      [10, 1, 2, 8192, 96],
      [11, 2, 8, 16384, 8 * 48],
    ]); // biome-ignore format: a table
    expect(result.spans?.freeSlotBytes).toBe((170 - 7 + 170 - 1) * 48 + (168 - 2) * 48);
  });

  it('count spans that can’t be read, and lying ones without blowing up', () => {
    const { result } = overview({
      go: 'go1.20.0',
      spans: [...healthy, { unreadable: true }, { state: 77 }, { lies: { nelems: 2n ** 60n, npages: 2n ** 40n } }],
    });
    expect(result.spans).toMatchObject({ total: 33, inuse: 31, unreadable: 2, doubtful: 1, complete: false });
    expect(Number(result.spans!.heapInuseBytes)).toBeLessThan(2 ** 30);
    for (const value of Object.values(result.spans!)) {
      if (typeof value === 'object' || typeof value === 'boolean') continue;
      if (typeof value === 'string') expect(value).toMatch(/^\d+$/);
      else expect(Number.isSafeInteger(value)).toBe(true);
    }
    expect(Number(result.spans!.freeSlotBytes)).toBeLessThan(2 ** 30);
  });
});

describe('what can’t be read', () => {
  it('makes the totals a lower bound, in words too', () => {
    const { result } = overview({ spans: [...healthy, { unreadable: true }, ...healthy], allspansCutAt: 50 });
    expect(result.spans).toMatchObject({ total: 50, unreadable: 1, unreadableEntries: 11, complete: false, inuse: 49 });
    expect(result.warnings).toContain(
      "12 of the 61 mspans in allspans can't be read, or hold what can't be, and are not counted: the heap is at least what is shown",
    );
    const text = overviewText(result);
    for (const label of ['heap in use', 'allocated', 'free slots', 'stacks'])
      expect(text).toMatch(new RegExp(`^${label} +at least `, 'm'));
    expect(text).toMatch(/^findings +none in what can be read$/m);
    expect(overviewText(overview({ spans: healthy }).result)).not.toContain('at least');
  });

  it.each([
    ['the mspans', { spans: [{ unreadable: true as const }, { unreadable: true as const }] }],
    ['allspans', { spans: [{}, {}], allspansCutAt: 0 }],
  ])('of all %s leaves no totals: zero would say that the heap is empty', (_, spec) => {
    const { result } = overview(spec);
    expect(result.spans).toBeNull();
    expect(result.reconciliation).toEqual([]);
    expect(result.warnings).toContain('none of the 2 mspans in allspans can be read: nothing is known of the heap');
    expect(overviewText(result)).not.toMatch(/heap in use|findings|holds?$/m);
  });

  it('in the mcaches leaves HeapAlloc’s counter unknown, and a cached span off by one lawful', () => {
    const spans: SpanSpec[] = [...healthy, { freeindex: 5, allocCount: 4, sweep: 3 }, { freeindex: 5, allocCount: 4 }];
    const heap = writeHeap({ spans, ps: [[30]] });
    const target = heap.target({ symbols: { 'runtime.allp': nowhere } });
    const process = openProcess(target, {})!;
    const { reconciliation, spans: totals } = overviewOf(target, process, process.spans());
    expect(reconciliation.map(({ what }) => what)).not.toContain('HeapAlloc');
    expect(reconciliation.map(({ what }) => what)).toContain('HeapInuse');
    expect(totals?.suspect).toMatchObject({ transient: 1, mismatch: 1 });
  });
});

describe('reconciliation', () => {
  const row = (spec: HeapSpec, what: string) => overview(spec).result.reconciliation.find((r) => r.what === what);

  it.each(['go1.18.0', 'go1.24.0'])('HeapAlloc counts what cached spans hold beyond the counters (%s)', (go) => {
    const spans: SpanSpec[] = [
      { freeindex: 50, allocCountBeforeCache: 20 },
      { sizeclass: 9, freeindex: 5, allocCountBeforeCache: 5 },
      { sizeclass: 20, freeindex: 3 },
    ];
    const cached = spans.map((span) => ({ ...span, sweep: 3 }));
    expect(row({ go, spans: cached, ps: [[0], [1, 2]] }, 'HeapAlloc')).toMatchObject({
      ours: 50 * 48 + 5 * 112 + 3 * 320,
      runtime: 50 * 48 + 5 * 112 + 3 * 320,
      agrees: true,
    });
  });

  it('a cached span that its P has just given back is counted already', () => {
    const spans = [{ freeindex: 50, allocCountBeforeCache: 50, sweep: 0 }];
    expect(row({ spans, ps: [[0]] }, 'HeapAlloc')).toMatchObject({ agrees: true });
  });

  it('says where the runtime counts otherwise', () => {
    const spec: HeapSpec = { spans: [{ freeindex: 3 }], lies: { 'runtime.mheap_': { pagesInUse: 2n ** 60n } } };
    expect(row(spec, 'pages in use')).toMatchObject({ ours: 1, runtime: '1152921504606846976', agrees: false });
  });
});

describe('findings', () => {
  it('name each span whose slots contradict allocCount', () => {
    const { heap, result } = overview({ spans: [...healthy, { freeindex: 4, allocCount: 9 }] });
    expect(result.findings).toHaveLength(1);
    expect(result.findings[0]).toMatchObject({ id: 'alloc-count-mismatch', severity: 'high' });
    expect(result.findings[0]!.evidence).toMatchObject([
      { value: -5, address: `0x${heap.spans[30]!.addr.toString(16)}` },
    ]);
    expect(result.spans?.suspect).toEqual({ mismatch: 1, transient: 0, torn: 0 });
  });
  it('do not count what a running P explains', () => {
    const { result } = overview({ spans: [...healthy, { sizeclass: 9, freeindex: 4, allocCount: 3 }], ps: [[30]] });
    expect(result.findings).toEqual([]);
    expect(result.spans?.suspect).toEqual({ mismatch: 0, transient: 1, torn: 0 });
  });
  it('are bounded in evidence', () => {
    const many: SpanSpec[] = Array.from({ length: 3000 }, (_, i) =>
      i % 100 < 5 ? { freeindex: 9, allocCount: 2 } : {},
    );
    const { result } = overview({ spans: many });
    expect(result.findings[0]!.title).toContain('150 spans');
    expect(result.findings[0]!.evidence).toHaveLength(20);
  });
});

describe('GC state', () => {
  it('numbers above 2^53 are exact decimal strings', () => {
    const lastGc = 1_795_394_565_201_219_933n;
    const { result } = overview({ spans: healthy });
    expect(result.gc).toMatchObject({ lastGC: lastGc.toString(), numGC: 10, phase: 'off', gcPercent: 100 });
  });
  it('GOGC=off is −1', () => {
    const { result } = overview({ spans: healthy, lies: { 'runtime.gcController': { gcPercent: -1 } } });
    expect(result.gc).toMatchObject({ gcPercent: -1 });
  });
  it.each([
    [0, 'off'],
    [1, 'mark'],
    [2, 'mark termination'],
    [7, null],
  ] as const)('phase %d is %s', (gcphase, phase) => {
    expect(overview({ spans: healthy, gcphase }).result.gc).toMatchObject({ phase });
  });
});

describe('one span', () => {
  it('has every field of its mspan with offset, size, type, value and source', () => {
    const { heap, process } = overview({ spans: [{ freeindex: 5, allocBits: '0000011' }] });
    const detail = spanDetail(process, process.spans()!, 0);
    const layout = heap.layout.struct('mspan')!;
    const sized = [...layout.fields.values()].filter(({ size }) => size > 0);
    expect(Object.keys(detail.fields)).toEqual(sized.map(({ name }) => name));
    for (const { name, offset, size, type } of sized)
      expect(detail.fields[name]).toMatchObject({ offset, size, type, source: 'table' });
    expect(detail.fields.freeindex!.value).toBe(5);
    expect(detail.fields.startAddr!.value).toBe(`0x${heap.spans[0]!.base.toString(16)}`);
    expect(detail).toMatchObject({ slotSize: 48, sweepState: 'swept', schemaVersion: 1, allocated: 7 });
    expect(detail.slots).toBe(`AAAAAaa${'f'.repeat(163)}`);
  });
  it('that can’t be read has null values', () => {
    const { process } = overview({ spans: [...healthy, { unreadable: true }, { entry: 2n ** 64n - 8n }] });
    for (const row of [30, 31]) {
      const detail = spanDetail(process, process.spans()!, row);
      expect(Object.values(detail.fields).every(({ value }) => value === null)).toBe(true);
      expect(detail.slots).toBe('');
      expect(() => JSON.stringify(detail)).not.toThrow();
    }
  });
});

it('bigCount keeps integers exact', () => {
  expect([bigCount(5), bigCount(-5n), bigCount(2n ** 53n - 1n), bigCount(2n ** 64n - 1n), bigCount(1e20)]).toEqual([
    5,
    -5,
    2 ** 53 - 1,
    '18446744073709551615',
    '100000000000000000000',
  ]);
});
