// What tells memstats at any moment, before the first collection too: mheap_'s allocators point to the counters of it that they keep, and two of its numbers are the heap's own.
// Sources: runtime/mheap.go, (*mheap).init; mfixalloc.go; mstats.go. Seen in every release from 1.9 to 1.27.
import type { Scene } from './validate.js';

/** mheap_'s fixed-size allocators, and the field of memstats in which each counts what it takes from the system (mheap.go, init). */
const allocators = [
  ['spanalloc', 'mspan_sys'],
  ['cachealloc', 'mcache_sys'],
  ['specialfinalizeralloc', 'other_sys'],
  ['specialprofilealloc', 'other_sys'],
] as const;
const fewestAllocators = 3;

/** The address of memstats by mheap_'s allocators; undefined where they don't agree, or too few of them can be read. */
export function memstatsLedTo({ memory, layout }: Scene, mheap: number): number | undefined {
  const ledTo = allocators.flatMap(([allocator, counter]) => {
    const [stat, into] = [layout.field('mheap', `${allocator}.stat`), layout.field('mstats', counter)];
    const pointer = stat && into && memory.word(mheap + stat.offset);
    return pointer ? [pointer - into.offset] : [];
  });
  const [first] = ledTo;
  if (first === undefined || ledTo.length < fewestAllocators || first <= 0) return undefined;
  return ledTo.every((address) => address === first) ? first : undefined;
}

/** An unsigned field of 4 or 8 bytes, less than 2^53; undefined where layout or memory lack it. */
export function counterAt(
  { memory, layout }: Scene,
  struct: string,
  path: string,
  address: number,
): number | undefined {
  const field = layout.field(struct, path);
  if (!field) return undefined;
  const value = field.size === 4 ? memory.uint32(address + field.offset) : memory.uint64(address + field.offset);
  return value === undefined || value > Number.MAX_SAFE_INTEGER ? undefined : Number(value);
}

/** Bytes of the spans in use, as mheap_ counts them; undefined where that can't be read. */
export function heapBytesOf(scene: Scene, mheap: number): number | undefined {
  const pages = counterAt(scene, 'mheap', 'pagesInUse', mheap);
  return pages === undefined ? undefined : pages * scene.layout.traits.pageSize;
}

/** `_FixAllocChunk` (runtime/malloc.go): what a fixalloc takes at once; since 1.18 it leaves out what no object fits in (`nalloc`). */
const chunkBytes = 16 * 1024;

/** What memstats.mspan_sys must be: an mspan stands in allspans from when its place is first given out, so that these fill the chunks. */
function mspanSysOf(scene: Scene, mheap: number): number | undefined {
  const size = counterAt(scene, 'mheap', 'spanalloc.size', mheap);
  const allspans = scene.layout.field('mheap', 'allspans');
  const spans = allspans && scene.memory.word(mheap + allspans.offset + scene.memory.pointerSize);
  if (!size || size > chunkBytes || !spans) return undefined;
  const taken = counterAt(scene, 'mheap', 'spanalloc.nalloc', mheap) ?? chunkBytes;
  return Math.ceil(spans / Math.floor(chunkBytes / size)) * taken;
}

/** How many deltas a consistentHeapStats has; its total is the sum of all. */
const deltas = 3;

/** Bytes of the spans in use, as memstats counts them: in three deltas since 1.16, before in a field that is only filled in by ReadMemStats since then. */
function heapBytesIn({ memory, layout }: Scene, memstats: number): number | undefined {
  if (!layout.field('mstats', 'heapStats')) return counterAt({ memory, layout }, 'mstats', 'heap_inuse', memstats);
  let sum = 0n;
  for (let i = 0; i < deltas; i += 1) {
    const field = layout.field('mstats', `heapStats.stats[${i}].inHeap`);
    if (!field) return undefined;
    const value = field.size === 4 ? memory.uint32(memstats + field.offset) : memory.uint64(memstats + field.offset);
    if (value === undefined) return undefined;
    sum += BigInt(value);
  }
  return Number(BigInt.asUintN(8 * memory.pointerSize, sum));
}

/** Which numbers of memstats are the heap's own, in words; empty where none is, or nothing can be compared. A thread may stand between the two that it counts in. */
export function agreeingNumbers(scene: Scene, memstats: number, mheap: number): readonly string[] {
  const heap = heapBytesOf(scene, mheap);
  const taken = mspanSysOf(scene, mheap);
  return [
    heap && heap === heapBytesIn(scene, memstats) ? `${heap} bytes in use` : '',
    taken && taken === counterAt(scene, 'mstats', 'mspan_sys', memstats) ? `${taken} bytes of mspans` : '',
  ].filter((text) => text !== '');
}
