// The m's of a program whose layout is not known: what leads over a g0 back to itself, and the list that goes through all of them (runtime.allm, m.alllink).
import { matchingWords } from '../../image/scan-words.js';
import type { MOfG } from './infer-g.js';
import type { SchedulerScene } from './scheduler-scene.js';

/** An m is up to 2 KiB long (1.22 to 1.25), the pointers that are looked for stand in its first half. */
export const mBytes = 1024;
const mostHeads = 1024;
const mostMs = 100_000;
/** Steps along all lists that are tried. */
const mostSteps = 4_000_000;

export interface MList {
  /** Offsets by which the longest list of m's goes on. */
  readonly linkOffsets: readonly number[];
  /** How many m's the longest list has that another offset gives. */
  readonly nextBest: number;
  /** In the list's order, the newest first; where no offset gives a list, those that are known. */
  readonly ms: readonly number[];
}

/** Whether an address is that of an m: its g0 leads back to it. */
export function mTest({ memory }: SchedulerScene, { gm, g0 }: MOfG): (address: number) => boolean {
  const known = new Map<number, boolean>();
  return (address) => {
    let is = known.get(address);
    if (is === undefined) {
      const g = address % memory.pointerSize === 0 ? memory.word(address + g0) : undefined;
      is = g !== undefined && g !== 0 && g !== address && memory.word(g + gm) === address;
      known.set(address, is);
    }
    return is;
  };
}

/** Follows each word of the m's that the program's data leads to: alllink is the one by which a list takes in every m that is known. */
export function findMs(scene: SchedulerScene, mutual: MOfG, isM: (address: number) => boolean): MList {
  const { memory, data } = scene;
  const heads = headsOf();
  let steps = 0;
  const found: { offset: number; list: readonly number[] }[] = [];
  for (let offset = memory.pointerSize; offset < mBytes; offset += memory.pointerSize) {
    let longest: readonly number[] = [];
    for (const head of heads) {
      const list = listFrom(head, offset);
      if (list.length > longest.length) longest = list;
    }
    if (longest.length > 1) found.push({ offset, list: longest });
  }
  found.sort((a, b) => b.list.length - a.list.length);
  const covers = (list: readonly number[]) => {
    const listed = new Set(list);
    return mutual.ms.every((m) => listed.has(m));
  };
  const whole = found.filter(({ list }) => list.length === found[0]?.list.length && covers(list));
  const [first] = whole;
  return {
    linkOffsets: whole.map(({ offset }) => offset).sort((a, b) => a - b),
    nextBest: found[whole.length]?.list.length ?? 0,
    ms: first ? first.list : mutual.ms,
  };

  /** Empty where it leaves the m's, loops, or does not end. */
  function listFrom(head: number, offset: number): readonly number[] {
    const seen = new Set<number>();
    for (let m: number | undefined = head; m !== 0; m = memory.word(m + offset)) {
      steps += 1;
      if (m === undefined || seen.has(m) || seen.size >= mostMs || steps > mostSteps || !isM(m)) return [];
      seen.add(m);
    }
    return [...seen];
  }

  function headsOf(): number[] {
    const distinct = new Set<number>();
    for (const at of matchingWords(scene, data, 0, (words) => words.at(0) > 0xffff && isM(words.at(0)), 0)) {
      distinct.add(memory.word(at) ?? 0);
      if (distinct.size >= mostHeads) break;
    }
    return [...distinct];
  }
}
