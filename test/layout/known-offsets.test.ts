// The shipped tables against what Go's own debug/dwarf read in binaries of some releases: expected/*.expected.json, made by
// fixtures/expected-layouts.mjs: {struct: [size, {field: [offset, size]}]}, `_` left out.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { layoutFromTable, listTableFiles, loadTable } from '../../src/layout/load.js';
import { fromTableFile } from '../../src/layout/measured.js';
import { canonicalRelease, requireRelease } from '../../src/layout/release.js';
import { layoutNamed } from '../../src/layout/show.js';
import { formatTableFile, toTableFile } from '../../src/layout/table-text.js';

type Expected = Readonly<
  Record<string, readonly [size: number, fields: Readonly<Record<string, readonly [number, number]>>]>
>;

const folder = new URL('./expected/', import.meta.url);
const { lines, arches } = JSON.parse(
  readFileSync(new URL('../../fixtures/releases.json', import.meta.url), 'utf8'),
) as {
  readonly lines: Readonly<Record<string, { readonly first: string; readonly last: string }>>;
  /** The line that each port came with. */
  readonly arches: Readonly<Record<string, string>>;
};
const minorOf = (release: string): number => Number(release.split('.')[1]);
const files = readdirSync(folder).filter((name) => name.endsWith('.expected.json'));

describe.each(files.map((file) => ({ file, build: file.replace(/-(\w+)\.expected\.json$/, '/$1') })))(
  '$build',
  ({ file, build }) => {
    const expected = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Expected;
    const layout = layoutNamed(build);

    test('is exact', () => {
      expect(layout.exact).toBe(true);
      expect(Object.keys(expected).length).toBeGreaterThanOrEqual(9);
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
  const { pointerSize } = table;

  test('is as the generator writes it, and every run can be read', () => {
    expect(formatTableFile(toTableFile(fromTableFile(table, path)))).toBe(text);
  });

  test('covers the last patch of every line since Go has the port', () => {
    const since = minorOf(arches[table.arch] ?? '1.99');
    const wanted = Object.values(lines)
      .map(({ last }) => `go${last}`)
      .filter((release) => minorOf(release) >= since);
    expect(wanted.length).toBeGreaterThan(8);
    expect(table.releases).toEqual(expect.arrayContaining(wanted));
  });

  test('covers the first patch of every line since 1.14 too, so that patches between are exact where nothing moved', () => {
    const since = Math.max(14, minorOf(arches[table.arch] ?? '1.99'));
    const wanted = Object.values(lines).filter(({ last }) => minorOf(last) >= since);
    expect(table.releases).toEqual(
      expect.arrayContaining(wanted.map(({ first }) => canonicalRelease(requireRelease(`go${first}`)))),
    );
    // Between a first and a last patch that agree in every struct, or measured themselves (1.23.1, 1.23.2).
    for (const goVersion of [
      'go1.20.7',
      'go1.21.6',
      'go1.22.5',
      'go1.23.1',
      'go1.23.2',
      'go1.25.3',
      'go1.26.4',
      'go1.27.1',
    ]) {
      const layout = layoutFromTable({ goVersion, goarch: table.arch, experiments: [] });
      expect({ goVersion, exact: layout?.exact }).toEqual({ goVersion, exact: true });
    }
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

  /** Struct, field, and the lines that have it. */
  const needed: readonly (readonly [struct: string, field: string, since?: number, until?: number])[] = [
    ['mheap', 'allspans.array'],
    ['mheap', 'allspans.len'],
    ['mheap', 'central[133].mcentral'],
    ['mheap', 'spans.array', 9, 10],
    ['mheap', 'arena_start', 9, 10],
    ['mheap', 'arenas[0]', 11],
    ['mheap', 'freelarge.treap', 9, 11],
    ['mheap', 'free.treap', 12, 13],
    ['treapNode', 'left', 9, 13],
    ['heapArena', 'spans[0]', 11],
    ['mheap', 'sweepSpans[1].spine', 9, 15],
    ['mheap', 'central[0].mcentral.nonempty.first', 9, 15],
    ['mheap', 'central[135].mcentral.partial[1]', 16],
    ['spanSet', 'spine', 15],
    ['mspan', 'state', 9, 13],
    ['mspan', 'state.s', 14],
    ['mspan', 'freeindex'],
    ['mspan', 'allocBits'],
    ['mspan', 'sweepgen'],
    ['mcache', 'alloc[133]'],
    ['mcache', 'alloc[135]', 16],
    ['workType', 'cycles'],
    ['mstats', 'heap_marked', 9, 16],
    ['gcControllerState', 'heapMarked', 17],
    ['g', 'sched.pc'],
    ['p', 'mspancache.buf[127]', 14],
    ['mheap', pointerSize === 8 ? 'pages.summary[4].len' : 'pages.summary[3].len', 14],
  ];

  test('arenas and size classes have the traits’ numbers in the types too', () => {
    for (const goVersion of table.releases) {
      const { traits, field } = layoutNamed(`${goVersion}/${table.arch}`);
      const { heapArenaBytes, l1Bits, l2Bits } = traits.arena;
      expect(field('mheap', 'central')?.type).toMatch(new RegExp(`^\\[${traits.sizeClasses.length * 2}\\]struct`));
      if (minorOf(goVersion) < 11) continue;
      expect(field('mheap', 'arenas')?.type).toBe(`[${2 ** l1Bits}]*[${2 ** l2Bits}]*heapArena`);
      expect(field('heapArena', 'spans')?.type).toBe(`[${heapArenaBytes / traits.pageSize}]*mspan`);
    }
  });

  test('has what the reader of spans needs, in every release', () => {
    for (const goVersion of table.releases) {
      const layout = layoutNamed(`${goVersion}/${table.arch}`);
      for (const [struct, field, since = 9, until = 99] of needed) {
        const there = minorOf(goVersion) >= since && minorOf(goVersion) <= until;
        if (there) expect(layout.field(struct, field), `${goVersion} ${struct}.${field}`).toBeDefined();
      }
    }
  });
});

test('a goroutine’s bubble is told by a number since 1.25, in 1.24 by its root, on every port', () => {
  for (const arch of Object.keys(arches)) {
    const layout = (line: string) => layoutNamed(`go${lines[line]!.last}/${arch}`);
    for (const line of ['1.25', '1.26', '1.27']) {
      expect(layout(line).field('g', 'bubble')?.type, arch).toBe('*synctestBubble');
      expect(layout(line).field('synctestBubble', 'id'), arch).toMatchObject({ size: 8, type: 'uint64' });
    }
    expect(layout('1.24').field('g', 'syncGroup')?.type, arch).toBe('*synctestGroup');
    expect(layout('1.24').field('synctestGroup', 'root')?.type, arch).toBe('*g');
    expect(layout('1.23').struct('synctestGroup'), arch).toBeUndefined();
  }
});
