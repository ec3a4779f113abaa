// What tells memstats before the first collection, case by case: mheap_'s allocators, and the two numbers. Written heaps of several releases, word sizes and byte orders.
import { describe, expect, it } from 'vitest';
import { agreeingNumbers, memstatsLedTo } from '../../src/runtime/roots/memstats-evidence.js';
import { validateGcController, validateMemstats, validateWork } from '../../src/runtime/roots/validate-values.js';
import type { Integer } from '../support/heap-image.js';
import { type HeapSpec, writeHeap } from '../support/heap-writer.js';

const allocators = {
  spanalloc: 'mspan_sys',
  cachealloc: 'mcache_sys',
  specialfinalizeralloc: 'other_sys',
  specialprofilealloc: 'other_sys',
} as const;
/** runtime/malloc.go, _FixAllocChunk. */
const chunkBytes = 16384;
const spans = Array.from({ length: 5 }, () => ({ freeindex: 3 }));

describe.each([
  { go: 'go1.9.7', arch: 'amd64' },
  { go: 'go1.15.15', arch: 's390x' },
  { go: 'go1.16.15', arch: '386' },
  { go: 'go1.18.10', arch: 'mips' },
  { go: 'go1.27.4', arch: 'amd64' },
])('$go/$arch before its first collection', ({ go, arch }) => {
  const spec: HeapSpec = { go, arch, spans, sweepgen: 0 };
  const { roots, layout } = writeHeap(spec);
  const [mheap, memstats] = [roots['runtime.mheap_'], roots['runtime.memstats']];
  const mspan = layout.struct('mspan')!.size;
  // Since 1.18 a chunk has no room that no mspan fits in (runtime/mfixalloc.go, init).
  const rounded = layout.field('fixalloc', 'nalloc') ? Math.floor(chunkBytes / mspan) * mspan : chunkBytes;

  /** The heap, with pointers of allocators moved, and other numbers in memstats. */
  const heap = (moved: Readonly<Record<string, number>> = {}, numbers: Readonly<Record<string, Integer>> = {}) => {
    const stats = Object.entries(allocators).flatMap(([allocator, counter]) =>
      layout.field('mheap', `${allocator}.stat`)
        ? [[`${allocator}.stat`, memstats + layout.field('mstats', counter)!.offset + (moved[allocator] ?? 0)] as const]
        : [],
    );
    const sizes = { 'spanalloc.size': mspan, ...(rounded === chunkBytes ? {} : { 'spanalloc.nalloc': rounded }) };
    const { memory } = writeHeap({
      ...spec,
      lies: {
        'runtime.mheap_': { ...Object.fromEntries(stats), ...sizes },
        'runtime.memstats': { numgc: 0, last_gc_unix: 0, mspan_sys: rounded, ...numbers },
        'runtime.work': { cycles: 0, startSema: 1, markDoneSema: 1, tSweepTerm: 0, tMark: 0 },
      },
    });
    return { memory, layout };
  };
  const everywhere = Object.fromEntries(Object.keys(allocators).map((name) => [name, 64]));

  it('pointers and numbers: two ways', () => {
    expect(memstatsLedTo(heap(), mheap)).toBe(memstats);
    expect(agreeingNumbers(heap(), memstats, mheap)).toHaveLength(2);
    expect(validateMemstats(heap(), memstats, mheap)).toMatchObject({ ok: true, twice: true });
  });

  it('pointers without numbers: one', () => {
    const heapBytes = layout.field('mstats', 'heapStats') ? 'heapStats.stats[0].inHeap' : 'heap_inuse';
    const other = heap({}, { mspan_sys: 1, [heapBytes]: 8192 });
    expect(agreeingNumbers(other, memstats, mheap)).toEqual([]);
    const verdict = validateMemstats(other, memstats, mheap);
    expect(verdict.ok).toBe(true);
    expect(verdict.twice).toBeUndefined();
  });

  it('pointers that disagree say nothing, and numbers hold by themselves only where both do', () => {
    const torn = { cachealloc: 64 };
    expect(memstatsLedTo(heap(torn), mheap)).toBeUndefined();
    const both = validateMemstats(heap(torn), memstats, mheap);
    expect(both.ok).toBe(true);
    expect(both.twice).toBeUndefined();
    expect(validateMemstats(heap(torn, { mspan_sys: 1 }), memstats, mheap).ok).toBeUndefined();
  });

  it('pointers elsewhere contradict it, and what is not known of mheap_ tells nothing', () => {
    expect(validateMemstats(heap(everywhere), memstats, mheap).ok).toBe(false);
    expect(validateMemstats(heap(), memstats, undefined).ok).toBeUndefined();
  });

  it('work: free semaphores and no clock', () => {
    const work = roots['runtime.work'];
    expect(validateWork(heap(), work, memstats)).toMatchObject({ ok: true });
    const judged = (fields: Readonly<Record<string, Integer>>) => {
      const { memory } = writeHeap({
        ...spec,
        lies: {
          'runtime.memstats': { numgc: 0 },
          'runtime.work': { cycles: 0, startSema: 1, markDoneSema: 1, tSweepTerm: 0, tMark: 0, ...fields },
        },
      });
      return validateWork({ memory, layout }, work, memstats).ok;
    };
    expect(judged({})).toBe(true);
    expect(judged({ startSema: 0 })).toBeUndefined();
    expect(judged({ tMark: 5 })).toBeUndefined();
    expect(judged({ markDoneSema: 2 })).toBe(false);
  });
});

describe('a collector that is off', () => {
  // runtime/mgcpacer.go, setGCPercent: 4 MiB · uint64(−1) / 100.
  const offMinimum = ((2n ** 64n - 2n ** 22n) / 100n) & (2n ** 64n - 1n);
  const verdictOf = (fields: Readonly<Record<string, Integer>>) => {
    const { memory, layout, roots } = writeHeap({
      go: 'go1.18.10',
      spans,
      lies: { 'runtime.gcController': { gcPercent: -1, markStartTime: 0, ...fields } },
    });
    return validateGcController({ memory, layout }, roots['runtime.gcController'], undefined, undefined);
  };

  it('has a minimum that follows from −1, or nothing is told', () => {
    expect(verdictOf({ heapMinimum: offMinimum })).toMatchObject({
      ok: true,
      why: 'heapMinimum follows from gcPercent -1',
    });
    expect(verdictOf({ heapMinimum: 4 << 20 }).ok).toBeUndefined();
  });
});
