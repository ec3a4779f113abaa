// Patches of one release line that nothing tells apart but numbers which stand elsewhere in them (heapStatsDelta grew by eight bytes in 1.17.7 and 1.18.4, work by a queue in 1.23.4): the one
// under which they are the heap's own is meant. What differs between those that are left, and is not read alike, is told to nobody.
import type { Memory } from '../../image/memory.js';
import type { AddressRange } from '../../image/scan-words.js';
import { decodeStruct } from '../../layout/struct-view.js';
import type { FieldLayout, Layout } from '../../layout/types.js';
import { agreeingNumbers, memstatsLedTo } from '../roots/memstats-evidence.js';
import { counterSearches } from '../roots/search-counters.js';
import { agreeingJobs, agreeingPauses } from './agreeing-counts.js';

interface Where {
  readonly memory: Memory;
  readonly ranges: readonly AddressRange[];
}

export interface Candidate {
  readonly layout: Layout;
  readonly mheap: number;
}

/**
 * The candidates under which most numbers agree: those of memstats that mheap_ has as well, and those of work with each other. Looks at the image only where the candidates differ in one of these
 * structs.
 */
export function withMostNumbers<T extends Candidate>(where: Where, candidates: readonly T[]): readonly T[] {
  const counts = new Map<string, number>();
  const keys = keysOf(candidates);
  if (new Set(keys).size < 2) return candidates;
  for (const [i, candidate] of candidates.entries())
    if (!counts.has(keys[i]!)) counts.set(keys[i]!, numbersOf(where, candidate));
  const most = Math.max(...counts.values());
  return candidates.filter((_, i) => counts.get(keys[i]!) === most);
}

/** Structs whose numbers are compared, with those that they hold. */
const compared = ['mstats', 'consistentHeapStats', 'heapStatsDelta', 'workType'];

/** Equal for candidates that have all of these structs in common: those of one table are the same objects. */
function keysOf(candidates: readonly Candidate[]): string[] {
  const seen: unknown[] = [];
  const numberOf = (struct: unknown) => (seen.includes(struct) ? seen.indexOf(struct) : seen.push(struct) - 1);
  return candidates.map(({ layout }) => compared.map((name) => numberOf(layout.struct(name))).join(' '));
}

function numbersOf(where: Where, candidate: Candidate): number {
  const scene = { memory: where.memory, layout: candidate.layout };
  const [mstats, workType] = ['mstats', 'workType'].map((struct) => placeUnder(where, candidate, struct));
  const heap =
    mstats === undefined ? 0 : agreeingNumbers(scene, mstats, candidate.mheap).length + agreeingPauses(scene, mstats);
  return heap + (workType === undefined ? 0 : agreeingJobs(scene, workType));
}

/** The address of a variable under a candidate, by the name of its struct; undefined where it is not found, and of all other structs. */
function placeUnder({ memory, ranges }: Where, { layout, mheap }: Candidate, struct: string): number | undefined {
  if (struct !== 'mstats' && struct !== 'workType') return undefined;
  const scene = { memory, layout };
  const memstats = memstatsLedTo(scene, mheap);
  if (struct === 'mstats') return memstats;
  const known = (name: string) => (name === 'runtime.memstats' ? memstats : undefined);
  const [work] = counterSearches['runtime.work'](scene, ranges, known);
  return work;
}

/** Names of fields by their struct. */
export type FieldNames = Readonly<Record<string, readonly string[]>>;

/**
 * The fields of `chosen` that stand elsewhere in one of the others, or are not there; all of a variable that each of them has at another address. Those of a variable that the image holds are left out
 * where they are read alike under all of them. Empty where no other differs.
 */
export function unsureFields(where: Where, chosen: Candidate, others: readonly Candidate[]): FieldNames {
  const { layout } = chosen;
  const unsure: Record<string, readonly string[]> = {};
  // What a field that is read alike holds is read alike with it.
  const held = new Set<string>();
  for (const name of layout.structNames()) {
    const moved = movedFields(chosen, others, name);
    if (moved.length === 0) continue;
    const seen = [chosen, ...others].map((candidate) => variableUnder(where, candidate, name));
    const isOnePlace = seen.every((variable) => variable?.place === seen[0]?.place);
    const alike = isOnePlace ? readAlike(seen) : noNames;
    for (const { type } of moved.filter((field) => alike.has(field.name))) addHeld(layout, type, held);
    const doubtful = isOnePlace ? moved.map((field) => field.name) : [...layout.struct(name)!.fields.keys()];
    const names = doubtful.filter((field) => !alike.has(field));
    if (names.length > 0) unsure[name] = names;
  }
  return Object.fromEntries(Object.entries(unsure).filter(([name]) => !held.has(name)));
}

function movedFields({ layout }: Candidate, others: readonly Candidate[], struct: string): readonly FieldLayout[] {
  const own = layout.struct(struct);
  const theirs = others.map((other) => other.layout.struct(struct)).filter((other) => other !== own);
  return theirs.length === 0
    ? []
    : [...(own?.fields.values() ?? [])].filter((field) =>
        theirs.some((other) => !isThere(field, other?.fields.get(field.name))),
      );
}

/** Structs by value in a type, however deep. */
function addHeld(layout: Layout, type: string, held: Set<string>): void {
  let shape = layout.shape(type);
  while (shape.kind === 'array') shape = layout.shape(shape.element);
  if (shape.kind !== 'named' || held.has(shape.name)) return;
  held.add(shape.name);
  for (const field of layout.struct(shape.name)?.fields.values() ?? []) addHeld(layout, field.type, held);
}

const isThere = (own: FieldLayout, other: FieldLayout | undefined) =>
  other?.offset === own.offset && other.size === own.size;

interface Variable {
  readonly place: number;
  /** Values by field, as text that is the same for the same value. */
  readonly values: ReadonlyMap<string, string>;
}

/** A variable by the name of its struct, as a candidate reads it; undefined where that does not find it. */
function variableUnder(where: Where, candidate: Candidate, struct: string): Variable | undefined {
  const place = placeUnder(where, candidate, struct);
  if (place === undefined || !candidate.layout.struct(struct)) return undefined;
  const decoded = Object.entries(decodeStruct(where.memory, candidate.layout, struct, place));
  const text = (value: unknown) => JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}` : part));
  return { place, values: new Map(decoded.map(([field, { value }]) => [field, text(value)])) };
}

const noNames: ReadonlySet<string> = new Set();

/** Fields that have one value in all; none where one of them is not known. */
function readAlike([own, ...rest]: readonly (Variable | undefined)[]): ReadonlySet<string> {
  if (!own) return noNames;
  return new Set([...own.values].flatMap(([field, text]) => (rest.every((other) => other?.values.get(field) === text) ? field : []))); // biome-ignore format: one line
}
