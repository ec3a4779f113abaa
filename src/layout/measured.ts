// One release's structs as plain data, and reading them out of a table file's runs. Knows nothing of DWARF and nothing of images.
import { byteCount, checkRuns, checkStruct, fail, type Run, type StructEntry, type TableFile } from './schema.js';

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

type Span = readonly [first: number, last: number];
/** The few ranges of a file, each parsed once; by the list of releases they count in. */
const parsedRanges = new WeakMap<readonly string[], Map<string, Span>>();

/** First and last index into `releases` that `range` names. Throws InspectError `malformed` for a release that is not in the list. */
function parseRange(range: string, releases: readonly string[], file: string, path: string): Span {
  let known = parsedRanges.get(releases);
  if (known === undefined) {
    known = new Map();
    parsedRanges.set(releases, known);
  }
  let span = known.get(range);
  if (span === undefined) {
    const dots = range.indexOf('..');
    const first = releases.indexOf(dots < 0 ? range : range.slice(0, dots));
    const end = dots < 0 ? range : range.slice(dots + 2);
    const last = end === '' ? releases.length - 1 : releases.indexOf(end);
    if (first < 0 || last < first)
      fail(file, path, `has the range ${range.slice(0, 80)}, which the file's releases do not have`);
    span = [first, last];
    known.set(range, span);
  }
  return span;
}

/** The value of the run that covers release `index`. */
export function valueAt(
  runs: readonly Run[],
  index: number,
  releases: readonly string[],
  file: string,
  path: string,
): string | undefined {
  // Runs ascend: begin at the end that is nearer to the release.
  const fromEnd = index * 2 >= releases.length;
  for (let step = 0; step < runs.length; step++) {
    const run = runs[fromEnd ? runs.length - 1 - step : step] ?? '';
    const space = run.indexOf(' ');
    const [first, last] = parseRange(run.slice(0, space), releases, file, path);
    if (index >= first && index <= last) return run.slice(space + 1);
  }
  return undefined;
}

const fieldValue = /^(\d+) (\d+) (.+)$/;

/** The struct as it was in release `index`; undefined where it was not there. Throws InspectError `malformed`. */
export function structAt(
  entry: StructEntry,
  index: number,
  releases: readonly string[],
  file: string,
  path: string,
): MeasuredStruct | undefined {
  const sizeText = valueAt(entry.size, index, releases, file, `${path}.size`);
  if (sizeText === undefined) return undefined;
  const size = byteCount(sizeText, file, `${path}.size`);
  const fields: MeasuredField[] = [];
  for (const name of Object.keys(entry.fields)) {
    const value = valueAt(entry.fields[name] ?? [], index, releases, file, path);
    if (value === undefined) continue;
    const at = `${path}.fields.${name}`;
    const [, offsetText, bytesText, type = ''] = fieldValue.exec(value) ?? [];
    const field = { name, offset: byteCount(offsetText, file, at), size: byteCount(bytesText, file, at), type };
    if (field.offset + field.size > size) fail(file, at, `reaches beyond the struct's ${size} bytes`);
    fields.push(field);
  }
  fields.sort((a, b) => a.offset - b.offset || a.size - b.size);
  return { size, fields };
}

/** Every release of a file, plain ones first, checked whole: the reverse of `toTableFile`. Throws InspectError `malformed`. */
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
      const found = structAt(
        checkStruct(entry, file, `structs.${name}`),
        index,
        part.releases,
        file,
        `structs.${name}`,
      );
      if (found !== undefined) structs.set(name, found);
    }
    for (const [name, list] of Object.entries(part.types)) {
      const value = valueAt(checkRuns(list, file, `types.${name}`), index, part.releases, file, `types.${name}`);
      if (value !== undefined) types.set(name, value);
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
