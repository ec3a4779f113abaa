// Goroutines as the terminal UI asks for them: lists in windows that fill in, stacks in windows, and the words that point into a range.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GoroutineBrowser } from '../../src/analysis/goroutine-browser.js';
import type { GoroutineResult, ThreadResult } from '../../src/analysis/results-goroutines.js';
import { openProcess } from '../../src/runtime/process.js';
import { createSession, type SessionClient, type SessionError } from '../../src/session/client.js';
import type { GoroutineQuery } from '../../src/session/protocol.js';
import { openTarget } from '../../src/target/open.js';
import { abortedOnceHeard } from '../support/aborted.js';
import { json, sampleFiles } from '../support/run-cli.js';

let session: SessionClient;
let all: readonly GoroutineResult[];
beforeAll(async () => {
  session = createSession();
  await session.call('openTarget', { files: sampleFiles, options: {} });
  all = json<{ goroutines: GoroutineResult[] }>(['goroutines', ...sampleFiles]).goroutines;
});
afterAll(() => session.close());

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error as SessionError,
  );
const query = (rest: Partial<GoroutineQuery> = {}): GoroutineQuery => ({
  filter: '',
  system: true,
  like: null,
  sort: { column: 'goid', descending: false },
  ...rest,
});
const list = async (rest: Partial<GoroutineQuery> = {}) =>
  session.call('goroutineWindow', { query: query(rest), from: 0, count: 1000 });
const goids = async (rest: Partial<GoroutineQuery> = {}) => (await list(rest)).rows.map(({ goid }) => Number(goid));
const byGoid = (picked: readonly GoroutineResult[]) => picked.map(({ goid }) => Number(goid)).sort((a, b) => a - b);

describe('groups', () => {
  it('are those of one state and stack, the largest first', async () => {
    const { rows, ...state } = await session.call('goroutineGroups', {
      query: { filter: '', system: true },
      from: 0,
      count: 100,
    });
    const key = ({ status, waitReason, frames }: GoroutineResult) =>
      `${status} ${waitReason} ${frames.map(({ pc }) => pc).join()}`;
    const counts = new Map<string, number>();
    for (const goroutine of all) counts.set(key(goroutine), (counts.get(key(goroutine)) ?? 0) + 1);
    expect(rows.map(({ count }) => count)).toEqual([...counts.values()].sort((a, b) => b - a));
    expect(state).toMatchObject({ total: all.length, unwound: all.length, goroutines: all.length, unreadable: 0 });
    const [largest] = rows;
    expect(largest).toMatchObject({ goid: 20, count: 4, waitReason: 'chan receive', complete: true });
    expect(largest?.top).toMatchObject({ func: 'main.worker', line: 115 });
  });

  it('leave out the runtime’s own, and say how many', async () => {
    const answer = await session.call('goroutineGroups', { query: { filter: '', system: false }, from: 1, count: 2 });
    const users = all.filter(({ system }) => !system);
    expect(answer).toMatchObject({ from: 1, goroutines: users.length, systemHidden: all.length - users.length });
    expect(answer.rows).toHaveLength(2);
  });

  it('say where the group of a goroutine stands', async () => {
    const params = { query: { filter: '', system: false }, from: 0, count: 100 };
    const { rows } = await session.call('goroutineGroups', params);
    const janitor = rows.findIndex(({ top }) => top?.func === 'main.janitor');
    expect(await session.call('goroutineGroups', { ...params, keep: '19' })).toMatchObject({ position: janitor });
    expect(await session.call('goroutineGroups', { ...params, keep: '23' })).toMatchObject({ position: 0 });
    expect(await session.call('goroutineGroups', { ...params, keep: '777' })).toMatchObject({ position: -1 });
  });
});

