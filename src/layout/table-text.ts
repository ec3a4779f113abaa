// Writing table files: releases as runs, and the runs as text, one line each, so that a diff shows what moved.
// The reverse of measured.ts's `fromTableFile`.
import type { Measured, MeasuredStruct } from './measured.js';
import { compareReleases, releaseKey, requireRelease } from './release.js';
import { type Run, type StructEntry, type TableFile, tableSchema, type VariantEntry } from './schema.js';

function formatRange(first: number, last: number, releases: readonly string[]): string {
  if (last === releases.length - 1) return `${releases[first]}..`;
  return first === last ? `${releases[first]}` : `${releases[first]}..${releases[last]}`;
}

/** Runs of equal values over releases; `undefined` where there is none. */
export function encodeRuns(values: readonly (string | number | undefined)[], releases: readonly string[]): Run[] {
  const runs: Run[] = [];
  for (let first = 0; first < values.length; ) {
    const value = values[first];
    let next = first + 1;
    while (next < values.length && values[next] === value) next++;
    if (value !== undefined) runs.push(`${formatRange(first, next - 1, releases)} ${value}`);
    first = next;
  }
  return runs;
}

/**
 * The table of releases measured on one OS and arch (RangeError without any). What a build with experiments has in common with the plain build
 * of its release is not repeated, where that was measured too; of two measurements of the same build the later one counts.
 */
export function toTableFile(measured: readonly Measured[]): TableFile {
  const [some] = measured;
  if (some === undefined) throw new RangeError('a table needs at least one release');
  const builds = new Map(measured.map((release) => [releaseKey(release.goVersion, release.experiments), release]));
  const ordered = [...builds.values()].sort((a, b) =>
    compareReleases(requireRelease(a.goVersion), requireRelease(b.goVersion)),
  );
  const plain = ordered.filter((release) => release.experiments.length === 0);
  const sets = [
    ...new Set(
      ordered.filter((release) => release.experiments.length > 0).map((release) => release.experiments.join(',')),
    ),
  ].sort();
  const variants: Record<string, VariantEntry> = {};
  for (const set of sets) {
    const own = ordered.filter((release) => release.experiments.join(',') === set);
    variants[set] = encodeVariant(
      own,
      own.map((release) => builds.get(release.goVersion)),
    );
  }
  return {
    schema: tableSchema,
    os: some.os,
    arch: some.arch,
    pointerSize: some.pointerSize,
    byteOrder: some.littleEndian ? 'little' : 'big',
    releases: plain.map((release) => release.goVersion),
    ...encodePart(
      plain,
      plain.map((release) => release.goVersion),
    ),
    variants,
  };
}

function encodePart(
  list: readonly (Measured | undefined)[],
  releases: readonly string[],
): Pick<TableFile, 'types' | 'structs'> {
  const structs: Record<string, StructEntry> = {};
  for (const name of namesOf(list.map((release) => release?.structs))) {
    structs[name] = encodeStruct(
      list.map((release) => release?.structs.get(name)),
      releases,
    );
  }
  const types: Record<string, readonly Run[]> = {};
  for (const name of namesOf(list.map((release) => release?.types))) {
    types[name] = encodeRuns(
      list.map((release) => release?.types.get(name)),
      releases,
    );
  }
  return { types, structs };
}

function encodeVariant(own: readonly Measured[], base: readonly (Measured | undefined)[]): VariantEntry {
  const releases = own.map((release) => release.goVersion);
  const whole = encodePart(own, releases);
  const plain = encodePart(base, releases);
  const differing = <T>(a: Readonly<Record<string, T>>, b: Readonly<Record<string, T>>, none: T): Record<string, T> =>
    Object.fromEntries(
      [...new Set([...Object.keys(a), ...Object.keys(b)])]
        .sort()
        .filter((name) => JSON.stringify(a[name]) !== JSON.stringify(b[name]))
        .map((name) => [name, a[name] ?? none]),
    );
  return {
    releases,
    types: differing(whole.types, plain.types, []),
    structs: differing(whole.structs, plain.structs, { size: [], fields: {} }),
  };
}

function encodeStruct(list: readonly (MeasuredStruct | undefined)[], releases: readonly string[]): StructEntry {
  let order: readonly string[] = [];
  for (const one of list)
    if (one !== undefined)
      order = mergeOrder(
        order,
        one.fields.map((field) => field.name),
      );
  const byName = list.map((one) => new Map(one?.fields.map((field) => [field.name, field])));
  const fields: Record<string, readonly Run[]> = {};
  for (const name of order) {
    fields[name] = encodeRuns(
      byName.map((map) => {
        const field = map.get(name);
        return field && `${field.offset} ${field.size} ${field.type}`;
      }),
      releases,
    );
  }
  const size = encodeRuns(
    list.map((one) => one?.size),
    releases,
  );
  return { size, fields };
}

/** Keeps the order that is there and puts each new name behind the name it follows, so that a new release moves no line. */
export function mergeOrder(order: readonly string[], next: readonly string[]): string[] {
  const merged = [...order];
  next.forEach((name, i) => {
    if (merged.includes(name)) return;
    const before = i === 0 ? -1 : merged.indexOf(next[i - 1] ?? '');
    merged.splice(before + 1, 0, name);
  });
  return merged;
}

function namesOf(maps: readonly (ReadonlyMap<string, unknown> | undefined)[]): string[] {
  return [...new Set(maps.flatMap((map) => [...(map?.keys() ?? [])]))].sort();
}

/** The file's text: one line for each run, so that a diff shows what moved. */
export function formatTableFile(table: TableFile): string {
  return `${print({ $schema: './layout.schema.json', ...table }, '')}\n`;
}

/** JSON indented by one blank a level; lists of one item, and lists of releases, on the line of their name. */
function print(value: unknown, indent: string, name?: string): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${indent} `;
  if (Array.isArray(value)) {
    const items = value.map((item) => print(item, inner));
    return items.length <= 1 || name === 'releases'
      ? `[${items.join(', ')}]`
      : `[\n${inner}${items.join(`,\n${inner}`)}\n${indent}]`;
  }
  const members = Object.entries(value).map(
    ([key, item]) => `${inner}${JSON.stringify(key)}: ${print(item, inner, key)}`,
  );
  return members.length === 0 ? '{}' : `{\n${members.join(',\n')}\n${indent}}`;
}
