// How well a release's layout explains the scheduler's structs: statuses and wait reasons that the release has, stacks that hold their stack pointers, pointers of g, m and p that
// lead back to where they came from, and slots of the size that the structs need (runtime/runtime2.go, proc.go, malloc.go).

import type { RuntimeConstants } from '../../layout/constants.js';
import { makeArenaLookup } from '../arena.js';
import { scanBit } from '../g-status.js';
import { mspanOffsets } from '../mspan-offsets.js';
import { checkTypes, count } from './type-checks.js';
import { derived, numberAt, type View } from './view.js';

const sampledMs = 16;

export function checkGs(view: View, gs: readonly number[], constants: RuntimeConstants): void {
  const { memory, layout, tally } = view;
  const { statuses, waitReasons } = constants.at(layout.goVersion);
  const goids = new Set<string>();
  const at = (g: number, path: string) => {
    const field = layout.field('g', path);
    return field && numberAt(memory, g + field.offset, field.size);
  };
  for (const g of gs) {
    checkTypes(view, 'g', g, tally);
    const status = at(g, 'atomicstatus');
    const name = status === undefined ? undefined : statuses.get(status & ~scanBit);
    count(tally, status === undefined ? undefined : name !== undefined, () => `g.atomicstatus ${status} is none`, 2);
    const reason = at(g, 'waitreason');
    if (waitReasons.size > 0 && name === 'waiting')
      count(tally, reason === undefined ? undefined : reason > 0 && waitReasons.has(reason), () => `g.waitreason ${reason} is none`, 2); // biome-ignore format: one line
    const goid = at(g, 'goid');
    if (goid !== undefined) {
      count(tally, goid > 0 && goid < 2 ** 48 && !goids.has(String(goid)), () => `g.goid ${goid} is none, or another’s`, 2); // biome-ignore format: one line
      goids.add(String(goid));
    }
    const [lo, hi, sp] = [at(g, 'stack.lo'), at(g, 'stack.hi'), at(g, 'sched.sp')];
    if (name === 'waiting' && lo && hi && sp) count(tally, lo <= sp && sp <= hi, () => 'g.sched.sp is not on its stack', 2); // biome-ignore format: one line
    for (const path of name === 'waiting' ? ['startpc', 'gopc', 'sched.pc'] : []) {
      const pc = at(g, path);
      if (pc) count(tally, view.isMapped(pc), () => `g.${path} leads nowhere`, 2);
    }
  }
  checkSlotSize(view, 'g', gs);
}

export function checkPs(view: View, ps: readonly number[]): void {
  const { memory, layout, tally, isMapped } = view;
  const pointers = (path: string, p: number) => {
    const field = layout.field('p', path);
    return field && memory.word(p + field.offset);
  };
  for (const p of ps) {
    const cache = pointers('mcache', p);
    // A P that procresize took away is not in use.
    if (!cache || !isMapped(cache)) continue;
    checkTypes(view, 'p', p, tally);
    const status = layout.field('p', 'status');
    if (status) count(tally, (memory.uint32(p + status.offset) ?? 0) <= 4, () => 'p.status is none', 2);
    for (const [slice, buffer] of selfSlices) {
      const field = layout.field('p', buffer);
      const array = pointers(slice, p);
      if (field && array) count(tally, array === p + field.offset, () => `p.${slice} is not p.${buffer}`, 2);
    }
    checkCache(view, cache);
  }
  checkSlotSize(view, 'p', ps);
}

/** Slices of a P that begin in arrays of its own (runtime/proc.go, p.init; mwbbuf.go, wbBuf.reset). */
const selfSlices = [
  ['sudogcache.array', 'sudogbuf'],
  ['deferpool.array', 'deferpoolbuf'],
  ['deferpool[0].array', 'deferpoolbuf[0]'],
  ['deferpool[1].array', 'deferpoolbuf[1]'],
] as const;

