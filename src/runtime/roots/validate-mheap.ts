// Proves an address to be mheap_: central[i].spanclass == i at the stride, allspans holds mspans that the arenas lead back to,
// sweepgen is even. Nothing else in memory looks like that (runtime/mheap.go, type mheap).
import { makeArenaLookup } from '../arena.js';
import { popcountFrom } from '../bitmap.js';
import { mspanOffsets } from '../mspan-offsets.js';
import { maxSlots, type SliceHeader } from '../span-table.js';
import { contradicts, holds, noSlice, readSlice, type Scene, unreadable, untold, type Verdict } from './validate.js';

/** More mspans than any process has: 2^27 of them are 20 GB of metadata. */
const maxSpans = 2 ** 27;
const sampled = 96;
/**
 * The share of sampled spans that must fulfil the invariants. Where central proves mheap_ and the layout is that of the very release, a heap in which half of them
 * do is damaged, and what it holds is shown; a layout that only stands in must fit nearly all.
 */
const enoughOfProved = 0.5;
const enoughOfGuessed = 0.9;

/** How often a span of a running process is looked at again: it may be freed, or swept, between two reads. */
const triesOfLive = 3;

export interface MheapVerdict extends Verdict {
  /** In-use spans sampled, and those of them that fulfil every invariant of the layout. */
  readonly checked: number;
  readonly held: number;
}

/**
 * Whether so few of the sampled spans fulfil the invariants that the heap is damaged, or the layout is not the program's, though mheap_ is proved. One may always
 * be what a thread is just working on.
 */
export const fewHold = ({ checked, held }: { checked: number; held: number }): boolean =>
  held + 1 < checked * enoughOfGuessed;

/** allspans as its header says; undefined where that can't be. How many of its entries the image holds is seen when they are read. */
export function readAllspans({ memory, layout }: Scene, mheap: number): SliceHeader | undefined {
  const field = layout.field('mheap', 'allspans');
  const slice = field && readSlice(memory, mheap + field.offset);
  if (!slice || slice.length > maxSpans) return undefined;
  return slice;
}

export function validateMheap(scene: Scene, mheap: number): MheapVerdict {
  const none = { checked: 0, held: 0 };
  const central = checkCentral(scene, mheap);
  if (central.ok === false) return { ...central, ...none };
  const allspans = readAllspans(scene, mheap);
  if (!allspans) {
    const field = scene.layout.field('mheap', 'allspans');
    return {
      ...(field ? noSlice(scene.memory, mheap + field.offset, 'allspans') : untold('the layout has no allspans')),
      ...none,
    };
  }
  if (allspans.length === 0) return { ...contradicts('allspans is empty'), ...none };
  const sample = checkSample(scene, mheap, allspans);
  const detail = `${central.why}; ${sample.held} of ${sample.checked} sampled in-use spans fulfil the span invariants, ${sample.found} are found again by their addresses`;
  if (sample.checked === 0)
    return { ...(central.ok ? holds(`${central.why}; no in-use span could be sampled`) : untold(detail)), ...sample };
  const wanted = central.ok && scene.layout.exact ? enoughOfProved : enoughOfGuessed;
  if (sample.held < sample.checked * wanted) return { ...contradicts(detail), ...sample };
  return { ...holds(detail), ...sample };
}

function checkCentral({ memory, layout }: Scene, mheap: number): Verdict {
  const central = layout.field('mheap', 'central');
  const first = layout.field('mheap', 'central[0].mcentral.spanclass');
  const second = layout.field('mheap', 'central[1].mcentral.spanclass');
  if (!central || !first || !second) return untold('the layout has no central');
  const stride = second.offset - first.offset;
  // A span class is one byte; a layout file may say anything.
  if (!(stride > 0)) return contradicts('the layout has all of central at one place');
  const count = Math.min(Math.floor(central.size / stride), 256);
  let seen = 0;
  for (let i = 0; i < count; i += 1) {
    const spanclass = memory.uint8(mheap + first.offset + i * stride);
    if (spanclass === undefined) continue;
    if (spanclass !== i) return contradicts(`central[${i}].spanclass is ${spanclass}`);
    seen += 1;
  }
  return seen > 1
    ? holds(`central[i].spanclass == i for ${seen} of ${count} classes`)
    : unreadable('central is unreadable');
}

