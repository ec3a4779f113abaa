// One release's structs as plain data, and reading them out of a table file's runs. Knows nothing of DWARF and nothing of images.
import { fail, type StructEntry, type TableFile } from './schema.js';

export interface MeasuredField {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  readonly type: string;
}

export interface MeasuredStruct {
  readonly size: number;
  /** In offset order. */
  readonly fields: readonly MeasuredField[];
}

/** What DWARF of one binary says: every struct wanted and every named type that is none. */
export interface Measured {
  readonly goVersion: string;
  readonly experiments: readonly string[];
  readonly os: string;
  readonly arch: string;
  readonly pointerSize: 4 | 8;
  readonly littleEndian: boolean;
  readonly structs: ReadonlyMap<string, MeasuredStruct>;
  readonly types: ReadonlyMap<string, string>;
}

/** First and last index into `releases` that `range` names. Throws InspectError `malformed` for a release that is not in the list. */
export function parseRange(
  range: string,
  releases: readonly string[],
  file: string,
  path: string,
): readonly [number, number] {
  const dots = range.indexOf('..');
  const first = releases.indexOf(dots < 0 ? range : range.slice(0, dots));
  const end = dots < 0 ? range : range.slice(dots + 2);
  const last = end === '' ? releases.length - 1 : releases.indexOf(end);
  if (first < 0 || last < first)
    fail(file, path, `has the range ${range.slice(0, 80)}, which the file's releases do not have`);
  return [first, last];
}

/** The run that covers release `index`. */
export function runAt<T extends readonly [string, ...unknown[]]>(
  runs: readonly T[],
  index: number,
  releases: readonly string[],
  file: string,
  path: string,
): T | undefined {
  return runs.find((run) => {
    const [first, last] = parseRange(run[0], releases, file, path);
    return index >= first && index <= last;
  });
}

/** The struct as it was in release `index`; undefined where it was not there. */
export function structAt(
  entry: StructEntry,
  index: number,
  releases: readonly string[],
  file: string,
  path: string,
): MeasuredStruct | undefined {
  const size = runAt(entry.size, index, releases, file, `${path}.size`);
  if (size === undefined) return undefined;
  const fields: MeasuredField[] = [];
  for (const name of Object.keys(entry.fields)) {
    const run = runAt(entry.fields[name] ?? [], index, releases, file, `${path}.fields.${name}`);
    if (run === undefined) continue;
    if (run[1] + run[2] > size[1]) fail(file, `${path}.fields.${name}`, `reaches beyond the struct's ${size[1]} bytes`);
    fields.push({ name, offset: run[1], size: run[2], type: run[3] });
  }
  fields.sort((a, b) => a.offset - b.offset || a.size - b.size);
  return { size: size[1], fields };
}

/** Every release of a file, plain ones first: the reverse of `toTableFile`. */
export function fromTableFile(table: TableFile, file: string): Measured[] {
  const common = {
    os: table.os,
    arch: table.arch,
    pointerSize: table.pointerSize,
    littleEndian: table.byteOrder === 'little',
  };
  const expand = (part: Pick<TableFile, 'releases' | 'types' | 'structs'>, index: number) => {
    const structs = new Map<string, MeasuredStruct>();
    const types = new Map<string, string>();
    for (const [name, entry] of Object.entries(part.structs)) {
      const found = structAt(entry, index, part.releases, file, `structs.${name}`);
      if (found !== undefined) structs.set(name, found);
    }
    for (const [name, list] of Object.entries(part.types)) {
      const run = runAt(list, index, part.releases, file, `types.${name}`);
      if (run !== undefined) types.set(name, run[1]);
    }
    return { structs, types };
  };
  const plain = table.releases.map(
    (goVersion, i): Measured => ({ ...common, goVersion, experiments: [], ...expand(table, i) }),
  );
  const variants = Object.entries(table.variants).flatMap(([set, variant]) =>
    variant.releases.map((goVersion, i): Measured => {
      const own = expand(variant, i);
      const base = plain.find((release) => release.goVersion === goVersion);
      const structs = new Map([...(base?.structs ?? [])].filter(([name]) => !Object.hasOwn(variant.structs, name)));
      const types = new Map([...(base?.types ?? [])].filter(([name]) => !Object.hasOwn(variant.types, name)));
      for (const [name, value] of own.structs) structs.set(name, value);
      for (const [name, value] of own.types) types.set(name, value);
      return { ...common, goVersion, experiments: set.split(','), structs, types };
    }),
  );
  return [...plain, ...variants];
}
