// The terminal UI over a session of hand-written answers, stopped after each test.
import { afterEach } from 'vitest';
import { createFakeSession, type FakeOptions } from './fake-session.js';
import { startTui, type TuiSetup, type TuiUnderTest } from './tui.js';

let running: TuiUnderTest | undefined;
afterEach(() => running?.stop());

export function start(options: FakeOptions = {}, setup: TuiSetup = {}) {
  const session = createFakeSession(options);
  running = startTui(session, setup);
  return { ...running, session, ui: running };
}
