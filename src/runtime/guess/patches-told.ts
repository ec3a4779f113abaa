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

/** Where the structs of variables stand that are read as a whole; undefined where that is not known. */
type Places = Readonly<Record<string, number | undefined>>;

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
  const { mstats, workType } = placesUnder(where, candidate);
  const heap =
    mstats === undefined ? 0 : agreeingNumbers(scene, mstats, candidate.mheap).length + agreeingPauses(scene, mstats);
  return heap + (workType === undefined ? 0 : agreeingJobs(scene, workType));
}

function placesUnder({ memory, ranges }: Where, { layout, mheap }: Candidate): Places {
  const scene = { memory, layout };
  const mstats = memstatsLedTo(scene, mheap);
  const known = (name: string) => (name === 'runtime.memstats' ? mstats : undefined);
  const [workType] = counterSearches['runtime.work'](scene, ranges, known);
  return { mstats, workType };
}

/** Names of fields by their struct. */
export type FieldNames = Readonly<Record<string, readonly string[]>>;

/**
 * The fields of `chosen` that stand elsewhere in one of the others, or are not there; but those of a variable that the image holds are left out where they are read alike under all of them. Empty
 * where no other differs.
 */
export function unsureFields(where: Where, chosen: Candidate, others: readonly Candidate[]): FieldNames {
  const { layout } = chosen;
  const unsure: Record<string, readonly string[]> = {};
  // What a field that is read alike holds is read alike with it.
  const held = new Set<string>();
  for (const name of layout.structNames()) {
    const moved = movedFields(chosen, others, name);
    const alike = moved.length === 0 ? undefined : readAlike(where, name, [chosen, ...others]);
    for (const { type } of moved.filter((field) => alike?.has(field.name))) addHeld(layout, type, held);
    const names = moved.map((field) => field.name).filter((field) => alike?.has(field) !== true);
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

/** Fields of a variable that have one value under all of the candidates, each at its place under that; undefined where one of them does not know the place. */
function readAlike(where: Where, struct: string, candidates: readonly Candidate[]): ReadonlySet<string> | undefined {
  const decoded = candidates.map((candidate) => {
    const place = placesUnder(where, candidate)[struct];
    return place === undefined || !candidate.layout.struct(struct)
      ? undefined
      : decodeStruct(where.memory, candidate.layout, struct, place);
  });
  const [own, ...rest] = decoded;
  if (!own || rest.includes(undefined)) return undefined;
  const text = (value: unknown) => JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}` : part));
  return new Set(
    Object.keys(own).filter((field) => rest.every((other) => text(other?.[field]?.value) === text(own[field]!.value))),
  );
}
