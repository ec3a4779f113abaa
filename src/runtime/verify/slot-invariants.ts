// What is true of the slots of every in-use mspan: its counts, its cache and its bitmaps say the same (runtime/malloc.go, nextFreeFast; mgcsweep.go, sweep).
import { popcountFrom } from '../bitmap.js';
import { maxSlots } from '../span-table.js';
import { type Answer, type Invariant, isWild, mheapOf, numberAt, once, overAll, type View } from './invariant.js';

export const slotInvariants: readonly Invariant[] = [
  {
    name: 'allocCount',
    what: 'allocCount is freeindex and the bits of allocBits from there on',
    fields: ['mspan.allocCount', 'mspan.freeindex', 'mspan.allocBits', 'mspan.nelems'],
    run: (view, quick) => overSlots(view, quick, allocCountAnswer),
  },
  {
    name: 'allocCache',
    what: 'allocCache is the inverted word of allocBits at freeindex, shifted to it',
    fields: ['mspan.allocCache', 'mspan.freeindex', 'mspan.allocBits', 'mspan.nelems'],
    run: (view, quick) => overSlots(view, quick, allocCacheAnswer),
  },
  {
    name: 'gcmarkBits',
    what: 'gcmarkBits is a bitmap of its own, and clear where the span is swept and no cycle runs',
    fields: ['mspan.gcmarkBits', 'mspan.allocBits', 'mspan.nelems'],
    run: (view, quick) => overSlots(view, quick, gcmarkBitsAnswer),
  },
];

interface Slots {
  readonly freeindex: number;
  readonly nelems: number;
  readonly allocCount: number | undefined;
  readonly allocBits: number;
  readonly gcmarkBits: number | undefined;
  readonly allocCacheAt: number | undefined;
  /** Of the span less mheap_'s. */
  readonly ahead: number;
  /** Whether a P may hold it, or a thread sweeps it, at this moment. */
  readonly busy: boolean;
  /** Whether a GC cycle may be running. */
  readonly marking: boolean;
}

function overSlots(view: View, quick: boolean, test: (slots: Slots, view: View) => Answer) {
  const { memory, layout, roots } = view;
  const place = (field: string) => view.place('mspan', field);
  const [freeindex, nelems, allocCount, allocBits] = ['freeindex', 'nelems', 'allocCount', 'allocBits'].map(place);
  const [gcmarkBits, allocCache, sweepgen] = ['gcmarkBits', 'allocCache', 'sweepgen'].map(place);
  const mheap = mheapOf(view);
  const heap = mheap === undefined ? undefined : numberAt(memory, mheap, view.place('mheap', 'sweepgen'));
  const phase = roots.get('runtime.gcphase');
  const marking = phase === undefined || memory.uint32(phase) !== 0;
  if (heap === undefined) return once(undefined, 0);
  return overAll(view, quick, view.elements.inuse, (span) => {
    const generation = numberAt(memory, span, sweepgen);
    const slots = numberAt(memory, span, nelems);
    const index = numberAt(memory, span, freeindex);
    const bits = numberAt(memory, span, allocBits);
    if (generation === undefined || slots === undefined || index === undefined || bits === undefined) return undefined;
    if (slots === 0 || slots > maxSlots || index > slots || bits === 0 || isWild(memory, bits)) return false;
    const ahead = (generation - heap) | 0;
    return test(
      {
        freeindex: index,
        nelems: slots,
        allocCount: numberAt(memory, span, allocCount),
        allocBits: bits,
        gcmarkBits: numberAt(memory, span, gcmarkBits),
        allocCacheAt: allocCache && span + allocCache.offset,
        ahead,
        busy: ahead === -1 || ahead > 0 || !layout.traits.cachedSweepgen,
        marking,
      },
      view,
    );
  });
}

function allocCountAnswer({ freeindex, nelems, allocCount, allocBits, ahead, busy }: Slots, { memory }: View): Answer {
  // Its sweeper stores one after the other.
  if (ahead === -1 || allocCount === undefined) return undefined;
  const counted = popcountFrom(memory, allocBits, freeindex, nelems);
  if (counted < 0) return undefined;
  const apart = freeindex + counted - allocCount;
  return apart === 0 ? true : busy && apart === 1 ? 'lawful' : false;
}

function allocCacheAnswer(slots: Slots, { memory }: View): Answer {
  const { freeindex, nelems, allocBits, allocCacheAt, ahead, busy } = slots;
  // It is kept up for a span that is swept or cached, and has slots left.
  if (allocCacheAt === undefined || ahead < 0 || freeindex === nelems) return undefined;
  const cache = memory.uint64(allocCacheAt);
  const word = bitsWord(memory, allocBits + (freeindex >> 6) * 8);
  if (cache === undefined || word === undefined) return undefined;
  const whole = BigInt.asUintN(64, ~word) >> BigInt(freeindex % 64);
  // Bits of slots that the span does not have are anything.
  const slotsLeft = Math.min(64 - (freeindex % 64), nelems - freeindex);
  const mask = (1n << BigInt(slotsLeft)) - 1n;
  if ((cache & mask) === (whole & mask)) return true;
  return busy ? 'lawful' : false;
}

/** 64 bits of a bitmap, bit i at place i: it is kept byte by byte. */
function bitsWord(memory: View['memory'], address: number): bigint | undefined {
  const at = memory.view(address, 8);
  return at < 0 ? undefined : memory.window.getBigUint64(at, true);
}

function gcmarkBitsAnswer(slots: Slots, { memory }: View): Answer {
  const { gcmarkBits, allocBits, nelems, ahead, marking } = slots;
  if (gcmarkBits === undefined || ahead === -1) return undefined;
  if (gcmarkBits === 0 || gcmarkBits === allocBits || gcmarkBits % 8 !== 0 || isWild(memory, gcmarkBits)) return false;
  const marked = popcountFrom(memory, gcmarkBits, 0, nelems);
  if (marked < 0) return undefined;
  return marking || ahead < 0 ? true : marked === 0;
}
