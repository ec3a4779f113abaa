// The shipped tables against the DWARF of the small images' binaries, read here; and DWARF that compilers do not write.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { BufferSource } from '../../src/bytes/buffer-source.js';
import { type Dwarf, openDwarf } from '../../src/dwarf-parser/index.js';
import { ElfDebugSections } from '../../src/elf/debug-sections.js';
import { ElfFile } from '../../src/elf/elf-file.js';
import { readBuildInfo } from '../../src/gosym/build-info.js';
import { type DwarfBinary, layoutFromDwarf, measure } from '../../src/layout/from-dwarf.js';
import { verifyLayout } from '../../src/layout/verify.js';
import { AT, die, FORM, sectionsOf, TAG, to, unit, writeDwarf } from '../support/dwarf-writer.js';

function opened(image: string): { dwarf: Dwarf; binary: DwarfBinary } {
  const path = new URL(`../../fixtures/images/${image}/server.gz`, import.meta.url);
  const elf = ElfFile.open(new BufferSource(image, gunzipSync(readFileSync(path))));
  const info = readBuildInfo(elf);
  const { pointerSize, littleEndian } = elf;
  return {
    dwarf: openDwarf(new ElfDebugSections(elf)),
    binary: {
      name: image,
      goVersion: info?.release ?? '',
      goarch: elf.header.goarch ?? '',
      experiments: info?.experiments ?? [],
      pointerSize,
      littleEndian,
    },
  };
}

const binary: DwarfBinary = {
  name: 'made here',
  goVersion: 'go1.24.0',
  goarch: 'amd64',
  experiments: [],
  pointerSize: 8,
  littleEndian: true,
};

describe.each(['go1.16-amd64', 'go1.21-amd64-pie', 'go1.23-arm64', 'go1.27-amd64-mark'])('%s', (image) => {
  const { dwarf, binary: own } = opened(image);

  test('its table says what its DWARF says', () => {
    const result = verifyLayout(dwarf, own);
    expect(result.mismatches).toEqual([]);
    expect(result.exact).toBe(true);
    expect(result.checked).toBeGreaterThan(600);
  });

  test('a table of another release does not', () => {
    const { mismatches } = verifyLayout(dwarf, {
      ...own,
      goVersion: own.goVersion.startsWith('go1.22') ? 'go1.20' : 'go1.22.0',
    });
    expect(mismatches.length).toBeGreaterThan(10);
    expect(mismatches).toContainEqual(expect.objectContaining({ field: null }));
  });

  test('structs by name, lazily, anonymous ones too', () => {
    const layout = layoutFromDwarf(dwarf, own);
    expect(layout.field('mheap', 'central[3].mcentral.partial[1]')?.source).toBe('dwarf');
    const fresh = layoutFromDwarf(dwarf, own);
    const anonymous = [...layout.structNames()].filter((name) => name.startsWith('struct {'));
    expect(anonymous.length).toBeGreaterThan(3);
    for (const name of anonymous) expect(fresh.struct(name), name).toBeDefined();
    expect(fresh.struct('workType')?.fields.has('full')).toBe(true);
    expect(fresh.struct('_type')?.size).toBe(48);
    expect(fresh.struct('nope')).toBeUndefined();
    expect(fresh.shape('spanClass')).toEqual({ kind: 'uint' });
  });
});

describe('DWARF that no compiler writes', () => {
  const uintptr = die(
    TAG.baseType,
    [
      [AT.name, FORM.string, 'uintptr'],
      [AT.byteSize, FORM.data1, 8],
      [AT.encoding, FORM.data1, 7],
    ],
    [],
    'uintptr',
  );
  const member = (name: string, offset: number, type: string) =>
    die(TAG.member, [
      [AT.name, FORM.string, name],
      [AT.dataMemberLocation, FORM.udata, offset],
      [AT.type, FORM.ref4, to(type)],
    ]);
  const make = (...dies: Parameters<typeof unit>[1][number][]) =>
    openDwarf(sectionsOf(writeDwarf([unit('runtime', [uintptr, ...dies])])));

  test('a struct, its hidden fields left out and sorted by offset', () => {
    const mspan = die(
      TAG.structureType,
      [
        [AT.name, FORM.string, 'runtime.mspan'],
        [AT.byteSize, FORM.data1, 24],
      ],
      [member('b', 16, 'uintptr'), member('_', 8, 'uintptr'), member('a', 0, 'uintptr')],
    );
    const struct = layoutFromDwarf(make(mspan), binary).struct('mspan');
    expect(struct?.size).toBe(24);
    expect([...(struct?.fields.values() ?? [])].map(({ name, offset, type }) => [name, offset, type])).toEqual([
      ['a', 0, 'uintptr'],
      ['b', 16, 'uintptr'],
    ]);
  });

  test('types in another unit than runtime, as 1.11 has them', () => {
    const mspan = die(
      TAG.structureType,
      [
        [AT.name, FORM.string, 'runtime.mspan'],
        [AT.byteSize, FORM.data1, 8],
      ],
      [member('a', 0, 'uintptr')],
    );
    const dwarf = openDwarf(sectionsOf(writeDwarf([unit('sync/atomic', [uintptr, mspan]), unit('runtime', [])])));
    expect(layoutFromDwarf(dwarf, binary).struct('mspan')?.size).toBe(8);
  });

  test('no mspan at all', () => {
    expect(() => measure(make(), binary)).toThrow(expect.objectContaining({ code: 'no-dwarf' }));
  });

  test('a struct that holds itself', () => {
    const mspan = die(
      TAG.structureType,
      [
        [AT.name, FORM.string, 'runtime.mspan'],
        [AT.byteSize, FORM.data1, 8],
      ],
      [member('a', 0, 'loop')],
      'loop',
    );
    expect([...measure(make(mspan), binary).structs.keys()]).toEqual(['mspan']);
  });

  test('a typedef of itself', () => {
    const loop = die(
      TAG.typedef,
      [
        [AT.name, FORM.string, 'runtime.mspan'],
        [AT.type, FORM.ref4, to('loop')],
      ],
      [],
      'loop',
    );
    expect(() => layoutFromDwarf(make(loop), binary).struct('mspan')).not.toThrow(RangeError);
  });

  test('a member whose type has no size', () => {
    const mspan = die(
      TAG.structureType,
      [
        [AT.name, FORM.string, 'runtime.mspan'],
        [AT.byteSize, FORM.data1, 8],
      ],
      [member('a', 0, 'open')],
    );
    const open = die(
      TAG.structureType,
      [
        [AT.name, FORM.string, 'runtime.open'],
        [AT.declaration, FORM.flag, true],
      ],
      [],
      'open',
    );
    expect(() => layoutFromDwarf(make(mspan, open), binary).struct('mspan')).toThrow(
      expect.objectContaining({ code: 'malformed' }),
    );
  });

  test('no unit of the runtime', () => {
    const dwarf = openDwarf(sectionsOf(writeDwarf([unit('main', [])])));
    expect(() => layoutFromDwarf(dwarf, binary)).toThrow(expect.objectContaining({ code: 'no-dwarf' }));
  });
});
