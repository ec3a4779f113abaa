// Debug information that is not what it says: always a DwarfError that tells where, never another exception, never a hang.

import { describe, expect, test } from 'vitest';
import { DwarfError, openDwarf } from '../../src/dwarf-parser/index.js';
import { bounded, hostile } from '../support/costs.js';
import {
  AT,
  type DieSpec,
  die,
  FORM,
  sectionsOf,
  TAG,
  to,
  type UnitSpec,
  unit,
  type Written,
  writeDwarf,
} from '../support/dwarf-writer.js';

const base = die(
  TAG.baseType,
  [
    [AT.name, FORM.string, 'int'],
    [AT.byteSize, FORM.data1, 4],
  ],
  [],
  'int',
);

/** Asks everything that there is to ask; the DwarfError that comes of it. */
function failure(written: Written): DwarfError {
  try {
    const dwarf = openDwarf(sectionsOf(written));
    for (const one of dwarf.units()) {
      for (const name of dwarf.typeNames(one)) {
        dwarf.typeNamed(one, name);
      }
      dwarf.variableNamed(one, 'v');
      dwarf.constantNamed(one, 'c');
    }
  } catch (error) {
    expect(error).toBeInstanceOf(DwarfError);
    return error as DwarfError;
  }
  throw new Error('nothing failed');
}

function written(...children: DieSpec[]): Written {
  return writeDwarf([unit('u', children)]);
}

function patched(section: string, at: number, ...bytes: number[]): Written {
  const whole = written(base);
  whole.bytes[section]?.set(bytes, at);
  return whole;
}

// A DWARF 5 unit: length 4, version 2, type 1, address size 1, abbreviations 4, then the root DIE.
const ROOT = 12;

