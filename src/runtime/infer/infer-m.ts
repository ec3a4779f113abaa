// m told from an image (runtime/runtime2.go): g0 and curg lead back to it, gsignal as well; procid is a thread of the core; alllink goes through all m's;
// id counts them; p leads back.
import { inOffsetOrder, oneOf, tied, unique } from './confidence.js';
import { type MList, mBytes } from './find-ms.js';
import type { Ps } from './find-ps.js';
import type { InferredG, MOfG } from './infer-g.js';
import type { InferredField, InferredStruct } from './inference.js';
import type { SchedulerScene } from './scheduler-scene.js';
import { StructSamples } from './struct-samples.js';

const mostSampled = 1024;
/** Ps whose pointers to m's are compared. */
const frontWords = 32;

interface Met {
  readonly scene: SchedulerScene;
  readonly g: InferredG;
  readonly mutual: MOfG;
  readonly list: MList;
  readonly ps: Ps | undefined;
  readonly samples: StructSamples;
  readonly rows: readonly number[];
}

export function inferM(
  scene: SchedulerScene,
  g: InferredG,
  mutual: MOfG,
  list: MList,
  ps: Ps | undefined,
): InferredStruct {
  const samples = new StructSamples(scene.memory, list.ms.slice(0, mostSampled), mBytes);
  const met: Met = { scene, g, mutual, list, ps, samples, rows: samples.addresses.map((_, row) => row) };
  const fields =
    samples.count === 0
      ? []
      : [...g0(met), ...alllink(met), ...id(met), ...procid(met), ...curg(met), ...gsignal(met), ...pOfM(met)];
  return { name: 'm', size: undefined, fields: inOffsetOrder(fields) };
}

const told = (name: string, size: number, type: string, why: string) => ({ name, size, type, why });

function g0({ mutual, samples }: Met): InferredField[] {
  const why = `leads over g.m back to ${samples.count} m’s`;
  return [unique(told('g0', samples.pointerSize, '*g', why), mutual.g0, samples.count)];
}

function alllink({ scene, list, samples }: Met): InferredField[] {
  const { length } = list.ms;
  const why = `a list of ${length} m’s to nil; the next best has ${list.nextBest}`;
  // The list of idle m's never has all: as many as there are threads can only be this one.
  const all = scene.threadIds.length > 0 && length >= scene.threadIds.length && list.nextBest < length;
  return oneOf(told('alllink', samples.pointerSize, '*m', why), list.linkOffsets, all ? length : 1);
}

/** id: the m's are listed newest first, and the oldest has 0. Those whose thread has ended leave gaps. */
function id({ list, samples, rows }: Met): InferredField[] {
  if (list.linkOffsets.length !== 1 || rows.length < 2) return [];
  const most = 2 ** 31;
  const size = 8;
  const fitting = samples.offsets(size).filter((offset) => {
    for (const row of rows) {
      const value = samples.uint64(row, offset);
      const next = row + 1 < rows.length ? samples.uint64(row + 1, offset) : -1;
      if (value >= most || value <= next) return false;
    }
    return samples.uint64(rows.length - 1, offset) === 0;
  });
  // What a half of it holds: up to 1.10 it was an int32, and what follows that is nearly always zero.
  const why = `counts ${rows.length} m’s from 0; 8 bytes or the 4 of them that are not zero`;
  return oneOf(told('id', size, 'int64', why), fitting, 1);
}

