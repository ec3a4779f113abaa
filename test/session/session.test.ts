// The session as the terminal UI uses it: the built worker thread, typed calls, windows of rows, errors, cancelling, and its end.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSession, type SessionClient, SessionError } from '../../src/session/client.js';
import type { SpanColumn, SpanQuery } from '../../src/session/protocol.js';
import { abortedOnceHeard } from '../support/aborted.js';
import { json, sample, sampleFiles } from '../support/run-cli.js';

type Row = Record<string, unknown> & { addr: string; base: string };

let session: SessionClient;
beforeEach(async () => {
  session = createSession();
  await session.call('openTarget', { files: sampleFiles, options: {} });
});
afterEach(() => session.close());

const query = (filter = '', column: SpanColumn = 'index', descending = false): SpanQuery => ({
  filter,
  sort: { column, descending },
});
const window = (asked: SpanQuery, from = 0, count = 10_000) =>
  session.call('spanWindow', { query: asked, from, count });
const cli = (...options: string[]) => json<{ spans: Row[] }>(['spans', ...sampleFiles, ...options]).spans;
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error as SessionError,
  );

describe('opening', () => {
  it('says what was opened', async () => {
    const opened = await session.call('openTarget', { files: [sample.core, sample.server], options: {} });
    expect(opened).toEqual({
      title: 'core.sparse',
      goText: 'go1.27.4 linux/amd64',
      layoutText: 'table go1.27.4/amd64',
      rootsText: 'roots ✓',
      told: [],
      hasImage: true,
      warnings: [],
    });
  });
  it('a binary alone', async () => {
    const opened = await session.call('openTarget', { files: [sample.server], options: {} });
    expect(opened).toMatchObject({ title: 'server', hasImage: false });
    expect(await failure(window(query()))).toMatchObject({ code: 'no-image' });
    expect((await session.call('overview', {})).spans).toBeNull();
  });
  it('what can’t be opened: an error with its fields, and nothing stays open', async () => {
    const error = await failure(session.call('openTarget', { files: ['/nothing/here'], options: {} }));
    expect(error).toBeInstanceOf(SessionError);
    expect(error).toMatchObject({ code: 'not-found', subject: '/nothing/here', why: 'no such file' });
    expect(await failure(session.call('overview', {}))).toMatchObject({ code: 'no-image' });
    await session.call('openTarget', { files: sampleFiles, options: {} });
    expect((await session.call('overview', {})).spans?.total).toBe(1082);
  });
});

it('the overview is the one of the command line', async () => {
  const asked = json<{ roots: object }>(['overview', ...sampleFiles]);
  const { roots, ...rest } = await session.call('overview', {});
  expect(asked).toEqual({ ...rest, roots: expect.objectContaining(roots) });
  // Who asks for JSON asks for every root; so does who asks how things were found.
  expect((await session.call('provenance', {})).roots).toEqual(asked.roots);
});

describe('windows', () => {
  it('in the table’s order', async () => {
    const all = cli();
    const first = await window(query(), 0, 40);
    expect(first).toMatchObject({ total: 1082, matching: 1082, from: 0 });
    expect(first.rows).toEqual(all.slice(0, 40));
    expect(first.indices).toEqual(all.slice(0, 40).map((_, i) => i));
    expect((await window(query(), 1075, 40)).rows).toEqual(all.slice(1075));
  });
  it('filtered and sorted as the command line does it', async () => {
    const expected = cli('--where', 'inuse elemsize>=1k', '--sort', 'elemsize', '--reverse');
    const asked = query('inuse elemsize>=1k', 'elemsize', true);
    const { rows, matching, total, indices } = await window(asked);
    expect(rows).toEqual(expected);
    expect([matching, total]).toEqual([expected.length, 1082]);
    const all = cli();
    expect(indices.map((i) => all[i])).toEqual(expected);
    expect((await window(asked, 3, 2)).rows).toEqual(expected.slice(3, 5));
  });
  it('beyond the end, before the start, and of no length', async () => {
    expect((await window(query(), 5000, 10)).rows).toEqual([]);
    expect((await window(query(), -20, 3)).rows).toEqual(cli().slice(0, 3));
    expect((await window(query(), 0, -3)).rows).toEqual([]);
    expect((await window(query('class=300'))).matching).toBe(0);
  });
  it('a filter that is not understood names its word', async () => {
    expect(await failure(window(query('beauty>3')))).toMatchObject({ code: 'unsupported', subject: 'filter beauty>3' });
  });
});

