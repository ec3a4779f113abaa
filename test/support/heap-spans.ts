// Writes mspans with their bitmaps, and allspans, which leads to them (runtime/mheap.go, type mspan).
import type { Layout } from '../../src/layout/types.js';
import type { HeapImage, Integer } from './heap-image.js';
import { type BitsSpec, bases, type HeapSpec, nowhere, type SpanSpec, type WrittenSpan } from './heap-spec.js';

/** A span as it was asked for, as it was written, and what allspans has of it. */
export interface Span {
  readonly spec: SpanSpec;
  readonly written: WrittenSpan;
  readonly entry: Integer;
}

/** Slots of a healthy span (runtime/mheap.go, initSpan; mbitmap.go, heapBitsInSpan). */
function slotsOf({ traits, pointerSize }: Layout, npages: number, elemsize: number, noscan: boolean): number {
  let bytes = npages * traits.pageSize;
  if (!noscan && elemsize <= traits.heapBitsMaxElemsize) bytes -= bytes / pointerSize / 8;
  const marks = traits.inlineMarks;
  if (marks && elemsize >= marks.minElemsize && elemsize <= marks.maxElemsize) bytes -= marks.reservedBytes;
  return Math.floor(bytes / elemsize);
}

export function writeSpans(image: HeapImage, specs: readonly SpanSpec[], heapSweepgen: number): Span[] {
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

export function writeAllspans(image: HeapImage, spec: HeapSpec, mheap: number, spans: readonly Span[]): void {
  const { pointerSize } = image.layout;
  const array = image.take(bases[image.layout.pointerSize].meta, spans.length * pointerSize);
  for (const [i, { entry }] of spans.entries()) image.word(array + i * pointerSize, entry);
  if (spec.allspansCutAt !== undefined)
    image.hole(array + spec.allspansCutAt * pointerSize, array + spans.length * pointerSize);
  const field = image.layout.field('mheap', 'allspans')!;
  const { array: at = array, length = spans.length, capacity = length } = spec.allspans ?? {};
  image.slice(mheap + field.offset, at, length, capacity);
}
