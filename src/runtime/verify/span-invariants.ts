// What is true of every in-use mspan, and of mheap_, which keeps them (runtime/mheap.go, type mspan and mheap; mcentral.go, grow; malloc.go,
// nextFreeFast; mgcsweep.go, sweep). Holds in Go 1.9–1.27 but where a trait or a missing field says otherwise.
import { makeArenaLookup } from '../arena.js';
import { popcountFrom } from '../bitmap.js';
import { sweepgenPlausible } from '../roots/validate-mheap.js';
import { maxSlots } from '../span-table.js';
import { type Answer, type Invariant, isWild, numberAt, once, overAll, type View } from './invariant.js';

/** A number of pages apart that a few threads inside the allocator may explain. */
const lawfulShare = 0.02;

/** Spans that are summed up again for each place that a field might have. */
const mostSummed = 20_000;

const mheapOf = ({ roots }: View) => roots.get('runtime.mheap_');

/** One test for each in-use mspan, over the numbers of the fields that it names. */
function ofEachSpan(
  name: string,
  what: string,
  fields: readonly string[],
  test: (numbers: readonly number[], view: View) => Answer,
): Invariant {
  return {
    name,
    what,
    fields: fields.map((field) => `mspan.${field}`),
    run(view, quick) {
      const { memory } = view;
      const places = fields.map((field) => view.place('mspan', field));
      if (places.includes(undefined)) return once(undefined, 0);
      const numbers: number[] = [];
      return overAll(view, quick, view.elements.inuse, (span) => {
        for (const [i, place] of places.entries()) {
          const value = numberAt(memory, span, place);
          if (value === undefined) return undefined;
          numbers[i] = value;
        }
        return test(numbers, view);
      });
    },
  };
}

const divMul = ofEachSpan(
  'divMul',
  '',
  ['divMul', 'elemsize', 'spanclass'],
  ([value, elemsize = 0, spanclass = 0]) =>
    elemsize > 0 && value === (spanclass >> 1 === 0 ? 0 : Math.floor(0xffff_ffff / elemsize) + 1),
);

