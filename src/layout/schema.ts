// The JSON of layouts/OS-ARCH.json and its checker. A table file may come from anyone (`--layout FILE`): every length is bounded and every
// value looked at before it is used; the header at once, a struct when it is asked for. What the runs mean: layouts/README.md.
import { InspectError } from '../bytes/errors.js';
import { parseRelease } from './release.js';

export const tableSchema = 1;

/** Range of measured releases, `go1.16.0..go1.21.13`, `go1.22.0..` (to the newest measured) or one release. */
export type SizeRun = readonly [range: string, size: number];
export type FieldRun = readonly [range: string, offset: number, size: number, type: string];
export type TypeRun = readonly [range: string, underlying: string];

/** A struct exists in the releases that its size runs cover. */
export interface StructEntry {
  readonly size: readonly SizeRun[];
  readonly fields: Readonly<Record<string, readonly FieldRun[]>>;
}

/** What one set of experiments changes: structs listed here replace those of the plain build as a whole; no size run: not there. */
export interface VariantEntry {
  readonly releases: readonly string[];
  readonly types: Readonly<Record<string, readonly TypeRun[]>>;
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
  readonly types: Readonly<Record<string, readonly TypeRun[]>>;
  readonly structs: Readonly<Record<string, StructEntry>>;
  /** By experiments joined with commas, sorted. */
  readonly variants: Readonly<Record<string, VariantEntry>>;
}

const limits = {
  fileBytes: 16 << 20,
  releases: 2000,
  structs: 5000,
  fields: 2000,
  runs: 2000,
  nameLength: 20_000,
  structBytes: 1 << 30,
} as const;

/** Parses and checks the header; structs are checked by `checkStruct` when they are asked for. Throws InspectError `malformed`. */
export function parseTableFile(text: string, file: string): TableFile {
  if (text.length > limits.fileBytes) throw new InspectError('too-large', file, 'a layout table has 16 MiB at most');
  let value: unknown;
  try {
    value = JSON.parse(text);
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
  entries(top.structs, file, 'structs', limits.structs);
  for (const [set, variant] of entries(top.variants, file, 'variants', 100)) {
    const inside = object(variant, file, `variants.${set}`);
    checkReleases(inside.releases, file, `variants.${set}.releases`);
    entries(inside.types, file, `variants.${set}.types`, limits.structs);
    entries(inside.structs, file, `variants.${set}.structs`, limits.structs);
  }
  return top as unknown as TableFile;
}

/** Checks the whole file: for `layout generate`, `--layout FILE` and tests. */
export function checkTableFile(table: TableFile, file: string): void {
  const parts: [string, Pick<TableFile, 'types' | 'structs'>][] = [
    ['', table],
    ...Object.entries(table.variants).map(([set, variant]): [string, VariantEntry] => [`variants.${set}.`, variant]),
  ];
  for (const [prefix, part] of parts) {
    for (const name of Object.keys(part.structs)) checkStruct(part.structs[name], file, `${prefix}structs.${name}`);
    for (const name of Object.keys(part.types)) checkTypeRuns(part.types[name], file, `${prefix}types.${name}`);
  }
}

/** Returns `value` as a struct's entry, or throws InspectError `malformed` naming file and path. */
export function checkStruct(value: unknown, file: string, path: string): StructEntry {
  const entry = object(value, file, path);
  for (const [i, run] of runs(entry.size, file, `${path}.size`).entries()) {
    const at = `${path}.size[${i}]`;
    if (run.length !== 2) fail(file, at, 'is not [range, size]');
    text64(run[0], file, at);
    bounded(run[1], limits.structBytes, file, at);
  }
  for (const [name, list] of entries(entry.fields, file, `${path}.fields`, limits.fields)) {
    for (const [i, run] of runs(list, file, `${path}.fields.${name}`).entries()) {
      const at = `${path}.fields.${name}[${i}]`;
      if (run.length !== 4) fail(file, at, 'is not [range, offset, size, type]');
      text64(run[0], file, at);
      bounded(run[1], limits.structBytes, file, at);
      bounded(run[2], limits.structBytes, file, at);
      if (typeof run[3] !== 'string' || run[3].length > limits.nameLength) fail(file, at, 'has no type');
    }
  }
  return value as StructEntry;
}

/** Returns `value` as the runs of a named type, or throws InspectError `malformed`. */
export function checkTypeRuns(value: unknown, file: string, path: string): readonly TypeRun[] {
  for (const [i, run] of runs(value, file, path).entries()) {
    text64(run[0], file, `${path}[${i}]`);
    if (run.length !== 2 || typeof run[1] !== 'string' || run[1].length > limits.nameLength)
      fail(file, `${path}[${i}]`, 'is not [range, type]');
  }
  return value as readonly TypeRun[];
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

function runs(value: unknown, file: string, path: string): readonly (readonly unknown[])[] {
  if (!Array.isArray(value) || value.length > limits.runs || !value.every(Array.isArray))
    fail(file, path, 'is no list of runs');
  return value as readonly (readonly unknown[])[];
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

function bounded(value: unknown, most: number, file: string, path: string): void {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > most)
    fail(file, path, `holds ${show(value)}`);
}

function show(value: unknown): string {
  return String(JSON.stringify(value)).slice(0, 40);
}
