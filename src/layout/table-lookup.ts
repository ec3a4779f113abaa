// Looking structs and types up in one table file, for one of the builds it measured. Checks what it reads, and only that.
import { type MeasuredStruct, structAt, valueAt } from './measured.js';
import type { Release } from './release.js';
import { object, type TableFile } from './schema.js';

/** A table file with what is needed to look things up in it. */
export interface LayoutTable {
  readonly file: string;
  readonly table: TableFile;
  readonly text: string;
}

/** One measured build in a table: the release's index among the plain ones, or among those of a variant. */
export interface Build {
  readonly goVersion: string;
  readonly release: Release;
  readonly index: number;
  /** Key into `variants`; empty for the plain build. */
  readonly set: string;
}

/** The structs that a build has. */
export function structNamesOf({ table, file }: LayoutTable, build: Build): string[] {
  const names = new Set([...Object.keys(table.structs), ...Object.keys(table.variants[build.set]?.structs ?? {})]);
  return [...names].sort().filter((name) => {
    const { part, index, path } = partOf(table, build, 'structs', name);
    if (part === undefined || !Object.hasOwn(part.structs, name)) return false;
    const { size } = object(part.structs[name], file, `${path}.${name}`);
    return valueAt(size, index, part.releases, file, `${path}.${name}`) !== undefined;
  });
}

/** A struct as a build has it. */
export function measuredStruct({ table, file }: LayoutTable, build: Build, name: string): MeasuredStruct | undefined {
  const { part, index, path } = partOf(table, build, 'structs', name);
  if (part === undefined || !Object.hasOwn(part.structs, name)) return undefined;
  return structAt(part.structs[name], index, part.releases, file, `${path}.${name}`);
}

/** What a named type that is no struct is made of. */
export function underlyingOf({ table, file }: LayoutTable, build: Build, name: string): string | undefined {
  const { part, index, path } = partOf(table, build, 'types', name);
  if (part === undefined || !Object.hasOwn(part.types, name)) return undefined;
  return valueAt(part.types[name], index, part.releases, file, `${path}.${name}`);
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
