// Which of several places a field stands at, told by how many spans bear each of them out. One that others equal is a tie, and is never given with
// more than 0.9: a wrong offset that looks sure is worse than none. Knows places and counts, nothing of spans.
import type { Place, SpanSample } from './span-sample.js';

/** A place with its verdict by row: 1 bears it out, 0 speaks against it, 2 says nothing. */
export interface Contender {
  readonly place: Place;
  readonly verdicts: Uint8Array;
}

export const yes = 1;
export const no = 0;
export const mute = 2;

/** A field as it was told. */
export interface Told {
  readonly place: Place;
  readonly confidence: number;
  readonly alternatives: readonly number[];
  readonly why: string;
}

/** Above this a field is said to be sure. */
export const sure = 0.9;
/** The share of the rows that must bear a place out. */
const enough = 0.95;
/** Rows that must speak for the best and against another before that one is out of the running. */
const decisive = 3;

/**
 * The contender that most rows bear out; undefined where none has enough. Where several do equally well, the first of them in `contenders`, which are
 * therefore to be given in the order of what is likelier. `what` names what was tried, for `why`.
 */
export function decide(contenders: readonly Contender[], what: string, rowsName = 'spans'): Told | undefined {
  const counted = contenders.map((contender) => ({ ...contender, ...count(contender.verdicts) }));
  const fitting = counted.filter(({ held, asked }) => held > 0 && held >= asked * enough);
  let best: (typeof fitting)[number] | undefined;
  for (const one of fitting) {
    if (!best || lead(one, best).net > 0) best = one;
  }
  if (!best) return undefined;
  const rivals = fitting.filter((one) => one !== best && !clearly(best, one));
  const alternatives = [...new Set(rivals.map(({ place }) => place.offset))].sort((a, b) => a - b);
  const { held, asked, place } = best;
  const share = held / asked;
  const seen = `${what}: holds for ${held} of ${asked} ${rowsName}`;
  if (alternatives.length > 0) {
    const confidence = Math.min(share, alternatives.length === 1 ? 0.75 : 0.5);
    return { place, confidence, alternatives, why: `${seen}, as it does at ${alternatives.join(', ')}` };
  }
  // A handful of spans may agree by chance.
  const confidence = held < 8 ? Math.min(share, 0.8) : 0.99 * share;
  return { place, confidence, alternatives, why: seen };
}

function count(verdicts: Uint8Array): { held: number; asked: number } {
  let held = 0;
  let asked = 0;
  for (const verdict of verdicts) {
    if (verdict === mute) continue;
    asked += 1;
    if (verdict === yes) held += 1;
  }
  return { held, asked };
}

/** Rows that bear `a` out and not `b`, and the reverse. */
function lead(a: Contender, b: Contender): { won: number; lost: number; net: number } {
  let won = 0;
  let lost = 0;
  for (let i = 0; i < a.verdicts.length; i += 1) {
    const mine = a.verdicts[i] === yes;
    if (mine === (b.verdicts[i] === yes)) continue;
    if (mine) won += 1;
    else lost += 1;
  }
  return { won, lost, net: won - lost };
}

/** Whether `a` does better by more than what a few spans in the allocator's hands explain. */
function clearly(a: Contender, b: Contender): boolean {
  const { won, lost, net } = lead(a, b);
  return net >= decisive && lost * 4 <= won;
}

/** Every place of `size` bytes, aligned as Go aligns it, that none of `taken` reaches into. */
export function* places(sample: SpanSample, size: number, taken: readonly Place[]): Generator<Place> {
  const step = Math.min(size, sample.pointerSize);
  for (let offset = 0; offset + size <= sample.structBytes; offset += step) {
    if (!taken.some((other) => overlap(other, { offset, size }))) yield { offset, size };
  }
}

/**
 * Of places that overlap, the widest: a number that fits two bytes reads the same from the eight of a uintptr. Those that hold the same are one field, and a
 * wider place that holds something else was no contender.
 */
export function widest(contenders: readonly Contender[]): Contender[] {
  const kept: Contender[] = [];
  for (const one of [...contenders].sort((a, b) => b.place.size - a.place.size)) {
    if (!kept.some(({ place }) => overlap(place, one.place))) kept.push(one);
  }
  return kept.sort((a, b) => a.place.offset - b.place.offset);
}

export function overlap(a: Place, b: Place): boolean {
  return a.offset < b.offset + b.size && b.offset < a.offset + a.size;
}

/** The same, with no more confidence than `most`, and why. */
export function doubted(told: Told, most: number, why: string, others: readonly number[] = []): Told {
  const alternatives = [...new Set([...told.alternatives, ...others])]
    .filter((offset) => offset !== told.place.offset)
    .sort((a, b) => a - b);
  return { ...told, alternatives, confidence: Math.min(told.confidence, most), why: `${told.why}; ${why}` };
}
