import { describe, expect, it } from 'vitest';
import { KeyQueue, keyNames, typedCharacter } from '../../tui/keys.js';

describe('key names', () => {
  it.each([
    ['\u001b[A', ['up']],
    ['\u001bOB', ['down']],
    ['\u001b[1;5C', ['right']],
    ['\u001b[5~', ['pageup']],
    ['\u001b[6~', ['pagedown']],
    ['\u001b[H', ['home']],
    ['\u001b[4~', ['end']],
    ['\u001b[Z', ['shift-tab']],
    ['\u001b[200~', []],
    ['\u001b[15~', []],
    ['\u0004', ['ctrl-d']],
    ['\u007f', ['backspace']],
    ['\t', ['tab']],
    ['\u001b', ['esc']],
    ['\u001b\u001b', ['esc', 'esc']],
    ['\u001b\u001b[A', ['esc', 'up']],
    ['\u001bq', ['esc', 'q']],
    ['\u001b/', ['esc', '/']],
    [':spans\rj', [':', 's', 'p', 'a', 'n', 's', 'enter', 'j']],
    ['q\u0003', ['q', 'ctrl-c']],
    ['ü日', ['ü', '日']],
  ])('of %j', (input, names) => {
    expect(keyNames(input)).toEqual(names);
  });

  it('tells what is typed into a prompt', () => {
    expect(typedCharacter('a')).toBe('a');
    expect(typedCharacter('space')).toBe(' ');
    expect(typedCharacter('ctrl-d')).toBeUndefined();
    expect(typedCharacter('up')).toBeUndefined();
    expect(typedCharacter('ü')).toBe('ü');
  });
});

describe('the key queue', () => {
  it('waits for the screen that a key brought', () => {
    const seen: string[] = [];
    const queue = new KeyQueue((key) => {
      seen.push(key);
      return key === 'enter' ? 'wait' : 'next';
    });
    queue.push(['j', 'enter', 'k']);
    expect(seen).toEqual(['j', 'enter']);
    queue.resume();
    expect(seen).toEqual(['j', 'enter', 'k']);
  });

  it('holds keys until a promise settles, but not Esc and Ctrl-C', async () => {
    const seen: string[] = [];
    const queue = new KeyQueue((key) => {
      seen.push(key);
      return 'next';
    });
    let finish: () => void = () => undefined;
    const held = queue.hold(
      new Promise<void>((resolve) => {
        finish = resolve;
      }),
    );
    queue.push(['j']);
    expect(seen).toEqual([]);
    queue.push(['esc']);
    // Esc means: not what I typed before.
    expect(seen).toEqual(['esc']);
    queue.push(['k']);
    finish();
    await held;
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen).toEqual(['esc', 'k']);
  });

  it('goes on when what was held for fails', async () => {
    const seen: string[] = [];
    const queue = new KeyQueue((key) => {
      seen.push(key);
      return 'next';
    });
    const held = queue.hold(Promise.reject(new Error('no')));
    queue.push(['j']);
    await expect(held).rejects.toThrow('no');
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen).toEqual(['j']);
  });
});
