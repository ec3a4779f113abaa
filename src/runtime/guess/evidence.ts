// How well a release's layout explains an image in which nothing tells the release: numbers that the runtime derives from the sizes of its own structs, pointers that
// lead back to where they came from, and the types of all fields. Weighs; who ranks is guess-go.
import type { Memory } from '../../image/memory.js';
import type { RuntimeConstants } from '../../layout/constants.js';
import type { Layout } from '../../layout/types.js';
import { makeArenaLookup } from '../arena.js';
import { mspanOffsets } from '../mspan-offsets.js';
import { readSlice, type Verdict } from '../roots/validate.js';
import { validateAllgs, validateAllp } from '../roots/validate-lists.js';
import { validateMheap } from '../roots/validate-mheap.js';
import { slotsOf, smallSpans } from './inline-marks.js';
import type { Suspects } from './suspects.js';
import { add, checkTypes, count, newTally, type Tally, type Typed } from './type-checks.js';

export interface Evidence {
  readonly layout: Layout;
  /** Where mheap_ validates under this layout. */
  readonly mheap: number;
  readonly tally: Tally;
}

/** What a derived number counts for, against one field of a fitting type. */
const derived = 8;
const sampledGs = 48;
const sampledPs = 16;
const sampledMs = 16;
const sampledSpans = 256;

interface View extends Typed {
  readonly tally: Tally;
  readonly mheap: number;
}

/** Undefined where no mheap_ validates under the layout. */
export function weigh(scene: Typed, suspects: Suspects, constants: RuntimeConstants): Evidence | undefined {
  const { layout } = scene;
  const mheap = suspects.of('mheap', layout).find((address) => validateMheap(scene, address).ok === true);
  if (mheap === undefined) return undefined;
  const tally = newTally();
  const view: View = { ...scene, mheap, tally };
  checkTypes(view, 'mheap', mheap, tally);
  checkFixallocs(view);
  checkSpans(view);
  checkModule(view, suspects.of('moduledata', layout));
  const allgs = mostProved(view, 'g', 'sched.g', suspects.of('allgs', layout), (at) => validateAllgs(scene, at));
  const allp = mostProved(view, 'p', 'mcache', suspects.of('allp', layout), (at) => validateAllp(scene, at));
  const gs = sampleOf(view, allgs, sampledGs);
  const ps = sampleOf(view, allp, sampledPs);
  // A layout under which there are no g's or P's explains less.
  count(tally, gs.length > 0, () => 'no allgs under this layout', derived);
  count(tally, ps.length > 0, () => 'no allp under this layout', derived);
  checkGs(view, gs, constants);
  checkPs(view, ps);
  checkMs(view, gs, ps);
  return { layout, mheap, tally };
}

/** Each fixalloc knows the size of the structs that it hands out (runtime/mheap.go, mheap.init). */
const fixallocs: readonly (readonly [allocator: string, struct: string])[] = [
  ['spanalloc', 'mspan'],
  ['cachealloc', 'mcache'],
  ['arenaHintAlloc', 'arenaHint'],
  ['treapalloc', 'treapNode'],
  ['specialfinalizeralloc', 'specialfinalizer'],
  ['specialCleanupAlloc', 'specialCleanup'],
  ['specialCheckFinalizerAlloc', 'specialCheckFinalizer'],
  ['specialTinyBlockAlloc', 'specialTinyBlock'],
  ['specialprofilealloc', 'specialprofile'],
  ['specialReachableAlloc', 'specialReachable'],
  ['specialPinCounterAlloc', 'specialPinCounter'],
  ['specialWeakHandleAlloc', 'specialWeakHandle'],
  ['specialSecretAlloc', 'specialSecret'],
  ['specialBubbleAlloc', 'specialBubble'],
];

function checkFixallocs({ memory, layout, mheap, tally }: View): void {
  for (const [allocator, struct] of fixallocs) {
    const field = layout.field('mheap', `${allocator}.size`);
    const size = layout.struct(struct)?.size;
    const value = field && memory.word(mheap + field.offset);
    if (size === undefined || value === undefined) continue;
    count(tally, value === size, () => `mheap_.${allocator} hands out ${value} bytes, ${struct} has ${size}`, derived);
  }
}

