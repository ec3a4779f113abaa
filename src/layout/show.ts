// `layout list` and `layout show`: what tables there are, and one release's structs. Knows names of releases and structs, no images.
import { InspectError } from '../bytes/errors.js';
import { isExact } from './exact.js';
import { layoutFromTable, listTableFiles, loadTable } from './load.js';
import { lineOf, parseLayoutName, releaseKey, requireRelease } from './release.js';
import { fieldAt } from './resolve.js';
import type { LayoutListResult, LayoutPlace, LayoutShowResult, LayoutStructResult } from './results.js';
import type { Layout } from './types.js';

export const layoutSchemaVersion = 1;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export interface TableOptions {
  /** Lines to act as if they had not been measured: `go1.24`. */
  readonly without?: readonly string[];
  /** A layout file to use instead of those. */
  readonly file?: string;
  /** Folder of the tables; `layouts/` of the program if left out. */
  readonly folder?: string;
}

export function listLayouts(options: TableOptions = {}): LayoutListResult {
  const layouts = listTableFiles(options.folder).map((file) => {
    const { table } = loadTable(file);
    const hidden = new Set((options.without ?? []).map((line) => lineOf(requireRelease(line))));
    const shown = (releases: readonly string[]) => releases.filter((name) => !hidden.has(lineOf(requireRelease(name))));
    const variants = Object.entries(table.variants).flatMap(([set, { releases }]) =>
      shown(releases).map((release) => releaseKey(release, set.split(','))),
    );
    return {
      os: table.os,
      arch: table.arch,
      releases: [...shown(table.releases), ...variants],
      structs: Object.keys(table.structs).length,
    };
  });
  return { schemaVersion: layoutSchemaVersion, layouts };
}

/**
 * The layout that `go1.22.5/arm64` names; without an arch: amd64's. Throws InspectError `unknown-go-version` for what is no release's name and
 * `no-layout` where no table covers the arch.
 */
export function layoutNamed(name: string, options: TableOptions = {}): Layout {
  const { goVersion, experiments, arch = 'amd64' } = parseLayoutName(name);
  const layout = layoutFromTable({ goVersion, experiments, goarch: arch, ...options });
  if (layout !== undefined) return layout;
  const known = listTableFiles(options.folder).map((file) => loadTable(file).table.arch);
  throw new InspectError('no-layout', name, `no layout table for ${arch}`, `there are tables for ${known.join(', ')}`);
}

/**
 * `layout show NAME [STRUCT[+OFFSET|.FIELD]]`. Throws what `layoutNamed` throws, and `no-layout` for a struct, field or offset that is not there.
 */
export function showLayout(name: string, part?: string, options: TableOptions = {}): LayoutShowResult {
  return showOf(layoutNamed(name, options), part);
}

/** The same of a layout in use. */
export function showOf(layout: Layout, part?: string): LayoutShowResult {
  const head: Mutable<Omit<LayoutShowResult, 'structs' | 'at'>> = {
    schemaVersion: layoutSchemaVersion,
    goVersion: layout.goVersion,
    arch: layout.goarch,
    experiments: layout.experiments,
    pointerSize: layout.pointerSize,
    source: layout.source === 'table' || layout.source === 'user' ? layout.name : layout.source,
    exact: layout.exact,
    ...(layout.note === undefined ? {} : { note: layout.note }),
  };
  if (part === undefined || part === '') {
    return {
      ...head,
      structs: Object.fromEntries(layout.structNames().map((name) => [name, structResult(layout, name)])),
    };
  }
  const { struct, place } = parsePart(layout, part);
  const whole = structResult(layout, struct);
  if (!layout.exact && whole.exact !== false) {
    head.exact = true;
    head.note = `${layout.goVersion} stands between two measured releases, which agree in ${struct}`;
  }
  if (place === undefined) return { ...head, structs: { [struct]: whole } };
  const top = Object.entries(whole.fields).filter(
    ([, { offset, size }]) => offset <= place.offset && (place.offset < offset + size || offset === place.offset),
  );
  return { ...head, structs: { [struct]: { ...whole, fields: Object.fromEntries(top) } }, at: place };
}

function structResult(layout: Layout, name: string): LayoutStructResult {
  const struct = layout.struct(name);
  if (struct === undefined)
    throw new InspectError('no-layout', name, `is not among the structs of ${layout.goVersion}/${layout.goarch}`);
  const fields = [...struct.fields].map(([field, { offset, size, type, source, confidence, alternatives }]) => {
    const known = {
      ...(source === layout.source ? {} : { source }),
      ...(confidence === undefined ? {} : { confidence }),
      ...(alternatives === undefined ? {} : { alternatives }),
    };
    return [field, { offset, size, type, ...known }] as const;
  });
  return {
    size: struct.size,
    ...(isExact(layout, name) ? {} : { exact: false }),
    fields: Object.fromEntries(fields),
  };
}

/** The longest prefix that names a struct, then `+OFFSET` or `.FIELD`: names of packages and of anonymous structs hold dots too. */
function parsePart(layout: Layout, part: string): { struct: string; place: LayoutPlace | undefined } {
  if (layout.struct(part) !== undefined) return { struct: part, place: undefined };
  const plus = /^(.+)\+(0x[0-9a-f]{1,12}|\d{1,12})$/i.exec(part);
  if (plus !== null) {
    const [, struct = '', text = ''] = plus;
    const size = structResult(layout, struct).size;
    const offset = Number(text);
    if (offset >= size) throw new InspectError('no-layout', part, `${struct} has ${size} bytes`);
    const found = fieldAt(layout, struct, offset);
    if (found === undefined)
      throw new InspectError('no-layout', part, `no field stands at byte ${offset} of ${struct}: it is padding`);
    const { field, rest } = found;
    return {
      struct,
      place: { struct, path: field.name, offset: field.offset, size: field.size, type: field.type, rest },
    };
  }
  for (let dot = part.lastIndexOf('.'); dot > 0; dot = part.lastIndexOf('.', dot - 1)) {
    const struct = part.slice(0, dot);
    if (layout.struct(struct) === undefined) continue;
    const path = part.slice(dot + 1);
    const field = layout.field(struct, path);
    if (field === undefined)
      throw new InspectError(
        'no-layout',
        part,
        `${struct} has no field ${path} in ${layout.goVersion}/${layout.goarch}`,
      );
    return { struct, place: { struct, path, offset: field.offset, size: field.size, type: field.type, rest: 0 } };
  }
  throw new InspectError('no-layout', part, `is not among the structs of ${layout.goVersion}/${layout.goarch}`);
}
