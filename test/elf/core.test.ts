import { describe, expect, test } from 'vitest';
import { BufferSource } from '../../src/bytes/buffer-source.js';
import { readCore } from '../../src/elf/core.js';
import { ElfFile } from '../../src/elf/elf-file.js';
import { walkNotes } from '../../src/elf/notes.js';
import { join, note, pack, type Shape, text, writeElf } from '../support/elf-writer.js';

function core(shape: Shape, machine: number, notes: Uint8Array, align = 4): ElfFile {
  return ElfFile.open(
    new BufferSource('core', writeElf({ ...shape, type: 4, machine, segments: [{ type: 4, data: notes, align }] })),
  );
}

/** Linux struct elf_prstatus, field by field. */
function prstatus(shape: Shape, pid: number, signal: number, registers: readonly number[]): Uint8Array {
  const w = 'word' as const;
  return pack(shape, [
    [4, 99],
    [4, 98],
    [4, 97],
    [2, signal],
    [2, 0],
    [w, 1],
    [w, 2],
    [4, pid],
    [4, 91],
    [4, 92],
    [4, 93],
    ...Array.from({ length: 8 }, () => [w, 7] as const),
    ...registers.map((value) => [w, value] as const),
    [4, 1],
  ]);
}

const amd64 = Array.from({ length: 27 }, (_, i) => 0x1000 + i);
/** SIGABRT by tgkill from process 77; SIGSEGV (SEGV_MAPERR) at an address. */
const killed = pack({}, [
  [4, 6],
  [4, 0],
  [4, -6],
  [4, 0],
  [4, 77],
  [4, 1000],
]);
const segv = pack({}, [
  [4, 11],
  [4, 0],
  [4, 1],
  [4, 0],
  [8, 0xdead0000beefn],
]);

