// limit and nelems of an mspan, together: slots of the class's size from the first page on end where limit says, and a large span has one. And the
// multiplier by which the runtime divides offsets by that size. Source: runtime/mheap.go (mspan.init, heapBitsInSpan), sizeclasses.go.
import { type Contender, decide, mute, no, places, type Told, widest, yes } from './contest.js';
import type { Place, SpanSample } from './span-sample.js';
import type { SpanKnown } from './tell-state.js';

/** Bytes behind the slots that the runtime keeps for pointer bits and marks: 384 at most so far. */
const reservedBytes = 512;

export interface ToldSlots {
  readonly limit: Told;
  readonly nelems: Told;
}

/** `rows`: those in use. */
export function tellSlots(known: SpanKnown, rows: Uint32Array, taken: readonly Place[]): ToldSlots | undefined {
  const { sample } = known;
  const limits = [...places(sample, sample.pointerSize, taken)].filter((place) =>
    mostly(rows, (row) => endsInside(known, row, sample.column(place)[row]!)),
  );
  const counts = integerPlaces(sample, taken, (place) => {
    const column = sample.column(place);
    return mostly(rows, (row) => fits(known, row, column[row]!));
  });
  // Both are told by each other: first the pair that most spans bear out, then each against its rivals.
  let best: { readonly limit: Place; readonly nelems: Place; readonly held: number } | undefined;
  for (const limit of limits) {
    for (const nelems of counts) {
      if (limit.offset === nelems.offset) continue;
      const held = verdictsOf(known, rows, limit, nelems).reduce((sum, verdict) => sum + (verdict === yes ? 1 : 0), 0);
      if (!best || held > best.held) best = { limit, nelems, held };
    }
  }
  if (!best) return undefined;
  const pair = best;
  const limit = decide(
    limits.map((place): Contender => ({ place, verdicts: verdictsOf(known, rows, place, pair.nelems) })),
    'where the last slot ends',
  );
  const nelems = decide(
    widest(counts.map((place): Contender => ({ place, verdicts: verdictsOf(known, rows, pair.limit, place) }))),
    'slots up to limit',
  );
  return limit && nelems && { limit, nelems };
}

/** divMul as it is since 1.17: 2^32 divided by the size, rounded up. */
export function tellDivMul(known: SpanKnown, rows: Uint32Array, taken: readonly Place[]): Told | undefined {
  const { sample, elemsize, spanclass } = known;
  const contenders: Contender[] = [];
  for (const place of places(sample, 4, taken)) {
    const column = sample.column(place);
    const verdicts = verdictsBy(rows, (row) => {
      if (spanclass[row]! >> 1 === 0) return mute;
      return column[row] === Math.floor(0xffffffff / elemsize[row]!) + 1 ? yes : no;
    });
    if (verdicts.includes(yes)) contenders.push({ place, verdicts });
  }
  return decide(contenders, '2^32 divided by elemsize');
}

function endsInside({ start, npages, pageSize }: SpanKnown, row: number, limit: number): boolean {
  return limit > start[row]! && limit <= start[row]! + npages[row]! * pageSize;
}

function fits({ npages, elemsize, spanclass, pageSize }: SpanKnown, row: number, nelems: number): boolean {
  if (spanclass[row]! >> 1 === 0) return nelems === 1;
  return nelems >= 1 && nelems * elemsize[row]! <= npages[row]! * pageSize;
}

function verdictsOf(known: SpanKnown, rows: Uint32Array, limit: Place, nelems: Place): Uint8Array {
  const { sample, start, npages, elemsize, spanclass, pageSize } = known;
  const [limits, counts] = [sample.column(limit), sample.column(nelems)];
  return verdictsBy(rows, (row) => {
    if (!endsInside(known, row, limits[row]!) || !fits(known, row, counts[row]!)) return no;
    if (spanclass[row]! >> 1 === 0) return mute;
    // limit is where the last slot ends, or where it would if nothing were reserved behind the slots (1.22).
    const rest = limits[row]! - start[row]! - counts[row]! * elemsize[row]!;
    const unused = start[row]! + npages[row]! * pageSize - limits[row]!;
    const most = elemsize[row]! + reservedBytes;
    return rest >= 0 && rest < most && unused < most ? yes : no;
  });
}

/** A verdict for each of `rows`, in their order. */
export function verdictsBy(rows: Uint32Array, verdict: (row: number) => number): Uint8Array {
  const verdicts = new Uint8Array(rows.length);
  for (let i = 0; i < rows.length; i += 1) verdicts[i] = verdict(rows[i]!);
  return verdicts;
}

/** Places of unsigned integers of 2, 4 and 8 bytes, up to a word, that fit. */
export function integerPlaces(sample: SpanSample, taken: readonly Place[], fit: (place: Place) => boolean): Place[] {
  return [sample.pointerSize, 4, 2]
    .filter((size, i, all) => all.indexOf(size) === i)
    .flatMap((size) => [...places(sample, size, taken)].filter(fit));
}

/** Whether `holds` does in nearly all rows; gives up as soon as it can't any more. */
export function mostly(rows: Uint32Array, holds: (row: number) => boolean): boolean {
  const bearable = rows.length * 0.03 + 1;
  let against = 0;
  for (const row of rows) {
    if (holds(row)) continue;
    against += 1;
    if (against > bearable) return false;
  }
  return true;
}
