// Stacks of live processes: held still, every goroutine has its stack to its end, also those that ran; as they run, those that do not; and what the program says of itself, by its own dump, is the same.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { GoroutineResult, ScanResult, ThreadResult } from '../../src/analysis/results-goroutines.js';
import { readStat, threadStates } from '../../src/image/proc-status.js';
import { openTarget } from '../../src/target/open.js';
import { betweenStacks, firstLine, hasBegun, LivePrograms } from '../support/live-programs.js';
import { until } from '../support/patience.js';
import { json, lines, output, run, TempFolder } from '../support/run-cli.js';
import { type DumpedGoroutine, parseDump } from '../support/traceback.js';

const runsGo = process.platform === 'linux' && process.arch === 'x64';
const folder = new TempFolder();
const programs = new LivePrograms(folder);
afterEach(() => programs.kill());
afterAll(() => folder.remove());

const goroutinesOf = (pid: number, ...args: string[]) =>
  json<{ goroutines: GoroutineResult[] }>(['goroutines', `pid:${pid}`, ...args]).goroutines;
const threadsOf = (pid: number, ...args: string[]) =>
  json<{ threads: ThreadResult[] }>(['threads', `pid:${pid}`, ...args]).threads;
/** How often a process at full speed is looked at again, until what is wanted is seen. */
const mostRounds = 20;
const hasStack = ({ status }: GoroutineResult) => !['dead', 'idle', 'deadextra'].includes(status);

