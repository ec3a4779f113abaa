// Types that compilers seldom write: each kind, old and new bit fields, sizes that follow from other types.

import { expect, test } from 'vitest';
import { type Dwarf, openDwarf } from '../../src/dwarf-parser/index.js';
import { uleb } from '../support/dwarf-bytes.js';
import {
  AT,
  type Attr,
  type DieSpec,
  die,
  FORM,
  sectionsOf,
  TAG,
  to,
  unit,
  type Written,
  writeDwarf,
} from '../support/dwarf-writer.js';

const int = die(
  TAG.baseType,
  [
    [AT.name, FORM.string, 'int'],
    [AT.byteSize, FORM.data1, 4],
    [AT.encoding, FORM.data1, 5],
  ],
  [],
  'int',
);
const ofInt: Attr = [AT.type, FORM.ref4, to('int')];

function named(name: string): Attr {
  return [AT.name, FORM.string, name];
}

function open(
  children: readonly DieSpec[],
  littleEndian = true,
  root: readonly Attr[] = [],
): { dwarf: Dwarf; written: Written } {
  const written = writeDwarf([unit('u', [int, ...children], { version: 4 }, root)], littleEndian);
  return { dwarf: openDwarf(sectionsOf(written)), written };
}

test('members: by constant, by expression, without location, anonymous, static, inherited', () => {
  const { dwarf, written } = open([
    die(
      TAG.classType,
      [named('C'), [AT.byteSize, FORM.udata, 300]],
      [
        die(TAG.inheritance, [ofInt, [AT.dataMemberLocation, FORM.data1, 0]]),
        die(TAG.inheritance, [ofInt, [AT.dataMemberLocation, FORM.exprloc, Uint8Array.of(0x12, 6, 0x48)]]),
        die(TAG.member, [named('first'), ofInt]),
        die(TAG.member, [
          named('plus'),
          ofInt,
          [AT.dataMemberLocation, FORM.block1, Uint8Array.of(0x23, ...uleb(200))],
        ]),
        die(TAG.member, [named('sum'), ofInt, [AT.dataMemberLocation, FORM.exprloc, Uint8Array.of(0x10, 8, 0x22)]]),
        die(TAG.member, [named('fixed'), ofInt, [AT.dataMemberLocation, FORM.implicitConst, 12]]),
        die(TAG.member, [ofInt, [AT.dataMemberLocation, FORM.indirect, [FORM.udata, 16]]]),
        die(TAG.member, [
          named('shared'),
          ofInt,
          [AT.external, FORM.flagPresent, true],
          [AT.declaration, FORM.flagPresent, true],
        ]),
        die(TAG.structureType, [named('nested')], [die(TAG.member, [named('inner'), ofInt])]),
        die(TAG.member, [named('last'), ofInt, [AT.dataMemberLocation, FORM.data2, 296]]),
      ],
    ),
  ]);
  const type = written.labels.get('int');
  expect(dwarf.findType('C')).toMatchObject({
    kind: 'class',
    size: 300,
    declaration: false,
    members: [
      { name: '', offset: 0, type },
      { name: 'first', offset: 0, type },
      { name: 'plus', offset: 200, type },
      { name: 'sum', offset: 8, type },
      { name: 'fixed', offset: 12, type },
      { name: '', offset: 16, type },
      { name: 'last', offset: 296, type },
    ],
  });
});

