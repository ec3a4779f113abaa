// Live processes, real ones: what is in the way is said, what runs is read, what was stopped runs again. The Go programs are those of the committed images.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { explainRefusal } from '../../src/image/proc-refusal.js';
import { parseStat, parseStatus, procText, readStat, threadStates } from '../../src/image/proc-status.js';
import { type OverviewResult, openProcess, openTarget, spanRow } from '../../src/index.js';
import { stopProcess } from '../../src/target/stop.js';
import { LivePrograms } from '../support/live-programs.js';
import { until } from '../support/patience.js';
import { cli, expectRefusal, json, lines, output, run, TempFolder } from '../support/run-cli.js';

const linux = process.platform === 'linux';
const runsGo = linux && process.arch === 'x64';
const mayDrop = linux && process.getuid?.() === 0 && spawnSync('setpriv', ['--version']).status === 0;
const folder = new TempFolder();
const programs = new LivePrograms(folder);
const start = (program: string, ...args: string[]) => programs.start(program, ...args);
const churn = (name: string) => programs.go(name, 'churn');

afterEach(() => programs.kill());
afterAll(() => folder.remove());

describe('texts below /proc', () => {
  it('stat: a name may hold parentheses and spaces', () => {
    const numbers = Array.from({ length: 30 }, (_, i) => i).join(' ');
    expect(parseStat(`12 (a) S (b) T ${numbers}`)).toEqual({ state: 'T', startTime: '18' });
    expect(parseStat('')).toBeUndefined();
    expect(parseStat('12 (a)')).toBeUndefined();
  });
  it('status: ids and capabilities', () => {
    const text =
      'Name:\tx\nTgid:\t7\nUid:\t1\t2\t3\t4\nGid:\t5\t5\t5\t5\nVmSize:\t  10 kB\nCapPrm:\t0000000000080000\nCapEff:\t00\n';
    expect(parseStatus(text)).toEqual({
      tgid: 7,
      uids: [1, 2, 3, 4],
      gids: [5, 5, 5, 5],
      permitted: 1n << 19n,
      effective: 0n,
      hasMemory: true,
    });
    expect(parseStatus('Name:\tx\n')).toBeUndefined();
  });
});

describe('what is in the way of reading a process', () => {
  const one = (uid: number, effective = 0n) => ({
    tgid: 1,
    uids: [uid, uid, uid, uid],
    gids: [uid, uid, uid, uid],
    permitted: effective,
    effective,
    hasMemory: true,
  });
  const tracer = 1n << 19n;
  const cases: [string, Parameters<typeof explainRefusal>[0], RegExp][] = [
    [
      'another uid',
      { self: one(1000), target: one(0), owner: 0, ptraceScope: 1 },
      /belongs to uid 0, spanscope runs as uid 1000 without CAP_SYS_PTRACE/,
    ],
    [
      'another gid',
      { self: one(1000), target: { ...one(1000), gids: [5, 5, 5, 5] }, owner: 1000, ptraceScope: 0 },
      /gid 5\/5\/5/,
    ],
    ['dumpable', { self: one(1000), target: one(1000), owner: 0, ptraceScope: 0 }, /not dumpable/],
    ['Yama 1', { self: one(1000), target: one(1000), owner: 1000, ptraceScope: 1 }, /ptrace_scope is 1.*ancestors/],
    [
      'Yama 2',
      { self: one(1000), target: one(1000), owner: 1000, ptraceScope: 2 },
      /ptrace_scope is 2.*CAP_SYS_PTRACE/,
    ],
    ['Yama 3, also for root', { self: one(0, tracer), target: one(0), owner: 0, ptraceScope: 3 }, /ptrace_scope is 3/],
    [
      'capabilities',
      { self: one(1000), target: { ...one(1000), permitted: 4n }, owner: 1000, ptraceScope: 0 },
      /has capabilities/,
    ],
    ['anything else', { self: one(0, tracer), target: one(0), owner: 0, ptraceScope: 0 }, /refuses it although/],
  ];
  it.each(cases)('%s', (_, facts, says) => {
    const { why, hint } = explainRefusal(facts);
    expect(why).toMatch(says);
    expect(hint.length).toBeGreaterThan(10);
  });
});