// These share their processor with a program that takes all of it.
describe.runIf(runsGo)('stacks of a live process', { timeout: 600_000 }, () => {
  it.each(['go1.13-amd64', 'go1.16-amd64', 'go1.18-386', 'go1.21-amd64-pie', 'go1.27-amd64-mark'])(
    '%s, held still: all goroutines and threads to their end',
    async (name) => {
      const { pid } = await programs.go(name, 'churn');
      let running = 0;
      // At one of four moments no goroutine runs: the collector holds them, or is about to.
      for (let round = 0; round < 3 || (running === 0 && round < mostRounds); round += 1) {
        const all = goroutinesOf(pid, '--stop').filter(hasStack);
        expect(all.length).toBeGreaterThan(3);
        for (const one of all) {
          expect(one.complete, `goroutine ${one.goid}: ${one.stoppedBecause}`).toBe(true);
          if (!betweenStacks.test(one.frames[0]?.func ?? ''))
            expect(one.method, `goroutine ${one.goid}: ${one.stoppedBecause}`).toBe('pclntab');
          expect(one.frames.at(-1)?.func).toBe('runtime.goexit');
          if (one.status !== 'running') continue;
          running += 1;
          expect(one.thread).toBeGreaterThan(0);
        }
        const threads = threadsOf(pid, '--stop').filter(hasBegun);
        expect(threads.length).toBeGreaterThan(2);
        for (const thread of threads)
          expect(thread, `thread ${thread.tid}: ${thread.stoppedBecause}`).toMatchObject({
            complete: true,
            state: 'T',
            name: expect.stringMatching(/^go/),
            registers: '/proc/PID/task/TID/syscall',
          });
        expect(threads.filter(({ m }) => m === null)).toEqual([]);
      }
      expect(running).toBeGreaterThan(0);
      const text = output(['threads', `pid:${pid}`, '--stop']);
      expect(text).toMatch(/^thread \d+ \(go\S+\) {2}m 0 0x[0-9a-f]+/m);
      expect(text).toContain('stopped, SP and PC from /proc/PID/task/TID/syscall');
    },
  );

  it('as it runs: those that sleep, and why the others can’t be told', async () => {
    const { pid } = await programs.go('go1.27-amd64-mark', 'churn');
    // Now and then no thread is on a processor at the moment it is looked at.
    let threads = threadsOf(pid);
    for (let round = 0; round < mostRounds && threads.every(({ registers }) => registers !== null); round += 1)
      threads = threadsOf(pid);
    const [known, unknown] = [
      threads.filter(({ registers }) => registers !== null),
      threads.filter(({ registers }) => registers === null),
    ];
    expect(unknown.length).toBeGreaterThan(0);
    for (const { frames, on, stoppedBecause } of unknown) {
      expect(frames).toEqual([]);
      expect(on).toBe('unknown');
      expect(stoppedBecause).toBe('it is running, and of a running thread no register can be read (--stop holds it)');
    }
    for (const { frames } of known) expect(frames.length).toBeGreaterThan(0);
    const waiting = goroutinesOf(pid).filter(({ status }) => status === 'waiting');
    expect(waiting.filter(({ complete }) => complete).length).toBeGreaterThan(waiting.length / 2);
    const scan = () => run(['stacks', '--scan', `pid:${pid}`, '--format', 'ndjson']);
    let scanned = scan();
    for (let round = 0; round < mostRounds && scanned.stderr === ''; round += 1) scanned = scan();
    expect(scanned.status).toBe(0);
    expect(scanned.stderr).toMatch(/thread \d+: it is running/);
    expect(lines<ScanResult>(scanned.stdout).filter(({ what }) => what === 'goroutine').length).toBeGreaterThan(3);
  });

  it('held still, a scan reaches the end of running goroutines too', async () => {
    const { pid } = await programs.go('go1.27-amd64-mark', 'churn');
    // It may start more threads meanwhile, and ends none.
    const before = threadStates(pid).length;
    const { stdout, stderr } = run(['stacks', '--scan', '--stop', `pid:${pid}`, '--format', 'ndjson']);
    const after = threadStates(pid).length;
    expect(stderr).not.toContain('no register');
    const scans = lines<ScanResult>(stdout);
    const threads = scans.filter(({ what }) => what === 'thread').length;
    expect(threads).toBeGreaterThanOrEqual(before);
    expect(threads).toBeLessThanOrEqual(after);
    const goroutines = scans.filter(({ what }) => what === 'goroutine');
    expect(goroutines.filter(({ complete }) => complete).length).toBeGreaterThan(goroutines.length * 0.9);
  });

  it.each(['go1.16-amd64', 'go1.18-386', 'go1.27-amd64-mark'])(
    '%s, standing still: as its own dump says a moment later',
    async (name) => {
      const child = await programs.go(name, 'block', 'pipe');
      let dump = '';
      child.stderr!.setEncoding('utf8').on('data', (text: string) => {
        dump += text;
      });
      const [brief, whole] = [[], ['--all']].map((args) =>
        parseDump(output(['goroutines', `pid:${child.pid}`, '--stop', '--format', 'traceback', ...args])),
      );
      const ended = new Promise((resolve) => child.stderr!.once('close', resolve));
      child.kill('SIGQUIT');
      await ended;
      // Whether it shows the runtime's own frames differs by release.
      const ours = (dump.includes('\nruntime.goexit(') ? whole : brief)!;
      // The runtime's own go on working.
      const said = parseDump(dump).filter(({ frames }) => frames.some(({ func }) => func.startsWith('main.')));
      expect(said.length).toBeGreaterThan(3);
      const calls = ({ frames }: DumpedGoroutine, count: number) =>
        frames.slice(0, count).map(({ func, file, line }) => `${func} ${file}:${line}`);
      for (const one of said) {
        // Up to 1.20 what it does not show counts among its 100 frames.
        const count = one.frames.length;
        const same = ours.find(({ goid }) => goid === one.goid)!;
        expect(calls(same, count), `goroutine ${one.goid}`).toEqual(calls(one, count));
        if (same.elided === 0) expect(same.frames).toHaveLength(count);
      }
    },
  );

  // Needs the right to make a PID namespace.
  it.runIf(process.getuid?.() === 0 && spawnSync('unshare', ['-pf', 'true']).status === 0)(
    'in a container, where its threads have other numbers',
    async () => {
      const server = folder.unpacked('inside', 'images', 'go1.27-amd64-mark', 'server.gz');
      const outer = programs.start('sh', '-c', `chmod +x ${server}; exec unshare -pf --kill-child ${server} churn 1`);
      await firstLine(outer);
      // `unshare` waits for the one child that it has.
      const pid = Number(readFileSync(`/proc/${outer.pid}/task/${outer.pid}/children`, 'latin1'));
      const threads = threadsOf(pid, '--stop');
      expect(threads.map(({ mid }) => mid)).toContain(0);
      expect(threads.filter(({ m, complete }) => m === null || !complete)).toEqual([]);
      const all = goroutinesOf(pid, '--stop').filter(hasStack);
      expect(all.filter(({ complete }) => !complete)).toEqual([]);
      programs.kill();
    },
  );

  it('that ends before its threads are read ends in one line', async () => {
    const child = await programs.go('go1.27-amd64-mark', 'churn');
    const target = openTarget({ files: [`pid:${child.pid}`], options: {} });
    child.kill('SIGKILL');
    expect(await until(() => (readStat(child.pid)?.state ?? 'X') === 'X')).toBe(true);
    expect(() => target.threads()).toThrow(/^pid:\d+: ended while its threads were read$/);
    target.close();
  });
});

it.skipIf(runsGo)('SKIPPED: live Go processes need linux/amd64', () => {});