/** How many slots a small span has follows from what is kept at its end: heap bits, marks. */
function checkSpans(view: View): void {
  const { layout, mheap, tally } = view;
  let right = 0;
  let wrong = 0;
  for (const span of smallSpans(view, mheap, sampledSpans)) {
    if (span.nelems === slotsOf(layout, span, layout.traits.inlineMarks)) right += 1;
    else wrong += 1;
    if (right + wrong <= sampledMs) checkTypes(view, 'mspan', span.address, tally);
  }
  if (right + wrong > 0)
    count(tally, right >= 0.9 * (right + wrong), () => `${wrong} spans have another number of slots`, 4 * derived);
}

/** moduledata: its types, and the pointer masks of data and bss, which have a bit for each word. */
function checkModule(view: View, suspects: readonly number[]): void {
  const { memory, layout, tally, mheap } = view;
  const word = (address: number, path: string) => {
    const field = layout.field('moduledata', path);
    return field && memory.word(address + field.offset);
  };
  const holdsMheap = (address: number) => (word(address, 'bss') ?? 0) <= mheap && mheap < (word(address, 'ebss') ?? 0);
  const tallies = suspects.filter(holdsMheap).map((module) => judgeModule(view, module, word));
  // Where one is found under another layout, this one lacks it.
  count(tally, tallies.length > 0, () => 'no moduledata under this layout holds mheap_', 4 * derived);
  const best = tallies.sort((a, b) => a.broken - b.broken || b.held - a.held)[0];
  if (best) add(tally, best);
}

function judgeModule(view: View, module: number, word: (address: number, path: string) => number | undefined): Tally {
  const { memory, layout } = view;
  const tally = newTally();
  checkTypes(view, 'moduledata', module, tally);
  for (const part of ['data', 'bss']) {
    const field = layout.field('moduledata', `gc${part}mask.n`);
    const [start, end] = [word(module, part), word(module, `e${part}`)];
    const bits = field && memory.uint32(module + field.offset);
    if (bits === undefined || start === undefined || end === undefined || bits === 0) continue;
    const words = (end - start) / memory.pointerSize;
    // The mask ends with the last pointer.
    count(tally, bits <= words + 8 && bits > words / 4, () => `gc${part}mask has ${bits} bits for ${words} words`, 2 * derived); // biome-ignore format: one line
  }
  return tally;
}

/**
 * The slice of which most is proved: other slices hold some of the g's, and a longer one may begin with a g by chance. `proof` are the field of an element that leads back
 * to it and the one that is set.
 */
function mostProved(
  view: View,
  struct: string,
  path: string,
  suspects: readonly number[],
  judge: (address: number) => Verdict,
): number | undefined {
  const field = view.layout.field(struct, path);
  const proved = (address: number) =>
    sampleOf(view, address, mostSampled).filter((element) => {
      const value = field && view.memory.word(element + field.offset);
      return struct === 'g' ? value === element : value !== undefined && value !== 0 && view.isMapped(value);
    }).length;
  return suspects
    .filter((address) => judge(address).ok === true)
    .map((address) => ({ address, count: proved(address) }))
    .sort((a, b) => b.count - a.count)[0]?.address;
}

const mostSampled = 1024;

function sampleOf({ memory }: View, slice: number | undefined, most: number): number[] {
  const found = slice === undefined ? undefined : readSlice(memory, slice);
  if (!found) return [];
  const step = Math.max(1, Math.floor(found.length / most));
  const sample: number[] = [];
  for (let i = 0; i < found.length && sample.length < most; i += step) {
    const element = memory.word(found.array + i * memory.pointerSize);
    if (element) sample.push(element);
  }
  return sample;
}

function numberAt(memory: Memory, address: number, size: number): number | undefined {
  if (size === 1) return memory.uint8(address);
  if (size === 2) return memory.uint16(address);
  if (size === 4) return memory.uint32(address);
  const value = memory.uint64(address);
  return value === undefined ? undefined : Number(value);
}

/** The scan bit of g.atomicstatus. */
const scanBit = 0x1000;

function checkGs(view: View, gs: readonly number[], constants: RuntimeConstants): void {
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

function checkPs(view: View, ps: readonly number[]): void {
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
function checkMs(view: View, gs: readonly number[], ps: readonly number[]): void {
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
