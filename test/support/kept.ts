// The user's cache folder for a test: new and empty, what a run keeps there, and what may stand in the place of a file that was kept.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TempFolder } from './run-cli.js';

/** A folder of its own in `temp`, with nothing in it. */
export const freshCache = (temp: TempFolder): string => mkdtempSync(join(temp.path, 'cache-'));

/** What is kept of one kind, files and what else stands there. */
export const entriesOf = (cache: string, kind: 'roots' | 'guesses'): string[] => readdirSync(join(cache, kind));

/** The path of the only one. */
export function entryOf(cache: string, kind: 'roots' | 'guesses'): string {
  const [name, ...others] = entriesOf(cache, kind);
  if (name === undefined || others.length > 0) throw new Error(`${cache}/${kind} has ${others.length + 1} entries`);
  return join(cache, kind, name);
}

/** Makes of a path something that holds nothing that was kept. */
export const otherThings: Readonly<Record<string, (path: string) => void>> = {
  'random bytes': (path) => writeFileSync(path, Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 251))),
  'a file of 64 MiB': (path) => writeFileSync(path, Buffer.alloc(2 ** 26, ' ')),
  'a folder': (path) => mkdirSync(path),
  'a pipe that nobody writes to': (path) => execFileSync('mkfifo', [path]),
  'a link to what never ends': (path) => symlinkSync('/dev/zero', path),
  'a link to itself': (path) => symlinkSync(path, path),
  'a link to nowhere': (path) => symlinkSync(`${path}.gone`, path),
};

/** Puts one of `otherThings` in the place of what was kept. */
export function replaceBy(what: string, path: string): void {
  rmSync(path, { recursive: true, force: true });
  otherThings[what]!(path);
}
