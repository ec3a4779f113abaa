import type { Key } from 'ink';
import { describe, expect, it } from 'vitest';
import { KeyQueue, keyNames, typedCharacter } from '../../tui/keys.js';

const none = {
  upArrow: false,
  downArrow: false,
  leftArrow: false,
  rightArrow: false,
  pageDown: false,
  pageUp: false,
  home: false,
  end: false,
  return: false,
  escape: false,
  ctrl: false,
  shift: false,
  tab: false,
  backspace: false,
  delete: false,
  meta: false,
} as Key;

describe('key names', () => {
  it('names single keys', () => {
    expect(keyNames('', { ...none, upArrow: true })).toEqual(['up']);
    expect(keyNames('d', { ...none, ctrl: true })).toEqual(['ctrl-d']);
    expect(keyNames('\t', { ...none, tab: true, shift: true })).toEqual(['shift-tab']);
    expect(keyNames('', { ...none, escape: true, meta: true })).toEqual(['esc']);
    expect(keyNames('', { ...none, delete: true })).toEqual(['backspace']);
  });

  it('takes apart what arrives together', () => {
    expect(keyNames(':spans\rj', none)).toEqual([':', 's', 'p', 'a', 'n', 's', 'enter', 'j']);
    expect(keyNames('q\u0003', none)).toEqual(['q', 'ctrl-c']);
    expect(keyNames('q', { ...none, meta: true })).toEqual(['esc', 'q']);
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