describe('goroutines one by one', () => {
  it('are the runtime’s own where the command line says so', async () => {
    const { rows } = await list();
    const own = (some: readonly { readonly goid: unknown; readonly system: boolean }[]) =>
      some.filter(({ system }) => system).map(({ goid }) => goid);
    expect(own(rows)).toEqual(own(all.toSorted((a, b) => Number(a.goid) - Number(b.goid))));
    expect(own(rows).length).toBeGreaterThan(0);
  });

  it('are the program’s while a finalizer of it runs, which only the stack tells', () => {
    const { list: goroutines } = new GoroutineBrowser(
      openProcess(openTarget({ files: sampleFiles, options: {} }), {})!,
    );
    const entryOf = (name: string) => [...goroutines.functions!.all()].find((fn) => fn.name === name)!.entry;
    const some = goroutines.goroutines[0]!;
    const finalizers = { ...some, startpc: entryOf('runtime.runFinalizers') };
    const frames = (func: string) => () => [{ ...all[0]!.frames[0]!, func }];
    expect(goroutines.isSystem(finalizers, frames('runtime.gopark'))).toBe(true);
    expect(goroutines.isSystem(finalizers, frames('main.main.func1'))).toBe(false);
    const sweeper = { ...some, startpc: entryOf('runtime.bgsweep') };
    expect(goroutines.isSystem(sweeper, frames('main.main.func1'))).toBe(true);
  });

  it('in the order of the column', async () => {
    expect(await goids()).toEqual(byGoid(all));
    expect(await goids({ sort: { column: 'goid', descending: true } })).toEqual(byGoid(all).reverse());
    const waits = (await list({ sort: { column: 'wait', descending: true } })).rows.map(
      ({ waitSinceAtLeast }) => waitSinceAtLeast ?? -1,
    );
    expect(waits).toEqual([...waits].sort((a, b) => b - a));
    expect(waits.some((wait) => wait > 0)).toBe(true);
    const used = (await list({ sort: { column: 'stack', descending: true } })).rows.map(
      ({ stackUsed }) => stackUsed ?? -1,
    );
    expect(used).toEqual([...used].sort((a, b) => b - a));
  });

  it('with what the command line says of each', async () => {
    for (const row of (await list()).rows) {
      const goroutine = all.find(({ goid }) => goid === row.goid);
      expect(row).toMatchObject({
        g: goroutine?.g,
        status: goroutine?.status,
        waitReason: goroutine?.waitReason ?? null,
        waitSinceAtLeast: goroutine?.waitSinceAtLeast,
        system: goroutine?.system,
        frames: goroutine?.frames.length,
        complete: goroutine?.complete,
      });
    }
  });

  it('filtered by state, wait reason, function, package and text', async () => {
    const has = (pick: (goroutine: GoroutineResult) => boolean) => byGoid(all.filter(pick));
    expect(await goids({ filter: 'reason=chan' })).toEqual(
      has(({ waitReason }) => waitReason?.includes('chan') === true),
    );
    expect(await goids({ filter: 'state=runnable,running' })).toEqual(
      has(({ status }) => status === 'runnable' || status === 'running'),
    );
    expect(await goids({ filter: 'state=waiting !chan' })).toEqual(
      has(
        ({ status, waitReason, frames, createdBy }) =>
          status === 'waiting' &&
          !waitReason?.includes('chan') &&
          ![...frames, ...(createdBy ? [createdBy] : [])].some(({ func }) => func?.toLowerCase().includes('chan')),
      ),
    );
    expect(await goids({ filter: 'package=main' })).toEqual([1, 19, 20, 21, 22, 23, 24]);
    expect(await goids({ filter: 'func=janitor' })).toEqual([19]);
    expect(await goids({ filter: 'goid=22' })).toEqual([22]);
    expect(await goids({ filter: 'system', system: true })).toEqual(has(({ system }) => system));
    expect(await goids({ like: '22' })).toEqual([20, 21, 22, 23]);
    expect(await failure(list({ filter: 'beauty=3' }))).toMatchObject({ subject: 'filter beauty=3' });
  });

  it('in windows, beyond the end too', async () => {
    const params = { query: query(), from: 3, count: 2 };
    expect((await session.call('goroutineWindow', params)).rows.map(({ goid }) => goid)).toEqual(
      byGoid(all).slice(3, 5),
    );
    expect((await session.call('goroutineWindow', { ...params, from: 500 })).rows).toEqual([]);
    expect((await session.call('goroutineWindow', { ...params, count: -1 })).rows).toEqual([]);
  });
});

describe('stacks', () => {
  it('are those of the command line, each frame up to its caller’s', async () => {
    for (const { goid, frames, stack } of all) {
      const answer = await session.call('goroutine', { goid: String(goid), from: 0, count: 1000, all: true });
      expect(answer).toMatchObject({ total: frames.length, matching: frames.length });
      expect(answer.frames.map(({ index, end, ...frame }) => frame)).toEqual(frames);
      let end = stack.end;
      for (const frame of [...answer.frames].reverse()) {
        if (!frame.inlined) {
          expect(frame.end).toBe(end);
          end = frame.sp;
        }
      }
    }
  });

  it('in windows, and without the runtime’s own frames', async () => {
    const { frames } = all.find(({ goid }) => goid === 20) as GoroutineResult;
    const window = await session.call('goroutine', { goid: '20', from: 2, count: 2, all: true });
    expect(window.frames.map(({ index, func }) => [index, func])).toEqual([
      [2, frames[2]?.func],
      [3, frames[3]?.func],
    ]);
    const shown = await session.call('goroutine', { goid: '20', from: 0, count: 100, all: false });
    expect(shown.frames.map(({ index, func }) => [index, func])).toEqual([[3, 'main.worker']]);
    expect(shown).toMatchObject({ total: frames.length, matching: 1 });
    // All of it is the runtime's: better all than nothing.
    const own = await session.call('goroutine', { goid: '2', from: 0, count: 100, all: false });
    expect(own.matching).toBe(own.total);
    expect(await failure(session.call('goroutine', { goid: '999', from: 0, count: 1, all: true }))).toMatchObject({
      subject: 'goroutine 999',
    });
  });

  it('of threads: a frame does not go over to another stack', async () => {
    const { threads } = json<{ threads: ThreadResult[] }>(['threads', ...sampleFiles]);
    const listed = await session.call('threads', {});
    expect(listed.threads.map(({ tid, frames }) => [tid, frames])).toEqual(
      threads.map(({ tid, frames }) => [tid, frames.length]),
    );
    for (const { tid, frames } of threads) {
      const answer = await session.call('thread', { tid, from: 0, count: 1000, all: true });
      expect(answer.frames.map(({ index, end, ...frame }) => frame)).toEqual(frames);
      for (const { sp, end } of answer.frames) if (end !== null) expect(Number(end) - Number(sp)).toBeLessThan(65_536);
      const switched = answer.frames.filter(
        ({ how, index }) =>
          how === 'signal frame' && Math.abs(Number(frames[index - 1]?.sp) - Number(frames[index]?.sp)) > 65_536,
      );
      for (const { index } of switched) expect(answer.frames[index - 1]?.end).toBeNull();
    }
    expect(await failure(session.call('thread', { tid: 1, from: 0, count: 1, all: true }))).toMatchObject({
      subject: 'thread 1',
    });
  });
});