/** mcache.alloc[i] is a span of class i, or the empty one of class 0. */
function checkCache(view: View, cache: number): void {
  const { memory, layout, tally } = view;
  checkTypes(view, 'mcache', cache, tally);
  const [spanclass, alloc] = [layout.field('mspan', 'spanclass'), layout.field('mcache', 'alloc')];
  const generation = layout.field('mcache', 'flushGen');
  const sweepgen = layout.field('mheap', 'sweepgen');
  if (!spanclass || !alloc) return;
  const classes = 2 * layout.traits.sizeClasses.length;
  let right = 0;
  let wrong = 0;
  for (let i = 1; i < classes; i += 1) {
    const span = memory.word(cache + alloc.offset + i * memory.pointerSize);
    const value = span ? memory.uint8(span + spanclass.offset) : undefined;
    if (value === i) right += 1;
    else if (value !== 0) wrong += 1;
  }
  if (right + wrong > 0) count(tally, wrong === 0, () => `${wrong} spans of an mcache are of another class`, 2);
  const [flushed, now] = [generation, sweepgen].map((field, i) => field && memory.uint32((i === 0 ? cache : view.mheap) + field.offset)); // biome-ignore format: one line
  if (flushed !== undefined && now !== undefined)
    count(tally, (now - flushed) >>> 0 <= 2 || flushed === 0, () => `mcache.flushGen ${flushed} is not near ${now}`, 2);
}

/** m.g0 and m.gsignal lead back to the m; so does its P. */
export function checkMs(view: View, gs: readonly number[], ps: readonly number[]): void {
  const { memory, layout, tally, isMapped } = view;
  const word = (struct: string, path: string, address: number) => {
    const field = layout.field(struct, path);
    return field && memory.word(address + field.offset);
  };
  const ms = new Set<number>();
  for (const [struct, list] of [['g', gs], ['p', ps]] as const) // biome-ignore format: pairs
    for (const address of list) {
      const m = word(struct, 'm', address);
      if (m && isMapped(m)) ms.add(m);
    }
  let last = 0;
  for (const m of [...ms].slice(0, sampledMs)) {
    checkTypes(view, 'm', m, tally);
    for (const path of ['g0', 'gsignal', 'curg']) {
      const g = word('m', path, m);
      if (g) count(tally, word('g', 'm', g) === m, () => `m.${path}.m does not lead back`, 2);
    }
    const p = word('m', 'p', m);
    if (p) count(tally, word('p', 'm', p) === m, () => 'm.p.m does not lead back', 2);
    const id = layout.field('m', 'procid');
    const procid = id && memory.uint64(m + id.offset);
    if (procid) count(tally, procid > 0n && procid < 2n ** 23n, () => `m.procid ${procid} is no thread’s`, 2);
    const cycle = layout.field('m', 'alllink');
    const next = cycle && memory.word(m + cycle.offset);
    if (next === 0) last += 1;
    if (next) count(tally, word('g', 'm', word('m', 'g0', next) ?? 0) === next, () => 'm.alllink is no m', 2);
  }
  if (ms.size > 1) count(tally, last <= 1, () => `m.alllink ends at ${last} m's`, derived);
}

/** Allocated by new: the slot that holds one is the smallest that can (before larger scan objects stands a word with their type, where heap bits are not in the span). */
function checkSlotSize(view: View, struct: string, addresses: readonly number[]): void {
  const { memory, layout, mheap, tally } = view;
  const size = layout.struct(struct)?.size;
  if (size === undefined) return;
  const { heapBitsInSpan, heapBitsMaxElemsize, sizeClasses } = layout.traits;
  const header = heapBitsInSpan && size > heapBitsMaxElemsize ? headerBytes : 0;
  const wanted = sizeClasses.find((slot) => slot >= size + header);
  const arenas = makeArenaLookup(memory, layout, mheap);
  const offsets = mspanOffsets(layout);
  for (const address of addresses.slice(0, 4)) {
    const span = arenas?.spanAddressOf(address);
    const elemsize = span && memory.word(span + offsets.elemsize.offset);
    if (!elemsize || !wanted) continue;
    count(tally, elemsize === wanted, () => `${struct} stands in a slot of ${elemsize} bytes, needs ${wanted}`, derived / 2); // biome-ignore format: one line
  }
}

/** runtime/malloc.go, mallocHeaderSize. */
const headerBytes = 8;
