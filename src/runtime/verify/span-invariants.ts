// What is true of every in-use mspan, and of mheap_, which keeps them (runtime/mheap.go, type mspan and mheap; mcentral.go, grow). Holds in Go 1.9–1.27 but where a trait or a missing field says otherwise.
import { makeArenaLookup } from '../arena.js';
import { sweepgenPlausible } from '../roots/validate-mheap.js';
import { maxSlots } from '../span-table.js';
import { type Answer, type Invariant, mheapOf, numberAt, once, overAll, type View } from './invariant.js';
import { slotInvariants } from './slot-invariants.js';

/** A number of pages apart that a few threads inside the allocator may explain. */
const lawfulShare = 0.02;

/** Spans that are summed up again for each place that a field might have. */
const mostSummed = 20_000;

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
  ...slotInvariants,
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
