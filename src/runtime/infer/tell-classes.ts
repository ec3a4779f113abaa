// elemsize and spanclass of an mspan: the only word and byte of which the byte, halved, says the word by the runtime's table of sizes. A table that
// changed is told by its own regularity: each class has one size, larger classes larger ones. Sources: runtime/sizeclasses.go, mheap.go (spanClass).
import { type Contender, decide, doubted, mute, no, places, type Told, yes } from './contest.js';
import type { Place, SpanSample } from './span-sample.js';

export interface ToldClasses {
  readonly elemsize: Told;
  readonly spanclass: Told;
}

/** Rows looked at before a pair of places is tried on all. */
const screened = 2048;
/** Distinct classes that must be there before their order is worth something. */
const leastClasses = 6;

/** `tables`: the size of each class in bytes, in the releases that are known. */
export function tellClasses(
  sample: SpanSample,
  npages: Float64Array,
  taken: readonly Place[],
  tables: readonly (readonly number[])[],
  pageSize: number,
): ToldClasses | undefined {
  const known = new Set(tables.flat());
  const pairs: { readonly e: Place; readonly b: Place; readonly agreed: number }[] = [];
  const step = Math.max(1, Math.floor(sample.rows / screened));
  for (const e of places(sample, sample.pointerSize, taken)) {
    const sizes = sample.column(e);
    let likely = 0;
    let looked = 0;
    for (let row = 0; row < sample.rows; row += step, looked += 1) {
      const size = sizes[row]!;
      if (size > 0 && (known.has(size) || (size % 8 === 0 && size <= npages[row]! * pageSize))) likely += 1;
    }
    if (likely < looked * 0.2) continue;
    for (const b of places(sample, 1, [...taken, e])) {
      const agreed = agreement(sample, sizes, b, step, tables);
      if (agreed > 0) pairs.push({ e, b, agreed });
    }
  }
  pairs.sort((a, b) => b.agreed - a.agreed);
  const [best] = pairs;
  if (!best) return undefined;
  const elemsizes = distinct(pairs.map(({ e }) => e));
  const classes = distinct(pairs.map(({ b }) => b));
  const agree = (e: Place, b: Place) => verdictsOf(sample, npages, e, b, tables, pageSize);
  const elemsize = decide(
    elemsizes.map((e): Contender => ({ place: e, verdicts: agree(e, best.b) })),
    'the size that the class has',
  );
  const spanclass = decide(
    classes.map((b): Contender => ({ place: b, verdicts: agree(best.e, b) })),
    'the class that the size has',
  );
  if (!elemsize || !spanclass) return undefined;
  const seen = new Set<number>();
  const column = sample.column(spanclass.place);
  for (const value of column) if (value > 1) seen.add(value >> 1);
  if (seen.size >= leastClasses) return { elemsize, spanclass };
  const few = `only ${seen.size} size classes are in use`;
  return { elemsize: doubted(elemsize, 0.85, few), spanclass: doubted(spanclass, 0.85, few) };
}

function distinct(list: readonly Place[]): Place[] {
  return [...new Map(list.map((place) => [place.offset, place])).values()].sort((a, b) => a.offset - b.offset);
}

/** Rows, out of some, whose byte at `b` names the class of their size; 0 where more speak against it. */
function agreement(
  sample: SpanSample,
  sizes: Float64Array,
  { offset }: Place,
  step: number,
  tables: readonly (readonly number[])[],
): number {
  let best = 0;
  for (const table of tables) {
    let held = 0;
    let against = 0;
    for (let row = 0; row < sample.rows; row += step) {
      const sizeclass = sample.byteAt(row, offset) >> 1;
      if (sizeclass === 0) continue;
      if (table[sizeclass] === sizes[row]) held += 1;
      else against += 1;
    }
    // A table that a release has changed still agrees in the classes before the change.
    if (against * 2 < held && held > best) best = held;
  }
  return best;
}

function verdictsOf(
  sample: SpanSample,
  npages: Float64Array,
  e: Place,
  b: Place,
  tables: readonly (readonly number[])[],
  pageSize: number,
): Uint8Array {
  const sizes = sample.column(e);
  const classes = sample.column(b);
  let best: { verdicts: Uint8Array; held: number } | undefined;
  for (const table of [...tables, learned(sizes, classes)]) {
    const verdicts = new Uint8Array(sample.rows).fill(mute);
    let held = 0;
    for (let row = 0; row < sample.rows; row += 1) {
      const sizeclass = classes[row]! >> 1;
      const size = sizes[row]!;
      if (sizeclass === 0) {
        // Large spans and those of stacks: the table has no size for them, and none is larger than its pages.
        if (size > npages[row]! * pageSize) verdicts[row] = no;
        continue;
      }
      const holds = table[sizeclass] === size;
      verdicts[row] = holds ? yes : no;
      if (holds) held += 1;
    }
    if (!best || held > best.held) best = { verdicts, held };
  }
  return best?.verdicts ?? new Uint8Array(sample.rows);
}

/** The table that the spans themselves show: each class with the size that most of its spans have; empty where larger classes do not have larger ones. */
function learned(sizes: Float64Array, classes: Float64Array): number[] {
  const counts = new Map<number, Map<number, number>>();
  for (let row = 0; row < sizes.length; row += 1) {
    const sizeclass = classes[row]! >> 1;
    if (sizeclass === 0) continue;
    const own = counts.get(sizeclass) ?? new Map<number, number>();
    counts.set(sizeclass, own);
    own.set(sizes[row]!, (own.get(sizes[row]!) ?? 0) + 1);
  }
  const table: number[] = [];
  for (const [sizeclass, own] of counts) table[sizeclass] = [...own].sort((a, b) => b[1] - a[1])[0]![0];
  let last = 0;
  for (const size of table) {
    if (size === undefined) continue;
    if (size <= last || size % 8 !== 0) return [];
    last = size;
  }
  return counts.size >= leastClasses ? table : [];
}