test.each([true, false])('bit fields, old and new, little-endian %s', (littleEndian) => {
  const bits = (name: string, ...attributes: Attr[]): DieSpec =>
    die(TAG.member, [named(name), ofInt, [AT.bitSize, FORM.data1, 3], ...attributes]);
  const { dwarf } = open(
    [
      die(
        TAG.structureType,
        [named('S'), [AT.byteSize, FORM.data1, 16]],
        [
          bits('new', [AT.dataBitOffset, FORM.data1, 37]),
          bits(
            'old',
            [AT.dataMemberLocation, FORM.data1, 4],
            [AT.byteSize, FORM.data1, 4],
            [AT.bitOffset, FORM.data1, 24],
          ),
          bits('typed', [AT.dataMemberLocation, FORM.data1, 4], [AT.bitOffset, FORM.data1, 24]),
          bits('bare', [AT.dataMemberLocation, FORM.data1, 8]),
          bits('before', [AT.byteSize, FORM.data1, 4], [AT.bitOffset, FORM.sdata, littleEndian ? -5 : 5]),
        ],
      ),
    ],
    littleEndian,
  );
  const type = dwarf.findType('S');
  const members = type?.kind === 'struct' ? type.members : [];
  // From the top of four bytes at 4: bits 24–26 are bits 5–7 from the bottom.
  const old = littleEndian ? 32 + 5 : 32 + 24;
  const before = littleEndian ? 32 + 5 - 3 : 5;
  expect(members.map((m) => [m.name, m.bitOffset, m.offset, m.bitSize])).toEqual([
    ['new', 37, 4, 3],
    ['old', old, Math.floor(old / 8), 3],
    ['typed', old, Math.floor(old / 8), 3],
    ['bare', 64, 8, 3],
    ['before', before, Math.floor(before / 8), 3],
  ]);
});

test('unions, enums, declarations, functions and what else there is', () => {
  const { dwarf } = open([
    die(
      TAG.unionType,
      [named('U'), [AT.byteSize, FORM.data1, 4]],
      [die(TAG.member, [named('a'), ofInt]), die(TAG.member, [named('b'), ofInt])],
    ),
    die(
      TAG.enumerationType,
      [named('E'), ofInt],
      [
        die(TAG.enumerator, [named('minus'), [AT.constValue, FORM.sdata, -1]]),
        die(TAG.enumerator, [named('large'), [AT.constValue, FORM.data1, 200]]),
        die(TAG.enumerator, [named('huge'), [AT.constValue, FORM.data8, 2n ** 64n - 1n]]),
      ],
    ),
    die(TAG.structureType, [named('opaque'), [AT.declaration, FORM.flag, 1]]),
    die(TAG.subroutineType, [named('callback')], [die(0x05, [ofInt])]),
    die(TAG.unspecifiedType, [named('void')]),
    die(TAG.referenceType, [named('ref'), ofInt]),
    die(TAG.pointerType, [named('void*')]),
    die(TAG.structureType, [named('empty'), [AT.byteSize, FORM.data1, 0]]),
  ]);
  expect(dwarf.findType('U')).toMatchObject({ kind: 'union', members: [{ offset: 0 }, { offset: 0 }] });
  expect(dwarf.findType('E')).toMatchObject({
    kind: 'enum',
    size: 4,
    enumerators: [
      { name: 'minus', value: -1 },
      { name: 'large', value: 200 },
      { name: 'huge', value: 2n ** 64n - 1n },
    ],
  });
  expect(dwarf.findType('opaque')).toMatchObject({ kind: 'struct', declaration: true, size: undefined, members: [] });
  expect(dwarf.findType('callback')).toMatchObject({ kind: 'function', size: undefined });
  expect(dwarf.findType('void')).toMatchObject({ kind: 'other', tag: TAG.unspecifiedType });
  expect(dwarf.findType('ref')).toMatchObject({ kind: 'pointer', size: 8 });
  expect(dwarf.findType('void*')).toMatchObject({ kind: 'pointer', size: 8, target: undefined });
  expect(dwarf.findType('empty')).toMatchObject({ kind: 'struct', size: 0, members: [] });
});

