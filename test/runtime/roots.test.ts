// Finding the roots: what each validator refuses, that a wrong name never wins, and what is said of it.
import { describe, expect, it } from 'vitest';
import { overviewOf } from '../../src/analysis/overview.js';
import type { Memory } from '../../src/image/memory.js';
import { openProcess, type ProcessOptions } from '../../src/runtime/process.js';
import { type RootName, rootNames } from '../../src/runtime/roots/find.js';
import { validateAllm } from '../../src/runtime/roots/validate-lists.js';
import { type HeapSpec, nowhere, type TargetOptions, type WrittenHeap, writeHeap } from '../support/heap-writer.js';

const spans = [{ freeindex: 7 }, { sizeclass: 9, freeindex: 2 }, { state: 'free' as const }];
const mheap = 'runtime.mheap_';

function open(heap: WrittenHeap, target: TargetOptions = {}, options: ProcessOptions = {}) {
  const opened = heap.target(target);
  const process = openProcess(opened, options)!;
  return { process, roots: overviewOf(opened, process, process.spans()).roots, warnings: process.warnings };
}

describe('a wrong symbol', () => {
  const heap = writeHeap({ spans });
  const wrong = heap.roots['runtime.memstats'];
  const sweepgen = heap.layout.field('mheap', 'sweepgen')!.offset;

  it.each(rootNames)('%s: is refused, and the next finder wins', (name) => {
    // gcphase is one number: nearly anything that reads as 0 could be it.
    const address = {
      [name]: wrong,
      'runtime.memstats': heap.roots[mheap],
      'runtime.gcphase': heap.roots[mheap] + sweepgen,
    }[name]!;
    const { roots, warnings } = open(heap, { symbols: { [name]: address }, dwarf: heap.roots });
    expect(roots[name]).toMatchObject({
      state: 'confirmed',
      method: 'dwarf',
      address: `0x${heap.roots[name].toString(16)}`,
    });
    expect(warnings.join('\n')).toContain(`${name}: symtab says 0x${address.toString(16)}, which does not hold it`);
  });

  it('for mheap_ alone leaves no spans, and says why', () => {
    const { process, roots, warnings } = open(heap, { symbols: { [mheap]: heap.roots[mheap] + 8 } });
    expect(roots[mheap]).toMatchObject({ state: 'unconfirmed', method: 'symtab', confirmedBy: [] });
    expect(process.spans()).toBeUndefined();
    expect(process.check.ok).toBe(false);
    expect(process.whyNoSpans).toBeTruthy();
    expect(warnings[0]).toContain('does not fit this image');
  });

  it('for an allm that is nil, beside no heap, may be right: the runtime had not set itself up', () => {
    const { memory } = heap.target();
    const nil = Array.from({ length: 512 }, (_, i) => wrong + i * 8).find((at) => memory.word(at) === 0)!;
    const told =
      /^allm is nil where symtab says that it stands: the image was taken before the Go runtime had set itself up/;
    const symbols = { [mheap]: nil, 'runtime.allm': nil };
    expect(open(heap, { symbols }).warnings[0]).toMatch(told);
    // A heap that is proved has an m.
    const { warnings } = open(heap, { symbols, dwarf: heap.roots });
    expect(warnings.join('\n')).toContain('runtime.allm: symtab says');
    expect(warnings.join('\n')).not.toContain('had set itself up');
  });

  it('that leads nowhere, is nil, or is no address', () => {
    for (const address of [nowhere, 0, 2 ** 60, -8, Number.NaN]) {
      const { roots } = open(heap, { symbols: { [mheap]: address }, dwarf: heap.roots });
      expect(roots[mheap], String(address)).toMatchObject({ state: 'confirmed', method: 'dwarf' });
    }
  });
});

describe('a refused root', () => {
  const heap = writeHeap({ spans });
  const gcOf = (symbols: TargetOptions['symbols']) => {
    const opened = heap.target({ symbols: symbols! });
    const process = openProcess(opened, {})!;
    return overviewOf(opened, process, process.spans());
  };

  it('gives no numbers', () => {
    const { gc, spans: totals } = gcOf({ 'runtime.memstats': heap.roots[mheap] });
    expect(totals).not.toBeNull();
    expect(gc).toMatchObject({ numGC: null, lastGC: null, pauseTotalNs: null, phase: 'off' });
  });

  it('nor do those that only were not refuted, where mheap_ is not proved', () => {
    const result = gcOf(Object.fromEntries(rootNames.map((name) => [name, heap.roots[mheap] + 8])));
    expect(result.mheap).toMatchObject({ address: null, sweepgen: null, pagesInUse: null });
    expect(Object.values(result.gc!).every((value) => value === null)).toBe(true);
  });
});

