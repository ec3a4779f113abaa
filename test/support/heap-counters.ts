// Writes the runtime's counters (runtime/mstats.go, mgcpacer.go, mcentral.go; moduledata's sections with them).
import type { FirstRootName } from '../../src/runtime/roots/find.js';
import type { HeapImage, Integer } from './heap-image.js';
import type { Span } from './heap-spans.js';
import type { HeapSpec } from './heap-spec.js';

const lastGc = 1_795_394_565_201_219_933n;

/** What each mcache has freed and not told yet (up to 1.15): objects of class 5, and bytes of large ones. */
export const unflushed = { objects: 3, large: 4096, sizeclass: 5 };

/** The runtime's own numbers, such that they agree with the spans and with each other. */
export function writeCounters(
  image: HeapImage,
  spec: HeapSpec,
  roots: Readonly<Record<FirstRootName, number>>,
  spans: readonly Span[],
): void {
  const { layout } = image;
  const { pageSize } = layout.traits;
  const marking = (spec.gcphase ?? 0) > 0;
  // Each cycle adds 2 to sweepgen.
  const cycles = Math.max(1, Math.floor((spec.sweepgen ?? 20) / 2));
  const memstats = roots['runtime.memstats'];
  const work = roots['runtime.work'];
  const controller = roots['runtime.gcController'];
  const mheap = roots['runtime.mheap_'];
  const set = (root: number, struct: string, fields: Readonly<Record<string, Integer>>) => {
    for (const [path, value] of Object.entries(fields)) image.set(struct, path, root, value);
  };
  set(memstats, 'mstats', {
    numgc: cycles,
    enablegc: 1,
    last_gc_unix: lastGc,
    [`pause_end[${(cycles + 255) % 256}]`]: lastGc,
  });
  set(work, 'workType', { cycles: marking ? cycles + 1 : cycles, tSweepTerm: 1000, tMark: 1200 });
  set(controller, 'gcControllerState', { gcPercent: 100, heapMinimum: 4 << 20, markStartTime: 1100 });
  const end = mheap + (layout.struct('mheap')?.size ?? 0);
  const text = { text: 0x40_1000, minpc: 0x40_1000, maxpc: 0x48_0000, etext: 0x48_0000 };
  set(roots['runtime.firstmoduledata'], 'moduledata', {
    ...text,
    data: 0x4f_0000,
    edata: 0x4f_8000,
    bss: 0x4f_8000,
    ebss: end,
  });

  const cached = new Set((spec.ps ?? []).flat());
  const counted = layout.field('mspan', 'allocCountBeforeCache') !== undefined;
  const small = new Map<number, number>();
  let large = 0;
  let inuse = 0;
  let stacks = 0;
  spans.forEach(({ spec: own, written }, index) => {
    const state = own.state ?? 'inuse';
    const bytes = written.npages * pageSize;
    if (state === 'manual' && written.elemsize > 0) stacks += bytes;
    if (state !== 'inuse') return;
    inuse += bytes;
    const sizeclass = written.spanclass >> 1;
    // A cached span is counted when it is given back; before allocCountBeforeCache a refill credited all of its slots.
    const before = counted ? (own.allocCountBeforeCache ?? written.allocCount) : written.nelems;
    const objects = cached.has(index) ? before : written.allocCount;
    if (sizeclass === 0) large += objects * written.elemsize;
    else small.set(sizeclass, (small.get(sizeclass) ?? 0) + objects);
  });
  // The three deltas add up: what one has too much another takes off.
  const stat = 'heapStats.stats';
  set(memstats, 'mstats', {
    [`${stat}[0].inStacks`]: stacks + 4096,
    [`${stat}[1].inStacks`]: -4096,
    [`${stat}[2].inHeap`]: inuse,
    [`${stat}[1].largeAlloc`]: large + 8192,
    [`${stat}[0].largeFree`]: 8192,
    heap_inuse: inuse,
    stacks_inuse: stacks,
  });
  const mcaches = (spec.ps ?? [[]]).length;
  set(mheap, 'mheap', { largealloc: large + 8192 + mcaches * unflushed.large, largefree: 8192 });
  for (let i = 1; i < layout.traits.sizeClasses.length; i += 1) {
    const freed = i === unflushed.sizeclass ? mcaches * unflushed.objects : 0;
    set(mheap, 'mheap', {
      [`central[${2 * i}].mcentral.nmalloc`]: 7 + freed,
      [`central[${2 * i + 1}].mcentral.nmalloc`]: small.get(i) ?? 0,
      [`nsmallfree[${i}]`]: 7,
    });
  }
  for (const [sizeclass, objects] of small) {
    set(memstats, 'mstats', {
      [`${stat}[2].smallAllocCount[${sizeclass}]`]: objects + 7,
      [`${stat}[1].smallFreeCount[${sizeclass}]`]: 7,
    });
  }
  set(controller, 'gcControllerState', { heapInUse: inuse });
}