export const spanInvariants: readonly Invariant[] = [
  ofEachSpan(
    'startAddr-page',
    'startAddr is the start of a page',
    ['startAddr'],
    ([base = 0], { layout }) => base !== 0 && base % layout.traits.pageSize === 0,
  ),
  {
    name: 'startAddr-found',
    what: 'the arenas lead from startAddr, and from the last of npages, back to the mspan',
    fields: ['mspan.startAddr', 'mspan.npages', 'mheap.arenas', 'mheap.spans', 'heapArena.spans'],
    run(view, quick) {
      const mheap = mheapOf(view);
      const { memory, layout } = view;
      const [startAddr, npages] = [view.place('mspan', 'startAddr'), view.place('mspan', 'npages')];
      const moved = { ...layout, field: (struct: string, path: string) => fieldOf(view, struct, path) };
      const lookup = mheap === undefined ? undefined : makeArenaLookup(memory, moved, mheap);
      if (!lookup) return once(undefined, 0);
      return overAll(view, quick, view.elements.inuse, (span) => {
        const base = numberAt(memory, span, startAddr);
        const pages = numberAt(memory, span, npages);
        if (base === undefined || pages === undefined) return undefined;
        if (!(pages > 0) || !Number.isSafeInteger(base + pages * layout.traits.pageSize)) return false;
        const first = lookup.spanAddressOf(base);
        const last = lookup.spanAddressOf(base + (pages - 1) * layout.traits.pageSize);
        return first === undefined || last === undefined ? undefined : first === span && last === span;
      });
    },
  },
  ofEachSpan(
    'limit',
    'limit is the end of the last slot, counted with or without heap bits at the end; of a large object, in the last of npages pages',
    ['startAddr', 'npages', 'limit', 'elemsize', 'spanclass', 'nelems'],
    ([base = 0, npages = 0, limit = 0, elemsize = 0, spanclass = 0, nelems = 0], { layout }) => {
      const pages = npages * layout.traits.pageSize;
      const length = limit - base;
      if (!(length > 0 && length <= pages) || elemsize === 0) return false;
      if (spanclass >> 1 === 0) return length > pages - layout.traits.pageSize;
      return length === nelems * elemsize || length === Math.floor(pages / elemsize) * elemsize;
    },
  ),
  ofEachSpan(
    'elemsize',
    'elemsize is the size of the span class, or, for a large object, what npages pages hold',
    ['elemsize', 'spanclass', 'npages'],
    ([elemsize = 0, spanclass = 0, npages = 0], { layout }) => {
      const { pageSize, sizeClasses } = layout.traits;
      const sizeclass = spanclass >> 1;
      if (sizeclass >= sizeClasses.length) return false;
      const pages = npages * pageSize;
      return sizeclass > 0 ? elemsize === sizeClasses[sizeclass] : elemsize <= pages && elemsize > pages - pageSize;
    },
  ),
  ofEachSpan(
    'nelems',
    'nelems slots of elemsize bytes fill npages pages, but for heap bits and marks at the end',
    ['nelems', 'elemsize', 'npages', 'spanclass'],
    ([nelems = 0, elemsize = 0, npages = 0, spanclass = 0], { layout, memory }) => {
      const { pageSize, inlineMarks } = layout.traits;
      if (nelems < 1 || nelems > maxSlots || elemsize === 0) return false;
      if (spanclass >> 1 === 0) return nelems === 1;
      const pages = npages * pageSize;
      const kept = pages / memory.pointerSize / 8 + (inlineMarks?.reservedBytes ?? 0);
      return nelems * elemsize <= pages && (nelems + 1) * elemsize > pages - kept;
    },
  ),
  {
    name: 'divMul',
    what: 'divMul is the 32-bit reciprocal of elemsize',
    fields: ['mspan.divMul', 'mspan.elemsize', 'mspan.spanclass'],
    run(view, quick) {
      // Up to 1.15 it has 16 bits, and two shifts beside it.
      if (view.place('mspan', 'divMul')?.size !== 4) return once(undefined, 0);
      return divMul.run(view, quick);
    },
  },
  ofEachSpan(
    'freeindex',
    'freeindex is at most nelems',
    ['freeindex', 'nelems'],
    ([freeindex = 0, nelems = 0]) => freeindex <= nelems,
  ),
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
  {
    name: 'sweepgen',
    what: "mheap_'s sweepgen is even, and each span's is at most two behind it or three ahead",
    fields: ['mspan.sweepgen', 'mheap.sweepgen'],
    run(view, quick) {
      const { memory } = view;
      const mheap = mheapOf(view);
      const own = view.place('mspan', 'sweepgen');
      const heap = mheap === undefined ? undefined : numberAt(memory, mheap, view.place('mheap', 'sweepgen'));
      if (heap === undefined) return once(undefined, 0);
      return overAll(view, quick, view.elements.inuse, (span) => {
        const value = numberAt(memory, span, own);
        return value === undefined ? undefined : heap > 0 && heap % 2 === 0 && sweepgenPlausible(value, heap);
      });
    },
  },
  {
    name: 'state',
    what: 'state is one of the states of the release',
    fields: ['mspan.state'],
    run(view, quick) {
      const place = view.place('mspan', 'state');
      const byte = place && { offset: place.offset, size: 1 };
      const { spanStates } = view.layout.traits;
      return overAll(view, quick, view.elements.spans, (span) => {
        const value = numberAt(view.memory, span, byte);
        return value === undefined ? undefined : value < spanStates.length;
      });
    },
  },
  {
    name: 'pagesInUse',
    what: 'mheap_.pagesInUse counts the pages of the spans that are in use',
    fields: ['mspan.state', 'mspan.npages', 'mheap.pagesInUse'],
    run(view, quick) {
      const { memory, layout, elements } = view;
      const mheap = mheapOf(view);
      if (quick && elements.spans.length > mostSummed) return once(undefined, 0);
      const said = mheap === undefined ? undefined : numberAt(memory, mheap, view.place('mheap', 'pagesInUse'));
      const [state, npages] = [view.place('mspan', 'state'), view.place('mspan', 'npages')];
      if (said === undefined || state === undefined) return once(undefined, 0);
      let sum = 0;
      for (const span of elements.spans) {
        const code = memory.uint8(span + state.offset);
        if (code === undefined || layout.traits.spanStates[code] !== 'inuse') continue;
        const pages = numberAt(memory, span, npages);
        // With a part of the spans missing nothing can be summed up.
        if (pages === undefined) return once(undefined, 0);
        sum += pages;
      }
      const apart = Math.abs(sum - said);
      return once(apart === 0 ? true : apart <= said * lawfulShare ? 'lawful' : false, mheap ?? 0);
    },
  },
  {
    name: 'central',
    what: 'central[i].mcentral.spanclass is i',
    fields: ['mheap.central'],
    run(view, quick) {
      const mheap = mheapOf(view);
      const [central, first, second] = [
        'central',
        'central[0].mcentral.spanclass',
        'central[1].mcentral.spanclass',
      ].map((path) => view.place('mheap', path));
      if (mheap === undefined || !central || !first || !second) return once(undefined, 0);
      const stride = second.offset - first.offset;
      if (!(stride > 0)) return once(false, mheap);
      const count = Math.min(Math.floor(central.size / stride), 256);
      const places = Array.from({ length: count }, (_, i) => mheap + first.offset + i * stride);
      return overAll(view, quick, places, (at, i) => {
        const value = view.memory.uint8(at);
        return value === undefined ? undefined : value === i;
      });
    },
  },
];

function fieldOf(view: View, struct: string, path: string) {
  const field = view.layout.field(struct, path);
  const place = view.place(struct, path);
  return field && place && { ...field, offset: place.offset };
}

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
