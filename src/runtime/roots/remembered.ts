// What was found in a stripped program, kept for its next image: roots relative to the load bias, by build ID, in the user's cache folder. What stands there is a hint and
// nothing more: it saves the search, not the proof. Each address is judged and confirmed on the image like any other, and a wrong one costs a search. Holds no
// byte of an image. A folder that can't be read or written is as good as none.
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FinderMethod, Remembered, RememberedRoot, Root, RootName } from './names.js';

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
const mostEntries = 1000;
const suffix = '.roots.json';
const methods: readonly FinderMethod[] = ['structure', 'code'];

/** `layout`: the name of the one that the roots were found with. */
function fileOf(folder: string, { build }: ProgramIdentity, layout: string): string {
  const name = createHash('sha256').update(`${format}\n${build}\n${layout}`).digest('hex').slice(0, 32);
  return join(folder, 'roots', `${name}${suffix}`);
}

/** What is remembered of the program; empty where that is nothing, or nothing that makes sense. */
export function recall(
  folder: string,
  program: ProgramIdentity,
  layout: string,
  names: readonly RootName[],
): Remembered {
  const roots = new Map<RootName, RememberedRoot>();
  let value: unknown;
  try {
    const file = fileOf(folder, program, layout);
    const stat = statSync(file);
    if (!stat.isFile() || stat.size > mostBytes) return roots;
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return roots;
  }
  const entry = record(value);
  const stated = record(entry?.roots);
  // The whole identity, lest two share a file name.
  if (!stated || entry?.format !== format || entry.build !== program.build || entry.layout !== layout) return roots;
  for (const name of names) {
    const root = Object.hasOwn(stated, name) ? record(stated[name]) : undefined;
    const address = typeof root?.offset === 'number' ? root.offset + program.bias : Number.NaN;
    const method = methods.find((each) => each === root?.method);
    if (Number.isSafeInteger(address) && address > 0 && method) roots.set(name, { address, method });
  }
  return roots;
}

function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

/** Keeps the roots that were searched for and are confirmed, unless that is what is remembered already. Says what was done, for `--trace`; undefined where there was nothing to do. */
export function remember(
  folder: string,
  program: ProgramIdentity,
  layout: string,
  roots: ReadonlyMap<RootName, Root>,
  known: Remembered,
): string | undefined {
  const found = [...roots.values()].filter(
    ({ state, method, address }) =>
      state === 'confirmed' && address !== undefined && method !== undefined && methods.includes(method),
  );
  if (found.length === 0 || found.every(({ name, address }) => known.get(name)?.address === address)) return undefined;
  const stated = Object.fromEntries(
    found.map(({ name, address, method }) => [name, { offset: address! - program.bias, method }]),
  );
  const text = JSON.stringify({ format, build: program.build, layout, roots: stated });
  const file = fileOf(folder, program, layout);
  if (text.length > mostBytes) return undefined;
  try {
    mkdirSync(join(folder, 'roots'), { recursive: true, mode: 0o700 });
    const partial = `${file}.${process.pid}-${randomBytes(4).toString('hex')}.partial`;
    writeFileSync(partial, text, { flag: 'wx', mode: 0o600 });
    try {
      renameSync(partial, file);
    } catch (error) {
      rmSync(partial, { force: true });
      throw error;
    }
    prune(join(folder, 'roots'));
    return `${found.length} roots kept for the next image of this build in ${file}`;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown cause';
    return `roots could not be kept in ${folder} (${code})`;
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
