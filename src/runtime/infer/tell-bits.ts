// freeindex, allocCount, allocBits, gcmarkBits and allocCache of an mspan, by the one equation that holds for every span in use (allocated slots are those below freeindex
// and those whose bit is set) and by the cache, which is the bitmap's next word, inverted and shifted. Before the first collection all bits are zero:
// what then looks the same is named as a tie. Sources: runtime/mheap.go, mbitmap.go, malloc.go (nextFreeIndex, refillAllocCache).
import type { Memory } from '../../image/memory.js';
import { Bitmaps } from './bitmaps.js';
import { type Contender, decide, doubted, mute, no, places, sure, type Told, widest, yes } from './contest.js';
import type { Place, SpanSample } from './span-sample.js';
import { integerPlaces, mostly, verdictsBy } from './tell-slots.js';

export interface BitsKnown {
  readonly memory: Memory;
  readonly sample: SpanSample;
  /** Rows in use. */
  readonly rows: Uint32Array;
  readonly nelems: Float64Array;
  /** Where nelems and spanclass stand: what ends there is freeindex and allocCount in every release, and so the likelier of equals. */
  readonly nelemsOffset: number;
  readonly spanclassOffset: number;
}

export interface ToldBits {
  readonly freeindex: Told;
  readonly allocCount: Told;
  readonly allocBits: Told;
  readonly gcmarkBits: Told | undefined;
  readonly allocCache: Told | undefined;
}

interface Pointer {
  readonly place: Place;
  readonly bits: Bitmaps;
  /** What `allocated` gave for each place of freeindex. */
  readonly counted: Map<string, Float64Array>;
}

/** Pointer fields that all spans in use have set: there are two. */
const mostPointers = 6;
const mostIntegers = 16;
/** Spans with bits behind freeindex that must be there for the equation to say something; `unproved` is how sure it makes where they are not. */
const leastSet = 8;
/** Spans with free slots of which one cache must fit. */
const leastUnfilled = 3;
const unproved = 0.75;
/** Spans with a freeindex above 0 that must be there before another field can be said to follow it. */
const leastBegun = 8;

export function tellBits(known: BitsKnown, taken: readonly Place[]): ToldBits | undefined {
  const { sample, rows, nelems } = known;
  const pointers = pointersOf(known, taken);
  const free = pointers.map(({ place }) => place);
  const integers = widest(
    integerPlaces(sample, [...taken, ...free], (place) => {
      const column = sample.column(place);
      return mostly(rows, (row) => column[row]! <= nelems[row]!);
    }).map((place) => ({ place, verdicts: new Uint8Array(0) })),
  )
    .map(({ place }) => place)
    .slice(0, mostIntegers);
  const best = bestTriple(known, pointers, integers);
  if (!best) return undefined;
  const { pointer, freeindex: f, allocCount: k } = best;
  const cache = bestCache(known, [...taken, ...free, f, k], pointer, f);
  const likely = [...integers].sort((a, b) => behind(a, known.nelemsOffset) - behind(b, known.nelemsOffset));
  const freeindex = decide(
    likely.map((place) => ({
      place,
      verdicts: both(balance(known, pointer, place, k), cached(known, cache?.place, pointer, place)),
    })),
    'allocCount and allocCache follow from it and allocBits',
  );
  const ordered = [...integers].sort((a, b) => behind(a, known.spanclassOffset) - behind(b, known.spanclassOffset));
  const allocCount = decide(
    ordered.map((place) => ({ place, verdicts: balance(known, pointer, f, place) })),
    'freeindex and the bits behind it',
  );
  const allocBits = decide(
    pointers.map((one) => ({
      place: one.place,
      verdicts: both(balance(known, one, f, k), cached(known, cache?.place, one, f)),
    })),
    'allocCount and allocCache follow from it',
  );
  if (!freeindex || !allocCount || !allocBits) return undefined;
  const chosen = pointers.find(({ place }) => place.offset === allocBits.place.offset) ?? pointer;
  const others = pointers.filter((one) => one !== chosen).map(({ place }) => place.offset);
  const { unfilled, set } = openSlots(known, chosen, freeindex.place);
  // Where spans have free slots and no cache goes with them, something else than freeindex was found: a bitmap of zeros makes any two equal numbers look right.
  if (!cache && unfilled >= leastUnfilled) return undefined;
  const doubt = set < leastSet ? `only ${set} spans have a bit set behind it` : undefined;
  const judged = (told: Told, rivals: readonly number[] = []) =>
    doubt === undefined ? told : doubted(told, unproved, doubt, rivals);
  const bits = judged(allocBits, others);
  return {
    freeindex: judged(freeindex),
    allocCount: judged(allocCount),
    allocBits: bits,
    gcmarkBits: tellMarks(known, pointers, chosen, f, bits),
    allocCache: cache && judged(cache),
  };
}

