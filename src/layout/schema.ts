// The JSON of layouts/OS-ARCH.json and its checker. A table file may come from anyone (`--layout FILE`): every length is bounded and every
// value looked at before it is used; the header at once, a struct when it is asked for. What the runs mean: layouts/README.md.
import { InspectError } from '../bytes/errors.js';
import { parseRelease } from './release.js';
import { parseTableText } from './table-parse.js';

export const tableSchema = 1;

/**
 * A value and the measured releases that have it, in one string, `RANGE VALUE`: the range is `go1.16.0..go1.21.13`, `go1.22.0..` (to the newest measured)
 * or one release. (Strings, because a file of them is parsed three times as fast as one of arrays.)
 */
export type Run = string;

/** A struct exists in the releases that its size runs cover. */
export interface StructEntry {
  /** `RANGE BYTES` */
  readonly size: readonly Run[];
  /** `RANGE OFFSET BYTES TYPE` by field. */
  readonly fields: Readonly<Record<string, readonly Run[]>>;
}

/** What one set of experiments changes: structs listed here replace those of the plain build as a whole; no size run: not there. */
export interface VariantEntry {
  readonly releases: readonly string[];
  readonly types: Readonly<Record<string, readonly Run[]>>;
  readonly structs: Readonly<Record<string, StructEntry>>;
}

export interface TableFile {
  readonly schema: number;
  readonly os: string;
  readonly arch: string;
  readonly pointerSize: 4 | 8;
  readonly byteOrder: 'little' | 'big';
  /** Canonical names, ascending. */
  readonly releases: readonly string[];
  /** Named types that are no structs, by what they are made of: `spanClass` → `uint8`, `pageBits` → `[8]uint64`. */
  readonly types: Readonly<Record<string, readonly Run[]>>;
  readonly structs: Readonly<Record<string, StructEntry>>;
  /** By experiments joined with commas, sorted. */
  readonly variants: Readonly<Record<string, VariantEntry>>;
  /** Only in a file that `layout infer` saved. */
  readonly inferred?: InferredEntry;
}

/** Which structs of a file were told from an image, how sure each field is, and of what release all others are. */
export interface InferredEntry {
  readonly others: string;
  readonly structs: Readonly<Record<string, Readonly<Record<string, InferredSure>>>>;
}

export interface InferredSure {
  readonly confidence: number;
  readonly alternatives: readonly number[];
}

/** The largest table in layouts/ has 240 KB. A file of many names costs twenty times its size once it is parsed. */
export const mostTableBytes = 2 << 20;

const limits = {
  releases: 2000,
  structs: 5000,
  fields: 2000,
  runs: 2000,
  runLength: 20_000,
  alternatives: 1000,
  structBytes: 1 << 30,
} as const;

/** Parses and checks the header; structs are checked by `checkStruct` when they are asked for. Throws InspectError `malformed`. */
export function parseTableFile(text: string, file: string): TableFile {
  let value: unknown;
  try {
    value = parseTableText(text, (path) => new InspectError('malformed', file, `${path} is not JSON`));
  } catch {
    throw new InspectError('malformed', file, 'not JSON');
  }
  const top = object(value, file, '');
  if (top.schema !== tableSchema) fail(file, 'schema', `is ${show(top.schema)}, this program reads ${tableSchema}`);
  text64(top.os, file, 'os');
  text64(top.arch, file, 'arch');
  if (top.pointerSize !== 4 && top.pointerSize !== 8) fail(file, 'pointerSize', 'is neither 4 nor 8');
  if (top.byteOrder !== 'little' && top.byteOrder !== 'big') fail(file, 'byteOrder', 'is neither "little" nor "big"');
  checkReleases(top.releases, file, 'releases');
  entries(top.types, file, 'types', limits.structs);
  const structs = Object.keys(object(top.structs, file, 'structs')).length;
  if (structs > limits.structs) fail(file, 'structs', `has ${structs} entries, ${limits.structs} at most`);
  for (const [set, variant] of entries(top.variants, file, 'variants', 100)) {
    const inside = object(variant, file, `variants.${set}`);
    checkReleases(inside.releases, file, `variants.${set}.releases`);
    entries(inside.types, file, `variants.${set}.types`, limits.structs);
    entries(inside.structs, file, `variants.${set}.structs`, limits.structs);
  }
  if (top.inferred !== undefined) {
    const inferred = object(top.inferred, file, 'inferred');
    text64(inferred.others, file, 'inferred.others');
    entries(inferred.structs, file, 'inferred.structs', limits.structs);
  }
  return top as unknown as TableFile;
}