describe.runIf(!linux)('elsewhere than on Linux', () => {
  it('says so', () => {
    expectRefusal(run(['overview', 'pid:1']), 3, /^spanscope: pid:1: live processes can be read on Linux only/);
  });
});

describe.runIf(linux)('a process that can’t be read', () => {
  const refused = (pid: number, says: RegExp) => expectRefusal(run(['overview', `pid:${pid}`]), 3, says);

  it('is none, or none any more', () => {
    const { pid } = spawnSync(process.execPath, ['-e', '0']);
    refused(pid, /there is no such process/);
    refused(99999999999, /there is no such process/);
    expectRefusal(run(['overview', '--pid', '0']), 2, /is no process id/);
    expectRefusal(run(['overview', 'pid:12x']), 3, /is no process id/);
  });
  it('is a thread', () => {
    const thread = readdirSync('/proc/self/task')
      .map(Number)
      .find((id) => id !== process.pid);
    refused(thread!, new RegExp(`is a thread of process ${process.pid}.*\\n.*pid:${process.pid}`));
  });
  it('is no Go program', () => {
    refused(start('sleep', '600').pid, /^spanscope: pid:\d+ \(.*\): is not a Go program/);
  });
  it('is spanscope itself', () => {
    expect(() => openTarget({ files: [`pid:${process.pid}`], options: {} })).toThrow(/is spanscope itself/);
  });
  it('has ended and is not collected', async () => {
    // `sleep`, which the shell becomes, waits for nobody.
    const parent = start('sh', '-c', 'sleep 0 & exec sleep 600');
    const child = () => Number(readFileSync(`/proc/${parent.pid}/task/${parent.pid}/children`, 'latin1').trim());
    if (!existsSync(`/proc/${parent.pid}/task/${parent.pid}/children`)) return;
    expect(await until(() => readStat(child())?.state === 'Z')).toBe(true);
    refused(child(), /has ended.*zombie/);
  });
  it('is one image among others', () => {
    expectRefusal(run(['overview', 'pid:1', 'pid:2']), 3, /second process/);
  });
  it.runIf(existsSync('/proc/2/status') && /kthreadd/.test(readFileSync('/proc/2/status', 'latin1')))(
    'is the kernel’s',
    () => {
      refused(2, /kernel thread/);
    },
  );
  it.runIf(mayDrop)('belongs to another user', () => {
    const target = start('sleep', '600');
    const done = spawnSync(
      'setpriv',
      ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, cli, 'overview', `pid:${target.pid}`],
      { encoding: 'utf8', cwd: '/' },
    );
    // A checkout that nobody else may read can't be run as somebody else.
    if (/EACCES|MODULE_NOT_FOUND|Cannot find module/.test(done.stderr)) return;
    expectRefusal(done, 3, /no permission: it belongs to uid 0, spanscope runs as uid 65534 without CAP_SYS_PTRACE/);
  });
});