/** procid: as many threads of the image as there are m's with one. */
function procid({ scene, samples, rows }: Met): InferredField[] {
  const threads = new Set(scene.threadIds);
  if (threads.size === 0) return [];
  const matches = (offset: number) => {
    const seen = new Set<number>();
    for (const row of rows) {
      const value = samples.uint64(row, offset);
      if (threads.has(value)) {
        if (seen.has(value)) return 0;
        seen.add(value);
      }
    }
    return seen.size;
  };
  const counted = samples
    .offsets(8)
    .map((offset) => ({ offset, count: matches(offset) }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count);
  const [best] = counted;
  // An m without a thread waits for one of C, or its thread has just ended.
  if (!best || best.count * 2 < rows.length) return [];
  const fitting = counted.filter(({ count }) => count === best.count).map(({ offset }) => offset);
  return oneOf(
    told('procid', 8, 'uint64', `a thread of the image for ${best.count} of ${rows.length} m’s`),
    fitting,
    best.count,
  );
}

/** curg: the g that has this m, for every g that has one; else nil. */
function curg({ g, mutual, samples, rows }: Met): InferredField[] {
  const word = samples.pointerSize;
  const { samples: gs } = g.gs;
  const rowOf = new Map(samples.addresses.map((m, row) => [m, row]));
  const current = new Map<number, number>();
  for (let row = 0; row < gs.count; row += 1) {
    const m = rowOf.get(gs.word(row, mutual.gm));
    if (m !== undefined) current.set(m, gs.addresses[row]!);
  }
  if (current.size === 0) return [];
  const fitting = samples.where(rows, word, (row, offset) => samples.word(row, offset) === (current.get(row) ?? 0));
  return oneOf(told('curg', word, '*g', `the g of ${current.size} m’s, nil in the others`), fitting, current.size);
}

/** gsignal: a g with a stack that has this m, is not its g0, and is in no list of g's. */
function gsignal({ scene: { memory }, g, mutual, samples, rows }: Met): InferredField[] {
  const word = samples.pointerSize;
  const listed = new Set(g.gs.samples.addresses);
  const isSignal = (row: number, value: number) => {
    if (value === 0 || listed.has(value) || value === samples.word(row, mutual.g0)) return false;
    if (memory.word(value + mutual.gm) !== samples.addresses[row]) return false;
    const [lo, hi] = [memory.word(value), memory.word(value + word)];
    return lo !== undefined && hi !== undefined && lo < hi;
  };
  const holding = (offset: number) => rows.filter((row) => isSignal(row, samples.word(row, offset))).length;
  const fitting = samples.offsets(word).filter((offset) => holding(offset) === rows.length);
  // A thread in a signal handler has it in tls, too: what fits for half of them may be the other one, damaged.
  const near = samples.offsets(word).filter((offset) => holding(offset) * 2 >= rows.length);
  const [first] = fitting;
  const why = `a g of its own for ${rows.length} m’s`;
  if (first !== undefined && near.length > 1) return [tied(told('gsignal', word, '*g', why), first, near)];
  return oneOf(told('gsignal', word, '*g', why), fitting, rows.length);
}

/** p: leads to a P that leads back, and the other way round; else nil. */
function pOfM({ ps, samples, rows }: Met): InferredField[] {
  if (!ps) return [];
  const word = samples.pointerSize;
  const rowOfP = new Map(ps.samples.addresses.map((p, row) => [p, row]));
  const rowOfM = new Map(samples.addresses.map((m, row) => [m, row]));
  const back: { offset: number; witnesses: number }[] = [];
  for (const offset of samples.offsets(word)) {
    if (!rows.every((row) => samples.word(row, offset) === 0 || rowOfP.has(samples.word(row, offset)))) continue;
    for (let pm = 0; pm < frontWords * word; pm += word) {
      let witnesses = 0;
      const holds =
        rows.every((row) => {
          const p = rowOfP.get(samples.word(row, offset));
          witnesses += p === undefined ? 0 : 1;
          return p === undefined || ps.samples.word(p, pm) === samples.addresses[row];
        }) &&
        ps.samples.addresses.every((p, row) => {
          const m = ps.samples.word(row, pm);
          if (m === 0) return true;
          const at = rowOfM.get(m);
          return at !== undefined && samples.word(at, offset) === p;
        });
      if (holds && witnesses > 0) back.push({ offset, witnesses });
    }
  }
  const fitting = [...new Set(back.map(({ offset }) => offset))];
  const witnesses = Math.max(0, ...back.map((found) => found.witnesses));
  return oneOf(told('p', word, 'puintptr', `leads to a P and back for ${witnesses} m’s, else nil`), fitting, witnesses);
}