describe('finders', () => {
  const heap = writeHeap({ spans });
  it('an override comes first, and must validate too', () => {
    const none = Object.fromEntries(rootNames.map((name) => [name, undefined]));
    const found = open(heap, { symbols: none }, { roots: heap.roots });
    for (const name of rootNames) expect(found.roots[name]).toMatchObject({ state: 'confirmed', method: 'override' });
    const bad = open(heap, {}, { roots: { [mheap]: heap.roots['runtime.work'] } });
    expect(bad.roots[mheap]).toMatchObject({ state: 'confirmed', method: 'symtab' });
    expect(bad.warnings.join()).toContain('override');
  });
  it('none that knows it: absent, without an address', () => {
    const none = Object.fromEntries(rootNames.map((name) => [name, undefined]));
    const { process, roots } = open(heap, { symbols: none });
    for (const name of rootNames) {
      expect(roots[name]).toMatchObject({ state: 'absent' });
      expect(roots[name]).not.toHaveProperty('address');
    }
    expect(process.spans()).toBeUndefined();
    expect(process.whyNoSpans).toContain('not found');
  });
});

describe('contradictions', () => {
  const stateOf = (spec: HeapSpec, name: RootName) => open(writeHeap({ spans, ...spec })).roots[name];
  const lies: [string, RootName, HeapSpec][] = [
    ['a class out of its place in central', mheap, { lies: { [mheap]: { 'central[77].mcentral.spanclass': 78 } } }],
    ['an empty allspans', mheap, { spans: [] }],
    ['an allspans longer than its capacity', mheap, { allspans: { length: 9, capacity: 3 } }],
    ['an allspans longer than any', mheap, { allspans: { length: 2 ** 40 } }],
    ['a nil allspans', mheap, { allspans: { array: 0 } }],
    ['spans of another cycle', mheap, { lies: { [mheap]: { sweepgen: 4000 } } }],
    [
      'spans whose elemsize is not their class’s',
      mheap,
      { spans: [{ lies: { elemsize: 40 } }, { lies: { elemsize: 7 } }] },
    ],
    [
      'spans that arenas do not know',
      mheap,
      { spans: [{ state: 'free' }, { lies: { startAddr: 0xc0_0000_0000, limit: 0xc0_0000_2000 } }] },
    ],
    ['spans of half a page', mheap, { spans: [{ lies: { startAddr: 0xc0_0000_0100 } }] }],
    ['text out of order', 'runtime.firstmoduledata', { lies: { 'runtime.firstmoduledata': { etext: 5 } } }],
    ['a bss without mheap_', 'runtime.firstmoduledata', { lies: { 'runtime.firstmoduledata': { ebss: 0x4f_9000 } } }],
    ['a last GC that is not in the ring', 'runtime.memstats', { lies: { 'runtime.memstats': { last_gc_unix: 5 } } }],
    ['cycles that do not go together', 'runtime.work', { lies: { 'runtime.work': { cycles: 3 } } }],
    [
      'a minimum that GOGC does not give',
      'runtime.gcController',
      { lies: { 'runtime.gcController': { heapMinimum: 1 } } },
    ],
    [
      'a mark that began before all clocks',
      'runtime.gcController',
      { lies: { 'runtime.gcController': { markStartTime: -1 } } },
    ],
  ];
  it.each(lies)('%s: %s is not confirmed', (_, name, spec) => {
    expect(stateOf(spec, name)).toMatchObject({ state: 'unconfirmed' });
    expect(stateOf({}, name)).toMatchObject({ state: 'confirmed' });
  });

  it('a list of ms that runs in a circle ends', () => {
    const heap = writeHeap({ spans, ms: 1 });
    const m = heap.memory.word(heap.roots['runtime.allm'])!;
    const loop = { ...heap.layout.field('m', 'alllink')! };
    // Where alllink is said to stand is allm itself, which leads to the first m again.
    const layout = {
      ...heap.layout,
      field: (struct: string, path: string) =>
        struct === 'm' && path === 'alllink'
          ? { ...loop, offset: heap.roots['runtime.allm'] - m }
          : heap.layout.field(struct, path),
    };
    let words = 0;
    const word = (address: number) => {
      words += 1;
      if (words > 10) throw new Error('the walk goes on');
      return heap.memory.word(address);
    };
    const memory = Object.assign(Object.create(heap.memory) as Memory, { word });
    expect(validateAllm({ memory, layout }, heap.roots['runtime.allm'])).toMatchObject({
      ok: false,
      why: expect.stringContaining('loops'),
    });
  });

  it('a process before its first GC is told nothing wrong', () => {
    const { roots } = open(
      writeHeap({
        spans,
        sweepgen: 0,
        lies: {
          'runtime.memstats': { numgc: 0, last_gc_unix: 0 },
          'runtime.work': { cycles: 0 },
          'runtime.gcController': { gcPercent: -1, markStartTime: 0, heapInUse: 0 },
        },
      }),
    );
    expect(roots[mheap]).toMatchObject({ state: 'confirmed' });
    for (const name of ['runtime.memstats', 'runtime.work', 'runtime.gcController'])
      expect(roots[name]).toMatchObject({ state: 'unconfirmed', method: 'symtab' });
  });

  it('a cycle that has begun and does not mark yet leaves the clock of the one before', () => {
    const begun = (start: number, sweepTerm: number): HeapSpec => ({
      go: 'go1.16.15',
      lies: { 'runtime.work': { tSweepTerm: sweepTerm }, 'runtime.gcController': { markStartTime: start } },
    });
    // It marked from 1100 on, tMark is 1200; the next began at 2000.
    expect(stateOf(begun(1100, 2000), 'runtime.gcController')).toMatchObject({ state: 'confirmed' });
    expect(stateOf(begun(1500, 2000), 'runtime.gcController')).toMatchObject({ state: 'unconfirmed' });
    expect(stateOf(begun(1100, 1150), 'runtime.gcController')).toMatchObject({ state: 'unconfirmed' });
  });

  it('a mark phase goes with the cycle counters', () => {
    expect(stateOf({ gcphase: 1 }, 'runtime.gcphase')).toMatchObject({ state: 'confirmed' });
    expect(stateOf({ gcphase: 3 }, 'runtime.gcphase')).toMatchObject({ state: 'unconfirmed' });
    const idle = { 'runtime.work': { cycles: 10 } } as const;
    expect(stateOf({ gcphase: 1, lies: idle }, 'runtime.gcphase')).toMatchObject({ state: 'unconfirmed' });
  });
});

