// One release's structs as plain data, and reading them out of a table file's runs. Knows nothing of DWARF and nothing of images.
import { byteCount, checkRuns, fail, fieldsOf, object, type TableFile } from './schema.js';

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

function rangesIn(releases: readonly string[]): Map<string, Span> {
  let known = parsedRanges.get(releases);
  if (known === undefined) {
    known = new Map();
    parsedRanges.set(releases, known);
  }
  return known;
}

/** First and last index into `releases` that `range` names. Throws InspectError `malformed` for a release that is not in the list. */
function parseRange(range: string, releases: readonly string[], file: string, path: string): Span {
  const dots = range.indexOf('..');
  const first = releases.indexOf(dots < 0 ? range : range.slice(0, dots));
  const end = dots < 0 ? range : range.slice(dots + 2);
  const last = end === '' ? releases.length - 1 : releases.indexOf(end);
  if (first < 0 || last < first)
    fail(file, path, `has the range ${range.slice(0, 80)}, which the file's releases do not have`);
  return [first, last];
}

/** Indices of releases between which nothing that was looked at differs; both count. */
interface Same {
  first: number;
  last: number;
}

/** The value of the run in `list` that covers release `index`; `same` is narrowed to those that it is the value of. Throws InspectError `malformed` for what is no list of runs. */
export function valueAt(
  list: unknown,
  index: number,
  releases: readonly string[],
  file: string,
  path: string,
  same?: Same,
): string | undefined {
  const runs = checkRuns(list, file, path);
  const ranges = rangesIn(releases);
  const { length } = runs;
  // Runs ascend: begin at the end that is nearer to the release.
  const fromEnd = index * 2 >= releases.length;
  for (let step = 0; step < length; step++) {
    const run = runs[fromEnd ? length - 1 - step : step]!;
    const space = run.indexOf(' ');
    const range = run.slice(0, space);
    let span = ranges.get(range);
    if (span === undefined) {
      span = parseRange(range, releases, file, path);
      ranges.set(range, span);
    }
    const [first, last] = span;
    if (index >= first && index <= last) {
      if (same) narrow(same, first, last);
      return run.slice(space + 1);
    }
    // Where no run covers it, that is so between those beside it.
    if (same) narrow(same, last < index ? last + 1 : 0, first > index ? first - 1 : releases.length - 1);
  }
  return undefined;
}

function narrow(same: Same, first: number, last: number): void {
  same.first = Math.max(same.first, first);
  same.last = Math.min(same.last, last);
}

/** What was read of an entry: a guess asks for the same structs of a hundred releases, most of which do not differ. */
const readStructs = new WeakMap<object, (Same & { readonly struct: MeasuredStruct | undefined })[]>();

const fieldValue = /^(\d{1,10}) (\d{1,10}) (.+)$/;

/** The struct of an entry as it was in release `index`, the same object for releases that do not differ; undefined where it was not there. Throws InspectError `malformed`: all of the entry is checked. */
export function structAt(
  value: unknown,
  index: number,
  releases: readonly string[],
  file: string,
  path: string,
): MeasuredStruct | undefined {
  const entry = object(value, file, path);
  const known = readStructs.get(entry) ?? [];
  readStructs.set(entry, known);
  const before = known.find(({ first, last }) => index >= first && index <= last);
  if (before) return before.struct;
  const same = { first: 0, last: releases.length - 1 };
  const sizeText = valueAt(entry.size, index, releases, file, `${path}.size`, same);
  const size = sizeText === undefined ? 0 : byteCount(sizeText, file, `${path}.size`);
  const found = fieldsOf(entry, file, path);
  const fields: MeasuredField[] = [];
  let ordered = true;
  let last = -1;
  for (const name of Object.keys(found)) {
    const at = `${path}.fields.${name}`;
    const text = valueAt(found[name], index, releases, file, at, same);
    if (text === undefined || sizeText === undefined) continue;
    const parts = fieldValue.exec(text);
    if (parts === null) fail(file, at, `holds ${text.slice(0, 40)}, not an offset, a number of bytes and a type`);
    const field = { name, offset: Number(parts[1]), size: Number(parts[2]), type: parts[3]! };
    if (field.offset + field.size > size) fail(file, at, `reaches beyond the struct's ${size} bytes`);
    // Nearly always they stand in order already; those of one place by their size.
    if (field.offset <= last) ordered = false;
    last = field.offset;
    fields.push(field);
  }
  if (!ordered) fields.sort((a, b) => a.offset - b.offset || a.size - b.size);
  const struct = sizeText === undefined ? undefined : { size, fields };
  known.push({ ...same, struct });
  return struct;
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
      const found = structAt(entry, index, part.releases, file, `structs.${name}`);
      if (found !== undefined) structs.set(name, found);
    }
    for (const [name, list] of Object.entries(part.types)) {
      const value = valueAt(list, index, part.releases, file, `types.${name}`);
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
