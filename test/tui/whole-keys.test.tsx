// Keys that come in pieces, as over a slow line, read by Ink.
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { type Key, render, Text, useInput } from 'ink';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type KeySource, patienceMs, WholeKeys } from '../../tui/terminal/whole-keys.js';

class Line extends EventEmitter {
  readonly isTTY = true;
  readonly #pieces: string[] = [];
  send(piece: string): void {
    this.#pieces.push(piece);
    this.emit('readable');
  }
  read(): string | null {
    return this.#pieces.shift() ?? null;
  }
  setEncoding(): void {}
  setRawMode(): void {}
  ref(): void {}
  unref(): void {}
}

const nameOf = (input: string, key: Key) => {
  const named = Object.entries(key)
    // Ink says meta of Esc itself, too.
    .filter(([name, is]) => is === true && !(name === 'meta' && key.escape))
    .map(([name]) => name)
    .toSorted();
  return [...named, input].filter((part) => part !== '').join('+');
};

let line: Line;
let stop: () => void;
let heard: string[];

function Ear() {
  useInput((input, key) => {
    heard.push(nameOf(input, key));
  });
  return <Text>…</Text>;
}

/** Lets all that is due happen, and `ms` pass. */
async function pass(ms = 0): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  for (let turns = 0; turns < 5; turns += 1) await new Promise((resolve) => setImmediate(resolve));
}

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  heard = [];
  line = new Line();
  const app = render(<Ear />, {
    stdout: new PassThrough() as unknown as NodeJS.WriteStream,
    stdin: new WholeKeys(line as unknown as KeySource) as unknown as NodeJS.ReadStream,
    debug: true,
    exitOnCtrlC: false,
    patchConsole: false,
  });
  stop = () => app.unmount();
  await pass(100);
});
afterEach(() => {
  stop();
  vi.useRealTimers();
});

describe('a key in pieces', () => {
  it.each([
    ['\u001b[A', 'upArrow'],
    ['\u001b[6~', 'pageDown'],
    ['\u001b[1;5C', 'ctrl+rightArrow'],
    ['\u001bOB', 'downArrow'],
    ['\u001b[[A', '[[A'],
  ])('%j is one key wherever it is cut', async (sequence, name) => {
    for (let cut = 1; cut < sequence.length; cut += 1) {
      heard.length = 0;
      line.send(sequence.slice(0, cut));
      await pass(patienceMs - 1);
      expect(heard).toEqual([]);
      line.send(`${sequence.slice(cut)}`);
      await pass();
      expect(heard).toHaveLength(1);
      if (!name.startsWith('[')) expect(heard).toEqual([name]);
    }
    heard.length = 0;
    for (const byte of sequence) {
      line.send(byte);
      await pass(patienceMs - 1);
    }
    line.send('j');
    await pass();
    expect(heard).toHaveLength(2);
    expect(heard.at(-1)).toBe('j');
  });

  it('is held no longer than a little', async () => {
    line.send('\u001b[1');
    await pass(patienceMs - 1);
    expect(heard).toEqual([]);
    await pass(1);
    expect(heard).toHaveLength(1);
  });
});

describe('Esc', () => {
  it('alone is a key', async () => {
    line.send('\u001b');
    await pass(patienceMs);
    expect(heard).toEqual(['escape']);
  });
  it('is not Alt of what is typed after it', async () => {
    line.send('\u001b');
    await pass();
    line.send('j');
    line.send('k');
    await pass(patienceMs);
    expect(heard[0]).toBe('escape');
    expect(heard.slice(1).join('')).toBe('jk');
  });
  it('that is held down is as many keys', async () => {
    for (let i = 0; i < 3; i += 1) {
      line.send('\u001b');
      await pass(30);
    }
    await pass(patienceMs);
    expect(heard).toEqual(['escape', 'escape', 'escape']);
  });
  it('before an arrow in one read is Alt and the arrow, as terminals send it', async () => {
    line.send('\u001b\u001b[A');
    await pass(patienceMs);
    expect(heard).toHaveLength(1);
    expect(heard[0]).toContain('upArrow');
  });
});

it('hands on at once what is whole', async () => {
  line.send('abc');
  expect(heard).toEqual(['abc']);
  line.send('\u001b[B\u001b[');
  await pass();
  expect(heard).toEqual(['abc', 'downArrow']);
  line.send('A');
  await pass();
  expect(heard).toEqual(['abc', 'downArrow', 'upArrow']);
});

it('listens no more after unmounting, and forgets what was held', async () => {
  line.send('\u001b');
  stop();
  expect(line.listenerCount('readable')).toBe(0);
  await pass(patienceMs);
  expect(heard).toEqual([]);
});
