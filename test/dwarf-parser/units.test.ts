// Unit headers of every version, names and bases, and what is not read while nobody asks.

import { expect, test } from 'vitest';
import { openDwarf, UNREACHABLE_TYPE } from '../../src/dwarf-parser/index.js';
import { uleb } from '../support/dwarf-bytes.js';
import { AT, baseOf, die, FORM, sectionsOf, TAG, to, unit, writeDwarf } from '../support/dwarf-writer.js';

const shapes = [2, 3, 4, 5].flatMap((version) =>
  [4, 8].flatMap((addressSize) =>
    [false, true].flatMap((dwarf64) =>
      [true, false].map((littleEndian) => ({ version, addressSize, dwarf64, littleEndian })),
    ),
  ),
);

test.each(shapes)('headers, references and addresses of %o', ({ littleEndian, ...shape }) => {
  const written = writeDwarf(
    [
      unit(
        'first',
        [
          die(
            TAG.baseType,
            [
              [AT.name, FORM.string, 'elsewhere'],
              [AT.byteSize, FORM.data1, 2],
            ],
            [],
            'elsewhere',
          ),
        ],
        shape,
      ),
      unit(
        'second',
        [
          die(
            TAG.typedef,
            [
              [AT.name, FORM.string, 'alias'],
              [AT.type, FORM.refAddr, to('elsewhere')],
            ],
            [],
            'alias',
          ),
          die(TAG.pointerType, [
            [AT.name, FORM.string, 'pointer'],
            [AT.type, FORM.ref4, to('alias')],
          ]),
          die(TAG.variable, [
            [AT.name, FORM.string, 'global'],
            [AT.location, FORM.block1, address(0x1234, shape.addressSize, littleEndian)],
          ]),
        ],
        shape,
        [
          [AT.producer, FORM.strp, 'a writer'],
          [AT.language, FORM.data2, 22],
        ],
      ),
    ],
    littleEndian,
  );
  const dwarf = openDwarf(sectionsOf(written));
  const [first, second] = dwarf.units();
  expect(dwarf.units()).toHaveLength(2);
  expect(second).toMatchObject({ name: 'second', producer: 'a writer', language: 22, version: shape.version });
  expect(second).toMatchObject({ addressSize: shape.addressSize, dwarf64: shape.dwarf64, offset: first?.end });
  expect(second?.end).toBe(written.bytes.info?.length);
  expect(dwarf.unitsNamed('second')).toEqual([second]);
  expect(dwarf.unitsNamed('third')).toEqual([]);
  const alias = dwarf.typeNamed(second!, 'alias');
  expect(alias).toMatchObject({ kind: 'typedef', size: 2, target: written.labels.get('elsewhere') });
  expect(dwarf.typeNamed(second!, 'pointer')).toMatchObject({ kind: 'pointer', size: shape.addressSize });
  expect(dwarf.variableNamed(second!, 'global')).toEqual({ name: 'global', address: 0x1234, type: undefined });
  expect(dwarf.typeNamed(first!, 'alias')).toBeUndefined();
  expect(dwarf.findType('alias')).toEqual(alias);
});

function address(value: number, size: number, littleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(1 + size);
  bytes[0] = 3;
  new DataView(bytes.buffer).setUint16(littleEndian ? 1 : size - 1, value, littleEndian);
  return bytes;
}

test.each([false, true])('indexed strings and addresses, 64-bit DWARF %s', (dwarf64) => {
  const base = baseOf(dwarf64);
  const strings = [FORM.strx, FORM.strx1, FORM.strx2, FORM.strx3, FORM.strx4, FORM.lineStrp, FORM.strp, FORM.string];
  const written = writeDwarf([
    {
      dwarf64,
      root: die(
        0x11,
        [
          // The name comes before the base that it needs.
          [AT.name, FORM.strx1, 'the unit'],
          [AT.strOffsetsBase, FORM.secOffset, base],
          [AT.addrBase, FORM.secOffset, base],
          [0x1b, FORM.addrx2, 0x1111n],
        ],
        [
          ...strings.map((form, i) =>
            die(TAG.baseType, [
              [AT.name, form, `base${i}`],
              [AT.byteSize, FORM.implicitConst, 8],
            ]),
          ),
          die(TAG.variable, [
            [AT.name, FORM.strx, 'second'],
            [0x11, FORM.addrx, 0x2222],
            [AT.location, FORM.exprloc, Uint8Array.of(0xa1, ...uleb(1))],
          ]),
          die(TAG.variable, [
            [AT.name, FORM.string, 'first'],
            [AT.location, FORM.exprloc, Uint8Array.of(0xa1, 0)],
          ]),
        ],
      ),
    },
  ]);
  const dwarf = openDwarf(sectionsOf(written));
  const [only] = dwarf.unitsNamed('the unit');
  expect([...dwarf.typeNames(only!)]).toEqual(strings.map((_, i) => `base${i}`));
  expect(dwarf.findType('base3')).toMatchObject({ kind: 'base', size: 8 });
  expect(dwarf.findVariable('first')?.address).toBe(0x1111);
  expect(dwarf.findVariable('second')?.address).toBe(0x2222);
});

