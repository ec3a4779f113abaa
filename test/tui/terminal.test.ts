import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import {
  type Ending,
  enterAlternateScreen,
  enterSequence,
  leaveSequence,
} from '../../tui/terminal/alternate-screen.js';
import { FrameWriter } from '../../tui/terminal/frame-writer.js';
import { createScreen } from '../support/screen.js';

class FakeTty extends EventEmitter {
  readonly isTTY = true;
  readonly written: string[] = [];
  readonly modes: boolean[] = [];
  broken = false;
  write(text: string): boolean {
    if (this.broken) throw new Error('EPIPE');
    this.written.push(text);
    return true;
  }
  setRawMode(on: boolean): void {
    this.modes.push(on);
  }
}

function enter() {
  const stdin = new FakeTty();
  const stdout = new FakeTty();
  const endings: Ending[] = [];
  const events: string[] = [];
  const screen = enterAlternateScreen(
    stdin as unknown as NodeJS.ReadStream,
    stdout as unknown as NodeJS.WriteStream,
    (ending) => endings.push(ending),
    () => events.push('back'),
    () => events.push(`stopped ${stdout.written.at(-1) === leaveSequence} ${stdin.modes.at(-1)}`),
  );
  return { stdin, stdout, endings, events, screen };
}

describe('the alternate screen', () => {
  it('is left once, with raw mode off, however often it is asked', () => {
    const { stdin, stdout, screen } = enter();
    screen.leave();
    screen.leave();
    expect(stdout.written).toEqual([enterSequence, leaveSequence]);
    expect(stdin.modes).toEqual([true, false]);
  });

  it.skipIf(process.platform === 'win32')('goes to the shell and comes back', () => {
    const { stdin, stdout, events, screen } = enter();
    screen.suspend();
    expect(events).toEqual(['stopped true false', 'back']);
    expect(stdout.written).toEqual([enterSequence, leaveSequence, enterSequence]);
    expect(stdin.modes).toEqual([true, false, false, true]);
    // A job that was stopped from outside.
    process.listeners('SIGCONT').at(-1)?.('SIGCONT');
    expect(events.at(-1)).toBe('back');
    screen.leave();
    screen.suspend();
    expect(stdout.written.at(-1)).toBe(leaveSequence);
  });

  it.each(['stdout', 'stdin'] as const)('is left when %s is closed', (which) => {
    const { stdin, stdout, endings, screen } = enter();
    if (which === 'stdout') {
      stdout.broken = true;
      stdout.emit('error', new Error('write EPIPE'));
    } else stdin.emit('end');
    expect(endings).toEqual([{ kind: 'closed' }]);
    expect(stdin.modes).toEqual([true, false]);
    // An error of a later write is no exception either.
    stdout.emit('error', new Error('write EPIPE'));
    expect(endings).toHaveLength(1);
    screen.leave();
  });

  it('is left before an uncaught exception is told, and takes its handlers away', () => {
    const before = process.listenerCount('uncaughtException');
    const { stdout, endings } = enter();
    const handler = process.listeners('uncaughtException').at(-1);
    const error = new Error('bug');
    handler?.(error, 'uncaughtException');
    expect(stdout.written.at(-1)).toBe(leaveSequence);
    expect(endings).toEqual([{ kind: 'error', error }]);
    expect(process.listenerCount('uncaughtException')).toBe(before);
  });

  it('is left when the process ends by itself', () => {
    const { stdout, screen } = enter();
    const handler = process.listeners('exit').at(-1);
    handler?.(0);
    expect(stdout.written.at(-1)).toBe(leaveSequence);
    screen.leave();
  });
});

describe('the frame writer', () => {
  it('writes only lines that changed, and all of them after a resize', async () => {
    const screen = createScreen(20, 5);
    const written: string[] = [];
    const output = {
      write(text: string) {
        written.push(text);
        screen.write(text);
      },
    };
    const writer = new FrameWriter(output, 20, 5);
    writer.write('one\ntwo\nthree');
    writer.write('one\n2\nthree');
    expect(written[1]).toContain('\u001b[2;1H');
    expect(written[1]).not.toContain('three');
    expect((await screen.lines()).slice(0, 3)).toEqual(['one', '2', 'three']);
    writer.write('one\n2\nthree');
    expect(written).toHaveLength(2);
    writer.resize(20, 5);
    writer.write('one\n2\nthree');
    expect(written[2]).toContain('three');
  });

  it('clears lines that are gone, never scrolls, and keeps a full line whole', async () => {
    const screen = createScreen(10, 3);
    const writer = new FrameWriter(screen, 10, 3);
    writer.write('0123456789\nabcdefghij\nABCDEFGHIJ\nthis is too much');
    expect(await screen.lines()).toEqual(['0123456789', 'abcdefghij', 'ABCDEFGHIJ']);
    writer.write('x');
    expect(await screen.lines()).toEqual(['x', '', '']);
  });

  it('is silent once it is closed', () => {
    const written: string[] = [];
    const writer = new FrameWriter({ write: (text: string) => written.push(text) }, 10, 3);
    writer.close();
    writer.write('x');
    writer.writeRaw('y');
    expect(written).toEqual([]);
  });
});
