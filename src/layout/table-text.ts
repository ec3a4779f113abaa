// Writing table files: releases as runs, and the runs as text, one line each, so that a diff shows what moved.
// The reverse of measured.ts's `fromTableFile`.
import type { Measured, MeasuredStruct } from './measured.js';
import { compareReleases, releaseKey, requireRelease } from './release.js';
import {
  type FieldRun,
  type SizeRun,
  type StructEntry,
  type TableFile,
  type TypeRun,
  tableSchema,
  type VariantEntry,
} from './schema.js';

function formatRange(first: number, last: number, releases: readonly string[]): string {
  if (last === releases.length - 1) return `${releases[first]}..`;
  return first === last ? `${releases[first]}` : `${releases[first]}..${releases[last]}`;
}

/** Runs of equal values over releases; `undefined` where there is none. */
export function encodeRuns<T extends readonly unknown[]>(
  values: readonly (T | undefined)[],
  releases: readonly string[],
): (readonly [string, ...T])[] {
  const runs: (readonly [string, ...T])[] = [];
  for (let first = 0; first < values.length; ) {
    const value = values[first];
    let next = first + 1;
    while (next < values.length && same(value, values[next])) next++;
    if (value !== undefined) runs.push([formatRange(first, next - 1, releases), ...value]);
    first = next;
  }
  return runs;
}

function same(a: readonly unknown[] | undefined, b: readonly unknown[] | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

/**
 * The table of releases measured on one OS and arch. A release with experiments needs its plain build beside it (RangeError otherwise);
 * of two measurements of the same build the later one counts.
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
    const base = own.map((release) => {
      const found = builds.get(release.goVersion);
      if (found === undefined)
        throw new RangeError(`${release.goVersion}+${set} needs the plain ${release.goVersion} in the same table`);
      return found;
    });
    variants[set] = encodeVariant(own, base);
  }
  return {
    schema: tableSchema,
    os: some.os,
    arch: some.arch,
    pointerSize: some.pointerSize,
    byteOrder: some.littleEndian ? 'little' : 'big',
    releases: plain.map((release) => release.goVersion),
    ...encodePart(plain),
    variants,
  };
}

function encodePart(list: readonly Measured[]): Pick<TableFile, 'types' | 'structs'> {
  const releases = list.map((release) => release.goVersion);
  const structs: Record<string, StructEntry> = {};
  for (const name of namesOf(list.map((release) => release.structs))) {
    structs[name] = encodeStruct(
      list.map((release) => release.structs.get(name)),
      releases,
    );
  }
  const types: Record<string, readonly TypeRun[]> = {};
  for (const name of namesOf(list.map((release) => release.types))) {
    types[name] = encodeRuns(
      list.map((release) => tuple(release.types.get(name))),
      releases,
    );
  }
  return { types, structs };
}

function encodeVariant(own: readonly Measured[], base: readonly Measured[]): VariantEntry {
  const whole = encodePart(own);
  const plain = encodePart(base);
  const differing = <T>(a: Readonly<Record<string, T>>, b: Readonly<Record<string, T>>, none: T): Record<string, T> =>
    Object.fromEntries(
      [...new Set([...Object.keys(a), ...Object.keys(b)])]
        .sort()
        .filter((name) => JSON.stringify(a[name]) !== JSON.stringify(b[name]))
        .map((name) => [name, a[name] ?? none]),
    );
  return {
    releases: own.map((release) => release.goVersion),
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
  const fields: Record<string, readonly FieldRun[]> = {};
  for (const name of order) {
    fields[name] = encodeRuns(
      byName.map((map) => {
        const field = map.get(name);
        return field && ([field.offset, field.size, field.type] as const);
      }),
      releases,
    );
  }
  const size: readonly SizeRun[] = encodeRuns(
    list.map((one) => tuple(one?.size)),
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

function tuple<T>(value: T | undefined): readonly [T] | undefined {
  return value === undefined ? undefined : [value];
}

function namesOf(maps: readonly ReadonlyMap<string, unknown>[]): string[] {
  return [...new Set(maps.flatMap((map) => [...map.keys()]))].sort();
}

/** The file's text: one line for each run, so that a diff shows what moved. */
export function formatTableFile(table: TableFile): string {
  const lines = [
    '{',
    '  "$schema": "./layout.schema.json",',
    `  "schema": ${table.schema},`,
    `  "os": ${JSON.stringify(table.os)},`,
    `  "arch": ${JSON.stringify(table.arch)},`,
    `  "pointerSize": ${table.pointerSize},`,
    `  "byteOrder": ${JSON.stringify(table.byteOrder)},`,
    `  "releases": ${formatReleases(table.releases)},`,
    ...formatPart(table, '  ', ','),
  ];
  const variants = Object.entries(table.variants).map(([set, variant]) =>
    [
      `    ${JSON.stringify(set)}: {`,
      `      "releases": ${formatReleases(variant.releases)},`,
      ...formatPart(variant, '      ', ''),
      '    }',
    ].join('\n'),
  );
  lines.push(variants.length === 0 ? '  "variants": {}' : `  "variants": {\n${variants.join(',\n')}\n  }`, '}', '');
  return lines.join('\n');
}

function formatPart(part: Pick<TableFile, 'types' | 'structs'>, indent: string, end: string): string[] {
  const types = Object.entries(part.types).map(
    ([name, list]) => `${indent}  ${JSON.stringify(name)}: ${formatRuns(list, `${indent}  `)}`,
  );
  const structs = Object.entries(part.structs).map(([name, entry]) => {
    const fields = Object.entries(entry.fields).map(
      ([field, list]) => `${indent}      ${JSON.stringify(field)}: ${formatRuns(list, `${indent}      `)}`,
    );
    return [
      `${indent}  ${JSON.stringify(name)}: {`,
      `${indent}    "size": ${formatRuns(entry.size, `${indent}    `)},`,
      `${indent}    "fields": ${block(fields, `${indent}    `)}`,
      `${indent}  }`,
    ].join('\n');
  });
  return [`${indent}"types": ${block(types, indent)},`, `${indent}"structs": ${block(structs, indent)}${end}`];
}

function block(lines: readonly string[], indent: string): string {
  return lines.length === 0 ? '{}' : `{\n${lines.join(',\n')}\n${indent}}`;
}

function formatRuns(list: readonly (readonly unknown[])[], indent: string): string {
  const texts = list.map((run) => `[${run.map((value) => JSON.stringify(value)).join(', ')}]`);
  return texts.length <= 1
    ? `[${texts.join('')}]`
    : `[\n${texts.map((text) => `${indent}  ${text}`).join(',\n')}\n${indent}]`;
}

function formatReleases(releases: readonly string[]): string {
  return `[${releases.map((name) => JSON.stringify(name)).join(', ')}]`;
}
