// A goroutine that waits and has no frames, for tests of how goroutines are worded.
import type { GoroutineResult } from '../../src/analysis/results-goroutines.js';

export const waitingGoroutine: GoroutineResult = {
  goid: 55,
  status: 'waiting',
  waitReason: 'chan receive',
  waitSinceAtLeast: null,
  lockedToThread: false,
  thread: null,
  system: false,
  frames: [],
  createdBy: null,
  startFunc: null,
  stack: { start: '0x0', end: '0x0' },
  g: '0x0',
  method: null,
  complete: true,
  stoppedBecause: null,
};