test('sizes that follow from what a type is made of', () => {
  const count = (attribute: number, form: number, value: number): DieSpec =>
    die(TAG.subrangeType, [[attribute, form, value]]);
  const array = (name: string, dimensions: readonly DieSpec[], ...attributes: Attr[]): DieSpec =>
    die(TAG.arrayType, [named(name), ofInt, ...attributes], dimensions);
  const { dwarf } = open([
    array('counted', [count(AT.count, FORM.udata, 10)]),
    array('bounded', [count(AT.upperBound, FORM.data1, 9)]),
    array('grid', [count(AT.upperBound, FORM.data1, 2), count(AT.count, FORM.data1, 5)]),
    array('none', [count(AT.upperBound, FORM.sdata, -1)]),
    array('none4', [count(AT.upperBound, FORM.data4, 0xffffffff)]),
    array('open', [die(TAG.subrangeType, [ofInt])]),
    array('strided', [count(AT.count, FORM.data1, 10)], [AT.byteStride, FORM.data1, 16]),
    array('packed', [count(AT.count, FORM.data1, 10)], [AT.bitStride, FORM.data1, 1]),
    array('told', [count(AT.count, FORM.data1, 10)], [AT.byteSize, FORM.data1, 99]),
    array('from two', [
      die(TAG.subrangeType, [
        [AT.lowerBound, FORM.data1, 2],
        [AT.upperBound, FORM.data1, 4],
      ]),
    ]),
    die(TAG.constType, [ofInt], [], 'const'),
    die(TAG.volatileType, [named('cv'), [AT.type, FORM.ref4, to('const')]], [], 'cv'),
    die(TAG.typedef, [named('alias'), [AT.type, FORM.refUdata, to('cv')]]),
    die(TAG.typedef, [named('nothing')]),
  ]);
  const size = (name: string): number | undefined => dwarf.findType(name)?.size;
  expect(size('counted')).toBe(40);
  expect(size('bounded')).toBe(40);
  expect(dwarf.findType('grid')).toMatchObject({ kind: 'array', counts: [3, 5], size: 60 });
  expect(dwarf.findType('none')).toMatchObject({ counts: [0], size: 0 });
  expect(dwarf.findType('none4')).toMatchObject({ counts: [0], size: 0 });
  expect(dwarf.findType('open')).toMatchObject({ counts: [undefined], size: undefined });
  expect(size('strided')).toBe(160);
  expect(size('packed')).toBe(2);
  expect(size('told')).toBe(99);
  expect(dwarf.findType('from two')).toMatchObject({ counts: [3], size: 12 });
  expect(dwarf.findType('alias')).toMatchObject({ kind: 'typedef', size: 4 });
  expect(dwarf.findType('cv')).toMatchObject({ kind: 'qualified', size: 4 });
  expect(dwarf.findType('nothing')).toMatchObject({ kind: 'typedef', size: undefined, target: undefined });
});

test('arrays count from one in languages that do', () => {
  const vector = die(TAG.arrayType, [named('v'), ofInt], [die(TAG.subrangeType, [[AT.upperBound, FORM.data1, 9]])]);
  const fortran: Attr = [AT.language, FORM.data1, 0x08];
  expect(open([vector]).dwarf.findType('v')).toMatchObject({ counts: [10] });
  expect(open([vector], true, [fortran]).dwarf.findType('v')).toMatchObject({ counts: [9] });
});

test('of several types of one name, a definition comes before a typedef and that before a declaration', () => {
  const struct = (size: number): DieSpec => die(TAG.structureType, [named('n'), [AT.byteSize, FORM.data1, size]]);
  const declared = die(TAG.structureType, [named('n'), [AT.declaration, FORM.flagPresent, true]]);
  const alias = die(TAG.typedef, [named('n'), ofInt]);
  const found = (...order: DieSpec[]): unknown => open(order).dwarf.findType('n');
  expect(found(declared, alias, struct(1), struct(2))).toMatchObject({ kind: 'struct', size: 1 });
  expect(found(declared, alias)).toMatchObject({ kind: 'typedef' });
  expect(found(alias, declared)).toMatchObject({ kind: 'typedef' });
  expect(found(declared)).toMatchObject({ declaration: true });
});

test('siblings are jumped to, and names of what lies inside are not top-level ones', () => {
  const { dwarf } = open([
    die(
      0x2e,
      [named('f'), [AT.sibling, FORM.ref4, to('after')]],
      [die(TAG.variable, [named('local')]), die(TAG.structureType, [named('inside')])],
    ),
    die(TAG.baseType, [named('after'), [AT.byteSize, FORM.data1, 1]], [], 'after'),
    die(0x2e, [named('g')], [die(0x0b, [], [die(TAG.variable, [named('deep')])])]),
    die(TAG.variable, [named('outer'), ofInt]),
  ]);
  expect([...dwarf.typeNames(dwarf.units()[0]!)]).toEqual(['int', 'after']);
  expect(dwarf.findVariable('local')).toBeUndefined();
  expect(dwarf.findVariable('deep')).toBeUndefined();
  expect(dwarf.findVariable('outer')).toBeDefined();
});
