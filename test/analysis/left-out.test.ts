// A stack of more frames than are kept is shown as if all had been kept: held against the whole stack of the recursion in the committed images (fixtures/programs/heapmix, deep).
import { afterAll, describe, expect, it } from 'vitest';
import { boundedFrames } from '../../src/analysis/bounded-frames.js';
import { filterGoroutines } from '../../src/analysis/goroutine-query.js';
import { GoroutineList, stackCalls } from '../../src/analysis/goroutines.js';
import type { GoroutineResult } from '../../src/analysis/results-goroutines.js';
import { frameFinder, frameWindow } from '../../src/analysis/stack-window.js';
import { goroutineText, groupText } from '../../src/output/goroutines-text.js';
import { tracebackText } from '../../src/output/traceback-text.js';
import { openProcess } from '../../src/runtime/process.js';
import { FrameList } from '../../src/runtime/unwind/frame-list.js';
import type { StackFrame } from '../../src/runtime/unwind/unwind.js';
import { openTarget } from '../../src/target/open.js';
import { TempFolder } from '../support/run-cli.js';
import { smallImage } from '../support/small-images.js';

const folder = new TempFolder();
afterAll(() => folder.remove());

describe.each([{ name: 'go1.22-s390x' }, { name: 'go1.16-amd64' }])('$name', ({ name }) => {
  const { server, core } = smallImage(folder, name);
  const process = openProcess(openTarget({ files: [server, core], options: {} }), {})!;
  const list = new GoroutineList(process);
  const goroutine = list.goroutines.find((one) => list.stackOf(one).frames.length > 200)!;
  const stack = list.stackOf(goroutine);
  const whole = list.result(goroutine);
  const kept = new FrameList<StackFrame>(60);
  for (const frame of stack.frames) kept.push(frame);
  const { frames, leftOut } = kept;
  const { leftOut: calls, ...bare } = {
    ...whole,
    ...stackCalls(list.functions!, { ...stack, frames, ...(leftOut ? { leftOut } : {}) }),
  };
  const short: GoroutineResult = { ...bare, ...(calls ? { leftOut: calls } : {}) };

  it('keeps both ends and counts the rest', () => {
    expect(kept.length).toBe(stack.frames.length);
    expect(frames).toEqual([...stack.frames.slice(0, 60), ...stack.frames.slice(-60)]);
    expect(leftOut?.count).toBe(stack.frames.length - 120);
    expect(leftOut?.calls.reduce((sum, { count }) => sum + count, 0)).toBe(leftOut?.count);
    expect(short.frames.length + short.leftOut!.count).toBe(whole.frames.length);
  });

  it.each([true, false])('is dumped as the whole is (all: %s)', (all) => {
    const options = { traits: process.layout.traits.traceback, all, labels: false };
    expect(tracebackText(short, options)).toBe(tracebackText(whole, options));
    const group = (one: GoroutineResult) => groupText({ goroutines: [one], waitSinceAtLeast: null }, all);
    expect(group(short)).toBe(group(whole));
    expect(goroutineText(short).replace('has more', 'has all')).toBe(goroutineText(whole));
  });

  it('is cut for JSON as the whole is', () => {
    expect(boundedFrames(short, 100)).toEqual(boundedFrames(whole, 100));
    expect(boundedFrames(short, 0)).toMatchObject({ framesElided: short.leftOut!.count, framesElidedAt: 60 });
    expect(boundedFrames(short, 0)).not.toHaveProperty('leftOut');
  });

  it('is cut so that what is left out stays between the two ends, however unlike they are', () => {
    const at = short.leftOut!.at;
    for (const [inner, outer] of [
      [at, 10],
      [10, at],
    ] as const) {
      const [ends, rest] = [short.frames.slice(at - inner, at), short.frames.slice(at, at + outer)];
      const uneven = { frames: [...ends, ...rest], leftOut: { ...short.leftOut!, at: inner } };
      const [keptInner, keptOuter] = inner < outer ? [10, 30] : [30, 10];
      expect(boundedFrames(uneven, 40)).toEqual({
        frames: [...ends.slice(0, keptInner), ...rest.slice(rest.length - keptOuter)],
        framesElided: short.leftOut!.count + inner + outer - 40,
        framesElidedAt: keptInner,
      });
    }
  });

  it('is found by a function that only the frames between have', () => {
    const ends = { ...short, frames: short.frames.filter(({ func }) => func !== 'main.deep') };
    expect(filterGoroutines([ends], { func: 'main.deep', system: true })).toEqual([ends]);
  });

  it('numbers frames as the whole does, and says of no address between that it is in one of them', () => {
    const stacks = [goroutine.stack];
    const window = (one: GoroutineResult) => frameWindow(one, { from: 0, count: 1000, all: true, stacks });
    const numbered = window(whole).frames;
    const expected = numbered.filter(({ index }) => index < 60 || index >= 60 + short.leftOut!.count);
    const [last, ...others] = [59, ...expected.keys()].filter((at, i) => i === 0 || at !== 59);
    const rows = window(short).frames;
    expect(rows[last!]).toEqual({ ...expected[last!], end: null });
    for (const at of others) expect(rows[at]).toEqual(expected[at]);
    const middle = whole.frames[100]!;
    expect(frameFinder(whole, stacks)(Number(middle.sp))).toBe(100);
    expect(frameFinder(short, stacks)(Number(middle.sp))).toBe(-1);
  });
});