/** Spans that have a slot left behind freeindex, and of those the ones with a bit set there. */
function openSlots(
  { sample, rows, nelems }: BitsKnown,
  { bits }: Pointer,
  f: Place,
): { unfilled: number; set: number } {
  const freeindex = sample.column(f);
  let set = 0;
  let unfilled = 0;
  for (let i = 0; i < rows.length; i += 1) {
    const from = freeindex[rows[i]!]!;
    if (from >= nelems[rows[i]!]!) continue;
    unfilled += 1;
    if (bits.countFrom(i, from) > 0) set += 1;
  }
  return { unfilled, set };
}

/** How far a place ends from where the next field begins. */
const behind = ({ offset, size }: Place, next: number) => Math.abs(next - (offset + size));

function isConstant(rows: Uint32Array, column: Float64Array): boolean {
  const first = column[rows[0] ?? 0];
  return rows.every((row) => column[row] === first);
}

/** Places that hold, in all spans in use, different pointers to what can be read and is aligned as bitmaps are. */
function pointersOf({ memory, sample, rows, nelems }: BitsKnown, taken: readonly Place[]): Pointer[] {
  const slots = Float64Array.from(rows, (row) => nelems[row]!);
  const own = new Set(sample.addresses);
  const found: Pointer[] = [];
  for (const place of places(sample, sample.pointerSize, taken)) {
    const column = sample.column(place);
    const fits = (row: number) => {
      const value = column[row]!;
      return value > 0xffff && value % 8 === 0 && value < Number.MAX_SAFE_INTEGER && !own.has(value);
    };
    if (!mostly(rows, fits) || found.length === mostPointers) continue;
    const distinct = new Set(Array.from(rows, (row) => column[row]!)).size;
    if (distinct < rows.length * 0.9) continue;
    const bits = Bitmaps.read(
      memory,
      Float64Array.from(rows, (row) => column[row]!),
      slots,
    );
    found.push({ place, bits, counted: new Map() });
  }
  return found;
}

interface Triple {
  readonly pointer: Pointer;
  readonly freeindex: Place;
  readonly allocCount: Place;
}

/** The three places that fulfil the equation in most spans; of equal ones those that stand as they do in every release. */
function bestTriple(known: BitsKnown, pointers: readonly Pointer[], integers: readonly Place[]): Triple | undefined {
  const from = [...integers].sort((a, b) => behind(a, known.nelemsOffset) - behind(b, known.nelemsOffset));
  const to = [...integers].sort((a, b) => behind(a, known.spanclassOffset) - behind(b, known.spanclassOffset));
  let best: (Triple & { readonly held: number }) | undefined;
  for (const pointer of pointers) {
    for (const freeindex of from) {
      for (const allocCount of to) {
        if (allocCount.offset === freeindex.offset) continue;
        const held = heldBy(balance(known, pointer, freeindex, allocCount));
        if (held > (best?.held ?? 0)) best = { pointer, freeindex, allocCount, held };
      }
    }
  }
  return best;
}

const heldBy = (verdicts: Uint8Array) => verdicts.reduce((sum, verdict) => sum + (verdict === yes ? 1 : 0), 0);

/** freeindex and the bits set from there on, by row; -1 where freeindex is beyond the slots, -2 where there is no bitmap. */
function allocated({ sample, rows, nelems }: BitsKnown, { bits, counted }: Pointer, f: Place): Float64Array {
  const key = `${f.offset} ${f.size}`;
  const known = counted.get(key);
  if (known) return known;
  const freeindex = sample.column(f);
  const sums = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i += 1) {
    const from = freeindex[rows[i]!]!;
    const set = from > nelems[rows[i]!]! ? -2 : bits.countFrom(i, from);
    sums[i] = set === -2 ? -1 : set === -1 ? -2 : from + set;
  }
  counted.set(key, sums);
  return sums;
}

