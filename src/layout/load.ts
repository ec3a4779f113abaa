// Reading layouts/ from disk and making the Layout that serves a release. Whether it fits an image is judged by the caller, who has the image.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InspectError } from '../bytes/errors.js';
import { FileSource } from '../bytes/file-source.js';
import { buildsOf, type Choice, choicesByDistance, chooseBuild } from './choose.js';
import { loadConstants } from './constants.js';
import type { Measured, MeasuredStruct } from './measured.js';
import { canonicalRelease, releaseKey } from './release.js';
import { makeLayout, structLayout } from './resolve.js';
import { inferredSure, mostTableBytes, parseTableFile } from './schema.js';
import { type LayoutTable, measuredStruct, structNamesOf, underlyingOf } from './table-lookup.js';
import { loadTraits } from './traits.js';
import type { FieldLayout, Layout, Provenance, StructLayout } from './types.js';

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

/** Reads one table file. Throws InspectError: `malformed`, `too-large`, and what a file that can't be read is refused with. */
export function loadTable(file: string): LayoutTable {
  const source = FileSource.open(file);
  try {
    // Looked at before it is read: the file may come from anyone.
    if (source.size > mostTableBytes)
      throw new InspectError('too-large', file, `a layout table has ${mostTableBytes >> 20} MiB at most`);
    const bytes = Buffer.alloc(source.size);
    const text = bytes.toString('utf8', 0, source.read(0, bytes));
    return { file, table: parseTableFile(text, file), text };
  } finally {
    source.close();
  }
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

/** What a request finds: the table, and what goes with it. */
function open(request: TableRequest) {
  const folder = request.folder ?? layoutsFolder();
  const goos = request.goos ?? 'linux';
  const loaded = request.file === undefined ? tableFor(request.goarch, goos, folder) : loadTable(request.file);
  if (loaded === undefined) return undefined;
  if (loaded.table.arch !== request.goarch) {
    throw new InspectError(
      'no-layout',
      loaded.file,
      `the table is for ${loaded.table.arch}, the binary for ${request.goarch}`,
    );
  }
  return { folder, goos, loaded, constants: loadConstants(folder) };
}
type Opened = NonNullable<ReturnType<typeof open>>;

/**
 * The Layout that tables give for a release; undefined where no table of this arch has any release left. `exact` and `note` say how well
 * it fits. Throws InspectError for a file that cannot be used.
 */
export function layoutFromTable(request: TableRequest): Layout | undefined {
  const opened = open(request);
  const chosen = opened && chooseBuild(opened.loaded, request, opened.constants);
  return chosen && layoutOfBuild(request, opened, chosen);
}

/**
 * Layouts of other releases that may stand in for the one asked for, the nearest first, each made when it is asked for. Of releases that have `structs` in common only the
 * nearest: `beside` and those given before are not repeated.
 */
export function* nearbyLayouts(
  request: TableRequest,
  structs: readonly string[],
  beside: Layout | undefined,
): Generator<Layout> {
  const opened = open(request);
  if (!opened) return;
  const contents = (layout: Layout) =>
    JSON.stringify(structs.map((name) => [...(layout.struct(name)?.fields.values() ?? []), layout.struct(name)?.size]));
  const seen = new Set(beside ? [contents(beside)] : []);
  for (const chosen of choicesByDistance(opened.loaded, request, opened.constants)) {
    const layout = layoutOfBuild(request, opened, chosen);
    const own = contents(layout);
    if (seen.has(own)) continue;
    seen.add(own);
    yield layout;
  }
}

/** A Layout for every build that the table of an arch has, oldest first; each with the experiments that it was built with. None where there is no table. */
export function measuredLayouts(request: Pick<TableRequest, 'goarch' | 'goos' | 'without' | 'folder'>): Layout[] {
  const opened = open({ ...request, goVersion: '', experiments: [] });
  if (!opened) return [];
  return buildsOf(opened.loaded, request.without).flatMap(({ goVersion, set }) => {
    const own = { ...request, goVersion, experiments: set === '' ? [] : set.split(',') };
    const chosen = chooseBuild(opened.loaded, own, opened.constants);
    return chosen ? [layoutOfBuild(own, opened, chosen)] : [];
  });
}

function layoutOfBuild(request: TableRequest, { folder, goos, loaded }: Opened, chosen: Choice): Layout {
  const { table } = loaded;
  const notes = [...chosen.notes, ...(table.os === goos ? [] : [`no table for ${goos}: ${table.os}'s is used`])];
  const exact = chosen.exact && table.os === goos && table.inferred === undefined;
  if (table.inferred) notes.push(`told from an image, all else as in ${table.inferred.others}`);
  const own = canonicalRelease(chosen.asked ?? chosen.build.release);
  const name = `${table.inferred ? '~saved' : 'table'} ${releaseKey(chosen.build.goVersion, chosen.build.set === '' ? [] : chosen.build.set.split(','))}/${table.arch}`;
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
        const struct = found && asLayout(structName, found, request.file === undefined ? 'table' : 'user');
        return struct && table.inferred ? withSure(struct, loaded) : struct;
      },
      names: () => structNamesOf(loaded, chosen.build),
      underlying: (typeName) => underlyingOf(loaded, chosen.build, typeName),
    },
  );
}

/** By what was read of a table; releases that do not differ have one. */
const madeLayouts = new WeakMap<MeasuredStruct, StructLayout>();

function asLayout(name: string, found: MeasuredStruct, source: Provenance): StructLayout {
  const made = madeLayouts.get(found) ?? structLayout(name, found.size, source, found.fields);
  madeLayouts.set(found, made);
  return made;
}

/** The struct with what a file of `layout infer` says of how sure its fields are. */
function withSure(struct: StructLayout, { table, file }: LayoutTable): StructLayout {
  const fields = [...struct.fields].map(([name, field]): [string, FieldLayout] => [
    name,
    { ...field, ...inferredSure(table, file, struct.name, name) },
  ]);
  return { ...struct, fields: new Map(fields) };
}

/** All that a table says of the release that stands nearest to the one asked for, as a file could be made of it; undefined where there is none. */
export function measuredNearest(request: TableRequest): Measured | undefined {
  const opened = open(request);
  const chosen = opened && chooseBuild(opened.loaded, request, opened.constants);
  if (!chosen) return undefined;
  const { loaded } = opened;
  const { table } = loaded;
  const { build } = chosen;
  const structs = new Map<string, MeasuredStruct>();
  for (const name of structNamesOf(loaded, build)) {
    const found = measuredStruct(loaded, build, name);
    if (found) structs.set(name, found);
  }
  const types = new Map<string, string>();
  for (const name of new Set([...Object.keys(table.types), ...Object.keys(table.variants[build.set]?.types ?? {})])) {
    const found = underlyingOf(loaded, build, name);
    if (found !== undefined) types.set(name, found);
  }
  return {
    goVersion: build.goVersion,
    experiments: build.set === '' ? [] : build.set.split(','),
    os: table.os,
    arch: table.arch,
    pointerSize: table.pointerSize,
    littleEndian: table.byteOrder === 'little',
    structs,
    types,
  };
}
