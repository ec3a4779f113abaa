// `goroutines`, `goroutine`, `threads`, `stacks` and `symbols` as commands, on the sample: a crash core of a program whose goroutines are known (fixtures/programs/sample).
import { describe, expect, it } from 'vitest';
import type { GoroutinesResult, ScanResult, ThreadsResult } from '../../src/analysis/results-goroutines.js';
import { json, lines, output, run, sampleFiles } from '../support/run-cli.js';
import { parseDump } from '../support/traceback.js';

describe('goroutines', () => {
  const all = json<GoroutinesResult>(['goroutines', ...sampleFiles]).goroutines;

  it('groups identical stacks, the program’s own alone', () => {
    const text = output(['goroutines', ...sampleFiles]);
    expect(text).toMatch(/^4 goroutines \[chan receive, at least [\d.]+ ms\] {2}20 21 22 23$/m);
    expect(text).toContain('main.worker  example.org/sample/main.go:');
    expect(text).toMatch(/7 goroutines; not shown: 7 of the runtime’s own \(--system\)/);
    expect(text).not.toContain('runtime.bgsweep');
    expect(output(['goroutines', ...sampleFiles, '--system'])).toContain('runtime.bgsweep');
  });

  it('shows where the crash interrupted a goroutine', () => {
    const running = all.filter(({ status }) => status === 'running');
    expect(running.map(({ frames }) => frames[0])).toMatchObject([{ func: 'main.rank', how: 'signal frame' }]);
  });

  it('has all of them in json, ndjson and csv', () => {
    const rows = lines<GoroutinesResult['goroutines'][number]>(
      output(['goroutines', ...sampleFiles, '--format', 'ndjson']),
    );
    expect(rows).toEqual(all);
    const csv = output(['goroutines', ...sampleFiles, '--format', 'csv'])
      .trimEnd()
      .split('\n');
    expect(csv).toHaveLength(all.length + 1);
    expect(csv[0]).toMatch(/^goid,status,/);
  });

  it('leaves out the middle of a long stack in json, says so, and has it on demand', () => {
    const whole = all.find(({ goid }) => goid === 1)!.frames;
    expect(whole).toHaveLength(5);
    for (const args of [
      ['goroutine', '1', '--json'],
      ['goroutines', '--format', 'ndjson'],
      ['stacks', '--goroutine', '1', '--format', 'ndjson'],
    ]) {
      const cut = run([...args, ...sampleFiles, '--frames', '3']);
      const rows = args.includes('--json') ? [JSON.parse(cut.stdout) as object] : lines<object>(cut.stdout);
      expect(rows.find((row) => 'goid' in row && row.goid === 1)).toMatchObject({
        frames: [whole[0], whole[1], whole[4]],
        framesElided: 2,
        framesElidedAt: 2,
      });
      expect(cut.stderr).toContain('spanscope: goroutine 1: 2 frames left out (--frames 0 for more)');
    }
    const [thread] = lines<ThreadsResult['threads'][number]>(
      run(['threads', ...sampleFiles, '--frames', '1', '--format', 'ndjson']).stdout,
    );
    expect(thread?.frames).toHaveLength(1);
    expect(json<GoroutinesResult>(['goroutines', ...sampleFiles, '--frames', '0']).goroutines).toEqual(all);
    expect(run(['goroutine', '1', ...sampleFiles, '--frames', '-1']).status).toBe(2);
  });

  it('filters by state, reason, function and package', () => {
    const goids = (...args: string[]) =>
      lines<{ goid: number }>(output(['goroutines', ...sampleFiles, '--format', 'ndjson', ...args])).map(
        ({ goid }) => goid,
      );
    expect(goids('--func', 'main.worker')).toEqual([20, 21, 22, 23]);
    expect(goids('--reason', 'CHAN')).toEqual([20, 21, 22, 23]);
    expect(goids('--state', 'running')).toEqual([24]);
    expect(goids('--package', 'main', '--user')).toEqual(expect.arrayContaining([1, 19, 20, 24]));
    expect(goids('--package', 'nosuch')).toEqual([]);
  });

  it('sorts by wait time, one line each', () => {
    const text = output(['goroutines', ...sampleFiles, '--sort', 'wait', '--limit', '2']).split('\n');
    expect(text[0]).toMatch(/^goid +state +waits +in$/);
    expect(text[1]).toMatch(/chan receive/);
    expect(text[3]).toBe('showing 2 of 7 (--limit 0 for all)');
    expect(run(['goroutines', ...sampleFiles, '--sort', 'beauty']).status).toBe(2);
  });

  it('writes the runtime’s own dump', () => {
    const dump = parseDump(output(['goroutines', ...sampleFiles, '--format', 'traceback']));
    expect(dump.map(({ goid }) => goid).sort((a, b) => a - b)).toEqual([1, 19, 20, 21, 22, 23, 24]);
    const worker = dump.find(({ goid }) => goid === 20)!;
    expect(worker.state).toBe('chan receive');
    expect(worker.frames.map(({ func }) => func)).toEqual(['main.worker']);
    expect(worker.createdBy).toMatchObject({ func: 'main.main', goid: 1 });
    const whole = parseDump(output(['goroutines', ...sampleFiles, '--format', 'traceback', '--all']));
    expect(whole.find(({ goid }) => goid === 20)!.frames.map(({ func }) => func)).toEqual([
      ...[
        'runtime.gopark',
        'runtime.chanrecv',
        'runtime.chanrecv2',
        'main.worker',
        'main.main.gowrap1',
        'runtime.goexit',
      ],
    ]);
    expect(run(['spans', ...sampleFiles, '--format', 'traceback']).status).toBe(2);
  });
});