test('a location that is no plain address has none', () => {
  const locations: Record<string, Uint8Array> = {
    thread: Uint8Array.of(3, 0, 1, 0, 0, 0, 0, 0, 0, 0xe0),
    frame: Uint8Array.of(0x91, 0x10),
    empty: new Uint8Array(0),
    huge: Uint8Array.of(3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
  };
  const variables = Object.entries(locations).map(([name, location]) =>
    die(TAG.variable, [
      [AT.name, FORM.string, name],
      [AT.location, FORM.exprloc, location],
    ]),
  );
  const dwarf = openDwarf(sectionsOf(writeDwarf([unit('u', variables)])));
  for (const name of Object.keys(locations)) {
    expect(dwarf.findVariable(name)).toEqual({ name, address: undefined, type: undefined });
  }
  expect(dwarf.findVariable('none')).toBeUndefined();
});

test('a variable is found by the declaration that it completes', () => {
  const written = writeDwarf([
    unit('u', [
      die(
        TAG.baseType,
        [
          [AT.name, FORM.string, 'int'],
          [AT.byteSize, FORM.data1, 4],
        ],
        [],
        'int',
      ),
      die(
        TAG.variable,
        [
          [AT.name, FORM.string, 'counter'],
          [AT.type, FORM.ref4, to('int')],
          [AT.declaration, FORM.flagPresent, true],
        ],
        [],
        'declared',
      ),
      die(TAG.variable, [
        [AT.specification, FORM.ref4, to('declared')],
        [AT.location, FORM.exprloc, Uint8Array.of(3, 8, 0, 0, 0, 0, 0, 0, 0)],
      ]),
    ]),
  ]);
  expect(openDwarf(sectionsOf(written)).findVariable('counter')).toEqual({
    name: 'counter',
    address: 8,
    type: written.labels.get('int'),
  });
});

test('constants of every form', () => {
  const constant = (
    name: string,
    form: number,
    value: number | bigint | string,
    type = 'int',
  ): ReturnType<typeof die> =>
    die(TAG.constant, [
      [AT.name, FORM.string, name],
      [AT.type, FORM.ref4, to(type)],
      [AT.constValue, form, value],
    ]);
  const written = writeDwarf([
    unit('u', [
      die(
        TAG.baseType,
        [
          [AT.name, FORM.string, 'int32'],
          [AT.byteSize, FORM.data1, 4],
          [AT.encoding, FORM.data1, 5],
        ],
        [],
        'base',
      ),
      die(
        TAG.typedef,
        [
          [AT.name, FORM.string, 'int'],
          [AT.type, FORM.ref4, to('base')],
        ],
        [],
        'int',
      ),
      die(
        TAG.baseType,
        [
          [AT.name, FORM.string, 'uint32'],
          [AT.byteSize, FORM.data1, 4],
          [AT.encoding, FORM.data1, 7],
        ],
        [],
        'uint',
      ),
      constant('sdata', FORM.sdata, -5),
      constant('least', FORM.sdata, -(2n ** 63n)),
      constant('udata', FORM.udata, 300),
      constant('most', FORM.udata, 2n ** 64n - 1n),
      constant('safe', FORM.udata, 2 ** 53 - 1),
      constant('unsafe', FORM.udata, 2n ** 53n),
      constant('byte', FORM.data1, 200),
      constant('signed', FORM.data4, -2),
      constant('unsigned', FORM.data4, -2, 'uint'),
      constant('eight', FORM.data8, 2n ** 63n),
      constant('sixteen', FORM.data16, 2n ** 100n),
      constant('implicit', FORM.implicitConst, -77),
      constant('text', FORM.string, 'not a number'),
    ]),
  ]);
  const dwarf = openDwarf(sectionsOf(written));
  const [only] = dwarf.units();
  const value = (name: string): number | bigint | undefined => dwarf.constantNamed(only!, name)?.value;
  expect(value('sdata')).toBe(-5);
  expect(value('least')).toBe(-(2n ** 63n));
  expect(value('udata')).toBe(300);
  expect(value('most')).toBe(2n ** 64n - 1n);
  expect(value('safe')).toBe(2 ** 53 - 1);
  expect(value('unsafe')).toBe(2n ** 53n);
  expect(value('byte')).toBe(200);
  expect(value('signed')).toBe(-2);
  expect(value('unsigned')).toBe(0xfffffffe);
  expect(value('eight')).toBe(2n ** 63n);
  expect(value('sixteen')).toBe(2n ** 100n);
  expect(value('implicit')).toBe(-77);
  expect(value('text')).toBeUndefined();
  expect(value('missing')).toBeUndefined();
});

test('a type unit is found by its signature, one elsewhere is not followed', () => {
  const written = writeDwarf([
    {
      root: die(
        0x41,
        [],
        [
          die(
            TAG.structureType,
            [
              [AT.name, FORM.string, 'shared'],
              [AT.byteSize, FORM.data1, 24],
            ],
            [],
            'shared',
          ),
        ],
      ),
      signature: 0xfedcba9876543210n,
      signedType: 'shared',
    },
    unit('u', [
      die(
        TAG.structureType,
        [
          [AT.name, FORM.string, 'user'],
          [AT.byteSize, FORM.data1, 32],
        ],
        [
          die(TAG.member, [
            [AT.name, FORM.string, 'known'],
            [AT.type, FORM.refSig8, 0xfedcba9876543210n],
          ]),
          die(TAG.member, [
            [AT.name, FORM.string, 'unknown'],
            [AT.type, FORM.refSig8, 1],
            [AT.dataMemberLocation, FORM.data1, 24],
          ]),
          die(TAG.member, [
            [AT.name, FORM.string, 'other file'],
            [AT.type, FORM.refSup4, 1],
            [AT.dataMemberLocation, FORM.data1, 28],
          ]),
        ],
      ),
    ]),
  ]);
  const dwarf = openDwarf(sectionsOf(written));
  const user = dwarf.findType('user');
  const [known, unknown, other] = user?.kind === 'struct' ? user.members : [];
  expect(dwarf.type(known!.type)).toMatchObject({ kind: 'struct', name: 'shared', size: 24 });
  expect(unknown?.type).toBe(UNREACHABLE_TYPE);
  expect(other?.type).toBe(UNREACHABLE_TYPE);
  expect(() => dwarf.type(UNREACHABLE_TYPE)).toThrow(/expected/);
});

test('units are found without reading their DIEs, and padding between them is passed over', () => {
  const filler = Array.from({ length: 4000 }, (_, i) =>
    die(TAG.baseType, [
      [AT.name, FORM.string, `type number ${i}`],
      [AT.byteSize, FORM.data1, 1],
    ]),
  );
  const written = writeDwarf([
    unit('large', filler),
    unit('small', [
      die(TAG.baseType, [
        [AT.name, FORM.string, 'x'],
        [AT.byteSize, FORM.data1, 1],
      ]),
    ]),
  ]);
  const padded = new Uint8Array((written.bytes.info?.length ?? 0) + 8);
  padded.set(written.bytes.info ?? []);
  written.bytes.info = padded;
  const dwarf = openDwarf(sectionsOf(written));
  expect(dwarf.bytesRead).toBe(0);
  expect(dwarf.unitsNamed('small')).toHaveLength(1);
  expect(dwarf.units()).toHaveLength(2);
  expect(padded.length).toBeGreaterThan(70_000);
  expect(dwarf.bytesRead).toBeLessThan(2000);
  const before = dwarf.bytesRead;
  expect(dwarf.typeNamed(dwarf.unitsNamed('small')[0]!, 'x')?.size).toBe(1);
  expect(dwarf.bytesRead - before).toBeLessThan(5000);
  expect([...dwarf.typeNames(dwarf.units()[0]!)]).toHaveLength(4000);
});

test('no debug information is no units', () => {
  const dwarf = openDwarf(sectionsOf({ littleEndian: true, bytes: {} }));
  expect(dwarf.units()).toEqual([]);
  expect(dwarf.findType('x')).toBeUndefined();
});