describe('which stacks point into a range', () => {
  /** Every word of a stack in use, by the bytes of the image alone. */
  const wordsOf = async ({ stack, frames }: GoroutineResult) => {
    const sp = Number(frames[0]?.sp);
    const { hex } = await session.call('bytes', { address: `0x${sp.toString(16)}`, length: Number(stack.end) - sp });
    const bytes = Buffer.from(hex, 'hex');
    return Array.from({ length: bytes.length / 8 }, (_, i) => ({
      at: `0x${(sp + 8 * i).toString(16)}`,
      value: bytes.readBigUInt64LE(8 * i),
    }));
  };

  it('every word of every goroutine’s stack, with the frame that holds it', async () => {
    const g20 = all.find(({ goid }) => goid === 20) as GoroutineResult;
    const [start, end] = [BigInt(g20.g), BigInt(g20.g) + 448n];
    const expected: string[] = [];
    for (const goroutine of all)
      for (const { at, value } of await wordsOf(goroutine))
        if (value >= start && value < end) expected.push(`${goroutine.goid} ${at}`);
    const answer = await session.call('stackPointers', { start: g20.g, end: `0x${end.toString(16)}` });
    const onGoroutines = answer.pointers.filter(({ at, goid }) => at !== null && goid !== null);
    expect(onGoroutines.map(({ goid, at }) => `${goid} ${at}`).sort()).toEqual(expected.sort());
    expect(expected.length).toBeGreaterThan(0);
    for (const { goid, frame, func, at } of onGoroutines) {
      const frames = all.find((each) => each.goid === goid)?.frames ?? [];
      expect(frames[frame ?? -1]?.func).toBe(func);
      expect(Number(at)).toBeGreaterThanOrEqual(Number(frames[frame ?? -1]?.sp));
    }
    expect(answer.found).toBe(answer.pointers.length);
  });

  it('nothing points at nothing; a range that is none is refused', async () => {
    expect(await session.call('stackPointers', { start: '0x123456789000', end: '0x12345678a000' })).toMatchObject({
      found: 0,
      goroutines: 0,
    });
    expect(await failure(session.call('stackPointers', { start: '0x20', end: '0x20' }))).toMatchObject({
      why: 'is no range',
    });
  });

  it('can be stopped', async () => {
    const range = { start: '0x10', end: '0xffffffffffff' };
    const asked = failure(session.call('stackPointers', range, { signal: abortedOnceHeard() }));
    expect(await asked).toMatchObject({ code: 'cancelled' });
    expect((await list()).rows).toHaveLength(all.length);
  });
});

describe('a list that fills in', () => {
  const open = (batch: number) => {
    const target = openTarget({ files: sampleFiles, options: {} });
    const process = openProcess(target, {});
    if (!process) throw new Error('the sample has a runtime');
    return { target, browser: new GoroutineBrowser(process, { ms: -1, batch }) };
  };

  it('grows with each question, and ends as one that was made at once', async () => {
    const { target, browser } = open(1);
    const told: number[] = [];
    const ask = () => browser.groups({ filter: '', system: true }, 0, 100, undefined, (done) => told.push(done));
    const seen: number[] = [];
    for (let answer = ask(); ; answer = ask()) {
      seen.push(answer.unwound);
      if (answer.unwound === answer.total) {
        const { rows } = await session.call('goroutineGroups', {
          query: { filter: '', system: true },
          from: 0,
          count: 100,
        });
        expect(answer.rows).toEqual(rows);
        break;
      }
    }
    expect(seen).toEqual(Array.from({ length: all.length }, (_, i) => i + 1));
    expect(told.at(-1)).toBe(all.length - 1);
    target.close();
  });

  it('has all rows from the first question on, those that are asked for unwound', () => {
    const { target, browser } = open(1);
    const { rows, matching, unwound } = browser.goroutines(query(), 10, 2, undefined, () => undefined);
    expect(matching).toBe(all.length);
    expect(rows.map(({ goid }) => goid)).toEqual(byGoid(all).slice(10, 12));
    for (const { top } of rows) expect(top).not.toBeNull();
    expect(unwound).toBeLessThan(all.length);
    target.close();
  });
});
