// A finalizer that blocks, as go1.26.11 dumps it: its caller of the runtime's own is shown, nothing behind that.
import { expect, it } from 'vitest';
import { shownFrames } from '../../src/analysis/goroutine-query.js';
import type { FrameResult } from '../../src/analysis/results-goroutines.js';

const frame = (func: string): FrameResult => ({
  pc: '0x1',
  sp: '0x1',
  func,
  file: null,
  line: null,
  offset: 0,
  inlined: false,
  wrapper: false,
  how: 'pcsp',
});

it.each(['runtime.runFinalizers', 'runtime.runCleanups'])('shows %s', (caller) => {
  const stack = ['runtime.gopark', 'runtime.chanrecv1', 'main.main.func16', caller, 'runtime.goexit'].map(frame);
  expect(shownFrames(stack).map(({ func }) => func)).toEqual(['main.main.func16', caller]);
});