// These share their processor with a program that takes all of it.
describe.runIf(runsGo)('a Go process at full speed', { timeout: 600_000 }, () => {
  it.each(['go1.16-amd64', 'go1.27-amd64-mark'])(
    '%s: no row that contradicts itself without saying so',
    async (name) => {
      const { pid } = await churn(name);
      for (let snapshot = 0; snapshot < 3; snapshot += 1) {
        const target = openTarget({ files: [`pid:${pid}`], options: {} });
        try {
          const go = openProcess(target, {});
          const table = go?.spans();
          if (!go || !table) throw new Error(`no spans: ${go?.whyNoSpans}`);
          expect(go.warnings).toEqual([]);
          expect(table.unreadableEntries).toBe(0);
          let inuse = 0;
          for (let row = 0; row < table.length; row += 1) {
            go.settle(row);
            const shown = spanRow({ memory: go.memory, layout: go.layout, table }, row, true);
            // A row that can't be read whole says so too: its span was given back meanwhile.
            if (shown.state !== 'inuse' || shown.suspect || shown.missing) continue;
            inuse += 1;
            expect(popcountFrom(shown.allocBits!, Number(shown.freeindex), Number(shown.nelems)), shown.addr).toBe(
              shown.allocCount,
            );
          }
          expect(inuse).toBeGreaterThan(100);
        } finally {
          target.close();
        }
      }
    },
  );

  it('is read by its id, also after its file is gone, and by a binary that is named', async () => {
    const child = await churn('go1.27-amd64-mark');
    const server = folder.unpacked('again', 'images', 'go1.27-amd64-mark', 'server.gz');
    const { binary, image } = json<{ binary: { path: string; matches: string }; image: { kind: string } }>([
      'overview',
      `pid:${child.pid}`,
    ]);
    expect(image.kind).toMatch(/^live process, running, \d+ threads?$/);
    expect(json(['overview', '--pid', String(child.pid), server])).toMatchObject({
      binary: { path: server, matches: 'go' },
    });
    rmSync(binary.path);
    expect(json(['overview', `pid:${child.pid}`])).toMatchObject({ binary: { path: binary.path, matches: 'go' } });
    const [first] = lines<{ base: string }>(
      output(['spans', `pid:${child.pid}`, '--format', 'ndjson', '--bits', '--state', 'inuse']),
    );
    expect(output(['span', first!.base, `pid:${child.pid}`])).toContain('freeindex');
    const other = folder.unpacked('other', 'images', 'go1.16-amd64', 'server.gz');
    expectRefusal(run(['overview', other, `pid:${child.pid}`]), 3, /does not belong to pid:\d+/);
  });

  it('that ends while it is read ends in one line', async () => {
    const child = await churn('go1.27-amd64-mark');
    const target = openTarget({ files: [`pid:${child.pid}`], options: {} });
    const go = openProcess(target, {});
    child.kill('SIGKILL');
    expect(await until(() => (readStat(child.pid)?.state ?? 'X') === 'X')).toBe(true);
    expect(() => go?.spans()).toThrow(/ended, or started another program, while it was read/);
    target.close();
  });
});