describe('goroutine ID', () => {
  it('shows every frame with pc, SP and why it is believed', () => {
    const text = output(['goroutine', '20', ...sampleFiles]);
    expect(text).toMatch(/^goroutine 20 \[chan receive, /);
    expect(text).toMatch(/started in main\.main\.gowrap1, created by main\.main in goroutine 1/);
    expect(text).toMatch(/^ +0 {2}0x[0-9a-f]+ {2}0x[0-9a-f]+ {2}runtime\.gopark \+0x[0-9a-f]+ .* gobuf$/m);
    expect(text).toMatch(/main\.worker .* pcsp$/m);
  });

  it('says so where there is none, or no number', () => {
    expect(run(['goroutine', '999', ...sampleFiles])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^spanscope: goroutine 999: /),
    });
    expect(run(['goroutine', ...sampleFiles]).status).toBe(2);
  });
});

describe('threads', () => {
  it('walks over the handlers of a crash to what they interrupted', () => {
    const { threads } = json<ThreadsResult>(['threads', ...sampleFiles]);
    const crashed = threads.find(({ goid }) => goid === 24)!;
    expect(crashed).toMatchObject({ on: 'gsignal', complete: true });
    const names = crashed.frames.map(({ func }) => func);
    expect(names.indexOf('runtime.sigtramp')).toBeGreaterThan(0);
    expect(names.slice(-2)).toEqual(['main.rank', 'runtime.goexit']);
    for (const thread of threads) expect(thread.complete, `${thread.tid}: ${thread.stoppedBecause}`).toBe(true);
    expect(output(['threads', ...sampleFiles])).toContain('in a signal handler (gsignal)');
  });
});

describe('stacks', () => {
  it('scans a goroutine, and a range of which nothing else is known', () => {
    const [stack] = lines<ScanResult>(
      output(['stacks', ...sampleFiles, '--scan', '--goroutine', '20', '--format', 'ndjson']),
    );
    const likely = stack!.candidates.filter((candidate) => candidate.likely);
    expect(likely.map(({ func }) => func)).toEqual([
      'runtime.chanrecv',
      'runtime.chanrecv2',
      'main.worker',
      'main.main.gowrap1',
      'runtime.goexit',
    ]);
    expect(stack!.complete).toBe(true);
    const range = `${stack!.sp}-${stack!.end}`;
    const [same] = lines<ScanResult>(
      output(['stacks', ...sampleFiles, '--scan', '--range', range, '--format', 'ndjson']),
    );
    expect(same!.candidates.map(({ pc }) => pc)).toEqual(expect.arrayContaining(likely.map(({ pc }) => pc)));
  });

  it('refuses what it can’t take', () => {
    expect(run(['stacks', ...sampleFiles, '--range', '0x10-0x20']).status).toBe(2);
    for (const range of ['0x20-0x10', 'here', '0x10'])
      expect(run(['stacks', ...sampleFiles, '--scan', '--range', range]).status, range).toBe(2);
    expect(run(['stacks', ...sampleFiles, '--goroutine', '999']).status).toBe(2);
    expect(run(['stacks', ...sampleFiles, '--scan', '--goroutine', '999']).status).toBe(2);
    expect(run(['stacks', ...sampleFiles, '--scan', '--thread', '1']).status).toBe(2);
    expect(run(['goroutines', ...sampleFiles, '--state', 'bogus']).status).toBe(2);
    expect(run(['goroutines', ...sampleFiles, '--state', 'waiting, leaked,deadextra']).status).toBe(0);
  });
});

describe('symbols', () => {
  it('lists functions by a pattern', () => {
    const { symbols } = json<{ symbols: { func: string; addr: string; size: number; file: string }[] }>([
      'symbols',
      '^main\\.',
      ...sampleFiles,
    ]);
    expect(symbols.map(({ func }) => func)).toEqual(
      expect.arrayContaining(['main.main', 'main.worker', 'main.rank', 'main.janitor']),
    );
    expect(symbols.every(({ func }) => func.startsWith('main.'))).toBe(true);
    expect(symbols.find(({ func }) => func === 'main.worker')!.file).toBe('example.org/sample/main.go');
    expect(output(['symbols', ...sampleFiles])).toMatch(/showing 50 of 1,\d{3} \(--limit 0 for all\)/);
    expect(run(['symbols', 'mallocgc']).status).toBe(2);
  });
});
