// p told from an image (runtime/runtime2.go): its place in allp, its mcache, the m that runs it and leads back to it, and a status that goes with that.
import { inOffsetOrder, oneOf, tied, unique } from './confidence.js';
import type { Ps } from './find-ps.js';
import type { InferredField, InferredStruct } from './inference.js';

/** runtime2.go, _Pidle and on. */
const status = { idle: 0, running: 1, syscall: 2, gcstop: 3, dead: 4 } as const;

/** `isM`: whether an address is that of an m; undefined where m's are not known. */
export function inferP(
  { samples, idOffsets, mcacheOffsets }: Ps,
  isM: ((address: number) => boolean) | undefined,
): InferredStruct {
  const word = samples.pointerSize;
  const rows = samples.addresses.map((_, row) => row);
  const { count } = samples;
  const fields: InferredField[] = [
    ...idOf(),
    ...oneOf(
      { name: 'mcache', size: word, type: '*mcache', why: `leads to a row of mspans for ${count} Ps` },
      mcacheOffsets,
      // An mcache can't be mistaken: a hundred pointers to mspans.
      3,
    ),
  ];
  if (isM) {
    const ms = samples
      .where(rows, word, (row, offset) => samples.word(row, offset) === 0 || isM(samples.word(row, offset)))
      .filter((offset) => rows.some((row) => samples.word(row, offset) !== 0));
    const running = (offset: number) => rows.filter((row) => samples.word(row, offset) !== 0);
    const [first] = ms;
    if (first !== undefined) {
      const told = {
        name: 'm',
        size: word,
        type: 'muintptr',
        why: `an m for ${running(first).length} of ${count} Ps, else nil`,
      };
      fields.push(...oneOf(told, ms, running(first).length));
      if (ms.length === 1) fields.push(...statusOf(running(first)));
    }
  }
  return { name: 'p', size: undefined, fields: inOffsetOrder(fields) };

  /** Of one P nothing but that it is 0, as much else is; of two, that no other number in front of them counts. */
  function idOf(): InferredField[] {
    if (count === 1 && idOffsets.length > 1) return [];
    return oneOf(
      { name: 'id', size: 4, type: 'int32', why: `its place in allp for ${count} Ps` },
      idOffsets,
      count + 1,
    );
  }

  function statusOf(running: readonly number[]): InferredField[] {
    const withM = new Set(running);
    const fitting = samples
      .where(rows, 4, (row, offset) => {
        const value = samples.uint32(row, offset);
        if (withM.has(row)) return value === status.running || value === status.gcstop || value === status.syscall;
        return value !== status.running && value <= status.dead;
      })
      .filter((offset) => offset < 16 * word && !idOffsets.includes(offset));
    const [first] = fitting;
    if (first === undefined) return [];
    const told = {
      name: 'status',
      size: 4,
      type: 'uint32',
      why: `running for ${withM.size} Ps with an m, not for the ${count - withM.size} without`,
    };
    if (fitting.length > 1) return [tied(told, first, fitting)];
    return [unique(told, first, Math.min(withM.size, 2) + Math.min(count - withM.size, 2))];
  }
}
