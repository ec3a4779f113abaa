// Paths, offsets and shapes, on the shipped tables and on a layout made here.
import { describe, expect, test } from 'vitest';
import { diffLayouts } from '../../src/layout/diff.js';
import { elementField, fieldAt, makeLayout, scalarField, structLayout } from '../../src/layout/resolve.js';
import { layoutNamed, listLayouts, showLayout } from '../../src/layout/show.js';
import { elementOf, shapeOf, stripRuntime, structName } from '../../src/layout/type-names.js';
import type { Layout } from '../../src/layout/types.js';

const amd64 = layoutNamed('go1.24.13/amd64');

/** A layout with circles, as a hostile file may have them. */
function circular(): Layout {
  const { traits } = amd64;
  return makeLayout(
    {
      name: 'x',
      goVersion: 'go1.24.0',
      goarch: 'amd64',
      experiments: [],
      pointerSize: 8,
      littleEndian: true,
      source: 'user',
      exact: true,
      traits,
    },
    {
      expand: (name) =>
        name === 'loop'
          ? structLayout('loop', 8, 'user', [{ name: 'self', offset: 0, size: 8, type: 'loop' }])
          : undefined,
      names: () => ['loop'],
      underlying: (name) => ({ a: 'b', b: 'a' })[name],
    },
  );
}

describe('type names', () => {
  test('runtime. goes, other packages stay', () => {
    expect(stripRuntime('[]*runtime.mspan')).toBe('[]*mspan');
    expect(stripRuntime('internal/runtime/atomic.Pointer[runtime.mspan]')).toBe(
      'internal/runtime/atomic.Pointer[mspan]',
    );
    expect(stripRuntime('example.org/my/runtime.T')).toBe('example.org/my/runtime.T');
    expect(stripRuntime('map[runtime.a]runtime.b')).toBe('map[a]b');
    expect(structName('internal/abi.Type')).toBe('_type');
  });

  test('arrays come apart', () => {
    expect(elementOf('[2][3]struct { a int }')).toEqual({ count: 2, element: '[3]struct { a int }' });
    expect(elementOf('[]int')).toBeUndefined();
  });

  test.each([
    ['uintptr', 'uint'],
    ['int32', 'int'],
    ['bool', 'bool'],
    ['float64', 'float'],
    ['*mspan', 'pointer'],
    ['func(*g) bool', 'pointer'],
    ['map[string]int', 'pointer'],
    ['unsafe.Pointer', 'pointer'],
    ['string', 'string'],
    ['[]byte', 'slice'],
    ['interface {}', 'interface'],
    ['[4]uint8', 'array'],
    ['mspan', 'named'],
  ])('%s is a %s', (type, kind) => {
    expect(shapeOf(type).kind).toBe(kind);
  });
});

describe('paths', () => {
  test.each([
    ['mspan', 'state.s.value', 99],
    ['mheap', 'central[3].mcentral.partial[1]', 66184 + 3 * 192 + 8 + 40],
    ['mheap', 'allspans.len', 65872],
    ['p', 'mspancache.buf[2]', undefined],
  ])('%s.%s', (struct, path, offset) => {
    const field = amd64.field(struct, path);
    expect(field?.name).toBe(path);
    if (offset !== undefined) expect(field?.offset).toBe(offset);
  });

  test.each([
    '',
    '.',
    'nope',
    'central[136]',
    'central[-1]',
    'central[3',
    'allspans.nope',
    'sweepgen.x',
    'sweepgen[0]',
    `${'a.'.repeat(600)}a`,
  ])('mheap has no %j', (path) => {
    expect(amd64.field('mheap', path)).toBeUndefined();
  });

  test('atomics and boxes around them lead to their value', () => {
    expect(scalarField(amd64, 'mspan', 'state')).toMatchObject({ name: 'state.s.value', type: 'uint8', offset: 99 });
    expect(scalarField(amd64, 'gcControllerState', 'heapLive')).toMatchObject({
      name: 'heapLive.value',
      type: 'uint64',
    });
    expect(scalarField(layoutNamed('go1.17.13/amd64'), 'gcControllerState', 'heapLive')).toMatchObject({
      name: 'heapLive',
    });
    expect(scalarField(amd64, 'mheap', 'pages')).toBeUndefined();
  });

  test('circles end', () => {
    const layout = circular();
    expect(layout.shape('a')).toEqual({ kind: 'named', name: 'a' });
    expect(scalarField(layout, 'loop', 'self')).toBeUndefined();
    expect(fieldAt(layout, 'loop', 3)?.rest).toBe(3);
    expect(layout.field('loop', 'self.self.self')?.offset).toBe(0);
  });

  test('elements of an array that does not divide evenly are none', () => {
    const field = { name: 'x', offset: 0, size: 10, type: '[4]uint8', source: 'user' } as const;
    expect(elementField(amd64, field, 0)).toBeUndefined();
  });
});

describe('offsets', () => {
  test.each([
    [0x30, 'freeindex', 0],
    [49, 'freeindex', 1],
    [99, 'state.s.value', 0],
    [159, 'largeType', 7],
  ])('mspan+%i is %s+%i', (offset, path, rest) => {
    const found = fieldAt(layoutNamed('go1.22.12/arm64'), 'mspan', offset);
    expect(found?.field.name).toBe(path);
    expect(found?.rest).toBe(rest);
  });

  test('every byte of mspan is a field or padding, and the field found covers it', () => {
    for (let offset = 0; offset < 160; offset++) {
      const found = fieldAt(amd64, 'mspan', offset);
      if (found === undefined) continue;
      expect(found.rest).toBeGreaterThanOrEqual(0);
      expect(found.rest).toBeLessThan(found.field.size);
      expect(amd64.field('mspan', found.field.name)?.offset).toBe(offset - found.rest);
    }
    expect(fieldAt(amd64, 'mspan', 160)).toBeUndefined();
    expect(fieldAt(amd64, 'mspan', -1)).toBeUndefined();
  });
});

