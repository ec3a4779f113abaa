// The guess as part of a target: in its version, its source and its warnings, so that nothing shows it as if it were known.
import type { Target } from '../../target/target.js';
import { type GuessedGo, guessGo } from './guess-go.js';

/** `target` with the release that explains its image best; undefined where none does. */
export function withGuess(target: Target, { without }: { readonly without?: readonly string[] }): Target | undefined {
  const { memory, dataRanges, goarch } = target;
  const guess = guessGo({ memory, ranges: dataRanges, goarch, ...(without ? { without } : {}) });
  if (!guess) return undefined;
  const { version, experiments, equal } = guess;
  return {
    ...target,
    go: { version, experiments, os: 'linux', arch: goarch, source: sourceOf(guess), guessed: { equal } },
    warnings: [...target.warnings, warningOf(guess)],
    trace: [...target.trace, ...guess.trace],
  };
}

function sourceOf({ seen, held, from, to, equal }: GuessedGo): string {
  const range = from === to ? from : `${from} to ${to}`;
  const others = equal.length === 0 ? '' : `, ${equal.join(', ')} as well`;
  return `guess: the layout of ${range} explains ${held} of ${seen} observations${others}`;
}

/** Below this share there may be a release that is not known here. */
const enoughShare = 0.97;

function warningOf({ version, experiments, seen, held, equal }: GuessedGo): string {
  const name = [version, ...experiments].join('+');
  const rest =
    held < enoughShare * seen
      ? `it explains only ${held} of ${seen} observations: perhaps it is a release that is not known here`
      : equal.length > 0
        ? `${equal.join(', ')} ${equal.length === 1 ? 'fits' : 'fit'} as well`
        : 'no other release line fits as well';
  return `nothing tells the Go version: ${name} is a guess by what fits this image; ${rest} (--go VERSION settles it)`;
}
