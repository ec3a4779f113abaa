import { describe, expect, it } from 'vitest';
import { helpLines } from '../../tui/components/help.js';
import { bindings, bindingsIn, commandFor, contexts, hintsFor } from '../../tui/keymap.js';
import { lineText } from '../../tui/line.js';

describe('the key table', () => {
  it.each(contexts)('has one meaning for each key in %s', (context) => {
    const seen = new Map<string, string>();
    for (const binding of bindingsIn(context)) {
      for (const key of binding.keys) {
        expect(seen.get(key), `${key} in ${context}: ${seen.get(key)} and ${binding.command}`).toBeUndefined();
        seen.set(key, binding.command);
      }
    }
  });

  it.each(contexts)('can be left from %s', (context) => {
    expect(commandFor(context, 'ctrl-c')).toBe('quit');
    expect(commandFor(context, 'esc')).toBeDefined();
  });

  it('has help for each binding', () => {
    for (const binding of bindings) expect(binding.help, binding.keys.join(' ')).not.toBe('');
  });

  it('knows the keys that users bring along', () => {
    for (const [key, command] of [
      ['j', 'down'],
      ['k', 'up'],
      ['g', 'top'],
      ['G', 'bottom'],
      ['ctrl-d', 'half-down'],
      ['ctrl-u', 'half-up'],
      ['enter', 'open'],
      ['l', 'open'],
      ['h', 'back'],
      ['q', 'quit-screen'],
      ['/', 'filter'],
      [':', 'command'],
      ['?', 'help'],
      ['s', 'sort'],
      ['S', 'reverse'],
      ['<', 'column-left'],
      ['>', 'column-right'],
      ['y', 'copy'],
      ['x', 'bytes'],
      ['r', 'redraw'],
      ['1', 'to-overview'],
      ['pageup', 'page-up'],
      ['pagedown', 'page-down'],
    ] as const) {
      expect(commandFor('spans', key), key).toBe(command);
    }
  });

  it('hints at the help everywhere outside of prompts', () => {
    for (const context of contexts.filter(
      (each) => each !== 'prompt' && each !== 'help' && each !== 'list' && each !== 'textview',
    )) {
      expect(
        hintsFor(context).some((hint) => hint.text === 'help'),
        context,
      ).toBe(true);
    }
  });
});

describe('the status bar', () => {
  const texts = (context: (typeof contexts)[number]) => hintsFor(context).map(({ text }) => text);

  it('does not hint at what leads to where one is', () => {
    expect(contexts.filter((context) => commandFor(context, 'w') === 'how' && !texts(context).includes('how'))).toEqual(
      ['how'],
    );
    expect(texts('layouts')).toContain('verify');
    expect(texts('layouts-verified')).not.toContain('verify');
    expect(texts('layouts-verified')).toContain('open');
  });
});

describe('the help', () => {
  it('lists keys and commands with the words help and quit', () => {
    const text = helpLines('spans', '', 80).map(lineText).join('\n');
    expect(text).toContain('help');
    expect(text).toContain('quit');
    expect(text).toMatch(/Ctrl-d\s+half a page down/);
    expect(text).toContain(':goto ADDRESS');
  });

  it('cuts nothing on 80 columns', () => {
    for (const context of contexts)
      for (const line of helpLines(context, '', 80)) expect(lineText(line).length, lineText(line)).toBeLessThan(80);
    expect(helpLines('memory', '', 80).map(lineText).join(' ')).toMatch(/sixteen\s+bytes\s+a\s+line/);
  });

  it('can be filtered', () => {
    const text = helpLines('spans', 'sort', 80).map(lineText);
    expect(text.some((line) => line.includes('sort by the chosen column'))).toBe(true);
    expect(text.some((line) => line.includes('half a page'))).toBe(false);
    expect(lineText(helpLines('spans', 'no such thing', 80)[0] ?? [])).toContain('no key or command');
  });
});
