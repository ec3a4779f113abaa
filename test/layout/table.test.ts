// The run encoding and the choice of a release, on small tables made here.
import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { InspectError } from '../../src/bytes/errors.js';
import { layoutFromTable, layoutsFolder, type TableRequest } from '../../src/layout/load.js';
import { fromTableFile, type Measured, type MeasuredStruct } from '../../src/layout/measured.js';
import { mostTableBytes, parseTableFile } from '../../src/layout/schema.js';
import { parseTableText } from '../../src/layout/table-parse.js';
import { encodeRuns, formatTableFile, mergeOrder, toTableFile } from '../../src/layout/table-text.js';
import { bounded, hostile } from '../support/costs.js';

fc.configureGlobal({ seed: 1 });

const folder = mkdtempSync(join(tmpdir(), 'spanscope-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

function struct(size: number, ...fields: [string, number, number, string][]): MeasuredStruct {
  return { size, fields: fields.map(([name, offset, bytes, type]) => ({ name, offset, size: bytes, type })) };
}

function build(name: string, structs: Record<string, MeasuredStruct>): Measured {
  const [goVersion = '', experiments = ''] = name.split('+');
  return {
    goVersion,
    experiments: experiments === '' ? [] : experiments.split(','),
    os: 'linux',
    arch: 'amd64',
    pointerSize: 8,
    littleEndian: true,
    structs: new Map(Object.entries(structs)),
    types: new Map([['spanClass', 'uint8']]),
  };
}

const old = struct(16, ['a', 0, 8, 'uintptr'], ['b', 8, 8, 'uint64']);
const grown = struct(24, ['a', 0, 8, 'uintptr'], ['new', 8, 8, '*mspan'], ['b', 16, 8, 'uint64']);
const other = struct(8, ['only', 0, 8, 'spanClass']);

const measured = [
  build('go1.20.0', { s: old }),
  build('go1.20.5', { s: old, other }),
  build('go1.20.9', { s: grown, other }),
  build('go1.21.0', { s: grown, other }),
  build('go1.21.0+nogreenteagc', { s: struct(8, ['a', 0, 8, 'uintptr']) }),
  build('go1.23.4', { s: grown }),
];
const text = formatTableFile(toTableFile(measured));
const file = join(folder, 'table.json');
writeFileSync(file, text);

function lookUp(goVersion: string, more: Partial<TableRequest> = {}) {
  return layoutFromTable({ goVersion, goarch: 'amd64', experiments: [], file, ...more });
}

describe('runs', () => {
  test('equal neighbours share a run; the newest one is open', () => {
    expect(encodeRuns([1, 1, 2, undefined, 2, 2], ['a', 'b', 'c', 'd', 'e', 'f'])).toEqual(['a..b 1', 'c 2', 'e.. 2']);
  });

  test('a field has one line for each place it stood at', () => {
    expect(text).toContain('    "a": ["go1.20.0.. 0 8 uintptr"]');
    expect(text).toContain('"b": [\n     "go1.20.0..go1.20.5 8 8 uint64",\n     "go1.20.9.. 16 8 uint64"\n    ]');
  });

  test('a release in which nothing moves adds only its name', () => {
    const more = formatTableFile(toTableFile([...measured, build('go1.24.0', { s: grown })]));
    expect(more.replace(', "go1.24.0"', '')).toBe(text);
  });

  test('new names stand behind the one they follow', () => {
    expect(mergeOrder(['a', 'c', 'd'], ['x', 'a', 'b', 'c', 'e'])).toEqual(['x', 'a', 'b', 'c', 'e', 'd']);
  });

  test('a file gives back what it was made of', () => {
    const back = fromTableFile(parseTableFile(text, 'text'), 'text');
    expect(new Map(back.map((one) => [`${one.goVersion}+${one.experiments}`, one]))).toEqual(
      new Map(measured.map((one) => [`${one.goVersion}+${one.experiments}`, one])),
    );
  });

  test('any releases come back out of their runs', () => {
    const anyStruct = fc
      .array(
        fc.record({
          name: fc.constantFrom('a', 'b', 'c', 'd'),
          size: fc.constantFrom(1, 2, 4, 8),
          type: fc.constantFrom('uint8', '*T', 'struct { a int; b int }'),
        }),
        { maxLength: 4 },
      )
      .map((list) => {
        const names = new Set<string>();
        const fields = list
          .filter(({ name }) => !names.has(name) && names.add(name))
          .map((field, i) => ({ ...field, offset: i * 8 }));
        return { size: 40, fields };
      });
    const release = fc.dictionary(fc.constantFrom('x', 'y', 'struct { a int }'), anyStruct, { noNullPrototype: true });
    fc.assert(
      fc.property(fc.array(release, { minLength: 1, maxLength: 6 }), (list) => {
        const made = list.map((structs, i) => build(`go1.${20 + i}.0`, structs));
        const back = fromTableFile(parseTableFile(formatTableFile(toTableFile(made)), 'x'), 'x');
        expect(back.map(({ structs }) => structs)).toEqual(made.map(({ structs }) => structs));
      }),
    );
  });

  test('a build with an experiment stands alone where the plain one was not measured', () => {
    for (const beside of [[], [build('go1.21.0', { s: old })], [build('go1.21.0+x', { s: old, other })]]) {
      const made = [...beside, build('go1.21.1+x', { s: grown, other })];
      writeFileSync(join(folder, 'alone.json'), formatTableFile(toTableFile(made)));
      const layout = lookUp('go1.21.1', { experiments: ['x'], file: join(folder, 'alone.json') });
      expect(layout).toMatchObject({ exact: true, name: 'table go1.21.1+x/amd64' });
      expect(layout?.structNames()).toEqual(['other', 's']);
      expect(layout?.struct('s')?.size).toBe(24);
      expect(layout?.shape('spanClass')).toEqual({ kind: 'uint' });
      const back = fromTableFile(parseTableFile(formatTableFile(toTableFile(made)), 'x'), 'x');
      expect(new Set(back)).toEqual(new Set(made));
    }
  });
});

describe('which release serves', () => {
  test('the measured one', () => {
    const layout = lookUp('go1.20.5');
    expect(layout).toMatchObject({
      goVersion: 'go1.20.5',
      exact: true,
      pointerSize: 8,
      littleEndian: true,
      source: 'user',
    });
    expect(layout?.note).toBeUndefined();
    expect(layout?.struct('s')?.size).toBe(16);
    expect(layout?.structNames()).toEqual(['other', 's']);
  });

  test('go1.20 is go1.20.0', () => {
    expect(lookUp('go1.20')).toMatchObject({ goVersion: 'go1.20.0', exact: true });
    expect(lookUp('go1.20')?.struct('other')).toBeUndefined();
  });

  test('between two that agree: exact, and said; a struct seen in one only does not matter', () => {
    const layout = lookUp('go1.20.3');
    expect(layout?.exact).toBe(true);
    expect(layout?.note).toMatch(/between go1\.20\.0 and go1\.20\.5/);
  });

  test('between two that differ: the nearer, not exact, and where they differ', () => {
    expect(lookUp('go1.20.6')).toMatchObject({
      exact: false,
      differing: ['s'],
      note: expect.stringMatching(/go1\.20\.5 and go1\.20\.9, which differ in s: go1\.20\.5/),
    });
    expect(lookUp('go1.20.8')?.struct('s')?.size).toBe(24);
  });

  test('beyond the last patch and before the first', () => {
    expect(lookUp('go1.20.10')).toMatchObject({ exact: false, note: expect.stringContaining('go1.20.9 stands in') });
    expect(lookUp('go1.23.1')).toMatchObject({ exact: false, note: expect.stringContaining('go1.23.4 stands in') });
    expect(lookUp('go1.21rc1')).toMatchObject({ exact: false, goVersion: 'go1.21rc1' });
  });

  test('a line that was not measured: the nearest one', () => {
    expect(lookUp('go1.22.1')).toMatchObject({ exact: false, name: 'table go1.21.0/amd64' });
    expect(lookUp('go1.30')).toMatchObject({ exact: false, name: 'table go1.23.4/amd64' });
    expect(lookUp('go1.11')).toMatchObject({ exact: false, name: 'table go1.20.0/amd64' });
    expect(lookUp('devel go1.28-abc Mon')).toMatchObject({ exact: false, goVersion: 'devel go1.28-abc Mon' });
    expect(lookUp('devel +0123 Mon')).toMatchObject({ exact: false, name: 'table go1.23.4/amd64' });
  });

  test('a development tree is never exact', () => {
    expect(lookUp('devel go1.23-abc')).toMatchObject({ exact: false, name: 'table go1.23.4/amd64' });
  });

  test('lines can be hidden', () => {
    expect(lookUp('go1.20.5', { without: ['go1.20'] })).toMatchObject({ exact: false, name: 'table go1.21.0/amd64' });
    expect(lookUp('go1.20.5', { without: ['go1.20', 'go1.21', 'go1.23.1'] })).toBeUndefined();
  });

  test('experiments: the variant, nothing for neutral ones, else the plain build', () => {
    const variant = lookUp('go1.21.0', { experiments: ['nogreenteagc'] });
    expect(variant).toMatchObject({ exact: true, name: 'table go1.21.0+nogreenteagc/amd64' });
    expect(variant?.struct('s')?.size).toBe(8);
    expect(variant?.struct('other')).toBeUndefined();
    expect(variant?.shape('spanClass')).toEqual({ kind: 'uint' });
    expect(lookUp('go1.21.0', { experiments: ['loopvar'] })).toMatchObject({ exact: true, experiments: ['loopvar'] });
    expect(lookUp('go1.21.0', { experiments: ['staticlockranking'] })).toMatchObject({
      exact: false,
      name: 'table go1.21.0/amd64',
    });
    expect(lookUp('go1.20.5', { experiments: ['nogreenteagc'] })).toMatchObject({
      exact: false,
      name: 'table go1.20.5/amd64',
    });
  });

  test('a table of another arch is refused; an arch without a table is none', () => {
    expect(() => lookUp('go1.20.5', { goarch: 'arm64' })).toThrow(InspectError);
    expect(layoutFromTable({ goVersion: 'go1.20.5', goarch: '../x', experiments: [] })).toBeUndefined();
    expect(layoutFromTable({ goVersion: 'go1.20.5', goarch: 'pdp11', experiments: [] })).toBeUndefined();
  });

  test('the tables stand beside package.json', () => {
    expect(layoutsFolder()).toMatch(/layouts$/);
  });
});

describe('structs parsed one by one', () => {
  const plain: unknown = JSON.parse(text);
  const parsed = (changed: string) => parseTableText(changed, (path) => new InspectError('malformed', 'x', path));

  test('are those of the whole file, however it is spaced', () => {
    expect(parsed(text)).toEqual(plain);
    for (const indent of [0, 1, 2]) expect(parsed(JSON.stringify(plain, null, indent))).toEqual(plain);
    expect(Object.getOwnPropertyDescriptor((parsed(text) as { structs: object }).structs, 's')?.get).toBeDefined();
  });

  test('broken ones are told of when they are read', () => {
    const broken = parsed(text.replace('"a": [', '"a": (')) as { structs: Record<string, unknown> };
    expect(() => broken.structs.s).toThrow('structs.s');
    expect(broken.structs.other).toEqual((plain as { structs: Record<string, unknown> }).structs.other);
  });

  test('what stands between them is not passed over', () => {
    const between = text.replace('\n  },\n  "s": {', '\n  },\n  rubbish\n  "s": {');
    expect(between).not.toBe(text);
    expect(() => parsed(between)).toThrow(SyntaxError);
  });
});

describe('files from strangers', () => {
  const write = (value: unknown): string => {
    writeFileSync(join(folder, 'bad.json'), typeof value === 'string' ? value : JSON.stringify(value));
    return join(folder, 'bad.json');
  };
  const good = JSON.parse(text) as Record<string, unknown>;

  test.each([
    ['not JSON', '{', /not JSON/],
    ['no object', [], /no object/],
    ['another schema', { ...good, schema: 2 }, /schema is 2/],
    ['a pointer size of 5', { ...good, pointerSize: 5 }, /pointerSize/],
    ['no releases', { ...good, releases: undefined }, /releases is no list/],
    ['a release that is none', { ...good, releases: ['go1.20.0', 'latest'] }, /releases\[1\]/],
    ['no variants', { ...good, variants: [] }, /variants is no object/],
  ])('%s', (_, value, message) => {
    expect(() => lookUp('go1.20.5', { file: write(value) })).toThrow(message);
    expect(() => lookUp('go1.20.5', { file: write(value) })).toThrow(InspectError);
  });

  test.each([
    [
      'fields beyond the struct',
      { size: ['go1.20.5 4'], fields: { a: ['go1.20.5 0 8 int'] } },
      /structs\.s\.fields\.a reaches beyond/,
    ],
    [
      'a range of unknown releases',
      { size: ['go1.19.0.. 4'], fields: {} },
      /structs\.s\.size has the range go1\.19\.0/,
    ],
    ['a backward range', { size: ['go1.21.0..go1.20.0 4'], fields: {} }, /range/],
    ['a size that is no number', { size: ['go1.20.5 -4'], fields: {} }, /not a number of bytes/],
    ['a size without end', { size: ['go1.20.5 9999999999'], fields: {} }, /not a number of bytes/],
    ['a run without a type', { size: ['go1.20.5 8'], fields: { a: ['go1.20.5 0 8'] } }, /structs\.s\.fields\.a/],
    ['runs that are no list', { size: 'go1.20.5 8', fields: {} }, /structs\.s\.size is no list/],
    ['runs that are no text', { size: [['go1.20.5', 8]], fields: {} }, /structs\.s\.size holds/],
    ['fields that are no object', { size: ['go1.20.5 8'], fields: 7 }, /structs\.s\.fields is no object/],
  ])('%s', (_, s, message) => {
    const layout = lookUp('go1.20.5', { file: write({ ...good, structs: { s } }) });
    expect(() => layout?.struct('s')).toThrow(message);
  });

  test('mutated files give an InspectError or a layout', () => {
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.string({ maxLength: 3 }), fc.nat(40), (at, put, cut) => {
        const bad = write(text.slice(0, at) + put + text.slice(at + cut));
        try {
          const layout = lookUp('go1.20.6', { file: bad });
          for (const name of layout?.structNames() ?? []) layout?.struct(name);
        } catch (error) {
          if (!(error instanceof InspectError)) throw error;
        }
      }),
      { numRuns: 300 },
    );
  });

  test('names from a prototype are no structs', () => {
    expect(lookUp('go1.20.5')?.struct('constructor')).toBeUndefined();
    expect(lookUp('go1.20.5')?.struct('__proto__')).toBeUndefined();
  });

  test.each([
    ['a missing file', join(folder, 'none.json'), /no such file/],
    ['a folder', folder, /is a directory/],
    ['a device without end', '/dev/zero', /is not a regular file/],
  ])('%s', (_, file, message) => {
    expect(() => lookUp('go1.20.5', { file })).toThrow(message);
  });

  test('a huge file is refused unread, and what may be read costs little', () => {
    const huge = join(folder, 'huge.json');
    writeFileSync(huge, '');
    truncateSync(huge, 2 ** 40);
    expect(() => lookUp('go1.20.5', { file: huge })).toThrow(/a layout table has 2 MiB at most/);
    const types = Object.fromEntries(Array.from({ length: 80_000 }, (_, i) => [`t${i}`, ['go1.20.5 x']]));
    const many = write({ ...good, types });
    expect(statSync(many).size).toBeLessThan(mostTableBytes);
    bounded(hostile, () => expect(() => lookUp('go1.20.5', { file: many })).toThrow(/types has 80000 entries/));
  });
});