/** `found`: of those that hold, how many the arenas lead back to; the rest of them could not be looked up. */
function checkSample(
  scene: Scene,
  mheap: number,
  allspans: SliceHeader,
): { checked: number; held: number; found: number } {
  const { memory, layout } = scene;
  const offsets = mspanOffsets(layout);
  const arenas = makeArenaLookup(memory, layout, mheap);
  const sweepgenField = layout.field('mheap', 'sweepgen');
  const holdsNow = (address: number): boolean | undefined => {
    const heapSweepgen = sweepgenField && memory.uint32(mheap + sweepgenField.offset);
    if (memory.uint8(address + offsets.state.offset) !== inuse) return false;
    if (!spanHolds(scene, address, offsets, heapSweepgen)) return false;
    const base = memory.word(address + offsets.startAddr.offset);
    const back = base === undefined ? undefined : arenas?.spanAddressOf(base);
    return back === undefined ? undefined : back === address;
  };
  const step = Math.max(1, Math.floor(allspans.length / sampled));
  const inuse = layout.traits.spanStates.indexOf('inuse');
  let checked = 0;
  let held = 0;
  let found = 0;
  for (let i = 0; i < allspans.length && checked < sampled; i += step) {
    const address = memory.word(allspans.array + i * memory.pointerSize);
    if (address === undefined) continue;
    const state = memory.uint8(address + offsets.state.offset);
    if (state === undefined || (state !== inuse && state < layout.traits.spanStates.length)) continue;
    checked += 1;
    let result = holdsNow(address);
    for (let again = 0; scene.live && result === false && again < triesOfLive; again += 1) {
      scene.live.refresh();
      result = holdsNow(address);
    }
    if (result === false) continue;
    held += 1;
    if (result) found += 1;
  }
  return { checked, held, found };
}

/** The invariants that every in-use span of a healthy image fulfils, but for the one a thread is just working on. `heapSweepgen` is left out where mheap_ is not known. */
export function spanHolds(
  { memory, layout }: Scene,
  address: number,
  offsets: ReturnType<typeof mspanOffsets>,
  heapSweepgen: number | undefined,
): boolean {
  const { pageSize, sizeClasses } = layout.traits;
  const number = ({ offset, size }: { offset: number; size: number }) =>
    size === 2
      ? memory.uint16(address + offset)
      : size === 4
        ? memory.uint32(address + offset)
        : memory.word(address + offset);
  const base = memory.word(address + offsets.startAddr.offset);
  const npages = memory.word(address + offsets.npages.offset);
  const limit = memory.word(address + offsets.limit.offset);
  const elemsize = memory.word(address + offsets.elemsize.offset);
  const nelems = number(offsets.nelems);
  const freeindex = number(offsets.freeindex);
  const allocCount = memory.uint16(address + offsets.allocCount.offset);
  const sweepgen = memory.uint32(address + offsets.sweepgen.offset);
  const spanclass = memory.uint8(address + offsets.spanclass.offset);
  if (!base || !npages || !limit || !elemsize || !nelems || freeindex === undefined || allocCount === undefined)
    return false;
  if (sweepgen === undefined || spanclass === undefined) return false;
  const end = base + npages * pageSize;
  const sizeclass = spanclass >> 1;
  if (nelems * elemsize > npages * pageSize) return false;
  if (base % pageSize !== 0 || limit <= base || limit > end || freeindex > nelems || nelems > maxSlots) return false;
  if (
    sizeclass >= sizeClasses.length ||
    (sizeclass > 0 ? elemsize !== sizeClasses[sizeclass] : elemsize > npages * pageSize)
  )
    return false;
  if (heapSweepgen !== undefined && !sweepgenPlausible(sweepgen, heapSweepgen)) return false;
  const bits = memory.word(address + offsets.allocBits.offset);
  if (!bits) return false;
  const counted = popcountFrom(memory, bits, freeindex, nelems);
  return counted < 0 || Math.abs(freeindex + counted - allocCount) <= 1 || sweepgen === ((heapSweepgen ?? 0) - 1) >>> 0;
}

/** sweepgen − heap sweepgen ∈ {−2, −1, 0, 1, 3} modulo 2^32 (runtime/mheap.go, the comment at mspan.sweepgen). */
export function sweepgenPlausible(sweepgen: number, heapSweepgen: number): boolean {
  const distance = (sweepgen - heapSweepgen) | 0;
  return distance >= -2 && distance <= 3 && distance !== 2;
}
