// What is found out about a program and costs time, kept for its next image: one small file for each thing, by build ID, in the user's cache folder. What stands there is a
// hint and nothing more: who reads it proves it again. Holds no byte of an image. A folder that can't be read or written is as good as none.
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../bytes/make-folder.js';

/** Where a program stands in an image, and which program it is. */
export interface ProgramIdentity {
  /** `go:…` or `gnu:…`, the build ID. */
  readonly build: string;
  /** Added to link-time addresses. */
  readonly bias: number;
}

/** Of the file; another number is another file format. */
const format = 1;
const mostBytes = 64 * 1024;
/** Files of one kind. */
const mostEntries = 1000;

export type KeptRecord = Readonly<Record<string, unknown>>;

/** One thing that is kept of a program. */
export interface Keeping {
  /** The user's cache folder. */
  readonly folder: string;
  /** The folder in it. */
  readonly kind: 'roots' | 'guesses';
  readonly program: ProgramIdentity;
  /** What it was found with, a name and its value: what was found with something else is another thing. */
  readonly by: readonly [name: string, value: string];
}

function fileOf({ folder, kind, program, by }: Keeping): string {
  return join(folder, kind, `${shortName(`${format}\n${program.build}\n${by[1]}`)}.${kind}.json`);
}

/** FNV-1a from two beginnings. Two that share a name push each other out, and nothing worse: the file says what it is of. Loading node:crypto would cost more than what is kept saves. */
function shortName(text: string): string {
  const hash = (start: number) => {
    let value = start;
    for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 0x01000193);
    return (value >>> 0).toString(16).padStart(8, '0');
  };
  return hash(0x811c9dc5) + hash(0x9e3779b9);
}

/** What is kept; undefined where that is nothing, or no object, or of something else. The caller checks all in it. */
export function readKept(keeping: Keeping): KeptRecord | undefined {
  const { program, by } = keeping;
  let value: unknown;
  try {
    value = JSON.parse(readShort(fileOf(keeping)) ?? '');
  } catch {
    return undefined;
  }
  const entry = asRecord(value);
  // The whole identity, lest two share a file name.
  return entry?.format === format && entry.build === program.build && entry[by[0]] === by[1] ? entry : undefined;
}

/** The text of a file of at most `mostBytes`; undefined for what is longer, or no file: a pipe that stands there is not waited for. */
function readShort(path: string): string | undefined {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!fstatSync(file).isFile()) return undefined;
    const bytes = Buffer.allocUnsafe(mostBytes + 1);
    const length = readSync(file, bytes, 0, bytes.length, 0);
    return length > mostBytes ? undefined : bytes.toString('utf8', 0, length);
  } finally {
    closeSync(file);
  }
}

/** The value as an object with names; undefined for lists and all else. */
export function asRecord(value: unknown): KeptRecord | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as KeptRecord) : undefined;
}

/** Keeps `value`, whatever was there. The file's path, or why it could not be; undefined for what is too long. */
export function writeKept(
  keeping: Keeping,
  value: KeptRecord,
): { readonly file: string } | { readonly why: string } | undefined {
  const { folder, kind, program, by } = keeping;
  const text = JSON.stringify({ format, build: program.build, [by[0]]: by[1], ...value });
  if (text.length > mostBytes) return undefined;
  const file = fileOf(keeping);
  try {
    makeFolder(join(folder, kind), 0o700);
    const partial = `${file}.${process.pid}-${Date.now().toString(36)}.partial`;
    writeFileSync(partial, text, { flag: 'wx', mode: 0o600 });
    try {
      renameSync(partial, file);
    } catch (error) {
      rmSync(partial, { force: true });
      throw error;
    }
    prune(join(folder, kind));
    return { file };
  } catch (error) {
    return { why: error instanceof Error && 'code' in error ? String(error.code) : 'unknown cause' };
  }
}

/** Removes what was written longest ago when there are too many; also leftovers of runs that were killed. */
function prune(folder: string): void {
  const names = readdirSync(folder);
  if (names.length <= mostEntries) return;
  const files = names
    .map((name) => join(folder, name))
    .map((file) => ({ file, changed: statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((a, b) => b.changed - a.changed);
  for (const { file } of files.slice(mostEntries)) rmSync(file, { force: true });
}
