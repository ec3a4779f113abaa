import { deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { BufferSource } from '../../src/bytes/buffer-source.js';
import { InspectError } from '../../src/bytes/errors.js';
import { PageCache } from '../../src/bytes/page-cache.js';
import type { DwarfSections } from '../../src/dwarf-parser/types.js';
import { readBuildIds } from '../../src/elf/build-ids.js';
import { readCore } from '../../src/elf/core.js';
import { ElfDebugSections, hasDebugInfo } from '../../src/elf/debug-sections.js';
import { ElfFile } from '../../src/elf/elf-file.js';
import { walkNotes } from '../../src/elf/notes.js';
import { relativeAddendAt } from '../../src/elf/relocations.js';
import { hasSymbolTable, lookupSymbols } from '../../src/elf/symbols.js';
import { readBuildInfo } from '../../src/gosym/build-info.js';
import { type ElfSpec, join, note, pack, symbolTable, text, writeElf } from '../support/elf-writer.js';

const open = (bytes: Uint8Array) => ElfFile.open(new BufferSource('test', bytes));
const write = (spec: ElfSpec) => open(writeElf(spec));

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof InspectError) return error.code;
    throw error;
  }
  return 'none';
}

const shapes = [
  { bits: 64, littleEndian: true },
  { bits: 64, littleEndian: false },
  { bits: 32, littleEndian: true },
  { bits: 32, littleEndian: false },
] as const;

function everything(shape: (typeof shapes)[number]): ElfSpec {
  const { symtab, strtab } = symbolTable(shape, [
    { name: 'runtime.mheap_', value: 0x1230, size: 77, info: 0x11, shndx: 4 },
    { name: 'other', value: 1 },
    { name: 'runtime.undefined', value: 0, shndx: 0 },
  ]);
  return {
    ...shape,
    machine: shape.bits === 64 ? 62 : 3,
    entry: 0x401000,
    segments: [
      { type: 1, flags: 5, vaddr: 0x400000, data: text('hello, text'), memsz: 0x2000 },
      {
        type: 4,
        data: join([note(shape, 'Go', 4, text('a/b/c/d')), note(shape, 'GNU', 3, Uint8Array.of(0xab, 0xcd))]),
        align: 4,
      },
    ],
    sections: [
      { name: '.text', type: 1, flags: 6, addr: 0x400000, data: text('hello, text'), addralign: 16 },
      { name: '.symtab', type: 2, data: symtab, link: 3, entsize: 24, addralign: 8 },
      { name: '.strtab', type: 3, data: strtab },
      { name: '.bss', type: 8, flags: 3, addr: 0x500000, size: 0x10000 },
    ],
  };
}