describe('unit headers', () => {
  test.each([
    ['a reserved length', patched('info', 0, 0xf5, 0xff, 0xff, 0xff), 0],
    ['a unit longer than the section', patched('info', 0, 0xff, 0xff), 0],
    [
      'a length beyond 2^53',
      patched('info', 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
      4,
    ],
    ['an unknown version', patched('info', 4, 9), 0],
    ['an odd address size', patched('info', 7, 3), 0],
    ['abbreviations outside their section', patched('info', 8, 0xff, 0xff), 0],
    ['a unit shorter than its header', patched('info', 0, 3, 0, 0, 0), 7],
  ])('%s', (_, bytes, offset) => {
    expect(failure(bytes)).toMatchObject({ section: 'info', offset, name: 'DwarfError' });
  });

  test('no abbreviations at all', () => {
    const whole = written(base);
    delete whole.bytes.abbrev;
    expect(failure(whole).message).toMatch(/^\.debug_info\+0x0: expected an abbreviation table/);
  });

  test('every cut of the sections', () => {
    const whole = written(base);
    const info = whole.bytes.info ?? new Uint8Array(0);
    for (let length = 1; length < info.length; length++) {
      whole.bytes.info = info.subarray(0, length);
      expect(failure(whole).section).toBe('info');
    }
    whole.bytes.info = info;
    const abbrev = whole.bytes.abbrev ?? new Uint8Array(0);
    for (let length = 1; length < abbrev.length - 1; length++) {
      whole.bytes.abbrev = abbrev.subarray(0, length);
      expect(failure(whole).section).toBe('abbrev');
    }
  });
});

describe('entries', () => {
  test('a code that the table has not', () => {
    expect(failure(patched('info', ROOT, 99))).toMatchObject({
      section: 'info',
      offset: ROOT,
      expected: "an abbreviation code of the unit's table, not 99",
    });
  });

  test('a code of more than 64 bits', () => {
    const endless = written(
      die(TAG.constant, [
        [AT.name, FORM.string, 'c'],
        [AT.constValue, FORM.block1, new Uint8Array(20).fill(0xff)],
      ]),
    );
    const at = (endless.bytes.info?.indexOf(0xff) ?? 0) - 1;
    // The block's length becomes the first byte of what is now the next entry's code.
    endless.bytes.info?.set([0], at);
    expect(failure(endless)).toMatchObject({ offset: at + 1, expected: 'a LEB128 number of at most 64 bits' });
  });

  test('a form that nobody knows', () => {
    const unknown = written(base);
    const abbrev = unknown.bytes.abbrev ?? new Uint8Array(0);
    abbrev[4] = 0x7e;
    expect(failure(unknown)).toMatchObject({ section: 'abbrev', offset: 3, expected: 'a known form, not 0x7e' });
  });

  test('a string that does not end', () => {
    const open = written(die(TAG.variable, [[AT.name, FORM.strp, 'v']]));
    open.bytes.str?.fill(0x61);
    expect(failure(open)).toMatchObject({ section: 'str', expected: 'a string that ends' });
    open.bytes.str = new Uint8Array(100_000).fill(0x61);
    expect(failure(open)).toMatchObject({ section: 'str', expected: 'a string of at most 65536 bytes' });
  });

  test('strings and addresses outside their sections', () => {
    const cut = written(
      die(TAG.variable, [
        [AT.name, FORM.string, 'v'],
        [AT.location, FORM.exprloc, Uint8Array.of(0xa1, 0xff, 0xff, 3)],
      ]),
    );
    expect(failure(cut).section).toBe('addr');
    const far = written(die(TAG.variable, [[AT.name, FORM.strx4, 'v']]));
    const info = far.bytes.info ?? new Uint8Array(0);
    info.set([0xff, 0xff, 0xff, 0xff], info.length - 5);
    expect(failure(far).section).toBe('str_offsets');
  });

  test('a sibling that leads back', () => {
    const f = die(0x2e, [[AT.sibling, FORM.ref4, to('int')]], [die(TAG.variable, [])]);
    expect(failure(written(base, f)).expected).toMatch(/^a sibling ahead/);
  });

  test('indirect forms without end, or implicit', () => {
    const indirect = (form: number): DieSpec => die(TAG.variable, [[AT.type, FORM.indirect, [form, 1]]]);
    expect(failure(written(indirect(FORM.implicitConst))).expected).toMatch(/^an indirect form/);
    let endless: readonly [number, unknown] = [FORM.udata, 1];
    for (let i = 0; i < 10; i++) {
      endless = [FORM.indirect, endless];
    }
    const many = die(TAG.variable, [[AT.type, FORM.indirect, endless as readonly [number, number]]]);
    expect(failure(written(many)).expected).toBe('at most 4 indirect forms in a row');
  });

  test('children without an end are the rest of the unit', () => {
    const unended = {
      ...die(
        TAG.structureType,
        [[AT.name, FORM.string, 's']],
        [
          die(TAG.member, [
            [AT.name, FORM.string, 'm'],
            [AT.type, FORM.ref4, to('int')],
          ]),
        ],
      ),
      unended: true,
    };
    const spec: UnitSpec = unit('u', [base, unended]);
    const dwarf = openDwarf(sectionsOf(writeDwarf([{ ...spec, root: { ...spec.root, unended: true } }])));
    expect(dwarf.findType('s')).toMatchObject({ members: [{ name: 'm' }] });
  });
});

describe('types', () => {
  const typedef = (name: string, target: string): DieSpec =>
    die(
      TAG.typedef,
      [
        [AT.name, FORM.string, name],
        [AT.type, FORM.ref4, to(target)],
      ],
      [],
      name,
    );
  const array = (count: readonly [number, number, number | bigint], type = 'int'): DieSpec =>
    die(
      TAG.arrayType,
      [
        [AT.name, FORM.string, 'a'],
        [AT.type, FORM.ref4, to(type)],
      ],
      [die(TAG.subrangeType, [count])],
      'a',
    );

  test.each([
    ['a typedef of itself', [typedef('t', 't')], /^at most 64 types/],
    ['typedefs in a circle', [typedef('t', 'u'), typedef('u', 't')], /^at most 64 types/],
    ['an array of itself', [array([AT.count, FORM.data1, 2], 'a')], /^at most 64 types/],
    ['a count beyond 2^53', [array([AT.count, FORM.data8, 2n ** 60n])], /^a size or count between/],
    ['a negative count', [array([AT.count, FORM.sdata, -1])], /^a size or count between/],
    ['an array beyond 2^53 bytes', [array([AT.count, FORM.data8, 2n ** 52n])], /^an array smaller than/],
    ['a bound beyond 2^53', [array([AT.upperBound, FORM.udata, 2n ** 60n])], /^an array bound below/],
    [
      'a reference out of the section',
      [
        die(TAG.typedef, [
          [AT.name, FORM.string, 't'],
          [AT.type, FORM.ref4, 0x7fffffff],
        ]),
      ],
      /^an entry of a unit/,
    ],
    [
      'a reference into a header',
      [
        die(TAG.typedef, [
          [AT.name, FORM.string, 't'],
          [AT.type, FORM.ref4, 2],
        ]),
      ],
      /^an entry of a unit/,
    ],
    [
      'a type that is a number',
      [
        die(TAG.typedef, [
          [AT.name, FORM.string, 't'],
          [AT.type, FORM.data1, 2],
        ]),
      ],
      /^a reference to a type/,
    ],
    [
      'a member without type',
      [die(TAG.structureType, [[AT.name, FORM.string, 's']], [die(TAG.member, [])])],
      /^a member with a type/,
    ],
  ])('%s', (_, children, expected) => {
    expect(failure(written(base, ...children)).expected).toMatch(expected);
  });

  test('a bit field outside its storage, and a member whose place is computed', () => {
    const struct = (...attributes: Parameters<typeof die>[1]): DieSpec =>
      die(
        TAG.structureType,
        [[AT.name, FORM.string, 's']],
        [die(TAG.member, [[AT.type, FORM.ref4, to('int')], ...attributes])],
      );
    expect(
      failure(written(base, struct([AT.bitSize, FORM.data1, 9], [AT.bitOffset, FORM.data1, 200]))).expected,
    ).toMatch(/^a bit field inside/);
    expect(
      failure(written(base, struct([AT.dataMemberLocation, FORM.exprloc, Uint8Array.of(0x12, 6)]))).expected,
    ).toMatch(/^a constant member/);
  });

  test('declarations that complete each other', () => {
    const completing = (label: string, of: string): DieSpec =>
      die(TAG.variable, [[AT.specification, FORM.ref4, to(of)]], [], label);
    expect(failure(written(completing('a', 'b'), completing('b', 'a'))).expected).toMatch(/^at most 64 declarations/);
  });
});

describe('what would cost time or memory without end', () => {
  test('many references to one long string', () => {
    const long = 'x'.repeat(60_000);
    const many = written(...Array.from({ length: 2000 }, () => die(TAG.variable, [[AT.name, FORM.strp, 'v']])));
    // Every name becomes the long string, at a place of its own.
    const info = many.bytes.info ?? new Uint8Array(0);
    const view = new DataView(info.buffer);
    for (let i = 0, at = info.length - 5; i < 2000; i++, at -= 5) {
      view.setUint32(at, i, true);
    }
    many.bytes.str = new TextEncoder().encode(`${long}\0`);
    expect(failure(many).expected).toBe('fewer references to long strings');
  });

  test('overlapping abbreviation tables', () => {
    // From every even offset on, a declaration of thousands of attributes leads to the one of code 1.
    const attributes = 40_000;
    const abbrev = new Uint8Array(3 + 2 * attributes + 8).fill(0x0b);
    abbrev.set([0, 0, 1, 0x11, 0, 0, 0, 0], 3 + 2 * attributes);
    const units = 1000;
    const info = new Uint8Array(units * 12);
    for (let i = 0; i < units; i++) {
      const table = 4 + 2 * i;
      info.set([8, 0, 0, 0, 4, 0, table & 0xff, table >> 8, 0, 0, 8, 1], i * 12);
    }
    const { expected } = bounded(hostile, () =>
      failure({ littleEndian: true, bytes: { info, abbrev }, labels: new Map() }),
    );
    expect(expected).toMatch(/^at most \d+ attributes in all tables/);
  });
});