describe('a damaged image', () => {
  it('is believed where nine of ten spans hold', () => {
    const many = Array.from({ length: 40 }, (_, i) => (i % 20 === 7 ? { lies: { elemsize: 3 } } : { freeindex: 2 }));
    const { process } = open(writeHeap({ spans: many }));
    expect(process.check).toMatchObject({ ok: true, checked: 40, held: 38 });
    expect(process.spans()?.length).toBe(40);
  });
  it('says that it is doubtful where more than one of ten spans do not hold', () => {
    const many = Array.from({ length: 40 }, (_, i) => (i % 4 === 1 ? { lies: { elemsize: 3 } } : { freeindex: 2 }));
    const { process } = open(writeHeap({ spans: many }));
    expect(process.check).toMatchObject({ ok: true, doubtful: true, checked: 40, held: 30 });
    expect(process.warnings[0]).toContain('only 30 of 40 sampled spans');
  });
  it('without mheap_ says where reading stopped, and calls nothing wrong that it has not seen', () => {
    const heap = writeHeap({ spans });
    const { process } = open(heap, {
      symbols: { [mheap]: nowhere, 'runtime.allgs': nowhere, 'runtime.allp': nowhere },
    });
    expect(process.check.ok).toBe(false);
    expect(process.whyNoSpans).toBe(
      `allspans can’t be read: 0x${(nowhere + heap.layout.field('mheap', 'allspans')!.offset).toString(16)}: not mapped`,
    );
    expect(process.warnings).toEqual([expect.stringContaining('could not be checked on this image')]);
  });
  it('without a readable mspan still has its rows', () => {
    const { process } = open(writeHeap({ spans: [{ unreadable: true }, { unreadable: true }] }));
    expect(process.spans()?.length).toBe(2);
  });
});
