// Where gcpercent and heapminimum stand in a program without symbols, for releases in which they are variables of their own (up to 1.16, runtime/mgc.go): no
// pointer leads to them and no struct holds them, but the pacer's functions refer to both, and one follows from the other.
import { codeVotes } from './code-votes.js';
import { heapMinimumOf } from './heap-minimum.js';
import type { GoProcess } from './process.js';

export interface PacerVariables {
  readonly gcPercent: number;
  readonly heapMinimum: number;
}

/** Functions that refer to one or both. Those that a release lacks are passed over. */
const pacerFunctions: ReadonlySet<string> = new Set([
  'runtime.gcSetTriggerRatio',
  'runtime.gcinit',
  'runtime.gcStart',
  'runtime.setGCPercent.func1',
  'runtime/debug.setGCPercent',
  'runtime.(*gcControllerState).revise',
  'runtime.(*gcControllerState).startCycle',
  'runtime.(*gcControllerState).endCycle',
]);
const leastVotes = 2;
const mostPercent = 2 ** 31;

/** Undefined where the code can't be read, or does not single out one pair. */
export function findPacerVariables(process: GoProcess): PacerVariables | undefined {
  const { memory, layout } = process;
  const memstats = process.address('runtime.memstats') ?? 0;
  const end = memstats + (layout.struct('mstats')?.size ?? 0);
  // Before the first cycle memstats.gc_trigger is what heapminimum is.
  const candidates = [...codeVotes(process, pacerFunctions)].filter(
    ([address, votes]) => votes >= leastVotes && !(address >= memstats && address < end),
  );
  let best: PacerVariables | undefined;
  let mostVotes = 0;
  for (const [gcPercent, votes] of candidates) {
    const percent = memory.uint32(gcPercent);
    if (gcPercent % 4 !== 0 || percent === undefined || percent === 0) continue;
    const minimum = heapMinimumOf(percent >= mostPercent ? percent - 2 ** 32 : percent);
    for (const [heapMinimum, more] of candidates) {
      if (heapMinimum % 4 !== 0 || heapMinimum === gcPercent || memory.uint64(heapMinimum) !== minimum) continue;
      // Two pairs that are as good as each other say nothing.
      if (votes + more === mostVotes) best = undefined;
      if (votes + more <= mostVotes) continue;
      mostVotes = votes + more;
      best = { gcPercent, heapMinimum };
    }
  }
  return best;
}
