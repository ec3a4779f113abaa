// The guess as part of a target: in its version, its source and its warnings, so that nothing shows it as if it were known.
import type { Target } from '../../target/target.js';
import { type GuessedGo, guessGo } from './guess-go.js';
import type { RememberedGuess } from './remembered-guess.js';

/**
 * `target` with the release that explains its image best; undefined where none does. `known`: what is remembered of an earlier image of the program. `contrary`: a version that the program names and the
 * image contradicts.
 */
export function withGuess(
  target: Target,
  { without, contrary }: { readonly without?: readonly string[]; readonly contrary?: string },
  known?: RememberedGuess,
): Guessed | undefined {
  const { memory, dataRanges, goarch } = target;
  const where = { memory, ranges: dataRanges, goarch, ...(without ? { without } : {}) };
  const again = known && guessGo(where, known.lines);
  const guess = again ?? guessGo(where);
  if (!guess) return undefined;
  const { version, experiments, equal, unsure, lines } = guess;
  const guessed = { equal, ...(Object.keys(unsure).length === 0 ? {} : { unsure }) };
  const earlier = again
    ? ['guess: only lines that an earlier run ended with were weighed, and the last of each other']
    : [];
  return {
    target: {
      ...target,
      go: { version, experiments, os: 'linux', arch: goarch, source: sourceOf(guess), guessed },
      warnings: [...target.warnings, warningOf(guess, contrary)],
      trace: [...target.trace, ...earlier, ...guess.trace],
    },
    lines,
    holds: guess.held === guess.seen,
    explainsAll: guess.held === guess.seen && equal.length === 0,
  };
}

interface Guessed {
  readonly target: Target;
  /** Release lines that it may be, the likeliest first. */
  readonly lines: readonly string[];
  /** All that was observed is as the guessed release's layout says. */
  readonly holds: boolean;
  /** All that was observed is as the guessed release's layout says, and that of no other line does as well. */
  readonly explainsAll: boolean;
}

function sourceOf({ seen, held, from, to, equal }: GuessedGo): string {
  const range = from === to ? from : `${from} to ${to}`;
  const others = equal.length === 0 ? '' : `, ${equal.join(', ')} as well`;
  return `guess: the layout of ${range} explains ${held} of ${seen} observations${others}`;
}

/** Below this share there may be a release that is not known here. */
const enoughShare = 0.97;

/** Structs that are shown field by field. */
const shownWhole = ['gcControllerState', 'mstats'];

function warningOf({ version, experiments, seen, held, equal, unsure }: GuessedGo, contrary?: string): string {
  const name = [version, ...experiments].join('+');
  const rest =
    held < enoughShare * seen
      ? `it explains only ${held} of ${seen} observations: perhaps it is a release that is not known here`
      : equal.length > 0
        ? `${equal.join(', ')} ${equal.length === 1 ? 'fits' : 'fit'} as well`
        : 'no other release line fits as well';
  const left = shownWhole.flatMap((struct) => (unsure[struct] ?? []).map((field) => `${struct}.${field}`));
  const silent = left.length === 0 ? '' : `; ${left.join(', ')} ${left.length === 1 ? 'is' : 'are'} not read, since patches of that line which fit as well have ${left.length === 1 ? 'it' : 'them'} elsewhere`; // biome-ignore format: one line
  const why = contrary
    ? `a string variable names ${contrary}, which the image contradicts`
    : 'nothing tells the Go version';
  return `${why}: ${name} is a guess by what fits this image; ${rest}${silent} (--go VERSION settles it)`;
}
