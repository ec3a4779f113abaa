// Long stacks in results that are written out as a whole: a recursion that ran away has a hundred thousand frames, which nobody reads and few programs can hold.
import type { CallsLeftOut, FrameResult } from './results-goroutines.js';

/** Frames of a stack in JSON where nobody says how many: more than any stack has that is not a recursion. */
export const defaultFrames = 1000;

/** What a result has instead of the middle of its stack. */
export interface ElidedFrames {
  /** Frames that are left out; absent where none is. */
  readonly framesElided?: number;
  /** How many entries of `frames` stand before the gap. */
  readonly framesElidedAt?: number;
}

/** The result with at most `most` frames, the innermost and the outermost half of them, and how many are left out; 0 for all. */
export function boundedFrames<T extends { readonly frames: readonly FrameResult[]; readonly leftOut?: CallsLeftOut }>(
  whole: T,
  most: number,
): Omit<T, 'leftOut'> & ElidedFrames {
  const { leftOut, ...result } = whole;
  const { frames } = result;
  if (most === 0 || frames.length <= most)
    return leftOut ? { ...result, framesElided: leftOut.count, framesElidedAt: leftOut.at } : result;
  // Where some are left out already, the gap is there: beyond it neither end reaches.
  const [innermost, outermost] = leftOut ? [leftOut.at, frames.length - leftOut.at] : [frames.length, frames.length];
  const inner = Math.min(innermost, most - Math.min(Math.floor(most / 2), outermost));
  const outer = most - inner;
  const kept = [...frames.slice(0, inner), ...frames.slice(frames.length - outer)];
  return { ...result, frames: kept, framesElided: frames.length - most + (leftOut?.count ?? 0), framesElidedAt: inner };
}
