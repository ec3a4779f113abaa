// Writes a small Go heap into memory for tests: mheap_, mspans with their bitmaps, Ps with mcaches, gs, ms and the counters, each field placed through a
// layout, so that any release, arch and byte order that has a layout can be written. What is not said is as a healthy runtime has it; holes and lies are a
// word each. Written from runtime/mheap.go and the layout tables, not from the readers.
import type { MemoryReader } from '../../src/image/memory-reader.js';
import { layoutFromTable } from '../../src/layout/load.js';
import type { Layout } from '../../src/layout/types.js';
import type { RuntimeView } from '../../src/runtime/mheap.js';
import type { FirstRootName, RootName } from '../../src/runtime/roots/find.js';
import type { Target } from '../../src/target/target.js';
import { HeapImage, type Integer } from './heap-image.js';

/** Bits as `1011…` (slot 0 first), nil, or a pointer that leads nowhere. */
export type BitsSpec = string | null | 'unreadable';

export interface SpanSpec {
  /** A name, or the raw value. @default 'inuse' */
  readonly state?: 'free' | 'inuse' | 'manual' | number;
  /** @default 5 */
  readonly sizeclass?: number;
  /** @default true */
  readonly noscan?: boolean;
  readonly npages?: number;
  readonly elemsize?: number;
  readonly nelems?: number;
  readonly freeindex?: number;
  /** By default what freeindex and allocBits say. */
  readonly allocCount?: number;
  /** Added to the heap's sweepgen. @default 0 */
  readonly sweep?: number;
  readonly allocBits?: BitsSpec;
  readonly gcmarkBits?: BitsSpec;
  /** Marks that stand in the span. */
  readonly inlineMarks?: string;
  /** The class byte behind the marks, where it is to lie. */
  readonly inlineClass?: number;
  /** By default allocCount: what a cached span had when its P took it. */
  readonly allocCountBeforeCache?: number;
  /** The whole mspan, or what begins at these fields, can't be read. */
  readonly unreadable?: true | readonly string[];
  /** Fields of the mspan that lie. */
  readonly lies?: Readonly<Record<string, Integer>>;
  /** What allspans has instead of the mspan's address. */
  readonly entry?: Integer;
}

export interface HeapSpec {
  /** @default 'go1.24.0' */
  readonly go?: string;
  /** @default 'amd64' */
  readonly arch?: string;
  readonly experiments?: readonly string[];
  /** Instead of the table's. */
  readonly layout?: Layout;
  /** @default true */
  readonly littleEndian?: boolean;
  readonly spans?: readonly SpanSpec[];
  /** @default 20 */
  readonly sweepgen?: number;
  /** @default 0 */
  readonly gcphase?: number;
  /** For each P the spans (by index) that its mcache holds. @default one P without any */
  readonly ps?: readonly (readonly number[])[];
  /** @default 3 */
  readonly gs?: number;
  /** @default 2 */
  readonly ms?: number;
  /** The slice header of allspans, where it lies. */
  readonly allspans?: { readonly array?: Integer; readonly length?: Integer; readonly capacity?: Integer };
  /** Entries of allspans from this one on can't be read. */
  readonly allspansCutAt?: number;
  /** Fields of globals that lie: `{'runtime.mheap_': {sweepgen: 3}}`. */
  readonly lies?: Partial<Record<RootName, Readonly<Record<string, Integer>>>>;
}

/** Go types of the globals; slices and pointers have no struct. */
const globalStructs = {
  'runtime.mheap_': 'mheap',
  'runtime.firstmoduledata': 'moduledata',
  'runtime.memstats': 'mstats',
  'runtime.work': 'workType',
  'runtime.gcController': 'gcControllerState',
} as const;

/** Where things begin, for 32-bit and 64-bit programs. */
const bases = {
  4: { globals: 0x50_0000, meta: 0xe000_0000, l2: 0x6000_0000, heap: 0x2000_0000 },
  8: { globals: 0x50_0000, meta: 0x7f00_0000_0000, l2: 0x7e00_0000_0000, heap: 0xc0_0000_0000 },
} as const;
/** Mapped by nothing. */
export const nowhere = 0xdddd_0000;
const lastGc = 1_795_394_565_201_219_933n;

/** What a span is, all of it said. */
export interface WrittenSpan {
  readonly addr: number;
  readonly base: number;
  readonly npages: number;
  readonly nelems: number;
  readonly elemsize: number;
  readonly freeindex: number;
  readonly allocCount: number;
  readonly spanclass: number;
  readonly sweepgen: number;
}

/** The later roots are not written. */
type WrittenRoots = Readonly<Record<FirstRootName, number>> & Readonly<Partial<Record<RootName, number>>>;

export interface WrittenHeap {
  readonly memory: MemoryReader;
  readonly layout: Layout;
  readonly roots: WrittenRoots;
  readonly spans: readonly WrittenSpan[];
  readonly view: RuntimeView;
  /** A target as `openTarget` gives it; by default its symbol table knows every root. */
  target(options?: TargetOptions): Target;
}

