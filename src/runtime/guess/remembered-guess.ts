// The release lines that a guess ended with, kept for the program's next image. It saves the weighing of a hundred other releases:
// those of these lines are weighed again on the image, and the last one of each other line with them, so that a file that lies costs time.
import { type Keeping, type ProgramIdentity, readKept, writeKept } from '../kept.js';

export interface RememberedGuess {
  /** Release lines with their experiments, `go1.22`. */
  readonly lines: readonly string[];
}

/** Lines that a guess leaves open at most; and the longest name of one. */
const mostLines = 64;
const mostName = 200;

/** `world`: arch, and what is hidden (`--without`). */
const keepingOf = (folder: string, program: ProgramIdentity, world: string): Keeping => ({
  folder,
  kind: 'guesses',
  program,
  by: ['world', world],
});

export function recallGuess(folder: string, program: ProgramIdentity, world: string): RememberedGuess | undefined {
  const { lines } = readKept(keepingOf(folder, program, world)) ?? {};
  if (!Array.isArray(lines) || lines.length === 0 || lines.length > mostLines) return undefined;
  const names = lines.filter((name): name is string => typeof name === 'string' && name.length <= mostName);
  return names.length === lines.length ? { lines: names } : undefined;
}

/** Says what was done, for `--trace`; undefined where the same is remembered already. */
export function rememberGuess(
  folder: string,
  program: ProgramIdentity,
  world: string,
  { lines }: RememberedGuess,
  known: RememberedGuess | undefined,
): string | undefined {
  if (known && known.lines.join() === lines.join()) return undefined;
  const written = writeKept(keepingOf(folder, program, world), { lines });
  if (!written) return undefined;
  return 'file' in written
    ? `guess kept for the next image of this build in ${written.file}`
    : `the guess could not be kept in ${folder} (${written.why})`;
}
