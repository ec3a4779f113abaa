// Headers, program headers, sections, notes, mapped files and symbols of real files, field by field against GNU readelf. The files: what the lab holds
// (SPANSCOPE_LAB), what this machine has, and what gcc, as and go build here in a temporary folder. Needs binutils; files that cannot be had are left out.

import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { FileSource } from '../../src/bytes/file-source.js';
import { PageCache } from '../../src/bytes/page-cache.js';
import { readBuildIds } from '../../src/elf/build-ids.js';
import { readCore } from '../../src/elf/core.js';
import { ElfFile } from '../../src/elf/elf-file.js';
import { readHeader } from '../../src/elf/header.js';
import { walkNotes } from '../../src/elf/notes.js';
import { Problems } from '../../src/elf/problems.js';
import { lookupSymbols } from '../../src/elf/symbols.js';
import { writeElf } from '../support/elf-writer.js';
import { makeCrashCores } from './crash-cores.js';

const run = (command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}, cwd?: string) =>
  spawnSync(command, args, { encoding: 'utf8', maxBuffer: 2 ** 28, env: { ...process.env, LC_ALL: 'C', ...env }, cwd });

const hasReadelf = run('readelf', ['--version']).status === 0;
const folder = mkdtempSync(join(tmpdir(), 'spanscope-readelf-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

function isElfFile(path: string): boolean {
  if (!existsSync(path)) return false;
  try {
    const source = FileSource.open(path);
    const head = new Uint8Array(4);
    source.read(0, head);
    source.close();
    return Buffer.from(head).toString('latin1') === '\x7fELF';
  } catch {
    return false;
  }
}

function labFiles(): string[] {
  const lab = process.env.SPANSCOPE_LAB ?? join(homedir(), '.cache', 'spanscope-lab');
  const list = (name: string) => (existsSync(join(lab, name)) ? readdirSync(join(lab, name)) : []);
  const images = list('images').flatMap((name) => ['server', 'core'].map((file) => join(lab, 'images', name, file)));
  return [...images, ...list('layout').map((name) => join(lab, 'layout', name))];
}

function systemFiles(): string[] {
  const folders = [
    '/usr/lib/x86_64-linux-gnu',
    '/usr/lib/aarch64-linux-gnu',
    '/lib64',
    '/usr/lib/gcc/x86_64-linux-gnu/12',
  ];
  const names = [
    'libc.so.6',
    'libm.so.6',
    'ld-linux-x86-64.so.2',
    'ld-linux-aarch64.so.1',
    'crt1.o',
    'crti.o',
    'Scrt1.o',
    'crtbegin.o',
  ];
  return ['/bin/ls', '/bin/sh', '/usr/bin/readelf', ...folders.flatMap((dir) => names.map((name) => join(dir, name)))];
}

/** Objects of gcc and as, among them one with more sections than e_shnum holds. */
function compiled(): string[] {
  writeFileSync(
    at('a.c'),
    'static int n; extern int other(int); struct s { int a : 3; } v; int f(int x) { return other(x) + n + v.a; }',
  );
  run('gcc', ['-g', '-c', '-o', at('plain.o'), at('a.c')]);
  run('gcc', ['-g', '-gz', '-ffunction-sections', '-c', '-o', at('compressed.o'), at('a.c')]);
  run('gcc', ['-shared', '-fPIC', '-o', at('shared.so'), at('a.c')]);
  run('gcc', ['-m32', '-c', '-o', at('m32.o'), at('a.c')]);
  writeFileSync(
    at('many.s'),
    Array.from({ length: 66000 }, (_, i) => `.section .text.f${i},"ax"\nf${i}: .byte 1\n`).join(''),
  );
  run('as', ['-o', at('many.o'), at('many.s')]);
  return ['plain.o', 'compressed.o', 'shared.so', 'm32.o', 'many.o'].map(at);
}

/** Small Go programs of several machines, PIE, stripped, and without section headers. */
function built(): string[] {
  // A folder of its own: go build would take the C and assembly files beside it for the package's.
  const source = at('hello');
  mkdirSync(source);
  writeFileSync(join(source, 'main.go'), 'package main\n\nfunc main() { println("hello") }\n');
  writeFileSync(join(source, 'go.mod'), 'module example.org/hello\n\ngo 1.18\n');
  const go = (name: string, flags: readonly string[], env: NodeJS.ProcessEnv) =>
    run(
      'go',
      ['build', ...flags, '-o', at(name), '.'],
      { CGO_ENABLED: '0', GOOS: 'linux', GOFLAGS: '', ...env },
      source,
    );
  const arches = ['amd64', 'arm64', '386', 'arm', 's390x', 'mips', 'mips64', 'ppc64', 'ppc64le', 'riscv64', 'loong64'];
  for (const GOARCH of arches) go(`go-${GOARCH}`, [], { GOARCH });
  go('go-pie', ['-buildmode=pie'], { GOARCH: 'amd64' });
  go('go-sw', ['-ldflags=-s -w'], { GOARCH: 'amd64' });
  if (existsSync(at('go-amd64'))) {
    copyFileSync(at('go-amd64'), at('go-stripped'));
    run('strip', [at('go-stripped')]);
    const bare = readFileSync(at('go-amd64'));
    bare.fill(0, 40, 48).fill(0, 60, 64);
    writeFileSync(at('go-no-sections'), bare);
    writeFileSync(at('go-cut'), readFileSync(at('go-amd64')).subarray(0, 700_000));
  }
  return [...arches.map((arch) => `go-${arch}`), 'go-pie', 'go-sw', 'go-stripped', 'go-no-sections', 'go-cut'].map(at);
}

/** What the test writer makes, so that it is held to the same measure; among them more program headers than e_phnum holds. */
function written(): string[] {
  const data = new Uint8Array(33).fill(0x5a);
  const segments = [
    { type: 1, flags: 5, vaddr: 0x400000, data, memsz: 100 },
    { type: 1, flags: 6, vaddr: 0x500000, data },
  ];
  const sections = [
    { name: '.text', type: 1, flags: 6, addr: 0x400000, data, addralign: 16 },
    { name: '.bss', type: 8, flags: 3, size: 77, entsize: 9 },
  ];
  for (const bits of [32, 64] as const) {
    for (const littleEndian of [true, false]) {
      writeFileSync(
        at(`written-${bits}-${littleEndian}`),
        writeElf({ bits, littleEndian, machine: bits === 64 ? 22 : 8, segments, sections }),
      );
    }
  }
  const many = Array.from({ length: 70_000 }, (_, i) => ({ type: 1, flags: 4, vaddr: i * 0x1000, memsz: 0x1000 }));
  writeFileSync(
    at('written-many'),
    writeElf({ type: 4, segments: many, sections, extendedNumbering: true, programHeadersAtEnd: true }),
  );
  return ['written-32-true', 'written-32-false', 'written-64-true', 'written-64-false', 'written-many'].map(at);
}

const files = hasReadelf
  ? [
      ...labFiles(),
      ...systemFiles(),
      ...compiled(),
      ...built(),
      ...written(),
      ...(await makeCrashCores(folder)).map(({ core }) => core),
    ].filter(isElfFile)
  : [];

const hex = (text: string) => Number(BigInt(`0x${text.replace(/^0x/, '')}`));

const SECTION_TYPES: Readonly<Record<string, number>> = {
  NULL: 0,
  PROGBITS: 1,
  SYMTAB: 2,
  STRTAB: 3,
  RELA: 4,
  HASH: 5,
  DYNAMIC: 6,
  NOTE: 7,
  NOBITS: 8,
  REL: 9,
  DYNSYM: 11,
  INIT_ARRAY: 14,
  FINI_ARRAY: 15,
  PREINIT_ARRAY: 16,
  GROUP: 17,
  'SYMTAB SECTION INDICES': 18,
  RELR: 19,
  GNU_HASH: 0x6ffffff6,
  VERDEF: 0x6ffffffd,
  VERNEED: 0x6ffffffe,
  VERSYM: 0x6fffffff,
  GNU_ATTRIBUTES: 0x6ffffff5,
  X86_64_UNWIND: 0x70000001,
  ARM_EXIDX: 0x70000001,
  ARM_ATTRIBUTES: 0x70000003,
  MIPS_GPTAB: 0x70000003,
  MIPS_REGINFO: 0x70000006,
  MIPS_OPTIONS: 0x7000000d,
  MIPS_ABIFLAGS: 0x7000002a,
  RISCV_ATTRIBUTES: 0x70000003,
};
const SEGMENT_TYPES: Readonly<Record<string, number>> = {
  NULL: 0,
  LOAD: 1,
  DYNAMIC: 2,
  INTERP: 3,
  NOTE: 4,
  SHLIB: 5,
  PHDR: 6,
  TLS: 7,
  GNU_EH_FRAME: 0x6474e550,
  GNU_STACK: 0x6474e551,
  GNU_RELRO: 0x6474e552,
  GNU_PROPERTY: 0x6474e553,
  'LOOS+0x5041580': 0x65041580,
  EXIDX: 0x70000001,
  ABIFLAGS: 0x70000003,
  REGINFO: 0x70000000,
};
const FLAG_LETTERS: readonly (readonly [bit: number, letter: string])[] = [
  [1, 'W'],
  [2, 'A'],
  [4, 'X'],
  [0x10, 'M'],
  [0x20, 'S'],
  [0x40, 'I'],
  [0x80, 'L'],
  [0x100, 'O'],
  [0x200, 'G'],
  [0x400, 'T'],
  [0x800, 'C'],
  [0x200000, 'R'],
  [0x01000000, 'D'],
  [0x10000000, 'l'],
  [0x80000000, 'E'],
];
const FILE_TYPES: Readonly<Record<string, number>> = { NONE: 0, REL: 1, EXEC: 2, DYN: 3, CORE: 4 };
const MACHINES: Readonly<Record<string, number>> = {
  'Intel 80386': 3,
  'MIPS R3000': 8,
  PowerPC64: 21,
  'IBM S/390': 22,
  ARM: 40,
  'Advanced Micro Devices X86-64': 62,
  AArch64: 183,
  'RISC-V': 243,
  LoongArch: 258,
};

/** readelf -h as what our header should be. */
function headerOf(text: string): Record<string, unknown> {
  const value = (label: string) => new RegExp(`^ {2}${label}: +(.*)$`, 'm').exec(text)?.[1]?.trim() ?? `no ${label}`;
  // `65535 (70000)`: the second number is the one of section 0.
  const number = (label: string) => Number((/\((\d+)\)$/.exec(value(label)) ?? /^(\d+)/.exec(value(label)))?.[1]);
  return {
    bits: Number(value('Class').replace('ELF', '')),
    littleEndian: value('Data').includes('little'),
    type: FILE_TYPES[value('Type').split(' ')[0]!],
    machine: MACHINES[value('Machine')],
    entry: hex(value('Entry point address')),
    phoff: number('Start of program headers'),
    shoff: number('Start of section headers'),
    flags: hex(value('Flags').split(',')[0]!),
    ehsize: number('Size of this header'),
    phentsize: number('Size of program headers'),
    phnum: number('Number of program headers'),
    shentsize: number('Size of section headers'),
    shnum: number('Number of section headers'),
    shstrndx: number('Section header string table index'),
  };
}

/** The rows of readelf -SW, read from the right, where no field can be missing but the flags. */
function sectionsOf(text: string): unknown[] {
  return [...text.matchAll(/^ {2}\[ *(\d+)\] (.*)$/gm)].map(([, index, row]) => {
    const words = row!.replace('SYMTAB SECTION INDICES', 'SYMTAB_SECTION_INDICES').trim().split(/\s+/);
    const [info, addralign] = words.splice(-2).map(Number);
    const link = Number(words.pop());
    const flags = /^[A-Zlpox]+$/.test(words.at(-1)!) ? words.pop()! : '';
    const [addr, offset, size, entsize] = words.splice(-4).map(hex);
    const type = words.pop()!.replaceAll('_SECTION_INDICES', ' SECTION INDICES');
    return {
      index: Number(index),
      // Where the file ends before the sections' names readelf says so in their place.
      name: words.join(' ').replace(/^<no-strings>$/, ''),
      type: SECTION_TYPES[type] ?? type,
      addr,
      offset,
      size,
      entsize,
      flags,
      link,
      info,
      addralign,
    };
  });
}

function segmentsOf(text: string): unknown[] {
  const row = /^ {2}(\S+) +0x(\w+) 0x(\w+) 0x(\w+) 0x(\w+) 0x(\w+) (R| )(W| )(E| ) (0x\w+|0)$/gm;
  return [...text.matchAll(row)].map(([, type, offset, vaddr, paddr, filesz, memsz, r, w, x, align]) => ({
    type: SEGMENT_TYPES[type!] ?? type,
    offset: hex(offset!),
    vaddr: hex(vaddr!),
    paddr: hex(paddr!),
    filesz: hex(filesz!),
    memsz: hex(memsz!),
    flags: (r === 'R' ? 4 : 0) + (w === 'W' ? 2 : 0) + (x === 'E' ? 1 : 0),
    align: hex(align!),
  }));
}

const NOTE_TYPES: Readonly<Record<string, number>> = {
  NT_PRSTATUS: 1,
  NT_FPREGSET: 2,
  NT_PRPSINFO: 3,
  NT_AUXV: 6,
  NT_SIGINFO: 0x53494749,
  NT_FILE: 0x46494c45,
  NT_X86_XSTATE: 0x202,
  NT_X86_CET: 0x203,
  NT_X86_SHSTK: 0x204,
  NT_GNU_ABI_TAG: 1,
  NT_GNU_BUILD_ID: 3,
  NT_GNU_PROPERTY_TYPE_0: 5,
  NT_GDB_TDESC: 0xff000000,
  NT_ARM_TLS: 0x401,
  NT_386_TLS: 0x200,
  NT_VERSION: 1,
};

/** Owner, type and size; sorted, because readelf goes by sections where there are some. Unknown types are given as `(0x…)`. */
function notesOf(text: string): string[] {
  const rows = text.matchAll(/^ {2}(\S*|Delve \w+) +0x([0-9a-f]{8})\t(?:Unknown note type: \(0x([0-9a-f]+)\)|(\S+))/gm);
  return [...rows]
    .map(([, owner, size, number, name]) => {
      const type = number === undefined ? (owner === 'Go' ? 4 : NOTE_TYPES[name!]) : hex(number);
      // An empty owner, as Delve writes it.
      return `${owner === '(NONE)' ? '' : owner} ${type ?? name} ${hex(size!)}`;
    })
    .sort();
}

/** The table of NT_FILE as gdb prints it; undefined where there is no gdb or it knows nothing of the core's machine. */
function mappedFilesOf(core: string): unknown[] | undefined {
  const { stdout } = run('gdb', ['-nx', '-batch', '-ex', 'info proc mappings', '-c', core]);
  if (!/^Mapped address spaces:/m.test(stdout ?? '')) return undefined;
  const rows = stdout.matchAll(/^ +0x([0-9a-f]+) +0x([0-9a-f]+) +0x[0-9a-f]+ +0x([0-9a-f]+) +(.*)$/gm);
  return [...rows].map(([, start, end, offset, path]) => ({
    start: hex(start!),
    end: hex(end!),
    offset: hex(offset!),
    path,
  }));
}

/** The threads as gdb lists them, by pc. */
function threadsOf(core: string): unknown[] | undefined {
  const { stdout } = run('gdb', ['-nx', '-batch', '-ex', 'thread apply all -ascending p/x $pc', '-c', core]);
  const rows = [...(stdout ?? '').matchAll(/^Thread \d+ \(LWP (\d+)\):\n(?:.+\n)*?\$\d+ = 0x([0-9a-f]+)$/gm)];
  return rows.length === 0 ? undefined : rows.map(([, tid, pc]) => ({ tid: Number(tid), pc: BigInt(`0x${pc}`) }));
}

/** A sample of names (not of sections, whose symbols have none), each with the value and size of its first definition: .symtab goes before .dynsym. */
function symbolsOf(text: string): Map<string, readonly [value: number, size: number]> {
  const tables = text
    .split(/^Symbol table /m)
    .slice(1)
    .sort((a, b) => Number(a.startsWith("'.dynsym")) - Number(b.startsWith("'.dynsym")));
  const first = new Map<string, readonly [number, number]>();
  for (const table of tables) {
    for (const [, value, size, index, name] of table.matchAll(
      /^ +\d+: ([0-9a-f]+) +(\S+) (?!SECTION)\S+ +\S+ +\S+ +(?:\[[^\]]*\] +)?(\S+) (\S+)$/gm,
    )) {
      const plain = name!.split('@')[0]!;
      if (index !== 'UND' && !first.has(plain)) first.set(plain, [hex(value!), Number(size)]);
    }
  }
  const names = [...first.keys()];
  const step = Math.max(1, Math.floor(names.length / 60));
  return new Map([...first].filter(([name], i) => i % step === 0 || name === 'runtime.mheap_'));
}

describe.skipIf(!hasReadelf)('against readelf', () => {
  test('there are enough files of enough kinds', () => {
    expect(files.length).toBeGreaterThanOrEqual(15);
    const machines = new Set(files.map((path) => readHeader(FileSource.open(path), new Problems()).goarch));
    if (run('go', ['version']).status === 0) expect(machines.size).toBeGreaterThanOrEqual(9);
  });

  test.each(files)('%s', (path) => {
    const { stdout } = run('readelf', ['-hlSnW', path]);
    const elf = ElfFile.open(new PageCache().attach(FileSource.open(path)));
    const want = headerOf(stdout);
    expect(elf.header).toMatchObject(want);
    // Of a file cut before its section headers readelf gives none; ours are compared where it gives all.
    const sections = sectionsOf(stdout);
    const ours = elf.sections.map(({ flags, exact: _, ...rest }) => ({
      ...rest,
      flags: FLAG_LETTERS.filter(([bit]) => Math.floor(flags / bit) % 2 === 1)
        .map(([, letter]) => letter)
        .join(''),
    }));
    expect(ours).toEqual(sections);
    // Of the flags readelf shows three; PT_PAX_FLAGS has others.
    expect(elf.programHeaders.map(({ exact: _, flags, ...rest }) => ({ ...rest, flags: flags & 7 }))).toEqual(
      segmentsOf(stdout),
    );
    if (!path.endsWith('go-cut')) {
      expect(elf.sections.length).toBe(want.shnum);
      expect(elf.problems).toEqual([]);
    }
    expect(elf.programHeaders.length).toBe(want.phnum);
    expect([...walkNotes(elf)].map(({ owner, type, descSize }) => `${owner} ${type} ${descSize}`).sort()).toEqual(
      notesOf(stdout),
    );
    expect(readBuildIds(elf).gnu).toBe(/Build ID: (\w+)/.exec(stdout)?.[1]);
    if (elf.header.type === 4 && elf.header.goarch === 'amd64' && elf.sections.length === 0) {
      const core = readCore(elf);
      const [wantedFiles, wantedThreads] = [mappedFilesOf(path), threadsOf(path)];
      if (wantedFiles !== undefined) expect(core.files).toEqual(wantedFiles);
      if (wantedThreads !== undefined) expect(core.threads.map(({ tid, pc }) => ({ tid, pc }))).toEqual(wantedThreads);
    }
    const symbols = symbolsOf(run('readelf', ['-sW', path]).stdout);
    const found = lookupSymbols(elf, symbols.keys());
    expect(new Map([...symbols.keys()].map((name) => [name, [found.get(name)?.value, found.get(name)?.size]]))).toEqual(
      symbols,
    );
    elf.close();
  });
});