describe('layout show', () => {
  test('go1.20 and go1.20.0 are the same', () => {
    expect(showLayout('go1.20/amd64')).toEqual(showLayout('go1.20.0/amd64'));
  });

  test('all structs, without runtime., without _', () => {
    const { structs, exact, pointerSize, source } = showLayout('go1.27.4/arm64');
    expect({ exact, pointerSize, source }).toEqual({ exact: true, pointerSize: 8, source: 'table go1.27.4/arm64' });
    expect(Object.keys(structs).length).toBeGreaterThan(100);
    expect(Object.keys(structs)).not.toContain('work');
    for (const [name, { size, fields }] of Object.entries(structs)) {
      expect(name).not.toMatch(/(^|[^\w/])runtime\./);
      let end = 0;
      for (const [field, at] of Object.entries(fields)) {
        expect(field).not.toBe('_');
        expect(at.type).not.toMatch(/(^|[^\w/.-])runtime\./);
        expect(at.offset).toBeGreaterThanOrEqual(end);
        end = at.offset + at.size;
      }
      expect(end).toBeLessThanOrEqual(size);
    }
  });

  test('a struct, an offset, a path', () => {
    expect(Object.keys(showLayout('go1.22.5/arm64', 'mspan').structs)).toEqual(['mspan']);
    expect(showLayout('go1.22.5/arm64', 'mspan+0x30')).toMatchObject({
      structs: { mspan: { fields: { freeindex: { offset: 48, size: 2, type: 'uint16' } } } },
      at: { struct: 'mspan', path: 'freeindex', offset: 48, rest: 0 },
    });
    expect(showLayout('go1.22.5/arm64', 'mspan+48').at).toEqual(showLayout('go1.22.5/arm64', 'mspan.freeindex').at);
    expect(showLayout('go1.24.13/amd64', 'internal/runtime/atomic.Uint64.value').at).toMatchObject({ path: 'value' });
  });

  test('between two releases that differ, the structs in which they agree are exact', () => {
    const whole = showLayout('go1.14.9/amd64');
    expect(whole).toMatchObject({ exact: false, note: expect.stringMatching(/which differ in g:/) });
    expect(Object.keys(whole.structs).filter((name) => whole.structs[name]?.exact === false)).toEqual(['g']);
    expect(showLayout('go1.14.9/amd64', 'g')).toMatchObject({ exact: false, structs: { g: { exact: false } } });
    expect(showLayout('go1.14.9/amd64', 'g.goid')).toMatchObject({ exact: false, at: { path: 'goid' } });
    expect(showLayout('go1.14.9/amd64', 'mspan')).toMatchObject({
      exact: true,
      note: expect.stringContaining('agree'),
    });
    expect(showLayout('go1.28/amd64', 'mspan')).toMatchObject({ exact: false, structs: { mspan: { exact: false } } });
  });

  test.each(['nope', 'mspan+160', 'mspan.nope', 'mspan+0x', '+3', '.x'])('%j is not there', (part) => {
    expect(() => showLayout('go1.22.12/arm64', part)).toThrow(expect.objectContaining({ code: 'no-layout' }));
  });

  test('an arch without a table names those that have one', () => {
    expect(() => showLayout('go1.22.12/pdp11')).toThrow(
      expect.objectContaining({ code: 'no-layout', hint: expect.stringContaining('amd64') }),
    );
  });

  test('list', () => {
    const { layouts } = listLayouts();
    expect(layouts.map(({ arch }) => arch)).toEqual(expect.arrayContaining(['amd64', 'arm64']));
    expect(layouts.find(({ arch }) => arch === 'amd64')?.releases).toContain('go1.27.4+nogreenteagc');
  });
});

describe('layout diff', () => {
  test('a release with itself: nothing', () => {
    expect(diffLayouts('go1.22.12/arm64', 'go1.22.12/arm64').structs).toEqual({});
  });

  test('what 1.22 did to mspan', () => {
    const { structs, arch } = diffLayouts('go1.21.13', 'go1.22.0', 'mspan');
    expect(arch).toBe('amd64');
    expect(structs.mspan).toMatchObject({ size: { a: 168, b: 160 } });
    expect(structs.mspan?.added.map(({ field }) => field)).toEqual(['largeType']);
    expect(structs.mspan?.moved).toContainEqual({ field: 'nelems', a: 56, b: 50 });
    expect(structs.mspan?.retyped).toContainEqual({ field: 'freeindex', a: 'uintptr', b: 'uint16' });
  });

  test('an arch given once counts for both; two differ by arch', () => {
    expect(diffLayouts('go1.24.13/arm64', 'go1.24.13', 'mheap')).toMatchObject({ arch: 'arm64', structs: {} });
    expect(diffLayouts('go1.24.13/arm64', 'go1.24.13/amd64', 'mheap').structs.mheap?.size.a).not.toBe(
      diffLayouts('go1.24.13/arm64', 'go1.24.13/amd64', 'mheap').structs.mheap?.size.b,
    );
  });

  test('a struct that came later, and one that never was', () => {
    expect(diffLayouts('go1.16.15', 'go1.27.4', 'specialWeakHandle').structs.specialWeakHandle?.size).toEqual({
      a: null,
      b: 32,
    });
    expect(() => diffLayouts('go1.16.15', 'go1.27.4', 'nope')).toThrow(expect.objectContaining({ code: 'no-layout' }));
  });
});
