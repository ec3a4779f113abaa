// Every register of every thread against gdb (gdb-multiarch where there is one), on cores of every machine and kind that can be made here, and of all cores of the lab.
// Machines whose cores gdb does not know (loong64) are held against the program: its first thread stands in the runtime's signal code.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { FileSource } from '../../src/bytes/file-source.js';
import { PageCache } from '../../src/bytes/page-cache.js';
import { readCore } from '../../src/elf/core.js';
import { ElfFile } from '../../src/elf/elf-file.js';
import { makeCrashCores, missingCores } from './crash-cores.js';
import { images } from './prepared.js';

const folder = mkdtempSync(join(tmpdir(), 'spanscope-registers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const gdb = ['gdb-multiarch', 'gdb'].find((name) => spawnSync(name, ['--version']).status === 0);

const crashCores = await makeCrashCores(folder);
const cores = [
  ...crashCores,
  ...images.flatMap(({ name, server, core }) => (core === undefined ? [] : [{ name, binary: server, core }])),
];

function coreOf(path: string) {
  const elf = ElfFile.open(new PageCache().attach(FileSource.open(path)));
  return { elf, info: readCore(elf) };
}

/** gdb calls MIPS' general registers by their use, in this order. */
const MIPS = 'zero at v0 v1 a0 a1 a2 a3 t0 t1 t2 t3 t4 t5 t6 t7 s0 s1 s2 s3 s4 s5 s6 s7 t8 t9 k0 k1 gp sp s8 ra'.split(
  ' ',
);
/** gdb splits the PSW of s390x, and has pseudo-registers of AVX-512. */
const OTHERS = /^(k\d|cc|#\d+)$/;

/** Registers by thread as gdb shows them, under our names. */
function registersOf(core: string, goarch: string): Map<number, Map<string, bigint>> {
  const mips = goarch.startsWith('mips');
  const bits = goarch === 's390x' || goarch.includes('64') ? 64n : 32n;
  const n64 = bits === 64n;
  // For n64 gdb's names of r8 to r15 are a4 to a7 and t0 to t3.
  const names = n64
    ? MIPS.map((name, i) => (i >= 8 && i < 12 ? `a${i - 4}` : i >= 12 && i < 16 ? `t${i - 12}` : name))
    : MIPS;
  const command = mips
    ? [...names, 'lo', 'hi', 'pc'].map((name) => `printf "${name} 0x%llx\\n", (unsigned long long)$${name}`)
    : ['info registers'];
  const script = mips
    ? [
        '-ex',
        `thread apply all -ascending -s echo`,
        ...threadsOf(core).flatMap((n) => ['-ex', `thread ${n}`, ...command.flatMap((c) => ['-ex', c])]),
      ]
    : ['-ex', 'thread apply all -ascending info registers'];
  const { stdout } = spawnSync(gdb!, ['-nx', '-batch', ...script, '-c', core], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  const threads = new Map<number, Map<string, bigint>>();
  for (const part of stdout.split(/^(?=Thread \d+ \(|\[Switching to thread )/m)) {
    const tid = /LWP (\d+)/.exec(part)?.[1];
    const values = [...part.matchAll(/^(\S+) +(0x[0-9a-f]+)/gm)].filter(([, name]) => !OTHERS.test(name!));
    if (tid === undefined || values.length === 0) continue;
    const ours = (name: string) => {
      if (mips && names.includes(name)) return `r${names.indexOf(name)}`;
      return goarch === 's390x' && name === 'pc' ? 'pswa' : name;
    };
    threads.set(
      Number(tid),
      new Map(values.map(([, name, value]) => [ours(name!), BigInt.asUintN(Number(bits), BigInt(value!))])),
    );
  }
  return threads;
}

function threadsOf(core: string): number[] {
  const { stdout } = spawnSync(gdb!, ['-nx', '-batch', '-ex', 'info threads', '-c', core], { encoding: 'utf8' });
  return [...stdout.matchAll(/^[* ] +(\d+) +.*LWP/gm)].map(([, n]) => Number(n));
}

describe('registers', () => {
  for (const name of missingCores(crashCores)) test.skip(`SKIPPED: ${name}: no tool here makes this core`, () => {});

  test('there are cores of enough machines and kinds', () => {
    expect(cores.length).toBeGreaterThanOrEqual(9);
  });

  test.each(cores.map(({ name, binary, core }) => [name, binary, core] as const))('%s', (_, binary, path) => {
    const { elf, info } = coreOf(path);
    const goarch = elf.header.goarch!;
    expect(info.problems).toEqual([]);
    expect(info.threads.length).toBeGreaterThan(1);
    expect(info.process?.name).toMatch(/^(crash|server)$/);
    if (gdb === undefined || goarch === 'loong64' || (gdb === 'gdb' && goarch !== 'amd64')) {
      const addresses = [info.threads[0]?.pc, info.threads[0]?.lr].filter((value) => value !== undefined);
      const { stdout } = spawnSync('go', ['tool', 'addr2line', binary], {
        input: addresses.map((a) => `0x${a.toString(16)}\n`).join(''),
        encoding: 'utf8',
      });
      expect(stdout).toMatch(/^runtime\.raise\n/);
      if (info.threads[0]?.lr !== undefined) expect(stdout).toMatch(/^runtime\.dieFromSignal$/m);
      return;
    }
    const wanted = registersOf(path, goarch);
    expect(wanted.size).toBe(info.threads.length);
    for (const { tid, registers } of info.threads) {
      const names = [...(wanted.get(tid)?.keys() ?? [])];
      expect(names.length).toBeGreaterThan(13);
      expect(new Map(names.map((name) => [name, registers.get(name)]))).toEqual(wanted.get(tid));
    }
  });
});
