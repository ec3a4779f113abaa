// Writes what leads to spans and goroutines: mheap_ with its arenas, allgs, allp with mcaches, allm (runtime/mheap.go, proc.go, runtime2.go).
import type { FirstRootName } from '../../src/runtime/roots/find.js';
import { unflushed } from './heap-counters.js';
import type { HeapImage } from './heap-image.js';
import type { Span } from './heap-spans.js';
import { bases, type HeapSpec } from './heap-spec.js';

export function writeMheap(image: HeapImage, mheap: number, spans: readonly Span[], sweepgen: number): void {
  const { layout } = image;
  const { pageSize, arena } = layout.traits;
  image.setAll('mheap', mheap, { sweepgen });
  const classes = layout.traits.sizeClasses.length * 2;
  for (let i = 0; i < classes; i += 1) image.set('mheap', `central[${i}].mcentral.spanclass`, mheap, i);
  const inuse = spans.filter(({ spec }) => (spec.state ?? 'inuse') === 'inuse');
  image.set(
    'mheap',
    'pagesInUse',
    mheap,
    inuse.reduce((sum, { written }) => sum + written.npages, 0),
  );
  writeOneArena(image, mheap, spans);
  const arenas = layout.field('mheap', 'arenas');
  const ofArena = layout.field('heapArena', 'spans');
  if (!arenas || !ofArena || arena.l1Bits > 0) return;
  const { pointerSize } = layout;
  image.word(mheap + arenas.offset, bases[layout.pointerSize].l2);
  const pages = arena.heapArenaBytes / pageSize;
  const tables = new Map<number, number>();
  for (const { written } of spans) {
    for (let page = 0; page < written.npages; page += 1) {
      const address = written.base + page * pageSize;
      const index = Math.floor((address + arena.addressOffset) / arena.heapArenaBytes);
      let table = tables.get(index);
      if (table === undefined) {
        table = image.take(bases[image.layout.pointerSize].meta, pages * pointerSize);
        tables.set(index, table);
        image.word(
          image.place(bases[layout.pointerSize].l2 + index * pointerSize, pointerSize),
          table - ofArena.offset,
        );
      }
      image.word(table + (Math.floor(address / pageSize) % pages) * pointerSize, written.addr);
    }
  }
}

/** Up to 1.10: mheap_.spans, by page from arena_start on. */
function writeOneArena(image: HeapImage, mheap: number, spans: readonly Span[]): void {
  const { layout } = image;
  const { pointerSize } = layout;
  const { pageSize } = layout.traits;
  const table = layout.field('mheap', 'spans');
  if (!table || !layout.field('mheap', 'arena_start')) return;
  const start = bases[pointerSize].heap - 16 * pageSize;
  image.set('mheap', 'arena_start', mheap, start);
  const pages = 16 + spans.reduce((sum, { written }) => sum + written.npages, 0);
  const array = image.take(bases[pointerSize].meta, pages * pointerSize);
  image.slice(mheap + table.offset, array, pages, pages);
  for (const { written } of spans) {
    for (let page = 0; page < written.npages; page += 1)
      image.word(array + ((written.base - start) / pageSize + page) * pointerSize, written.addr);
  }
}

/** allgs, allp with mcaches, allm. */
export function writeLists(
  image: HeapImage,
  spec: HeapSpec,
  roots: Readonly<Record<FirstRootName, number>>,
  spans: readonly Span[],
): void {
  const { layout } = image;
  const { pointerSize } = layout;
  const take = (struct: string) => image.take(bases[image.layout.pointerSize].meta, layout.struct(struct)?.size ?? 64);
  const gs = Array.from({ length: spec.gs ?? 3 }, () => take('g'));
  for (const g of gs) image.set('g', 'sched.g', g, g);
  writePointers(image, roots['runtime.allgs'], gs);
  const ps = (spec.ps ?? [[]]).map((cached, id) => {
    const p = take('p');
    const mcache = take('mcache');
    image.set('p', 'id', p, id);
    image.set('p', 'mcache', p, mcache);
    image.set('mcache', `local_nsmallfree[${unflushed.sizeclass}]`, mcache, unflushed.objects);
    image.set('mcache', 'local_largefree', mcache, unflushed.large);
    for (const index of cached) {
      const { addr, spanclass } = spans[index]!.written;
      image.set('mcache', `alloc[${spanclass}]`, mcache, addr);
    }
    return p;
  });
  if (layout.traits.allpArrayLength > 0)
    for (const [i, p] of ps.entries()) image.word(roots['runtime.allp'] + i * pointerSize, p);
  else writePointers(image, roots['runtime.allp'], ps);
  let next = 0;
  for (let i = 0; i < (spec.ms ?? 2); i += 1) {
    const m = take('m');
    const g0 = take('g');
    image.set('m', 'g0', m, g0);
    image.set('g', 'm', g0, m);
    image.set('m', 'alllink', m, next);
    next = m;
  }
  image.word(roots['runtime.allm'], next);

  function writePointers(into: HeapImage, slice: number, pointers: readonly number[]): void {
    const array = into.take(bases[pointerSize].meta, Math.max(1, pointers.length) * pointerSize);
    for (const [i, pointer] of pointers.entries()) into.word(array + i * pointerSize, pointer);
    into.slice(slice, array, pointers.length, pointers.length);
  }
}
