// Every goroutine of every image whose program left a dump of its own (GOTRACEBACK=crash writes all frames of all goroutines to stderr before the core):
// state, each frame's function, file, line, offset and SP, and who created it; and that every stack of the others is complete.
import { describe, expect, it } from 'vitest';
import type { GoroutinesResult } from '../../src/analysis/results-goroutines.js';
import { differences, dumpOf } from './dump-differences.js';
import { images, shapes, spanscopeJson } from './prepared.js';

const withoutStack = ['dead', 'idle', 'deadextra'];

describe.each([...images, ...shapes].map((image) => ({ name: image.name, image })))('$name', ({ image }) => {
  const dump = dumpOf(image);
  const goroutines = () => spanscopeJson<GoroutinesResult>(['goroutines', ...image.files, '--frames', '0']).goroutines;

  // A program that gdb or gcore froze has dumped nothing.
  it.skipIf(dump.length === 0)('shows each goroutine as its program dumped it', () => {
    const ours = new Map(
      goroutines()
        .filter(({ status }) => !withoutStack.includes(status))
        .map((one) => [one.goid, one]),
    );
    expect(dump.flatMap((dumped) => differences(ours.get(dumped.goid), dumped)).slice(0, 10)).toEqual([]);
  });

  it('unwinds each of them to the end', () => {
    const alive = goroutines().filter(({ status }) => !withoutStack.includes(status));
    expect(alive.length).toBeGreaterThan(0);
    expect(
      alive
        .filter(({ complete }) => !complete)
        .map(({ goid, status, stoppedBecause }) => `${goid} ${status}: ${stoppedBecause}`),
    ).toEqual([]);
    expect(alive.filter(({ frames }) => frames.at(-1)?.func !== 'runtime.goexit').map(({ goid }) => goid)).toEqual([]);
  });
});