describe.each(shapes)('ElfFile, $bits bits, littleEndian $littleEndian', (shape) => {
  test('reads headers, sections, symbols, notes and bytes by address', () => {
    const elf = write(everything(shape));
    expect(elf.problems).toEqual([]);
    expect(elf.header).toMatchObject({ ...shape, type: 2, entry: 0x401000, phnum: 2, shnum: 6, shstrndx: 5 });
    expect(elf.header.goarch).toBe(shape.littleEndian ? (shape.bits === 64 ? 'amd64' : '386') : undefined);
    expect(elf.programHeaders[0]).toMatchObject({
      type: 1,
      flags: 5,
      vaddr: 0x400000,
      filesz: 11,
      memsz: 0x2000,
      align: 0x1000,
      exact: true,
    });
    expect(elf.sections.map(({ name }) => name)).toEqual(['', '.text', '.symtab', '.strtab', '.bss', '.shstrtab']);
    expect(elf.section('.text')).toMatchObject({ type: 1, flags: 6, addr: 0x400000, size: 11, addralign: 16 });
    expect(elf.section('.symtab')).toMatchObject({ entsize: 24, addralign: 8, link: 3 });
    expect(Buffer.from(elf.sectionBytes(elf.section('.text')!)).toString()).toBe('hello, text');
    expect(elf.sectionBytes(elf.section('.bss')!)).toHaveLength(0);
    expect(Buffer.from(elf.bytesAt(0x400007, 100)).toString()).toBe('text');
    expect(elf.bytesAt(0x400000 + 11, 1)).toHaveLength(0);
    expect(hasSymbolTable(elf)).toBe(true);
    const found = lookupSymbols(elf, ['runtime.mheap_', 'runtime.undefined', 'runtime.none', '']);
    expect([...found.values()]).toEqual([
      { name: 'runtime.mheap_', value: 0x1230, size: 77, info: 0x11, other: 0, shndx: 4 },
    ]);
    expect(readBuildIds(elf)).toEqual({ go: 'a/b/c/d', gnu: 'abcd' });
  });

  test('reads the counts of section 0', () => {
    const elf = write({ ...everything(shape), extendedNumbering: true });
    expect(elf.header).toMatchObject({ phnum: 2, shnum: 6, shstrndx: 5 });
    expect(elf.section('.strtab')?.index).toBe(3);
    expect(elf.problems).toEqual([]);
  });

  test('finds program headers behind the contents', () => {
    const elf = write({ ...everything(shape), programHeadersAtEnd: true });
    expect(elf.programHeaders).toHaveLength(2);
    expect(Buffer.from(elf.bytesAt(0x400000, 5)).toString()).toBe('hello');
  });

  test('opens without section headers', () => {
    const { sections: _none, ...spec } = everything(shape);
    const elf = write(spec);
    expect(elf.sections).toEqual([]);
    expect(elf.section('.text')).toBeUndefined();
    expect(lookupSymbols(elf, ['runtime.mheap_']).size).toBe(0);
    expect(readBuildIds(elf).go).toBe('a/b/c/d');
  });

  test('cut at any byte it throws an InspectError for the header, else opens and says what is wrong', () => {
    const whole = writeElf({ ...everything(shape), extendedNumbering: true });
    const headerBytes = shape.bits === 64 ? 64 : 52;
    for (let length = 0; length < whole.length; length++) {
      const cut = whole.subarray(0, length);
      const code = codeOf(() => useAll(open(cut)));
      expect([length, code]).toEqual([
        length,
        length < 4 ? 'unknown-format' : length < headerBytes ? 'truncated' : 'none',
      ]);
      if (length >= headerBytes) expect(open(cut).problems.length).toBeGreaterThan(0);
    }
  });

  test('with any byte changed it throws nothing but InspectError, in no time', () => {
    const whole = writeElf(everything(shape));
    for (let at = 0; at < whole.length; at++) {
      for (const change of [0xff, 0x01, 0x80]) {
        const bytes = whole.slice();
        bytes[at] = bytes[at]! ^ change;
        codeOf(() => useAll(open(bytes)));
      }
    }
  });
});

function useAll(elf: ElfFile): void {
  for (const section of elf.sections) elf.sectionBytes(section);
  for (const { vaddr } of elf.programHeaders) elf.bytesAt(vaddr, 64);
  lookupSymbols(elf, ['runtime.mheap_']);
  readBuildIds(elf);
  readCore(elf);
  readBuildInfo(elf);
  const debug = new ElfDebugSections(elf);
  debug.read('info', 0, 64);
}

