// How much of a long stack goes into JSON: an option of all commands that write stacks, and what is said of those that are cut.
import { defaultFrames, type ElidedFrames } from '../../analysis/bounded-frames.js';
import { grouped } from '../../output/format.js';
import type { Invocation } from '../command.js';
import { type OptionSpec, type RawOptions, text, wholeNumber } from '../options.js';

export const framesOption: OptionSpec = {
  flags: '--frames <n>',
  help: `in json and ndjson: frames of one stack, its two ends where it has more; 0 = all that are kept, 65,536 at each end (default: ${defaultFrames})`,
};

/** Throws UsageError. */
export function mostFramesOf(raw: RawOptions): number {
  const given = text(raw, 'frames');
  return given === undefined ? defaultFrames : wholeNumber('--frames', given);
}

export function warnOfElided(whose: string, { framesElided }: ElidedFrames, { raw, warn }: Invocation): void {
  const hint = mostFramesOf(raw) === 0 ? 'more than can be kept' : '--frames 0 for more';
  if (framesElided) warn(`${whose}: ${grouped(framesElided)} frames left out (${hint})`);
}