describe('positions', () => {
  it('of an mspan, and of any address inside a span, in the asked order', async () => {
    const asked = query('inuse', 'elemsize', true);
    const { rows } = await window(asked);
    for (const position of [0, 17, rows.length - 1]) {
      const { addr, base } = rows[position]!;
      const inside = `0x${(BigInt(base!) + 100n).toString(16)}`;
      for (const address of [addr, inside])
        expect(await session.call('spanPosition', { query: asked, address })).toEqual({
          position,
          row: rows[position],
        });
    }
  });
  it('−1 for what is filtered out, and for what is no span', async () => {
    const { rows } = await window(query('manual'));
    const found = await session.call('spanPosition', { query: query('inuse'), address: rows[0]!.addr });
    expect(found).toEqual({ position: -1, row: rows[0] });
    expect(await session.call('spanPosition', { query: query(), address: '0x10' })).toEqual({
      position: -1,
      row: null,
    });
    expect(await failure(session.call('spanPosition', { query: query(), address: 'here' }))).toMatchObject({
      why: 'is no address',
    });
  });
});

it('one span is the one of the command line', async () => {
  const { rows } = await window(query('inuse class=6'));
  const { addr } = rows[0]!;
  expect(await session.call('span', { address: addr })).toEqual(json(['span', addr, ...sampleFiles]));
  expect(await failure(session.call('span', { address: '0x10' }))).toMatchObject({ code: 'address-not-found' });
  expect(await failure(session.call('span', { address: '' }))).toMatchObject({ why: 'is no address' });
});

describe('bytes', () => {
  it('of a slot, and where they end', async () => {
    const { rows } = await window(query('inuse'));
    const { base, addr } = rows[0]!;
    const read = await session.call('bytes', { address: base!, length: 64 });
    expect(read).toMatchObject({ address: base, fault: null });
    expect(read.hex).toMatch(/^[0-9a-f]{128}$/);
    // The mspan itself, read as bytes, holds the span's address: startAddr.
    const mspan = await session.call('bytes', { address: addr, length: 160 });
    const startAddr = Buffer.alloc(8);
    startAddr.writeBigUInt64LE(BigInt(base!));
    expect(mspan.hex).toContain(startAddr.toString('hex'));
    const nothing = await session.call('bytes', { address: '0x10', length: 64 });
    expect(nothing).toEqual({ address: '0x10', hex: '', fault: '0x10: not mapped' });
    expect((await session.call('bytes', { address: base!, length: -1 })).hex).toBe('');
  });
});

it('layouts', async () => {
  expect(await session.call('layoutList', {})).toEqual(json(['layout', 'list']));
  expect(await session.call('layoutShow', { name: 'go1.22.5/arm64' })).toEqual(
    json(['layout', 'show', 'go1.22.5/arm64']),
  );
  expect(await session.call('layoutShow', { name: '' })).toMatchObject({ goVersion: 'go1.27.4', arch: 'amd64' });
  expect(await session.call('layoutDiff', { a: 'go1.21.0', b: 'go1.22.0' })).toEqual(
    json(['layout', 'diff', 'go1.21.0', 'go1.22.0']),
  );
  expect((await session.call('layoutVerify', {})).mismatches).toEqual([]);
  expect(await failure(session.call('layoutShow', { name: 'nonsense' }))).toMatchObject({ code: 'unknown-go-version' });
});

describe('ending', () => {
  it('calls are answered in order, each once', async () => {
    const done: number[] = [];
    await Promise.all([3, 1, 2].map((count, i) => window(query(), 0, count).then(() => done.push(i))));
    expect(done).toEqual([0, 1, 2]);
  });
  it('reports progress', async () => {
    const seen: number[] = [];
    await session.call('overview', {}, { onProgress: ({ total }) => seen.push(total) });
    expect(seen).toContain(1082);
  });
  it('a cancelled call is refused as cancelled, those beside it are not', async () => {
    const calls = [1, 2].map(() => failure(session.call('overview', {}, { signal: abortedOnceHeard() })));
    const kept = session.call('spanWindow', { query: query(), from: 0, count: 1 });
    for (const error of await Promise.all(calls)) expect(error).toMatchObject({ code: 'cancelled' });
    expect((await kept).rows).toHaveLength(1);
    const late = AbortSignal.abort();
    expect(await failure(session.call('overview', {}, { signal: late }))).toMatchObject({ code: 'cancelled' });
  });
  it('close ends the worker; what waits and what comes later is told so', async () => {
    const waiting = failure(session.call('layoutVerify', {}));
    await session.close();
    expect(await waiting).toMatchObject({ code: 'engine-ended' });
    expect(await failure(session.call('overview', {}))).toMatchObject({ code: 'engine-ended' });
    await session.close();
  });
});