/** How sure a file says that a field is; undefined where it says nothing of it. Throws InspectError `malformed`. */
export function inferredSure(table: TableFile, file: string, struct: string, field: string): InferredSure | undefined {
  const { structs = {} } = table.inferred ?? {};
  if (!Object.hasOwn(structs, struct)) return undefined;
  const path = `inferred.structs.${struct}`;
  const fields = object(structs[struct], file, path);
  if (!Object.hasOwn(fields, field)) return undefined;
  const { confidence, alternatives } = object(fields[field], file, `${path}.${field}`);
  if (typeof confidence !== 'number' || !(confidence >= 0 && confidence <= 1))
    fail(file, `${path}.${field}.confidence`, 'is no number from 0 to 1');
  if (!Array.isArray(alternatives) || alternatives.length > limits.alternatives || !alternatives.every(isOffset))
    fail(file, `${path}.${field}.alternatives`, 'is no list of offsets');
  return { confidence, alternatives: alternatives as number[] };
}

function isOffset(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= limits.structBytes;
}

/** Returns `value` as a struct's entry, or throws InspectError `malformed` naming file and path. What runs hold is checked where they are read. */
export function checkStruct(value: unknown, file: string, path: string): StructEntry {
  const entry = object(value, file, path);
  checkRuns(entry.size, file, `${path}.size`);
  const fields = fieldsOf(entry, file, path);
  for (const name of Object.keys(fields)) checkRuns(fields[name], file, `${path}.fields.${name}`);
  return value as StructEntry;
}

/** The fields of a struct's entry, whose lists are checked by who reads them. Throws InspectError `malformed`. */
export function fieldsOf(
  entry: Readonly<Record<string, unknown>>,
  file: string,
  path: string,
): Readonly<Record<string, unknown>> {
  const fields = object(entry.fields, file, `${path}.fields`);
  const { length } = Object.keys(fields);
  if (length > limits.fields) fail(file, `${path}.fields`, `has ${length} entries, ${limits.fields} at most`);
  return fields;
}

/** Returns `value` as a list of runs, or throws InspectError `malformed`. */
export function checkRuns(value: unknown, file: string, path: string): readonly Run[] {
  if (!Array.isArray(value) || value.length > limits.runs) fail(file, path, 'is no list of runs');
  for (let i = 0; i < value.length; i += 1) {
    const run: unknown = value[i];
    if (typeof run !== 'string' || run.length > limits.runLength || !run.includes(' '))
      fail(file, path, 'holds what is no run');
  }
  return value as readonly Run[];
}

/** A number of bytes in a run. Throws InspectError `malformed`. */
export function byteCount(text: string | undefined, file: string, path: string): number {
  const value = text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= limits.structBytes)) fail(file, path, `holds ${show(text)}, not a number of bytes`);
  return value;
}

/** Throws InspectError `malformed`: `FILE: PATH WHAT`. */
export function fail(file: string, path: string, what: string): never {
  throw new InspectError('malformed', file, path === '' ? what : `${path} ${what}`);
}

/** `value` as an object with string keys. */
export function object(value: unknown, file: string, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail(file, path, 'is no object');
  return value as Readonly<Record<string, unknown>>;
}

/** The entries of an object of at most `most`. */
export function entries(value: unknown, file: string, path: string, most: number): [string, unknown][] {
  const list = Object.entries(object(value, file, path));
  if (list.length > most) fail(file, path, `has ${list.length} entries, ${most} at most`);
  return list;
}

function checkReleases(value: unknown, file: string, path: string): void {
  if (!Array.isArray(value) || value.length > limits.releases) fail(file, path, 'is no list of releases');
  for (const [i, name] of value.entries()) {
    if (typeof name !== 'string' || name.length > 64 || parseRelease(name) === undefined)
      fail(file, `${path}[${i}]`, 'is no Go release');
  }
}

function text64(value: unknown, file: string, path: string): void {
  if (typeof value !== 'string' || value.length === 0 || value.length > 64) fail(file, path, 'is no short text');
}

function show(value: unknown): string {
  return String(JSON.stringify(value)).slice(0, 40);
}
