// Every runtime struct of every prepared layout binary, read by src/dwarf-parser and by Go's debug/dwarf: size, and each field's
// offset, size and type. Globals' addresses against the symbol table.

import { spawnSync } from 'node:child_process';
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FileSource } from '../../src/bytes/file-source.js';
import { type Dwarf, type DwarfType, openDwarf, type TypeRef } from '../../src/dwarf-parser/index.js';
import { ElfDebugSections } from '../../src/elf/debug-sections.js';
import { ElfFile } from '../../src/elf/elf-file.js';
import { manifest, type TruthStruct, truthStructs } from './prepared.js';

/** Go's function values are pointers, whatever the DWARF type says. */
function sizeInGo(dwarf: Dwarf, ref: TypeRef, pointerSize: number): number | undefined {
  const type = strip(dwarf, dwarf.type(ref));
  return type.kind === 'function' ? pointerSize : type.size;
}

function strip(dwarf: Dwarf, from: DwarfType): DwarfType {
  let type = from;
  while (type.kind === 'typedef' && type.target !== undefined) {
    type = dwarf.type(type.target);
  }
  return type;
}

/** debug/dwarf keeps no names of pointers and arrays: it spells them from what they are made of. */
function typeName(dwarf: Dwarf, type: DwarfType): string {
  if (type.kind === 'function') {
    return 'func';
  }
  return type.kind === 'pointer' || type.kind === 'array' ? spelled(dwarf, type, 0) : type.name;
}

function spelled(dwarf: Dwarf, type: DwarfType, depth: number): string {
  const inner = (ref: TypeRef | undefined): string =>
    ref === undefined || depth > 20 ? 'void' : spelled(dwarf, dwarf.type(ref), depth + 1);
  switch (type.kind) {
    case 'pointer':
      return `*${inner(type.target)}`;
    case 'array':
      return `[${type.counts[0]}]${inner(type.element)}`;
    case 'struct':
      return `struct ${type.name}`;
    default:
      return type.name;
  }
}

/** Old compilers give function types without a typedef: their spelling is debug/dwarf's own, so only the kind is compared. */
function withoutSignatures(of: TruthStruct, like: TruthStruct | undefined): TruthStruct {
  const fields = Object.entries(of.fields).map(([name, field]) => {
    const isFunction = like?.fields[name]?.type === 'func' && field.type.startsWith('func(');
    return [name, isFunction ? { ...field, type: 'func' } : field];
  });
  return { size: of.size, fields: Object.fromEntries(fields) as TruthStruct['fields'] };
}

function ours(dwarf: Dwarf, name: string): TruthStruct | undefined {
  const type = structNamed(dwarf, name);
  if (type?.kind !== 'struct' || type.size === undefined) {
    return undefined;
  }
  const fields: Record<string, { offset: number; size: number; type: string }> = {};
  for (const member of type.members) {
    if (member.name !== '_') {
      const size = sizeInGo(dwarf, member.type, dwarf.units()[0]?.addressSize ?? 0) ?? -1;
      fields[member.name] = { offset: member.offset, size, type: typeName(dwarf, dwarf.type(member.type)) };
    }
  }
  return { size: type.size, fields };
}

/** Up to Go 1.18 the type of runtime.work has no name of its own; `truth` calls it runtime.workType. */
function structNamed(dwarf: Dwarf, name: string): DwarfType | undefined {
  const found = dwarf.findType(name);
  if (found === undefined && name === 'runtime.workType') {
    const work = dwarf.findVariable('runtime.work');
    return work?.type === undefined ? undefined : strip(dwarf, dwarf.type(work.type));
  }
  return found;
}

/** Addresses of the runtime's data symbols, read by binutils. */
function symbols(path: string): ReadonlyMap<string, number> {
  const done = spawnSync('readelf', ['-sW', path], { encoding: 'utf8', maxBuffer: 1 << 28 });
  const rows = done.stdout.matchAll(/^ *\d+: ([0-9a-f]+) +\S+ OBJECT .* (runtime\.\w+)$/gm);
  return new Map([...rows].map(([, address = '', name = '']) => [name, Number.parseInt(address, 16)]));
}

const globals = [
  'mheap_',
  'memstats',
  'gcController',
  'allgs',
  'allp',
  'allm',
  'sched',
  'work',
  'firstmoduledata',
  'mbuckets',
];

describe('runtime structs against debug/dwarf', () => {
  test.each(manifest.layouts.map((path) => ({ name: basename(path), path })))('$name', ({ path }) => {
    const expected = truthStructs(path);
    expect(Object.keys(expected).length).toBeGreaterThan(150);
    const source = FileSource.open(path);
    try {
      const dwarf = openDwarf(new ElfDebugSections(ElfFile.open(source)));
      const read: Record<string, TruthStruct | undefined> = {};
      const same: Record<string, TruthStruct> = {};
      for (const [struct, described] of Object.entries(expected)) {
        read[struct] = ours(dwarf, struct);
        same[struct] = withoutSignatures(described, read[struct]);
      }
      expect(read).toEqual(same);
      const linked = symbols(path);
      for (const global of globals) {
        const address = linked.get(`runtime.${global}`);
        expect(address, global).toBeGreaterThan(0);
        expect(dwarf.findVariable(`runtime.${global}`)?.address, global).toBe(address);
      }
    } finally {
      source.close();
    }
  });
});