export interface TargetOptions {
  /** Addresses instead of the right ones; undefined: the symbol table does not have it. */
  readonly symbols?: Partial<Record<RootName, number | undefined>>;
  /** What the debug info says; nothing by default. */
  readonly dwarf?: Partial<Record<RootName, number>>;
}

export function writeHeap(spec: HeapSpec = {}): WrittenHeap {
  const { go = 'go1.24.0', arch = 'amd64', experiments = [], sweepgen = 20, gcphase = 0 } = spec;
  const layout = spec.layout ?? layoutFromTable({ goVersion: go, goarch: arch, experiments });
  if (layout === undefined) throw new Error(`no layout for ${go}/${arch}`);
  const image = new HeapImage(layout, spec.littleEndian ?? layout.littleEndian);
  const { pointerSize } = layout;
  const roots = takeGlobals(image);
  const spans = writeSpans(image, spec.spans ?? [{}], sweepgen);
  writeAllspans(image, spec, roots['runtime.mheap_'], spans);
  writeMheap(image, roots['runtime.mheap_'], spans, sweepgen);
  writeLists(image, spec, roots, spans);
  writeCounters(image, spec, roots, spans);
  image.write(roots['runtime.gcphase'], 4, gcphase);
  for (const [root, fields] of Object.entries(spec.lies ?? {}))
    image.setAll(globalStructs[root as keyof typeof globalStructs], roots[root as FirstRootName], fields);
  const memory = image.memory();
  const view: RuntimeView = { memory, layout, address: (root) => roots[root] };
  if (pointerSize !== memory.pointerSize) throw new Error('the layout has another word size');
  return {
    memory,
    layout,
    roots,
    spans: spans.map((span) => span.written),
    view,
    target: ({ symbols = {}, dwarf = {} } = {}) => ({
      memory,
      image: {
        kind: 'test',
        path: 'heap',
        bytes: 1,
        segments: memory.segments.length,
        missing: [],
        program: undefined,
      },
      live: undefined,
      binary: undefined,
      dataRanges: [],
      variableRanges: [],
      moduleSection: undefined,
      goarch: layout.goarch,
      program: undefined,
      threads: () => [],
      footprint: () => undefined,
      residentAt: () => undefined,
      savedEnviron: undefined,
      matches: 'not checked',
      go: { version: go, experiments, os: 'linux', arch, source: 'test' },
      warnings: [],
      trace: [],
      symbols: (names) =>
        new Map(
          names.flatMap((name): [string, number][] => {
            const address = name in symbols ? symbols[name as RootName] : roots[name as RootName];
            return address === undefined ? [] : [[name, address]];
          }),
        ),
      symbolAt: () => undefined,
      auxv: new Map(),
      dwarf: () => undefined,
      dwarfVariable: (name) => dwarf[name as RootName],
      close: () => undefined,
    }),
  };
}

function takeGlobals(image: HeapImage): WrittenRoots {
  const { pointerSize } = image.layout;
  const take = (struct: string) =>
    image.take(bases[image.layout.pointerSize].globals, image.layout.struct(struct)?.size ?? 8);
  return {
    'runtime.mheap_': take('mheap'),
    'runtime.firstmoduledata': take('moduledata'),
    'runtime.memstats': take('mstats'),
    'runtime.work': take('workType'),
    'runtime.gcController': take('gcControllerState'),
    'runtime.gcphase': image.take(bases[image.layout.pointerSize].globals, 4),
    'runtime.allgs': image.take(bases[image.layout.pointerSize].globals, 3 * pointerSize),
    'runtime.allp': image.take(
      bases[image.layout.pointerSize].globals,
      (image.layout.traits.allpArrayLength || 3) * pointerSize,
    ),
    'runtime.allm': image.take(bases[image.layout.pointerSize].globals, pointerSize),
  };
}

interface Span {
  readonly spec: SpanSpec;
  readonly written: WrittenSpan;
  readonly entry: Integer;
}

/** Slots of a healthy span (runtime/mheap.go, initSpan; mbitmap.go, heapBitsInSpan). */
export function slotsOf({ traits, pointerSize }: Layout, npages: number, elemsize: number, noscan: boolean): number {
  let bytes = npages * traits.pageSize;
  if (!noscan && elemsize <= traits.heapBitsMaxElemsize) bytes -= bytes / pointerSize / 8;
  const marks = traits.inlineMarks;
  if (marks && elemsize >= marks.minElemsize && elemsize <= marks.maxElemsize) bytes -= marks.reservedBytes;
  return Math.floor(bytes / elemsize);
}