describe('readCore', () => {
  test('threads with registers, each with the siginfo that follows it', () => {
    const notes = [
      note({}, 'CORE', 1, prstatus({}, 41, 6, amd64)),
      note({}, 'CORE', 0x53494749, killed),
      note({}, 'LINUX', 1, text('another owner')),
      note(
        {},
        'CORE',
        1,
        prstatus(
          {},
          42,
          6,
          amd64.map((value) => value * 2),
        ),
      ),
    ];
    const { threads, problems } = readCore(core({}, 62, join(notes)));
    expect(problems).toEqual([]);
    expect(threads.map(({ tid, signal }) => [tid, signal])).toEqual([
      [41, 6],
      [42, 6],
    ]);
    expect(threads[0]?.registers.get('r15')).toBe(0x1000n);
    expect(threads[0]?.pc).toBe(0x1010n);
    expect(threads[0]?.sp).toBe(0x1013n);
    expect(threads[1]?.registers.get('gs')).toBe(2n * 0x101an);
    expect(threads[0]?.cause).toEqual({ signal: 6, code: -6, errno: 0, address: undefined, sender: 77 });
    expect(threads[1]?.cause).toBeUndefined();
  });

  // Position of pc, sp, lr and g in the words of elf_gregset_t, by the kernel's ptrace.h of each machine; -1: there is none.
  test.each([
    ['amd64', 62, 64, true, 27, [16, 19, -1, 1]],
    ['386', 3, 32, true, 17, [12, 15, -1, -1]],
    ['arm', 40, 32, true, 18, [15, 13, 14, 10]],
    ['arm64', 183, 64, true, 34, [32, 31, 30, 28]],
    ['ppc64', 21, 64, false, 48, [32, 1, 36, 30]],
    ['ppc64le', 21, 64, true, 48, [32, 1, 36, 30]],
    ['riscv64', 243, 64, true, 32, [0, 2, 1, 27]],
    ['s390x', 22, 64, false, 27, [1, 17, 16, 15]],
    ['mips', 8, 32, false, 45, [40, 35, 37, 36]],
    ['mipsle', 8, 32, true, 45, [40, 35, 37, 36]],
    ['mips64', 8, 64, false, 45, [34, 29, 31, 30]],
    ['mips64le', 8, 64, true, 45, [34, 29, 31, 30]],
    ['loong64', 258, 64, true, 45, [33, 3, 1, 22]],
  ] as const)('pc, sp, lr and g on %s', (goarch, machine, bits, littleEndian, count, positions) => {
    const shape: Shape = { bits, littleEndian };
    const registers = Array.from({ length: count }, (_, i) => 0x1000 + i);
    const elf = core(shape, machine, note(shape, 'CORE', 1, prstatus(shape, 7, 11, registers)));
    expect(elf.header.goarch).toBe(goarch);
    const { threads, problems } = readCore(elf);
    expect(problems).toEqual([]);
    const { tid, signal, pc, sp, lr, g } = threads[0]!;
    expect([tid, signal]).toEqual([7, 11]);
    expect([pc, sp, lr, g]).toEqual(positions.map((i) => (i < 0 ? undefined : BigInt(0x1000 + i))));
  });

  test('s390x has access registers of four bytes between the others; a machine Go never had has none', () => {
    const be: Shape = { bits: 64, littleEndian: false };
    const acrs = Array.from({ length: 8 }, (_, i) => (BigInt(2 * i) << 32n) | BigInt(2 * i + 1));
    const body = pack(be, [
      ...Array.from({ length: 18 }, (_, i) => [8, i] as const),
      ...acrs.map((v) => [8, v] as const),
      [8, 5],
    ]);
    const head = prstatus(be, 7, 11, []).subarray(0, 112);
    const { registers } = readCore(core(be, 22, note(be, 'CORE', 1, join([head, body])))).threads[0]!;
    expect([0, 1, 14, 15].map((i) => registers.get(`acr${i}`))).toEqual([0n, 1n, 14n, 15n]);
    expect(registers.get('orig_r2')).toBe(5n);
    const sparc = readCore(core(be, 43, note(be, 'CORE', 1, prstatus(be, 7, 11, [])))).threads[0]!;
    expect([sparc.tid, sparc.signal, sparc.registers.size, sparc.pc]).toEqual([7, 11, 0, undefined]);
  });

  test('where a fault was; MIPS has code and errno the other way round, and other numbers', () => {
    const causeOf = (shape: Shape, machine: number, desc: Uint8Array) => {
      const notes = [
        note(shape, 'CORE', 1, prstatus(shape, 1, 11, new Array<number>(48).fill(0))),
        note(shape, 'CORE', 0x53494749, desc),
      ];
      return readCore(core(shape, machine, join(notes))).threads[0]?.cause;
    };
    expect(causeOf({}, 62, segv)).toEqual({
      signal: 11,
      code: 1,
      errno: 0,
      address: 0xdead0000beefn,
      sender: undefined,
    });
    const be: Shape = { bits: 32, littleEndian: false };
    const bus = pack(be, [
      [4, 10],
      [4, 2],
      [4, 9],
      [4, 0x5000],
    ]);
    expect(causeOf(be, 8, bus)).toEqual({ signal: 10, code: 2, errno: 9, address: 0x5000n, sender: undefined });
    expect(
      causeOf(
        {},
        62,
        pack({}, [
          [4, 10],
          [4, 0],
          [4, 2],
          [4, 0],
          [8, 1],
        ]),
      ),
    ).toMatchObject({ address: undefined });
    expect(causeOf({}, 62, segv.subarray(0, 18))).toBeUndefined();
  });

  test.each([
    { bits: 64, littleEndian: true },
    { bits: 32, littleEndian: false },
  ] as const)('mapped files, auxiliary vector and process, $bits bits', (shape) => {
    const w = 'word' as const;
    const files = join([
      pack(shape, [
        [w, 2],
        [w, 4096],
        [w, 0x1000],
        [w, 0x2000],
        [w, 3],
        [w, 0x5000],
        [w, 0x6000],
        [w, 0],
      ]),
      text('/a/b\0/c\0'),
    ]);
    const auxv = pack(shape, [
      [w, 3],
      [w, 0x400040],
      [w, 9],
      [w, 0x401000],
      [w, 0],
      [w, 0],
      [w, 9],
      [w, 1],
    ]);
    const ids = [
      [4, 1000],
      [4, 1001],
      [4, 55],
      [4, 54],
      [4, 0],
      [4, 0],
    ] as const;
    const names = join([text('server\0'.padEnd(16, '\0')), text('./server -x '.padEnd(80, '\0'))]);
    const head =
      shape.bits === 64
        ? pack(shape, [[1, 0], [1, 0x53], [2, 0], [4, 0], [8, 0], ...ids])
        : pack(shape, [[1, 0], [1, 0x53], [2, 0], [4, 0], ...ids]);
    const notes = join([
      note(shape, 'CORE', 3, join([head, names])),
      note(shape, 'CORE', 6, auxv),
      note(shape, 'CORE', 0x46494c45, files),
    ]);
    const info = readCore(core(shape, 62, notes));
    expect(info.problems).toEqual([]);
    expect(info.files).toEqual([
      { start: 0x1000, end: 0x2000, offset: 3 * 4096, path: '/a/b' },
      { start: 0x5000, end: 0x6000, offset: 0, path: '/c' },
    ]);
    expect([...info.auxv]).toEqual([
      [3, 0x400040n],
      [9, 0x401000n],
    ]);
    expect(info.process).toEqual({ pid: 55, ppid: 54, uid: 1000, state: 'S', name: 'server', args: './server -x' });
  });

  test('damaged notes are left out and named, the others are read', () => {
    const notes = join([
      note({}, 'CORE', 1, prstatus({}, 1, 6, amd64).subarray(0, 200)),
      note(
        {},
        'CORE',
        0x46494c45,
        pack({}, [
          [8, 2n ** 63n],
          [8, 4096],
        ]),
      ),
      note({}, 'CORE', 3, text('short')),
      note({}, 'CORE', 1, prstatus({}, 2, 6, amd64)),
    ]);
    const info = readCore(core({}, 62, notes));
    expect(info.threads.map(({ tid }) => tid)).toEqual([2]);
    expect(info.files).toEqual([]);
    expect(info.process).toBeUndefined();
    expect(info.problems).toHaveLength(3);
    expect(info.problems[0]).toMatch(/note NT_PRSTATUS: register \w+ at offset \d+: expected 8 bytes/);
  });

  test('empty owners, and the alignments 0, 1, 4 and 8', () => {
    for (const align of [0, 1, 4]) {
      const notes = join([
        note({}, '', 1, prstatus({}, 5, 0, amd64)),
        note(
          {},
          '',
          6,
          pack({}, [
            [8, 9],
            [8, 77],
          ]),
        ),
      ]);
      const info = readCore(core({}, 62, notes, align));
      expect([info.threads[0]?.tid, info.auxv.get(9)]).toEqual([5, 77n]);
    }
    const wide = join([note({}, 'GNU', 5, text('1234'), 8), note({}, 'XYZ', 6, text('1'), 8)]);
    expect([...walkNotes(core({}, 62, wide, 8))].map(({ owner, type, descSize }) => [owner, type, descSize])).toEqual([
      ['GNU', 5, 4],
      ['XYZ', 6, 1],
    ]);
  });

  test('notes cut or changed at any byte never throw or hang', () => {
    const notes = join([
      note({}, 'CORE', 1, prstatus({}, 1, 6, amd64)),
      note(
        {},
        'CORE',
        0x46494c45,
        join([
          pack({}, [
            [8, 1],
            [8, 1],
            [8, 1],
            [8, 2],
            [8, 0],
          ]),
          text('a\0'),
        ]),
      ),
    ]);
    for (let i = 0; i < notes.length; i++) {
      readCore(core({}, 62, notes.subarray(0, i)));
      const changed = notes.slice();
      changed[i] = changed[i]! ^ 0xff;
      readCore(core({}, 62, changed));
    }
  });
});
