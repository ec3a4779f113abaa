// Every goroutine of every image whose program left a dump of its own (GOTRACEBACK=crash writes all frames of all goroutines to stderr before the core):
// state, each frame's function, file, line, offset and SP, and who created it; and that every stack of the others is complete.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FrameResult, GoroutineResult, GoroutinesResult } from '../../src/analysis/results-goroutines.js';
import { type DumpedGoroutine, parseDump } from '../support/traceback.js';
import { images, type PreparedImage, spanscopeJson } from './prepared.js';

/** Frames that a dump shows before it leaves the rest out, where it does not say so (1.12 and 1.13, with inlined calls among them). */
const mostDumped = 100;
const framesPerSide = 50;

const withoutStack = ['dead', 'idle', 'deadextra'];

function dumpOf(image: PreparedImage): DumpedGoroutine[] {
  const path = join(dirname(image.server), 'stderr.txt');
  // Goroutine 0 is a thread's own stack.
  return existsSync(path) ? parseDump(readFileSync(path, 'utf8')).filter(({ goid }) => goid !== 0) : [];
}

const frameText = ({
  func,
  file,
  line,
  offset,
  sp,
}: {
  func: string | null;
  file?: string | null;
  line?: number | null;
  offset?: string;
  sp?: string;
}) => `${func} ${file}:${line}${sp === undefined ? '' : ` +${offset} sp ${sp}`}`;

function ourFrames(frames: readonly FrameResult[], { frames: dumped, elided }: DumpedGoroutine): string[] {
  const all = frames.map(({ func, file, line, offset, sp, inlined }) =>
    frameText({ func, file, line, ...(inlined ? {} : { offset: offset.toString(16), sp: sp.slice(2) }) }),
  );
  if (typeof elided === 'number' && elided > 0)
    return [...all.slice(0, framesPerSide), ...all.slice(framesPerSide + elided)];
  return elided === 'rest' || dumped.length >= mostDumped ? all.slice(0, dumped.length) : all;
}

function stateText({ status, waitReason, waitSinceAtLeast, lockedToThread }: GoroutineResult): string {
  const minutes = Math.floor((waitSinceAtLeast ?? 0) / 60e9);
  return [
    waitReason ?? status,
    ...(minutes > 0 ? [`${minutes} minutes`] : []),
    ...(lockedToThread ? ['locked to thread'] : []),
  ].join(', ');
}

/** What differs, a line each. */
function differences(ours: GoroutineResult | undefined, dumped: DumpedGoroutine): string[] {
  if (!ours) return [`goroutine ${dumped.goid} [${dumped.state}]: missing`];
  const found: string[] = [];
  const compare = (what: string, a: unknown, b: unknown) => {
    if (a !== b) found.push(`goroutine ${dumped.goid}: ${what}: ${a}, the dump says ${b}`);
  };
  compare('state', stateText(ours), dumped.state.replace(' (scan)', ''));
  const frames = ourFrames(ours.frames, dumped);
  const expected = dumped.frames.map((frame) => frameText(frame));
  compare('frames', frames.length, expected.length);
  const first = expected.findIndex((text, i) => text !== frames[i]);
  if (first >= 0) compare(`frame ${first}`, frames[first], expected[first]);
  const by = ours.createdBy;
  compare(
    'created by',
    by && `${by.func} ${by.file}:${by.line} +${by.offset.toString(16)} in ${by.goid}`,
    createdText(dumped),
  );
  return found;
}

function createdText({ createdBy }: DumpedGoroutine): string | null {
  if (!createdBy) return null;
  const { func, file, line, offset, goid } = createdBy;
  return `${func} ${file}:${line} +${offset} in ${goid}`;
}

describe.each(images.map((image) => ({ name: image.name, image })))('$name', ({ image }) => {
  const dump = dumpOf(image);
  const goroutines = () => spanscopeJson<GoroutinesResult>(['goroutines', ...image.files]).goroutines;

  it.skipIf(dump.length === 0)('shows each goroutine as its program dumped it', () => {
    const ours = new Map(
      goroutines()
        .filter(({ status }) => !withoutStack.includes(status))
        .map((one) => [one.goid, one]),
    );
    // One that is dumped twice is dumped for its thread first.
    const once = new Map(dump.map((one) => [one.goid, one]));
    expect([...once.values()].flatMap((dumped) => differences(ours.get(dumped.goid), dumped)).slice(0, 10)).toEqual([]);
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
