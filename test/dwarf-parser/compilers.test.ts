// What real compilers write, against what gdb (C) and Go's debug/dwarf make of the same sections.

import { describe, expect, test } from 'vitest';
import { type Dwarf, type DwarfType, openDwarf, type TypeRef } from '../../src/dwarf-parser/index.js';
import { fixtureExpected, fixtureSections } from '../support/dwarf-fixture.js';
import { sectionsOf } from '../support/dwarf-writer.js';

interface GdbType {
  readonly size: number;
  readonly fields: readonly { name: string; bitOffset: number; bitSize: number; size: number }[];
}

interface Gdb {
  readonly types: Readonly<Record<string, GdbType>>;
  readonly enums: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly scalars: Readonly<Record<string, number>>;
  readonly variables: Readonly<Record<string, { address: number; size: number }>>;
}

interface GoStruct {
  readonly size: number;
  readonly fields: Readonly<Record<string, { offset: number; size: number; type: string }>>;
}

function sizeOf(dwarf: Dwarf, ref: TypeRef): number | undefined {
  return dwarf.type(ref).size;
}

/** The struct or union, or a member's own type by `struct.member`. */
function composite(dwarf: Dwarf, path: string): DwarfType | undefined {
  const [name = '', member] = path.split('.');
  const type = dwarf.findType(name);
  if (member === undefined || type?.kind !== 'struct') {
    return type;
  }
  const found = type.members.find((one) => one.name === member);
  return found && dwarf.type(found.type);
}

function describeAsGdb(dwarf: Dwarf, type: DwarfType | undefined): GdbType | undefined {
  if ((type?.kind !== 'struct' && type?.kind !== 'union') || type.size === undefined) {
    return undefined;
  }
  const fields = type.members.map((member) => ({
    name: member.name,
    bitOffset: member.bitOffset ?? 8 * member.offset,
    bitSize: member.bitSize ?? 0,
    // gdb gives an array that has no bound the size 0.
    size: sizeOf(dwarf, member.type) ?? 0,
  }));
  return { size: type.size, fields };
}

const cVariants = [
  ['c-dwarf2', 2, 8],
  ['c-dwarf3', 3, 8],
  ['c-dwarf4', 4, 8],
  ['c-dwarf5', 5, 8],
  ['c-dwarf5-wide', 5, 8],
  ['c-dwarf5-type-units', 5, 8],
  ['c-dwarf2-32bit', 2, 4],
  ['c-dwarf5-32bit', 5, 4],
] as const;

describe.each(cVariants)('gcc, %s', (name, version, addressSize) => {
  const dwarf = openDwarf(sectionsOf(fixtureSections(name)));
  const gdb = fixtureExpected<Gdb>(name);
  const unit = dwarf.units().find((one) => one.name.endsWith('shapes.c'));

  test('the unit', () => {
    expect(unit).toMatchObject({ name: '/src/shapes.c', version, addressSize, dwarf64: name === 'c-dwarf5-wide' });
    expect(unit?.producer).toMatch(/^GNU C17 12/);
  });

  test.each(Object.entries(gdb.types))('%s', (path, expected) => {
    expect(describeAsGdb(dwarf, composite(dwarf, path))).toEqual(expected);
  });

  test('enumerators, scalars and arrays', () => {
    for (const [path, expected] of Object.entries(gdb.enums)) {
      const type = dwarf.findType(path);
      expect(type?.kind === 'enum' && Object.fromEntries(type.enumerators.map((one) => [one.name, one.value]))).toEqual(
        expected,
      );
    }
    for (const [scalar, size] of Object.entries(gdb.scalars)) {
      expect(dwarf.findType(scalar)?.size, scalar).toBe(size);
    }
    const holder = dwarf.findType('holder');
    const grid = holder?.kind === 'struct' ? holder.members.find((one) => one.name === 'grid') : undefined;
    expect(dwarf.type(grid!.type)).toMatchObject({ kind: 'array', counts: [3, 4, 5], size: 480 });
  });

  test('addresses of variables', () => {
    for (const [variable, expected] of Object.entries(gdb.variables)) {
      const found = dwarf.findVariable(variable);
      expect(found?.address, variable).toBe(expected.address);
      expect(found?.type === undefined ? undefined : sizeOf(dwarf, found.type), variable).toBe(expected.size);
    }
    expect(dwarf.findVariable('local_to_thread')).toMatchObject({ address: undefined });
    expect(dwarf.findVariable('calls')).toBeUndefined();
  });
});

describe.each(['go1.16-types', 'go1.27-types'])('Go, %s', (name) => {
  const dwarf = openDwarf(sectionsOf(fixtureSections(name)));
  const truth = fixtureExpected<Readonly<Record<string, GoStruct>>>(name);

  const units = dwarf.unitsNamed('runtime');

  test('the unit', () => {
    expect(units).toEqual(dwarf.units().slice(1));
    expect(units).toHaveLength(1);
    expect(units[0]?.producer).toMatch(/^Go cmd\/compile go1\./);
  });

  test.each(Object.entries(truth))('%s', (struct, expected) => {
    const type = dwarf.typeNamed(units[0]!, struct);
    const members = type?.kind === 'struct' ? type.members.filter((one) => one.name !== '_') : [];
    expect(type?.size).toBe(expected.size);
    expect(
      Object.fromEntries(members.map((one) => [one.name, { offset: one.offset, size: sizeOf(dwarf, one.type) }])),
    ).toEqual(
      Object.fromEntries(Object.entries(expected.fields).map(([field, { offset, size }]) => [field, { offset, size }])),
    );
  });
});
