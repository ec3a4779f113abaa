// Goroutines by state and stack, as they are unwound. Of each distinct stack its names are kept and no frames.
import { shownFrames } from './goroutine-query.js';
import type { CallPlace } from './results-browse.js';
import type { FrameResult, GoroutineResult } from './results-goroutines.js';

/** pcs of a stack that tell it apart; a longer one also by a sum of all. */
const mostPcs = 256;

/** Goroutines with one state and one stack: what is kept of the stack, and who they are. */
export interface StackGroup {
  readonly key: string;
  /** Indices, ascending. */
  readonly members: number[];
  readonly names: readonly string[];
  readonly top: CallPlace | null;
  readonly frames: number;
  readonly complete: boolean;
  readonly stoppedBecause: string | null;
}

export class StackGroups {
  readonly #groups = new Map<string, StackGroup>();
  readonly #names = new Map<string, string>();

  values(): Iterable<StackGroup> {
    return this.#groups.values();
  }

  /** The group of the goroutine at `index`, which becomes a member of it. */
  add({ status, waitReason, frames, leftOut, complete, stoppedBecause }: GoroutineResult, index: number): StackGroup {
    const key = `${status} ${waitReason} ${leftOut?.count} ${stackKey(frames)}`;
    let group = this.#groups.get(key);
    if (!group) {
      const named = leftOut ? [...frames, ...leftOut.frames.flatMap(({ calls }) => calls)] : frames;
      const top = shownFrames(frames.slice(0, mostPcs))[0] ?? frames[0];
      group = {
        key,
        members: [],
        names: [...new Set(named.flatMap(({ func }) => (func === null ? [] : [this.name(func)])))],
        top: top ? { pc: top.pc, func: top.func, file: top.file, line: top.line } : null,
        frames: frames.length + (leftOut?.count ?? 0),
        complete,
        stoppedBecause,
      };
      this.#groups.set(key, group);
    }
    // Those on the screen come out of turn.
    const at = group.members.findLastIndex((member) => member < index) + 1;
    group.members.splice(at, 0, index);
    return group;
  }

  /** One string for each name: groups have many in common. */
  name(name: string): string {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    this.#names.set(name, name);
    return name;
  }
}

/** The pcs of a stack; of a very long one its two ends, its length and a sum over all. */
function stackKey(frames: readonly FrameResult[]): string {
  const pcs = (part: readonly FrameResult[]) => part.map(({ pc }) => pc).join();
  if (frames.length <= 2 * mostPcs) return pcs(frames);
  let [a, b] = [0x811c9dc5, 0x9747b28c];
  for (const { pc } of frames) {
    const value = Number(pc);
    a = Math.imul(a ^ (value & 0xffffffff), 0x01000193);
    b = Math.imul(b ^ Math.floor(value / 2 ** 12), 0x85ebca6b) + 1;
  }
  return `${pcs(frames.slice(0, mostPcs))} ${frames.length} ${a} ${b} ${pcs(frames.slice(-mostPcs))}`;
}
