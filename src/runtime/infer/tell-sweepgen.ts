// sweepgen, of mheap and of its spans at once: no span in use is further behind the heap than 2 nor further ahead than 3, and which of the distances occur
// together is told by how sweeping goes. Source: runtime/mheap.go, the comment at mspan.sweepgen.
import type { Memory } from '../../image/memory.js';
import { type Contender, decide, doubted, no, places, type Told, yes } from './contest.js';
import type { Place, SpanSample } from './span-sample.js';
import { mostly } from './tell-slots.js';

export interface ToldSweepgen {
  readonly span: Told;
  /** Undefined where too much else near allspans holds the same. */
  readonly heap: HeapSweepgen | undefined;
}

export interface HeapSweepgen {
  /** Of mheap_.sweepgen. */
  readonly address: number;
  readonly value: number;
  readonly confidence: number;
  /** Other addresses that fit as well. */
  readonly others: readonly number[];
}

/** How far from allspans, in bytes, mheap_.sweepgen stands at most: from 1.9 to 1.27 it is 8 or 16. */
const nearBytes = 64;
/** A number of collections below which other small numbers look like a sweepgen. */
const fewCollections = 3;
/** Places that may share the heap's number before nothing can be said of it. */
const mostOthers = 3;

/** `header`: where allspans stands. `rows`: spans in use. */
export function tellSweepgen(
  memory: Memory,
  sample: SpanSample,
  rows: Uint32Array,
  header: number,
  taken: readonly Place[],
): ToldSweepgen | undefined {
  const heaps: { readonly address: number; readonly value: number }[] = [];
  // From allspans backwards, then behind it: where it stood in every release comes first.
  const offsets = [];
  for (let back = 4; back <= nearBytes; back += 4) offsets.push(-back);
  for (let ahead = 3 * memory.pointerSize; ahead <= nearBytes; ahead += 4) offsets.push(ahead);
  for (const offset of offsets) {
    const value = memory.uint32(header + offset);
    if (value !== undefined && value % 2 === 0) heaps.push({ address: header + offset, value });
  }
  const values = [...new Set(heaps.map(({ value }) => value))];
  const contenders: (Contender & { readonly value: number; readonly held: number })[] = [];
  for (const place of places(sample, 4, taken)) {
    const column = sample.column(place);
    for (const value of values) {
      if (!mostly(rows, (row) => isNear(column[row]!, value))) continue;
      const verdicts = verdictsOf(rows, column, value);
      if (verdicts)
        contenders.push({
          place,
          verdicts,
          value,
          held: verdicts.reduce((sum, one) => sum + (one === yes ? 1 : 0), 0),
        });
    }
  }
  contenders.sort((a, b) => b.held - a.held);
  const [best] = contenders;
  if (!best) return undefined;
  const byPlace = new Map<number, Contender>();
  for (const one of contenders) if (!byPlace.has(one.place.offset)) byPlace.set(one.place.offset, one);
  let span = decide([...byPlace.values()], 'near the sweepgen of the heap');
  if (!span) return undefined;
  const collections = best.value / 2;
  const early = collections < fewCollections;
  if (early) span = doubted(span, 0.85, `after ${collections} collections other numbers are as small`);
  const same = heaps.filter(({ value }) => value === best.value);
  const rivals = contenders.filter(
    ({ place, value, held }) => place.offset === best.place.offset && value !== best.value && held >= best.held - 3,
  );
  const others = [...same.slice(1), ...heaps.filter(({ value }) => rivals.some((rival) => rival.value === value))];
  const [heap] = same;
  // Before the first collection it is 0, as is much else.
  if (!heap || others.length > mostOthers) return { span, heap: undefined };
  const confidence = others.length > 0 ? 0.9 / (1 + others.length) : early ? 0.85 : span.confidence;
  return { span, heap: { ...heap, confidence, others: others.map(({ address }) => address) } };
}

/** Distances as the runtime lets them be, modulo 2^32. */
function isNear(sweepgen: number, heap: number): boolean {
  const distance = (sweepgen - heap) | 0;
  return distance >= -2 && distance <= 3 && distance !== 2;
}

/** Undefined where the numbers are near and yet none: the same in every span, or cached in a way that does not occur. */
function verdictsOf(rows: Uint32Array, column: Float64Array, heap: number): Uint8Array | undefined {
  const counts = new Map<number, number>();
  const verdicts = new Uint8Array(rows.length);
  for (let i = 0; i < rows.length; i += 1) {
    const value = column[rows[i]!]!;
    const distance = (value - heap) | 0;
    verdicts[i] = isNear(value, heap) ? yes : no;
    counts.set(distance, (counts.get(distance) ?? 0) + 1);
  }
  const of = (distance: number) => counts.get(distance) ?? 0;
  // After ReadMemStats nothing is cached, and every span is swept: then all have the heap's number. Zeros say nothing.
  if (counts.size === 1 && (heap === 0 || of(0) === 0)) return undefined;
  // Cached and not swept (1) is only beside what is not swept (-2).
  if (of(1) > 0 && of(1) > of(-2) + of(-1) + 4 * of(3)) return undefined;
  return verdicts;
}