describe('rare and broken files', () => {
  test.each([
    ['not ELF', text('#!/bin/sh\n'.repeat(20)), 'unknown-format'],
    ['word size 3', writeElf({}).fill(3, 4, 5), 'malformed'],
    ['byte order 0', writeElf({}).fill(0, 5, 6), 'malformed'],
  ])('are refused: %s', (_what, bytes, code) => {
    expect(codeOf(() => open(bytes))).toBe(code);
  });

  test('lying counts and offsets are bounded by the file and named', () => {
    const elf = write({
      segments: [{ type: 1, data: text('x') }],
      lies: { phnum: 5000, shoff: 60, shnum: 60000, shstrndx: 7 },
    });
    expect(elf.programHeaders.length).toBeLessThan(3);
    expect(elf.problems.join('; ')).toMatch(/program headers: 5000 promised at offset 64, [12] are readable/);
    expect(elf.sections.length).toBeLessThan(3);
    expect(write({ lies: { phoff: 64, phnum: 3, phentsize: 8 } }).problems).toEqual([
      'program headers: entries of 8 bytes, expected at least 56',
    ]);
  });

  test('entries may be longer than the structure', () => {
    const elf = write({
      segments: [
        { type: 1, vaddr: 0x1000 },
        { type: 6, vaddr: 0x2000 },
      ],
      lies: { phentsize: 112, phnum: 1 },
    });
    expect(elf.programHeaders).toHaveLength(1);
  });

  test('addresses of 2^53 and more are flagged', () => {
    const elf = write({ segments: [{ type: 1, vaddr: 0xffffffffff600000n, memsz: 0x1000 }] });
    expect(elf.programHeaders[0]?.exact).toBe(false);
    expect(elf.bytesAt(0, 1)).toHaveLength(0);
  });

  test('names in a table that is none are empty, duplicate names give the first section', () => {
    const spec = {
      sections: [
        { name: '.a', type: 1, data: text('1') },
        { name: '.a', type: 1, data: text('2') },
      ],
    };
    expect(write(spec).section('.a')?.index).toBe(1);
    expect(write({ ...spec, lies: { shstrndx: 1 } }).sections.map(({ name }) => name)).toEqual(['', '', '', '']);
  });
});

test('note sections that no note segment covers are read too', () => {
  const go = note({}, 'Go', 4, text('id'));
  const gnu = note({}, 'GNU', 3, Uint8Array.of(0xee));
  // The first section is what the segment covers: header, one program header, then the contents.
  const elf = write({
    segments: [{ type: 4, data: go, align: 4 }],
    sections: [
      { name: '.note.go.buildid', type: 7, offset: 64 + 56, size: go.length },
      { name: '.note.gnu.build-id', type: 7, data: gnu },
    ],
  });
  expect([...walkNotes(elf)].map(({ owner }) => owner)).toEqual(['Go', 'GNU']);
  expect(readBuildIds(elf)).toEqual({ go: 'id', gnu: 'ee' });
});

describe('symbols', () => {
  test('names count wherever they begin in the string table, also across blocks, in .dynsym after .symtab', () => {
    const filler = 'x'.repeat(2 ** 20 - 12);
    const strtab = text(`\0${filler}prefix.runtime.sched\0`);
    const at = strtab.length - 'runtime.sched\0'.length;
    const row = (name: number, value: number) =>
      pack({}, [
        [4, name],
        [1, 1],
        [1, 0],
        [2, 1],
        [8, value],
        [8, 0],
      ]);
    const dyn = symbolTable({}, [
      { name: 'runtime.sched', value: 1 },
      { name: 'µ.ö', value: 2 },
    ]);
    const spec: ElfSpec = {
      sections: [
        { name: '.dynsym', type: 11, data: dyn.symtab, link: 2 },
        { name: '.dynstr', type: 3, data: dyn.strtab },
        { name: '.symtab', type: 2, data: join([row(0, 0), row(at, 42), row(at, 43)]), link: 4 },
        { name: '.strtab', type: 3, data: strtab },
      ],
    };
    for (const source of [
      new BufferSource('t', writeElf(spec)),
      new PageCache().attach(new BufferSource('t', writeElf(spec))),
    ]) {
      const found = lookupSymbols(
        ElfFile.open(source),
        new Set(['runtime.sched', 'prefix.runtime.sched.not', 'runtime', 'µ.ö']),
      );
      expect([...found].map(([name, { value }]) => [name, value])).toEqual([
        ['runtime.sched', 42],
        ['µ.ö', 2],
      ]);
    }
  });

  test('characters with a meaning in patterns are taken as they are', () => {
    const names = ['main.(*T).M', 'main.f[...]', 'a|b', 'runtime.m^heap$', 'a\\b'];
    const { symtab, strtab } = symbolTable({}, [
      { name: 'main.XXTT.M', value: 9 },
      ...names.map((name, i) => ({ name, value: i })),
    ]);
    const elf = write({
      sections: [
        { name: '.symtab', type: 2, data: symtab, link: 2 },
        { name: '.strtab', type: 3, data: strtab },
      ],
    });
    expect([...lookupSymbols(elf, names).values()].map(({ value }) => value)).toEqual([0, 1, 2, 3, 4]);
  });

  test('a table of nothing but its empty symbol is no symbol table', () => {
    const { symtab, strtab } = symbolTable({}, []);
    const elf = write({
      sections: [
        { name: '.symtab', type: 2, data: symtab, link: 2 },
        { name: '.strtab', type: 3, data: strtab },
      ],
    });
    expect(hasSymbolTable(elf)).toBe(false);
  });
});