describe.runIf(runsGo)('--stop', { timeout: 600_000 }, () => {
  const stopped = (pid: number) => threadStates(pid).includes('T');

  it('holds still, so that everything reconciles, and lets go', async () => {
    const { pid } = await churn('go1.27-amd64-mark');
    let agree = false;
    // Now and then a thread is stopped in the allocator, and what it has in hand is counted on one side only.
    for (let round = 0; round < 20 && !agree; round += 1) {
      const { image, reconciliation } = json<OverviewResult>(['overview', `pid:${pid}`, '--stop']);
      expect(image!.kind).toMatch(/^live process, stopped/);
      expect(reconciliation.length).toBeGreaterThan(2);
      for (const { what, ours, runtime } of reconciliation)
        expect(Math.abs(Number(ours) - Number(runtime)), what).toBeLessThan(Number(ours) / 100);
      agree = reconciliation.every(({ agrees }) => agrees);
    }
    expect(agree).toBe(true);
    expect(await until(() => !stopped(pid))).toBe(true);
    // An error on the way lets go as well.
    expectRefusal(run(['span', '0x1', `pid:${pid}`, '--stop']), 2, /belongs to no span/);
    expect(await until(() => !stopped(pid))).toBe(true);
  });

  it('leaves alone what somebody else has stopped', async () => {
    const { pid } = await churn('go1.27-amd64-mark');
    process.kill(pid, 'SIGSTOP');
    expect(await until(() => threadStates(pid).every((state) => state === 'T'))).toBe(true);
    expect(json(['overview', `pid:${pid}`, '--stop'])).toMatchObject({
      image: { kind: expect.stringMatching(/stopped/) },
    });
    // Whoever watches over it on our behalf would continue it at its own end.
    expect(await until(() => watchdogOf(pid) === undefined)).toBe(true);
    expect(threadStates(pid).every((state) => state === 'T')).toBe(true);
    // It may be continued while it is read, and is not said to run.
    expect(json(['overview', `pid:${pid}`])).toMatchObject({
      image: { kind: expect.stringMatching(/^live process, stopped by something else, /) },
    });
  });

  it('is undone however spanscope ends: kill -9 and a terminal’s Ctrl-C', async () => {
    const { pid } = await churn('go1.27-amd64-mark');
    const script = `require(${JSON.stringify(cli.replace(/cli\.js$/, 'load.js'))}).loadBundle('program').exports.main(['spans', 'pid:${pid}', '--stop', '--format', 'ndjson', '--bits'], async () => {});`;
    // A pipe that nobody reads: in the middle of its rows the reader waits, and holds the process.
    const rows = join(folder.path, 'rows');
    execFileSync('mkfifo', [rows]);
    const pipe = openSync(rows, 'r+');
    for (const signal of ['SIGKILL', 'SIGINT', 'SIGKILL', 'SIGTERM', 'SIGKILL'] as const) {
      const reader = spawn(process.execPath, ['-e', script], { stdio: ['ignore', pipe, 'ignore'], detached: true });
      expect(await until(() => stopped(pid))).toBe(true);
      // To its whole process group, as a terminal does.
      process.kill(-reader.pid!, signal);
      expect(await until(() => !stopped(pid))).toBe(true);
    }
    closeSync(pipe);
  });

  it('releases what it stopped at most once, and tells whether it stood still', async () => {
    const { pid } = start('sleep', '600');
    const held = stopProcess(pid);
    expect(held).toMatchObject({ still: true });
    expect(stopped(pid)).toBe(true);
    expect(held.release()).toBe(true);
    expect(stopped(pid)).toBe(false);
    expect(held.release()).toBe(true);
    const again = stopProcess(pid);
    process.kill(pid, 'SIGCONT');
    expect(await until(() => !stopped(pid))).toBe(true);
    expect(again.release()).toBe(false);
  });

  it('lets go by itself where its watchdog is held up, which continues nothing later', async () => {
    const { pid } = start('sleep', '600');
    const held = stopProcess(pid);
    const watchdog = watchdogOf(pid)!;
    process.kill(watchdog, 'SIGSTOP');
    expect(await until(() => stopped(watchdog))).toBe(true);
    expect(held.release()).toBe(true);
    expect(stopped(pid)).toBe(false);
    process.kill(pid, 'SIGSTOP');
    // A signal takes its time, too.
    expect(await until(() => stopped(pid))).toBe(true);
    expect(await until(() => watchdogOf(pid) === undefined)).toBe(true);
    expect(stopped(pid)).toBe(true);
  });
});

it.skipIf(runsGo)('SKIPPED: live Go processes need linux/amd64', () => {});

/** The process that holds `pid` on behalf of spanscope. */
function watchdogOf(pid: number): number | undefined {
  const found = readdirSync('/proc').find((name) => {
    const [, file, held] = /^\d+$/.test(name) ? (procText(Number(name), 'cmdline') ?? '').split('\0') : [];
    return /\/watchdog\.c?js$/.test(file ?? '') && held === String(pid);
  });
  return found === undefined ? undefined : Number(found);
}

/** freeindex and the bits behind it. */
function popcountFrom(hex: string, freeindex: number, nelems: number): number {
  const bits = Buffer.from(hex, 'hex');
  let count = Math.min(freeindex, nelems);
  for (let i = count; i < nelems; i += 1) if ((bits[i >> 3]! >> (i & 7)) & 1) count += 1;
  return count;
}
