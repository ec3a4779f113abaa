// How well a release's layout explains an image in which nothing tells the release: numbers that the runtime derives from the sizes of its own structs, pointers that
// lead back to where they came from, and the types of all fields. Weighs; who ranks is guess-go.
import type { RuntimeConstants } from '../../layout/constants.js';
import type { Layout } from '../../layout/types.js';
import { readSlice, type Verdict } from '../roots/validate.js';
import { validateAllgs, validateAllp } from '../roots/validate-lists.js';
import { validateMheap } from '../roots/validate-mheap.js';
import { slotsOf, smallSpans } from './inline-marks.js';
import { checkGs, checkMs, checkPs } from './scheduler-checks.js';
import type { Suspects } from './suspects.js';
import { add, checkTypes, count, newTally, type Tally, type Typed } from './type-checks.js';
import { derived, type View } from './view.js';

export interface Evidence {
  readonly layout: Layout;
  /** Where mheap_ validates under this layout. */
  readonly mheap: number;
  readonly tally: Tally;
}

const sampledGs = 48;
const sampledPs = 16;
const typedSpans = 16;
const sampledSpans = 256;

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
    if (right + wrong <= typedSpans) checkTypes(view, 'mspan', span.address, tally);
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
 * The slice of which most is proved: other slices hold some of the g's, and a longer one may begin with a g by chance. `path` is the field of an element that leads back
 * to it (of a g), or that is set.
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