/** Contents as one zstd frame with one raw block (RFC 8878): no compressor is at hand on Node 20. */
function zstdRaw(data: Uint8Array): Uint8Array {
  const header = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0xa0, ...pack({}, [[4, data.length]]));
  const block = pack({}, [[4, (data.length << 3) | 1]]).subarray(0, 3);
  return join([header, block, data]);
}

describe('compressed sections', () => {
  const data = text('debug information '.repeat(200));
  const chdr = (bits: 32 | 64, type: number, size: number) =>
    bits === 64
      ? pack({ bits }, [
          [4, type],
          [4, 0],
          [8, size],
          [8, 1],
        ])
      : pack({ bits }, [
          [4, type],
          [4, size],
          [4, 1],
        ]);
  const zdebug = join([text('ZLIB'), pack({ littleEndian: false }, [[8, data.length]]), deflateSync(data)]);
  const one = (name: string, contents: Uint8Array, bits: 32 | 64 = 64, flags = 0x800) =>
    write({ bits, sections: [{ name, type: 1, flags, data: contents }] });

  test.each([
    ['zlib, 64-bit', one('.debug_info', join([chdr(64, 1, data.length), deflateSync(data)]))],
    ['zlib, 32-bit', one('.debug_info', join([chdr(32, 1, data.length), deflateSync(data)]), 32)],
    ['zstd', one('.debug_info', join([chdr(64, 2, data.length), zstdRaw(data)]))],
    ['.zdebug_info', one('.zdebug_info', zdebug, 64, 0)],
    ['plain', one('.debug_info', data, 64, 0)],
    ['plain under the old name', one('.zdebug_info', data, 64, 0)],
  ])('give their contents: %s', (_what, elf) => {
    const section = elf.sections[1]!;
    expect(Buffer.from(elf.sectionBytes(section)).equals(data)).toBe(true);
    const debug: DwarfSections = new ElfDebugSections(elf);
    expect(hasDebugInfo(elf)).toBe(true);
    expect(debug.size('info')).toBe(data.length);
    expect(debug.size('abbrev')).toBeUndefined();
    expect(debug.read('abbrev', 0, 10)).toHaveLength(0);
    expect(Buffer.from(debug.read('info', 6, 5)).toString()).toBe('infor');
    expect(debug.read('info', data.length - 3, 10)).toHaveLength(3);
    expect(debug.read('info', data.length + 3, 10)).toHaveLength(0);
  });

  test('size costs no inflating', () => {
    const debug = new ElfDebugSections(one('.debug_info', join([chdr(64, 1, data.length), text('no zlib stream')])));
    expect(debug.size('info')).toBe(data.length);
    expect(codeOf(() => debug.read('info', 0, 1))).toBe('malformed');
  });

  test('lies about the size are refused before anything is allocated', () => {
    const lie = (size: number) => one('.debug_info', join([chdr(64, 1, size), deflateSync(data)]));
    expect(codeOf(() => lie(2 ** 40).sectionBytes(lie(2 ** 40).sections[1]!))).toBe('too-large');
    expect(codeOf(() => lie(2 ** 27).sectionBytes(lie(2 ** 27).sections[1]!))).toBe('malformed');
    expect(codeOf(() => lie(10).sectionBytes(lie(10).sections[1]!))).toBe('malformed');
    expect(codeOf(() => new ElfDebugSections(lie(data.length), undefined, 100).read('info', 0, 1))).toBe('too-large');
    const unknown = one('.debug_info', join([chdr(64, 9, 100), data]));
    expect(codeOf(() => unknown.sectionBytes(unknown.sections[1]!))).toBe('unsupported');
  });

  test('a cut stream gives what it holds', () => {
    const stored = deflateSync(data);
    const elf = one('.debug_info', join([chdr(64, 1, data.length), stored.subarray(0, stored.length - 8)]));
    const got = elf.sectionBytes(elf.sections[1]!);
    expect(got.length).toBeGreaterThan(0);
    expect(Buffer.from(got).equals(data.subarray(0, got.length))).toBe(true);
  });
});

