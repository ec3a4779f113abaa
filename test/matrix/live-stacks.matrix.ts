// Stacks of live processes of several Go lines, held still while they allocate at full speed: each goroutine and thread to its end, and, where gdb is there, PC, SP and frames as gdb sees them by ptrace and DWARF.
import { spawn, spawnSync } from 'node:child_process';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { GoroutineResult, ThreadResult } from '../../src/analysis/results-goroutines.js';
import { threadStates } from '../../src/image/proc-status.js';
import { betweenStacks, hasBegun } from '../support/live-programs.js';
import { pause } from '../support/patience.js';
import { manifest } from './prepared.js';

const programs = process.platform === 'linux' && process.arch === 'x64' ? (manifest.live ?? []) : [];
const gdb = spawnSync('gdb', ['--version']).status === 0;
const rounds = manifest.quick ? 3 : 10;

function rows<T>(command: string, ...args: string[]): T[] {
  const done = spawnSync(process.execPath, ['dist/cli.js', command, ...args, '--format', 'ndjson'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  expect(done.stderr).toBe('');
  return done.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}

interface Seen {
  readonly pc: string;
  readonly sp: string;
  readonly functions: readonly string[];
}

/** What gdb says of each thread, by its number. */
function seenByGdb(pid: number): Map<number, Seen> {
  const { stdout } = spawnSync(
    'gdb',
    [
      '-nx',
      '-batch',
      '-p',
      String(pid),
      '-ex',
      'set pagination off',
      '-ex',
      'thread apply all info registers rip rsp',
      '-ex',
      'thread apply all bt',
    ],
    { encoding: 'utf8', maxBuffer: 2 ** 28 },
  );
  const blocks = stdout.split(/^Thread \d+ \(LWP /m).slice(1);
  const seen = new Map<number, Seen>();
  for (const block of blocks) {
    const tid = Number.parseInt(block, 10);
    const [pc, sp] = ['rip', 'rsp'].map((name) => new RegExp(`^${name} +(0x[0-9a-f]+)`, 'm').exec(block)?.[1]);
    const functions = [...block.matchAll(/^#\d+ +(?:0x\w+ in )?(.*?) \(/gm)].map((match) => match[1]!);
    const known = seen.get(tid) ?? { pc: pc ?? '', sp: sp ?? '', functions: [] };
    seen.set(tid, functions.length > 0 ? { ...known, functions } : known);
  }
  return seen;
}

describe.each(programs.map((program) => ({ name: basename(program), program })))('$name', ({ program }) => {
  it(`every stack to its end, in ${rounds} moments`, async () => {
    const child = spawn(program, ['3', '20', '0'], { stdio: ['pipe', 'ignore', 'ignore'] });
    const pid = child.pid!;
    try {
      await pause(1000);
      let running = 0;
      // Now and then no goroutine runs at the moment that is looked at.
      for (let round = 0; round < rounds || (running === 0 && round < 20 * rounds); round += 1) {
        const goroutines = rows<GoroutineResult>('goroutines', `pid:${pid}`, '--stop').filter(
          ({ status }) => !['dead', 'idle', 'deadextra'].includes(status),
        );
        running += goroutines.filter(({ status }) => status === 'running').length;
        expect(
          goroutines.filter(
            ({ complete, method, frames }) =>
              !complete || (method !== 'pclntab' && !betweenStacks.test(frames[0]?.func ?? '')),
          ),
        ).toEqual([]);
        expect(
          rows<ThreadResult>('threads', `pid:${pid}`, '--stop').filter(
            (thread) => !thread.complete && hasBegun(thread),
          ),
        ).toEqual([]);
        await pause(30);
      }
      expect(running).toBeGreaterThan(0);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it.runIf(gdb)('PC, SP and frames as gdb sees them', async () => {
    const child = spawn(program, ['3', '20', '0'], { stdio: ['pipe', 'ignore', 'ignore'] });
    const pid = child.pid!;
    try {
      await pause(1000);
      for (let round = 0; round < rounds; round += 1) {
        process.kill(pid, 'SIGSTOP');
        while (threadStates(pid).some((state) => state !== 'T')) await pause(5);
        const ours = rows<ThreadResult>('threads', `pid:${pid}`);
        const seen = seenByGdb(pid);
        expect(ours.map(({ tid }) => tid).sort()).toEqual([...seen.keys()].sort());
        for (const { tid, pc, sp, frames, complete } of ours) {
          expect(complete || !hasBegun({ frames }), `thread ${tid}`).toBe(true);
          const { functions, ...registers } = seen.get(tid)!;
          expect(registers, `thread ${tid}`).toEqual({ pc, sp });
          // In the vDSO gdb goes through its frames, for which Go has no table: ours begin with who called it.
          if (frames[0]?.how === 'vdso') continue;
          // gdb does not find its way over the switch to a goroutine's stack, or out of a signal's handler; below mstart it shows what made the thread.
          const way = functions.findIndex((name) =>
            /^(\?\?|runtime\.(systemstack|mcall|sigtramp|morestack)(\.abi0)?)$/.test(name),
          );
          const known = (way < 0 ? functions : functions.slice(0, way)).map((name) => name.replaceAll('[...]', ''));
          const shown = frames.map(({ func }) => func?.replaceAll('[...]', ''));
          const both = Math.min(shown.length, known.length);
          expect(shown.slice(0, both), `thread ${tid}`).toEqual(known.slice(0, both));
        }
        process.kill(pid, 'SIGCONT');
        await pause(100);
      }
    } finally {
      child.kill('SIGKILL');
    }
  });
});

if (programs.length === 0)
  it.skip('SKIPPED: live Go processes need linux/amd64 and the programs that fixtures/matrix.mjs prepares', () => {});