/** Whether allocCount is that, by row. */
function balance(known: BitsKnown, pointer: Pointer, f: Place, k: Place): Uint8Array {
  const { sample, rows } = known;
  const sums = allocated(known, pointer, f);
  const allocCount = sample.column(k);
  const verdicts = new Uint8Array(rows.length);
  for (let i = 0; i < rows.length; i += 1)
    verdicts[i] = sums[i] === -2 ? mute : sums[i] === allocCount[rows[i]!] ? yes : no;
  return verdicts;
}

/** Whether the cache at `place` is what bitmap and freeindex make it; mute for spans without a free slot left, where it is not kept. */
function cached(known: BitsKnown, place: Place | undefined, { bits }: Pointer, f: Place): Uint8Array {
  const { sample, rows, nelems } = known;
  if (!place) return new Uint8Array(rows.length).fill(mute);
  const half = (offset: number) => sample.column({ offset, size: 4 });
  const [low, high] = sample.littleEndian
    ? [half(place.offset), half(place.offset + 4)]
    : [half(place.offset + 4), half(place.offset)];
  const freeindex = sample.column(f);
  const verdicts = new Uint8Array(rows.length);
  for (let i = 0; i < rows.length; i += 1) {
    const row = rows[i]!;
    const from = freeindex[row]!;
    if (from >= nelems[row]! || !bits.has(i)) verdicts[i] = mute;
    else verdicts[i] = bits.isCachedAs(i, from, low[row]!, high[row]!) ? yes : no;
  }
  return verdicts;
}

function bestCache(known: BitsKnown, taken: readonly Place[], pointer: Pointer, freeindex: Place): Told | undefined {
  const contenders: Contender[] = [];
  for (const place of places(known.sample, 8, taken)) {
    const verdicts = cached(known, place, pointer, freeindex);
    if (heldBy(verdicts) > 0) contenders.push({ place, verdicts });
  }
  return decide(contenders, 'the inverted word of allocBits at freeindex', 'spans with free slots');
}

/** Both must bear it out; what one of them says nothing about is the other's. */
function both(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((verdict, i) => {
    const other = b[i]!;
    if (verdict === mute) return other;
    if (other === mute) return verdict;
    return verdict === yes && other === yes ? yes : no;
  });
}

/** The other bitmap: nothing is marked that is not allocated, and no bit stands behind the last slot. */
function tellMarks(
  known: BitsKnown,
  pointers: readonly Pointer[],
  allocBits: Pointer,
  f: Place,
  told: Told,
): Told | undefined {
  const { rows, nelems, sample } = known;
  const freeindex = sample.column(f);
  const others = pointers.filter(({ place }) => place.offset !== allocBits.place.offset);
  const marks = decide(
    others.map(({ place, bits }) => {
      const verdicts = new Uint8Array(rows.length);
      for (let i = 0; i < rows.length; i += 1) {
        const row = rows[i]!;
        if (!bits.has(i) || !allocBits.bits.has(i)) verdicts[i] = mute;
        else verdicts[i] = bits.within(i, freeindex[row]!, allocBits.bits) && !bits.anyFrom(i, nelems[row]!) ? yes : no;
      }
      return { place, verdicts };
    }),
    'the other bitmap, within what is allocated',
  );
  if (!marks || told.confidence > sure) return marks;
  return doubted(marks, told.confidence, 'allocBits is not sure', [allocBits.place.offset, ...told.alternatives]);
}

/** freeIndexForScan: never ahead of freeindex, and mostly with it. Never sure: it is told by what it follows. */
export function tellFreeIndexForScan(known: BitsKnown, f: Place, taken: readonly Place[]): Told | undefined {
  const { sample, rows } = known;
  const freeindex = sample.column(f);
  const contenders: Contender[] = [];
  for (const place of places(sample, f.size, taken)) {
    const column = sample.column(place);
    if (isConstant(rows, column) || !mostly(rows, (row) => column[row]! <= freeindex[row]!)) continue;
    const verdicts = verdictsBy(rows, (row) => (column[row]! > freeindex[row]! ? no : yes));
    const begun = rows.filter((row) => freeindex[row]! > 0);
    if (begun.length < leastBegun || begun.filter((row) => column[row] === freeindex[row]).length < begun.length * 0.6)
      continue;
    contenders.push({ place, verdicts });
  }
  const told = decide(contenders, 'never ahead of freeindex, and mostly equal');
  return told && doubted(told, 0.85, 'nothing else depends on it');
}
