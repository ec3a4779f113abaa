// Windows of one stack, however long it is: frames with their number in the whole stack and where their slots end.
import type { StackBounds } from '../runtime/unwind/unwind.js';
import { shownFrames } from './goroutine-query.js';
import { addressText } from './numbers.js';
import type { CallPlace, FrameRow, FrameWindow } from './results-browse.js';
import type { CallsLeftOut, FrameResult, GoroutineResult } from './results-goroutines.js';

type Stack = Pick<GoroutineResult, 'frames' | 'leftOut'>;

/** Of one list of frames, which are shown in a traceback: worked out once. */
const shownOf = new WeakMap<readonly FrameResult[], Uint32Array>();

/** `all` false: only those that a traceback shows, or all where it would show none. `stacks`: those that the frames can lie on. */
export function frameWindow(
  { frames, leftOut }: Stack,
  {
    from,
    count,
    all,
    stacks,
  }: {
    readonly from: number;
    readonly count: number;
    readonly all: boolean;
    readonly stacks: readonly StackBounds[];
  },
): FrameWindow {
  const shown = all ? undefined : shownIndices(frames);
  const matching = shown?.length ?? frames.length;
  const start = Math.max(0, Math.min(from, matching));
  const length = Math.max(0, Math.min(count, matching - start));
  const rows = Array.from({ length }, (_, i): FrameRow => {
    const at = shown ? shown[start + i]! : start + i;
    const index = leftOut && at >= leftOut.at ? at + leftOut.count : at;
    return { ...frames[at]!, index, end: endOf(frames, at, stacks, leftOut) };
  });
  return { total: frames.length, matching, leftOut: leftOut?.count ?? 0, from: start, frames: rows };
}

function shownIndices(frames: readonly FrameResult[]): Uint32Array {
  let indices = shownOf.get(frames);
  if (!indices) {
    const shown = new Set(shownFrames(frames));
    const keep = (frame: FrameResult) => shown.size === 0 || shown.has(frame);
    indices = Uint32Array.from(frames.flatMap((frame, index) => (keep(frame) ? [index] : [])));
    shownOf.set(frames, indices);
  }
  return indices;
}

/**
 * A frame goes up to its caller's SP, the outermost one to its stack's end; inlined calls have that of the frame they are in. Null where the caller is on another stack or left
 * out, and where the stack is not known.
 */
function endOf(
  frames: readonly FrameResult[],
  index: number,
  stacks: readonly StackBounds[],
  leftOut: CallsLeftOut | undefined,
): string | null {
  const { sp } = frames[index]!;
  const at = Number(sp);
  const stack = stacks.find(({ lo, hi }) => at >= lo && at < hi);
  let next = index + 1;
  while (frames[next]?.sp === sp) next += 1;
  if (next === leftOut?.at) return null;
  const end = frames[next] ? Number(frames[next]!.sp) : stack?.hi;
  return stack && end !== undefined && end > at && end <= stack.hi ? addressText(end) : null;
}

/**
 * Tells the number of the frame whose slots hold an address; -1 for none. For the frames of one stack, of which each lies above the one before; inlined calls come before the
 * frame they are in.
 */
export function frameFinder({ frames, leftOut }: Stack, stacks: readonly StackBounds[]): (address: number) => number {
  const whole = Uint32Array.from(frames.flatMap(({ inlined }, index) => (inlined ? [] : [index])));
  const sps = Float64Array.from(whole, (index) => Number(frames[index]!.sp));
  return (address) => {
    let [low, high] = [0, sps.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sps[middle]! <= address) low = middle + 1;
      else high = middle;
    }
    const index = whole[low - 1];
    if (index === undefined) return -1;
    const end = endOf(frames, index, stacks, leftOut);
    return end !== null && address < Number(end) ? index : -1;
  };
}

export function placeOf(frames: readonly FrameResult[]): CallPlace | null {
  const top = shownFrames(frames)[0] ?? frames[0];
  return top ? { pc: top.pc, func: top.func, file: top.file, line: top.line } : null;
}

/** Bytes between SP and the end of the stack, where SP lies on it. */
export function usedOf({ frames, stack }: Pick<GoroutineResult, 'frames' | 'stack'>): number | null {
  const sp = frames[0]?.sp;
  if (sp === undefined) return null;
  const used = Number(stack.end) - Number(sp);
  return used >= 0 && Number(sp) >= Number(stack.start) ? used : null;
}
