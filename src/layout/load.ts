// Reading layouts/ from disk and making the Layout that serves a release. Whether it fits an image is judged by the caller, who has the image.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InspectError } from '../bytes/errors.js';
import { buildsOf, chooseBuild } from './choose.js';
import { loadConstants } from './constants.js';
import { canonicalRelease, releaseKey } from './release.js';
import { makeLayout, structLayout } from './resolve.js';
import { parseTableFile } from './schema.js';
import { type LayoutTable, measuredStruct, structNamesOf, underlyingOf } from './table-lookup.js';
import { loadTraits } from './traits.js';
import type { Layout } from './types.js';

export interface TableRequest {
  /** As the binary says it: `go1.22.5`, `go1.27rc1`, `devel go1.28-…`. */
  readonly goVersion: string;
  readonly goarch: string;
  readonly goos?: string;
  readonly experiments: readonly string[];
  /** Lines to act as if they had not been measured: `go1.24`. */
  readonly without?: readonly string[];
  /** A table file to use instead of the one in layouts/. */
  readonly file?: string;
  /** Folder of the tables; `layoutsFolder()` if left out. */
  readonly folder?: string;
}

let foundFolder: string | undefined;

/** The folder of the tables: `layouts/` beside the package.json of spanscope, above this module (in src/ or in a bundle in dist/). */
export function layoutsFolder(): string {
  if (foundFolder !== undefined) return foundFolder;
  let folder = dirname(fileURLToPath(import.meta.url));
  for (let depth = 0; depth < 12; depth++) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && isOurs(manifest)) {
      foundFolder = join(folder, 'layouts');
      return foundFolder;
    }
    folder = dirname(folder);
  }
  throw new InspectError('not-found', 'layouts', 'the folder of layout tables does not stand beside the program');
}

function isOurs(manifest: string): boolean {
  try {
    const value: unknown = JSON.parse(readFileSync(manifest, 'utf8'));
    return typeof value === 'object' && value !== null && 'name' in value && value.name === 'spanscope';
  } catch {
    return false;
  }
}

/** Go's names of operating systems, which tables begin with; the other files of layouts/ begin with none of them. */
const systems = 'aix|android|darwin|dragonfly|freebsd|illumos|ios|js|linux|netbsd|openbsd|plan9|solaris|wasip1|windows';
const tableName = new RegExp(`^(${systems})-[a-z0-9]+\\.json$`);

/** The tables there are, by the arch in their names. */
export function listTableFiles(folder: string = layoutsFolder()): string[] {
  return readdirSync(folder)
    .filter((name) => tableName.test(name))
    .sort()
    .map((name) => join(folder, name));
}

/** Reads one table file. Throws InspectError `not-found`, `malformed` or `too-large`. */
export function loadTable(file: string): LayoutTable {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') throw new InspectError('not-found', file, 'no such layout table');
    throw new InspectError('read-failed', file, error instanceof Error ? error.message : 'cannot be read');
  }
  return { file, table: parseTableFile(text, file), text };
}

/** The table for an OS and arch; undefined where there is none. Windows, BSDs and the rest fall back on linux of the same arch. */
function tableFor(goarch: string, goos: string = 'linux', folder: string = layoutsFolder()): LayoutTable | undefined {
  if (!/^[a-z0-9]+$/.test(goarch) || !/^[a-z0-9]+$/.test(goos)) return undefined;
  for (const os of goos === 'linux' ? ['linux'] : [goos, 'linux']) {
    const file = join(folder, `${os}-${goarch}.json`);
    if (existsSync(file)) return loadTable(file);
  }
  return undefined;
}

/**
 * The Layout that tables give for a release; undefined where no table of this arch has any release left. `exact` and `note` say how well
 * it fits. Throws InspectError for a file that cannot be used.
 */
export function layoutFromTable(request: TableRequest): Layout | undefined {
  const folder = request.folder ?? layoutsFolder();
  const goos = request.goos ?? 'linux';
  const loaded = request.file === undefined ? tableFor(request.goarch, goos, folder) : loadTable(request.file);
  return loaded && layoutIn(loaded, request, folder, goos);
}

/** A Layout for every build that the table of an arch has, oldest first; each with the experiments that it was built with. None where there is no table. */
export function measuredLayouts(request: Pick<TableRequest, 'goarch' | 'goos' | 'without' | 'folder'>): Layout[] {
  const folder = request.folder ?? layoutsFolder();
  const goos = request.goos ?? 'linux';
  const loaded = tableFor(request.goarch, goos, folder);
  if (loaded === undefined) return [];
  return buildsOf(loaded, request.without).flatMap(({ goVersion, set }) => {
    const experiments = set === '' ? [] : set.split(',');
    return layoutIn(loaded, { ...request, goVersion, experiments }, folder, goos) ?? [];
  });
}

function layoutIn(loaded: LayoutTable, request: TableRequest, folder: string, goos: string): Layout | undefined {
  const { table } = loaded;
  if (table.arch !== request.goarch) {
    throw new InspectError(
      'no-layout',
      loaded.file,
      `the table is for ${table.arch}, the binary for ${request.goarch}`,
    );
  }
  const constants = loadConstants(folder);
  const chosen = chooseBuild(loaded, request, constants);
  if (chosen === undefined) return undefined;
  const notes = [...chosen.notes, ...(table.os === goos ? [] : [`no table for ${goos}: ${table.os}'s is used`])];
  const exact = chosen.exact && table.os === goos;
  const own = canonicalRelease(chosen.asked ?? chosen.build.release);
  const name = `table ${releaseKey(chosen.build.goVersion, chosen.build.set === '' ? [] : chosen.build.set.split(','))}/${table.arch}`;
  return makeLayout(
    {
      name,
      goVersion: chosen.asked === undefined || chosen.asked.devel ? request.goVersion : own,
      goarch: request.goarch,
      experiments: [...request.experiments].sort(),
      pointerSize: table.pointerSize,
      littleEndian: table.byteOrder === 'little',
      source: request.file === undefined ? 'table' : 'user',
      exact,
      ...(chosen.differing === undefined || table.os !== goos ? {} : { differing: chosen.differing }),
      ...(notes.length === 0 ? {} : { note: notes.join('; ') }),
      traits: loadTraits(folder).at({
        goVersion: own,
        goos,
        goarch: request.goarch,
        pointerSize: table.pointerSize,
        experiments: request.experiments,
      }),
    },
    {
      expand(structName) {
        const found = measuredStruct(loaded, chosen.build, structName);
        return (
          found && structLayout(structName, found.size, request.file === undefined ? 'table' : 'user', found.fields)
        );
      },
      names: () => structNamesOf(loaded, chosen.build),
      underlying: (typeName) => underlyingOf(loaded, chosen.build, typeName),
    },
  );
}
