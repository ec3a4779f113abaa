// The line a dump begins a goroutine with, beside lines that programs of go1.24.13, go1.25.14, go1.26.11 and go1.27.4 wrote of themselves.
import { expect, it } from 'vitest';
import type { GoroutineResult } from '../../src/analysis/results-goroutines.js';
import { layoutsFolder } from '../../src/layout/load.js';
import { loadTraits } from '../../src/layout/traits.js';
import { goroutineHeader } from '../../src/output/goroutine-header.js';
import { waitingGoroutine } from '../support/goroutine-result.js';

const labelsOf = (goVersion: string) =>
  loadTraits(layoutsFolder()).at({ goVersion, goos: 'linux', goarch: 'amd64', pointerSize: 8, experiments: [] })
    .traceback.labels ?? undefined;

const some = waitingGoroutine;
const header = (more: Partial<GoroutineResult>, labels?: ReturnType<typeof labelsOf>) =>
  goroutineHeader({ ...some, ...more }, labels);
const bubble = { kind: 'bubble', id: 1, durable: true } as const;

it('says of a bubble what is known', () => {
  expect(header({ waitReason: 'sleep', lockedToThread: true, bubble })).toBe(
    'goroutine 55 [sleep (durable), locked to thread, synctest bubble 1]:',
  );
  expect(header({ bubble: { ...bubble, durable: false } })).toBe('goroutine 55 [chan receive, synctest bubble 1]:');
  expect(header({ bubble: { kind: 'group', id: 6, durable: false } })).toBe(
    'goroutine 55 [chan receive, synctest group 6]:',
  );
});

it('says that a stack is being scanned, and what the runtime says of a status that it does not know', () => {
  expect(header({ scanned: true, waitSinceAtLeast: 125e9 })).toBe('goroutine 55 [chan receive (scan), 2 minutes]:');
  const { waitReason: _, ...unknown } = some;
  expect(goroutineHeader({ ...unknown, status: 'status 23' }, undefined)).toBe('goroutine 55 [???]:');
  expect(header({ status: 'leaked', waitSinceAtLeast: 125e9 })).toBe('goroutine 55 [chan receive (leaked)]:');
});

it('quotes labels as the release does', () => {
  const labels = [
    { key: 'handler', value: 'index' },
    { key: 'path', value: 'a "b"\n' },
  ];
  expect(header({ labels }, labelsOf('go1.27.4'))).toBe(
    String.raw`goroutine 55 [chan receive] {handler: index, path: "a \"b\"\n"}:`,
  );
  expect(
    header(
      {
        labels: [
          { key: '', value: 'empty' },
          { key: 'größe', value: '5:}' },
        ],
      },
      labelsOf('go1.27.4'),
    ),
  ).toBe(String.raw`goroutine 55 [chan receive] {: empty, "gr\u00f6\u00dfe": "5:}"}:`);
  expect(header({ labels }, labelsOf('go1.26.11'))).toBe(
    String.raw`goroutine 55 [chan receive labels:{"handler": "index", "path": "a \"b\"\n"}]:`,
  );
  expect(header({ labels })).toBe('goroutine 55 [chan receive]:');
  expect(labelsOf('go1.25.14')).toBeUndefined();
  expect(header({}, labelsOf('go1.27.4'))).toBe('goroutine 55 [chan receive]:');
});