describe('relocations', () => {
  const rela = (offset: number, symbol: number, type: number, addend: number) =>
    pack({}, [
      [8, offset],
      [4, type],
      [4, symbol],
      [8, addend],
    ]);

  test('absolute ones are applied to debug sections of object files only', () => {
    const { symtab, strtab } = symbolTable({}, [{ name: 'f', value: 0x1000 }]);
    const spec = (type: number): ElfSpec => ({
      type,
      sections: [
        { name: '.debug_info', type: 1, data: new Uint8Array(16) },
        {
          name: '.rela.debug_info',
          type: 4,
          info: 1,
          link: 3,
          data: join([rela(0, 1, 1, 5), rela(8, 0, 10, 0x77), rela(15, 1, 10, 1)]),
        },
        { name: '.symtab', type: 2, data: symtab, link: 4 },
        { name: '.strtab', type: 3, data: strtab },
      ],
    });
    const bytes = (type: number) => [...new ElfDebugSections(write(spec(type))).read('info', 0, 16)];
    expect(bytes(1)).toEqual([5, 0x10, 0, 0, 0, 0, 0, 0, 0x77, 0, 0, 0, 0, 0, 0, 0]);
    expect(bytes(2)).toEqual(new Array(16).fill(0));
  });

  test('a linked file that kept its relocations (--emit-relocs) is left as it is', () => {
    const info = deflateSync(new Uint8Array(16));
    const chdr = pack({}, [
      [4, 1],
      [4, 0],
      [8, 16],
      [8, 1],
    ]);
    const spec = (type: number): ElfSpec => ({
      type,
      sections: [
        { name: '.debug_info', type: 1, flags: 0x800, data: join([chdr, info]) },
        { name: '.rela.debug_info', type: 4, info: 1, link: 0, data: rela(0, 0, 1, 5) },
      ],
    });
    expect(new ElfDebugSections(write(spec(1))).read('info', 0, 1)[0]).toBe(5);
    expect(new ElfDebugSections(write(spec(2))).read('info', 0, 1)[0]).toBe(0);
  });

  test('load-time ones tell the word of a PIE', () => {
    const elf = write({
      type: 3,
      sections: [
        {
          name: '.rela',
          type: 4,
          flags: 2,
          addr: 0x500,
          data: join([rela(0x100, 0, 8, 0x1234), rela(0x108, 0, 6, 1)]),
        },
      ],
    });
    expect(relativeAddendAt(elf, 0x100)).toBe(0x1234);
    expect(relativeAddendAt(elf, 0x108)).toBeUndefined();
  });
});