function writeSpans(image: HeapImage, specs: readonly SpanSpec[], heapSweepgen: number): Span[] {
  const { layout } = image;
  const { pageSize, sizeClasses, spanStates, inlineMarks } = layout.traits;
  const size = layout.struct('mspan')!.size;
  let base: number = bases[layout.pointerSize].heap;
  return specs.map((spec): Span => {
    const { sizeclass = 5, noscan = true, state = 'inuse' } = spec;
    const inuse = state === 'inuse';
    const elemsize = spec.elemsize ?? (inuse ? sizeClasses[sizeclass] || (spec.npages ?? 1) * pageSize : 0);
    const npages = spec.npages ?? Math.max(1, Math.ceil(elemsize / pageSize));
    const nelems = spec.nelems ?? (inuse ? (sizeclass === 0 ? 1 : slotsOf(layout, npages, elemsize, noscan)) : 0);
    const freeindex = spec.freeindex ?? 0;
    const allocBits = spec.allocBits === undefined ? (inuse ? '' : null) : spec.allocBits;
    const allocated = Array.from(
      { length: Math.min(nelems, 65536) },
      (_, i) => i < freeindex || allocBits?.[i] === '1',
    );
    const allocCount = spec.allocCount ?? (inuse ? allocated.filter(Boolean).length : 0);
    const spanclass = sizeclass * 2 + (noscan ? 1 : 0);
    const sweepgen = (heapSweepgen + (spec.sweep ?? 0)) >>> 0;
    const addr = image.take(bases[image.layout.pointerSize].meta, size);
    image.setAll('mspan', addr, {
      startAddr: base,
      npages,
      limit: base + npages * pageSize,
      elemsize,
      nelems,
      freeindex,
    });
    image.setAll('mspan', addr, { allocCount, sweepgen, spanclass });
    image.set('mspan', 'state', addr, typeof state === 'number' ? state : spanStates.indexOf(state));
    image.set('mspan', 'allocCountBeforeCache', addr, spec.allocCountBeforeCache ?? allocCount);
    image.set('mspan', 'allocBits', addr, bitmap(image, allocBits, nelems));
    image.set(
      'mspan',
      'gcmarkBits',
      addr,
      bitmap(image, spec.gcmarkBits === undefined ? allocBits && '' : spec.gcmarkBits, nelems),
    );
    if (spec.inlineMarks !== undefined && inlineMarks) {
      const at = base + npages * pageSize - inlineMarks.reservedBytes;
      image.place(at, inlineMarks.reservedBytes);
      setBits(image, at + inlineMarks.marksOffset, spec.inlineMarks);
      // spanInlineMarkBits.class, behind the marks.
      image.write(at + inlineMarks.marksOffset + inlineMarks.marksBytes, 1, spec.inlineClass ?? spanclass);
    }
    image.setAll('mspan', addr, spec.lies ?? {});
    if (spec.unreadable === true) image.hole(addr, addr + size);
    else {
      for (const name of spec.unreadable ?? []) image.holeAt('mspan', name, addr);
    }
    const written = { addr, base, npages, nelems, elemsize, freeindex, allocCount, spanclass, sweepgen };
    base += npages * pageSize;
    return { spec, written, entry: spec.entry ?? addr };
  });
}

/** A bitmap of ⌈nelems/64⌉ words; its address. */
function bitmap(image: HeapImage, bits: BitsSpec, nelems: number): number {
  if (bits === null) return 0;
  if (bits === 'unreadable') return nowhere;
  const at = image.take(
    bases[image.layout.pointerSize].meta,
    Math.max(8, Math.ceil(Math.max(nelems, bits.length) / 64) * 8),
  );
  setBits(image, at, bits);
  return at;
}

function setBits(image: HeapImage, at: number, bits: string): void {
  for (let byte = 0; byte * 8 < bits.length; byte += 1) {
    let value = 0;
    for (let i = 0; i < 8; i += 1) if (bits[byte * 8 + i] === '1') value |= 1 << i;
    image.write(at + byte, 1, value);
  }
}

function writeAllspans(image: HeapImage, spec: HeapSpec, mheap: number, spans: readonly Span[]): void {
  const { pointerSize } = image.layout;
  const array = image.take(bases[image.layout.pointerSize].meta, spans.length * pointerSize);
  for (const [i, { entry }] of spans.entries()) image.word(array + i * pointerSize, entry);
  if (spec.allspansCutAt !== undefined)
    image.hole(array + spec.allspansCutAt * pointerSize, array + spans.length * pointerSize);
  const field = image.layout.field('mheap', 'allspans')!;
  const { array: at = array, length = spans.length, capacity = length } = spec.allspans ?? {};
  image.slice(mheap + field.offset, at, length, capacity);
}

function writeMheap(image: HeapImage, mheap: number, spans: readonly Span[], sweepgen: number): void {
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

/** What each mcache has freed and not told yet (up to 1.15): objects of class 5, and bytes of large ones. */
const unflushed = { objects: 3, large: 4096, sizeclass: 5 };

/** allgs, allp with mcaches, allm. */
function writeLists(
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

/** The runtime's own numbers, such that they agree with the spans and with each other. */
function writeCounters(
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
