// Every form, as an attribute that nobody asks for before one that somebody does: passing over it must take just its bytes.

import { expect, test } from 'vitest';
import { openDwarf } from '../../src/dwarf-parser/index.js';
import { sleb, uleb } from '../support/dwarf-bytes.js';
import { AT, type Attr, die, FORM, sectionsOf, TAG, to, unit, writeDwarf } from '../support/dwarf-writer.js';

const unasked = 0x3fff;
const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(0xee);

const values: Readonly<Record<keyof typeof FORM, Attr[2]>> = {
  addr: 0x1122334455,
  block2: bytes(300),
  block4: bytes(70_000),
  data2: 0xeeee,
  data4: 0xeeeeeeee,
  data8: 0xeeeeeeeeeeeen,
  string: 'a string of its own',
  block: bytes(200),
  block1: bytes(255),
  data1: 0xee,
  flag: true,
  sdata: -(2n ** 63n),
  strp: 'in .debug_str',
  udata: 2n ** 64n - 1n,
  refAddr: to('int'),
  ref1: 0xee,
  ref2: to('int'),
  ref4: to('int'),
  ref8: to('int'),
  refUdata: to('int'),
  indirect: [FORM.block1, bytes(3)],
  secOffset: 0xeeee,
  exprloc: bytes(130),
  flagPresent: true,
  strx: 'by index',
  addrx: 0x1234,
  refSup4: 0xeeee,
  strpSup: 0xeeee,
  data16: 2n ** 127n,
  lineStrp: 'in .debug_line_str',
  refSig8: 0xeeeeeeeeeeeeeeeen,
  implicitConst: -12345,
  loclistx: bytes(2),
  rnglistx: bytes(2),
  refSup8: 0xeeee,
  strx1: 'one',
  strx2: 'two',
  strx3: 'three',
  strx4: 'four',
  addrx1: 1,
  addrx2: 2,
  addrx3: 3,
  addrx4: 4,
  gnuAddrIndex: bytes(2),
  gnuStrIndex: bytes(2),
  gnuRefAlt: 0xeeee,
  gnuStrpAlt: 0xeeee,
};

/** Forms that the writer has no value for: a LEB128 number stands for each. */
const lebForms: ReadonlySet<string> = new Set(['loclistx', 'rnglistx', 'gnuAddrIndex', 'gnuStrIndex']);

const cases = (Object.keys(FORM) as (keyof typeof FORM)[]).flatMap((form) =>
  [false, true].flatMap((dwarf64) => [3, 5].map((version) => ({ form, dwarf64, version }))),
);

test.each(cases)('%o', ({ form, dwarf64, version }) => {
  // The same bytes as a LEB128 number have: written as udata, then renamed in the abbreviation.
  const attribute: Attr = lebForms.has(form) ? [unasked, FORM.udata, 0x3eee] : [unasked, FORM[form], values[form]];
  const written = writeDwarf([
    unit(
      'u',
      [
        die(
          TAG.baseType,
          [
            [AT.name, FORM.string, 'int'],
            [AT.byteSize, FORM.data1, 4],
          ],
          [],
          'int',
        ),
        die(TAG.baseType, [attribute, [AT.name, FORM.string, 'behind'], attribute, [AT.byteSize, FORM.data1, 7]]),
        die(TAG.baseType, [
          [AT.name, FORM.string, 'last'],
          [AT.byteSize, FORM.data1, 9],
        ]),
      ],
      { dwarf64, version },
    ),
  ]);
  if (lebForms.has(form)) {
    rename(written.bytes, uleb(FORM[form]));
  }
  const dwarf = openDwarf(sectionsOf(written));
  expect(dwarf.findType('behind')).toMatchObject({ kind: 'base', size: 7 });
  expect(dwarf.findType('last')).toMatchObject({ kind: 'base', size: 9 });
});

/** Puts another form after each attribute that nobody asks for. */
function rename(sections: Record<string, Uint8Array>, form: Uint8Array): void {
  const old = sections.abbrev ?? new Uint8Array(0);
  const mark = uleb(unasked);
  const renamed: number[] = [];
  for (let i = 0; i < old.length; i++) {
    renamed.push(old[i] as number);
    if (old[i] === mark[1] && old[i - 1] === mark[0]) {
      renamed.push(...form);
      i++;
    }
  }
  sections.abbrev = Uint8Array.from(renamed);
}

test('LEB128 numbers up to 64 bits, padded or not', () => {
  const numbers = [0n, 1n, 63n, 64n, 127n, 128n, 2n ** 49n - 1n, 2n ** 49n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n - 1n];
  const constants = numbers.flatMap((value) => [
    die(TAG.constant, [
      [AT.name, FORM.string, `u${value}`],
      [AT.constValue, FORM.udata, value],
    ]),
    die(TAG.constant, [
      [AT.name, FORM.string, `s${value}`],
      [AT.constValue, FORM.sdata, value],
    ]),
    die(TAG.constant, [
      [AT.name, FORM.string, `n${value}`],
      [AT.constValue, FORM.sdata, -value],
    ]),
  ]);
  const dwarf = openDwarf(sectionsOf(writeDwarf([unit('u', constants)])));
  const [only] = dwarf.units();
  for (const value of numbers) {
    const expected = value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
    expect(dwarf.constantNamed(only!, `u${value}`)?.value).toBe(expected);
    expect(dwarf.constantNamed(only!, `s${value}`)?.value).toBe(expected);
    // The minus makes -0 of 0.
    const negative = dwarf.constantNamed(only!, `n${value}`)?.value;
    expect(negative === 0 ? 0 : negative).toBe(value === 0n ? 0 : -expected);
  }
  expect(sleb(-1)).toEqual(Uint8Array.of(0x7f));
});
