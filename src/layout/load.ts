// Reading layouts/ from disk and choosing what serves a release: the exact one, two neighbours that agree, or the nearest with a note.
// Whether a table fits an image is judged by the caller, who has the image.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InspectError } from '../bytes/errors.js';
import { loadConstants, type RuntimeConstants } from './constants.js';
import { type MeasuredStruct, structAt, valueAt } from './measured.js';
import {
  canonicalRelease,
  compareReleases,
  lineDistance,
  lineOf,
  type Release,
  releaseKey,
  requireRelease,
} from './release.js';
import { makeLayout, structLayout } from './resolve.js';
import { checkRuns, checkStruct, parseTableFile, type Run, type TableFile } from './schema.js';
import { loadTraits } from './traits.js';
import type { Layout } from './types.js';

/** One measured build in a table: the release's index among the plain ones, or among those of a variant. */
interface Build {
  readonly goVersion: string;
  readonly release: Release;
  readonly index: number;
  /** Key into `variants`; empty for the plain build. */
  readonly set: string;
}

/** A table file with what is needed to look things up in it. */
export interface LayoutTable {
  readonly file: string;
  readonly table: TableFile;
  readonly text: string;
}

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

/** The tables there are, by the arch in their names. */
export function listTableFiles(folder: string = layoutsFolder()): string[] {
  return readdirSync(folder)
    .filter((name) => /^[a-z0-9]+-[a-z0-9]+\.json$/.test(name))
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
  if (loaded === undefined) return undefined;
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

function buildsOf({ table }: LayoutTable): Build[] {
  const list = (releases: readonly string[], set: string): Build[] =>
    releases.map((goVersion, index) => ({ goVersion, release: requireRelease(goVersion), index, set }));
  return [
    ...list(table.releases, ''),
    ...Object.entries(table.variants).flatMap(([set, variant]) => list(variant.releases, set)),
  ];
}

interface Choice {
  readonly build: Build;
  readonly exact: boolean;
  readonly notes: readonly string[];
  /** Undefined where the version could not be read. */
  readonly asked: Release | undefined;
}

function chooseBuild(loaded: LayoutTable, request: TableRequest, constants: RuntimeConstants): Choice | undefined {
  const hidden = new Set((request.without ?? []).map((line) => lineOf(requireRelease(line))));
  const all = buildsOf(loaded).filter((build) => !hidden.has(lineOf(build.release)));
  const relevant = request.experiments.filter((name) => !constants.layoutNeutralExperiments.includes(name)).sort();
  const set = relevant.join(',');
  const plain = all.filter((build) => build.set === '');
  const withSet = set === '' ? plain : all.filter((build) => build.set === set);
  const asked = parseAsked(request.goVersion);
  if (asked === undefined) {
    const newest = plain.at(-1);
    return (
      newest && {
        build: newest,
        exact: false,
        asked,
        notes: [`the version ${request.goVersion} is not known: ${newest.goVersion} stands in`],
      }
    );
  }
  const line = withSet.filter((build) => lineOf(build.release) === lineOf(asked));
  const found = inLine(loaded, line, asked);
  if (found !== undefined) return { ...found, asked };
  const fallback =
    set === ''
      ? undefined
      : inLine(
          loaded,
          plain.filter((build) => lineOf(build.release) === lineOf(asked)),
          asked,
        );
  if (fallback !== undefined) {
    return {
      build: fallback.build,
      exact: false,
      asked,
      notes: [`no build with ${set} was measured: the plain one stands in`, ...fallback.notes],
    };
  }
  const nearest = nearestOf(withSet.length > 0 ? withSet : plain, asked);
  return (
    nearest && {
      build: nearest,
      exact: false,
      asked,
      notes: [`${lineOf(asked)} was not measured: ${nearest.goVersion} stands in`],
    }
  );
}

function parseAsked(goVersion: string): Release | undefined {
  try {
    return requireRelease(goVersion);
  } catch {
    return undefined;
  }
}

/** The choice within one line's measured builds, ascending. */
function inLine(loaded: LayoutTable, line: readonly Build[], asked: Release): Omit<Choice, 'asked'> | undefined {
  const same = line.find((build) => compareReleases(build.release, asked) === 0);
  if (same !== undefined && !asked.devel) return { build: same, exact: true, notes: [] };
  const before = line.filter((build) => compareReleases(build.release, asked) <= 0).at(-1);
  const after = line.find((build) => compareReleases(build.release, asked) > 0);
  const name = asked.devel ? `a development version of ${lineOf(asked)}` : canonicalRelease(asked);
  if (before === undefined || after === undefined || asked.devel) {
    const near = asked.devel ? line.at(-1) : (before ?? after);
    return near && { build: near, exact: false, notes: [`${name} was not measured: ${near.goVersion} stands in`] };
  }
  const differing = differingStructs(loaded, before, after);
  if (differing.length === 0) {
    return {
      build: before,
      exact: true,
      notes: [`${name} stands between ${before.goVersion} and ${after.goVersion}, which agree`],
    };
  }
  const shown = differing.slice(0, 5).join(', ');
  const nearer = asked.patch - before.release.patch <= after.release.patch - asked.patch ? before : after;
  return {
    build: nearer,
    exact: false,
    notes: [
      `${name} stands between ${before.goVersion} and ${after.goVersion}, which differ in ${shown}${differing.length > 5 ? ', …' : ''}: ${nearer.goVersion} stands in`,
    ],
  };
}

function nearestOf(builds: readonly Build[], asked: Release): Build | undefined {
  let best: Build | undefined;
  for (const build of builds) {
    if (best === undefined) best = build;
    const nearer = lineDistance(build.release, asked) - lineDistance(best.release, asked);
    // Of one line: its newest for a newer release, its oldest for an older one.
    const closer =
      nearer < 0 ||
      (nearer === 0 && compareReleases(build.release, asked) < 0 && compareReleases(build.release, best.release) > 0);
    if (closer) best = build;
  }
  return best;
}

/**
 * Structs that two neighbouring builds both have and that are not the same; one that a linker dropped from one of them says nothing. Only structs
 * with a run that ends at the one or begins at the other can differ.
 */
function differingStructs(loaded: LayoutTable, a: Build, b: Build): string[] {
  const { table, file, text } = loaded;
  // Nearly always no run of the file has a border between the two, and its text says so.
  const marks = [`"${b.goVersion}..`, `"${b.goVersion} `, `..${a.goVersion} `, `"${a.goVersion} `];
  if (!marks.some((mark) => text.includes(mark))) return [];
  const parts = [table.structs, ...(table.variants[a.set] === undefined ? [] : [table.variants[a.set]?.structs ?? {}])];
  const candidates = new Set<string>();
  for (const structs of parts) {
    for (const name of Object.keys(structs)) {
      const { size, fields } = checkStruct(structs[name], file, `structs.${name}`);
      if (borders(size, a, b) || Object.values(fields).some((runs) => borders(runs, a, b))) candidates.add(name);
    }
  }
  return [...candidates].sort().filter((name) => {
    const inA = measuredStruct(loaded, a, name);
    const inB = measuredStruct(loaded, b, name);
    return inA !== undefined && inB !== undefined && JSON.stringify(inA) !== JSON.stringify(inB);
  });
}

function borders(runs: readonly Run[], a: Build, b: Build): boolean {
  return runs.some((run) => run.startsWith(b.goVersion) || run.slice(0, run.indexOf(' ')).endsWith(a.goVersion));
}

function structNamesOf({ table, file }: LayoutTable, build: Build): string[] {
  const names = new Set([...Object.keys(table.structs), ...Object.keys(table.variants[build.set]?.structs ?? {})]);
  return [...names].sort().filter((name) => {
    const { part, index, path } = partOf(table, build, 'structs', name);
    if (part === undefined || !Object.hasOwn(part.structs, name)) return false;
    const { size } = checkStruct(part.structs[name], file, `${path}.${name}`);
    return valueAt(size, index, part.releases, file, `${path}.${name}`) !== undefined;
  });
}

function measuredStruct({ table, file }: LayoutTable, build: Build, name: string): MeasuredStruct | undefined {
  const { part, index, path } = partOf(table, build, 'structs', name);
  if (part === undefined || !Object.hasOwn(part.structs, name)) return undefined;
  return structAt(
    checkStruct(part.structs[name], file, `${path}.${name}`),
    index,
    part.releases,
    file,
    `${path}.${name}`,
  );
}

function underlyingOf({ table, file }: LayoutTable, build: Build, name: string): string | undefined {
  const { part, index, path } = partOf(table, build, 'types', name);
  if (part === undefined || !Object.hasOwn(part.types, name)) return undefined;
  return valueAt(checkRuns(part.types[name], file, `${path}.${name}`), index, part.releases, file, `${path}.${name}`);
}

/** A variant's own entry replaces the plain build's; what it does not list is as in the plain build of that release. */
function partOf(table: TableFile, build: Build, kind: 'structs' | 'types', name: string) {
  const variant = table.variants[build.set];
  if (variant !== undefined && Object.hasOwn(variant[kind], name)) {
    return { part: variant, index: build.index, path: `variants.${build.set}.${kind}` };
  }
  const index = variant === undefined ? build.index : table.releases.indexOf(build.goVersion);
  return { part: index < 0 ? undefined : table, index, path: kind };
}
