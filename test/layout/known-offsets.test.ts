// The shipped tables against what Go's own debug/dwarf read in binaries of some releases: expected/*.expected.json, made by `truth structs BINARY NAME…`
// (fixtures/truth) on the binaries of fixtures/layout-binaries.mjs: {struct: [size, {field: [offset, size]}]}, `_` left out.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { layoutFromTable, listTableFiles, loadTable } from '../../src/layout/load.js';
import { fromTableFile } from '../../src/layout/measured.js';
import { layoutNamed } from '../../src/layout/show.js';
import { formatTableFile, toTableFile } from '../../src/layout/table-text.js';

type Expected = Readonly<
  Record<string, readonly [size: number, fields: Readonly<Record<string, readonly [number, number]>>]>
>;

const folder = new URL('./expected/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.expected.json'));

describe.each(files.map((file) => ({ file, build: file.replace(/-(\w+)\.expected\.json$/, '/$1') })))(
  '$build',
  ({ file, build }) => {
    const expected = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Expected;
    const layout = layoutNamed(build);

    test('is exact', () => {
      expect(layout.exact).toBe(true);
      expect(Object.keys(expected)).toHaveLength(10);
    });

    test.each(Object.entries(expected))('%s', (name, [size, fields]) => {
      const struct = layout.struct(name);
      expect(struct?.size).toBe(size);
      expect(
        Object.fromEntries([...(struct?.fields ?? [])].map(([field, at]) => [field, [at.offset, at.size]])),
      ).toEqual(fields);
    });
  },
);

describe.each(listTableFiles().map((path) => ({ path, name: path.replace(/^.*[\\/]/, '') })))('$name', ({ path }) => {
  const { table, text } = loadTable(path);

  test('is as the generator writes it, and every run can be read', () => {
    expect(formatTableFile(toTableFile(fromTableFile(table, path)))).toBe(text);
  });

  test('covers the lines 1.16 to 1.27', () => {
    const lines = new Set(table.releases.map((release) => release.split('.')[1]));
    expect([...lines]).toEqual(expect.arrayContaining(Array.from({ length: 12 }, (_, i) => String(16 + i))));
  });

  test('resolves every by-value member of every struct', () => {
    const missing = new Set<string>();
    for (const goVersion of table.releases) {
      const layout = layoutFromTable({ goVersion, goarch: table.arch, experiments: [] });
      for (const name of layout?.structNames() ?? []) {
        for (const { type } of layout?.struct(name)?.fields.values() ?? []) {
          let shape = layout?.shape(type);
          for (let depth = 0; shape?.kind === 'array' && depth < 8; depth++) shape = layout?.shape(shape.element);
          if (shape?.kind === 'named' && layout?.struct(shape.name) === undefined)
            missing.add(`${goVersion} ${name}: ${type}`);
        }
      }
    }
    expect([...missing]).toEqual([]);
  });

  test('has what the reader of spans needs, in every release since 1.16', () => {
    for (const goVersion of table.releases.filter((release) => Number(release.split('.')[1]) >= 16)) {
      const layout = layoutNamed(`${goVersion}/${table.arch}`);
      for (const [struct, field] of [
        ['mheap', 'allspans.array'],
        ['mheap', 'allspans.len'],
        ['mheap', 'central[135].mcentral.partial[1]'],
        ['mspan', 'state.s'],
        ['mspan', 'freeindex'],
        ['spanSet', 'spine'],
        ['mcache', 'alloc[135]'],
        ['workType', 'cycles'],
        ['gcControllerState', 'heapMarked'],
        ['g', 'sched.pc'],
        ['p', 'mspancache.buf[127]'],
        ['mheap', 'pages.summary[4].len'],
      ] as const) {
        const since = struct === 'gcControllerState' && /go1\.16\./.test(goVersion);
        if (!since) expect(layout.field(struct, field), `${goVersion} ${struct}.${field}`).toBeDefined();
      }
    }
  });
});
