import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MemoryResult } from '../../src/analysis/results.js';
import { gauge } from '../../tui/components/gauge.js';
import { memoryLines } from '../../tui/components/memory-view.js';
import { leftRight, lineText, lineWidth, padLine, paintLine, wrapText } from '../../tui/line.js';
import { addressFrom, addressPlus, bytesText, grouped, percentText } from '../../tui/numbers.js';
import { searchFrom } from '../../tui/search.js';
import { copySequence } from '../../tui/terminal/clipboard.js';
import { cleanText, cutText, fitText, textWidth } from '../../tui/terminal/text-width.js';
import { createScreen } from '../support/screen.js';

fc.configureGlobal({ seed: 1 });

const plain = { color: false, ascii: false };

describe('text from an image', () => {
  it('loses everything that a terminal could obey', () => {
    expect(cleanText('a\u001b[31mb\u0007\u009b2Jc\rd\ne')).toBe('a[31mb2Jcde');
    expect(cleanText('user\u202egnp.exe\u200b')).toBe('usergnp.exe');
    expect(cleanText('a\tb')).toBe('a b');
  });

  it('never lets a control character through to the terminal', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.integer({ min: 0, max: 40 }), (text, width) => {
        const painted = paintLine([text, ['bad', text]], width, plain);
        expect(painted).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
      }),
    );
  });

  it('takes as many columns as a terminal gives it', async () => {
    for (const text of ['plain', '█▓·│▶›─…↑↓⨯✓✗–−Δ«»≠×', '日本語', 'e\u0301', '한국', 'ｆｕｌｌ']) {
      const screen = createScreen(60, 2);
      screen.write(text);
      expect(textWidth(text), text).toBe(await screen.cursorColumn());
      screen.dispose();
    }
  });

  it('is cut and padded to exactly the width', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), fc.integer({ min: 1, max: 20 }), (text, width) => {
        const clean = cleanText(text);
        expect(textWidth(fitText(clean, width))).toBe(width);
        expect(textWidth(cutText(clean, width))).toBeLessThanOrEqual(width);
      }),
    );
    expect(fitText('freeindex', 5)).toBe('free…');
    expect(fitText('12', 5, 'right')).toBe('   12');
  });
});

describe('lines', () => {
  it('puts the right part at the right edge', () => {
    expect(lineText(leftRight(['left'], ['right'], 20))).toBe('left           right');
    expect(lineWidth(leftRight(['a long left part that is cut'], ['right'], 20))).toBe(20);
  });
  it('are cut to the width with an ellipsis, styles and all', () => {
    expect(paintLine(['abc', ['bad', 'defghi']], 6, plain)).toBe('abcde…');
    expect(paintLine([['marked', 'ab']], 6, { color: true, ascii: false })).toBe('\u001b[32mab\u001b[0m');
    expect(lineWidth(padLine(['ab'], 6))).toBe(6);
  });
  it('wrap at words', () => {
    expect(wrapText('one two three', 8)).toEqual(['one two', 'three']);
  });
});

describe('numbers', () => {
  it('are grouped; unknown is ?, never 0', () => {
    expect(grouped(1234567)).toBe('1,234,567');
    expect(grouped('18446744073709551615')).toBe('18,446,744,073,709,551,615');
    expect(grouped(null)).toBe('?');
    expect(bytesText(undefined)).toBe('?');
    expect(percentText(null, 5)).toBe('?');
  });
  it('do not round something to nothing or to all', () => {
    expect(percentText(1, 1000)).toBe('1%');
    expect(percentText(999, 1000)).toBe('99%');
    expect(percentText(966, 1000)).toBe('96%');
    expect(percentText(0, 0)).toBe('–');
    expect(lineText(gauge(1, 1_000_000, 10))).toBe('█░░░░░░░░░');
    expect(lineText(gauge(999_999, 1_000_000, 10))).toBe('█████████░');
    expect(lineText(gauge(null, 10, 4))).toBe('????');
  });
  it('keep addresses exact', () => {
    expect(addressFrom('0xC000')).toBe('0xc000');
    expect(addressFrom('00c0')).toBe('0xc0');
    expect(addressFrom('0x')).toBeUndefined();
    expect(addressPlus('0xffffffffffffff00', 16)).toBe('0xffffffffffffff10');
  });
});

describe('memory lines', () => {
  const block: MemoryResult = {
    schemaVersion: 1,
    address: '0x1ff0',
    length: 32,
    resident: null,
    pieces: [
      { address: '0x1ff0', hex: '4142434445464748' },
      { address: '0x2000', hex: '0000000000000000' },
    ],
    missing: [
      { start: '0x1ff8', end: '0x2000', why: 'not in the image' },
      { start: '0x2008', end: '0x2010', why: 'the file ends here' },
    ],
    words: [
      { address: '0x1ff0', value: '0x4847464544434241', points: null },
      { address: '0x1ff8', value: null, points: null },
      { address: '0x2000', value: '0x0', points: null },
      { address: '0x2008', value: null, points: null },
    ],
  };
  const input = { top: 0x1ff0, cursor: 0x1ff0, width: 80, range: { start: 0, end: 0 }, blockAt: () => block };
  it('show what is missing as ⨯ with the reason, never as zeros, and what is readable behind it', () => {
    const lines = memoryLines({ ...input, view: 'words', height: 4, unit: 8 }).map(lineText);
    expect(lines[0]).toMatch(/^▶0x1ff0 +41 42 43 44 45 46 47 48 ABCDEFGH/);
    expect(lines[1]).toMatch(/^ 0x1ff8 +⨯ {2}⨯ .*⨯ unmapped: not in the image$/);
    expect(lines[1]).not.toContain('00');
    expect(lines[2]).toMatch(/0x2000 +00 00 00/);
    expect(lines[3]).toContain('⨯ unmapped: the file ends here');
  });
  it('keep the readable half of sixteen bytes', () => {
    const [line = ''] = memoryLines({ ...input, view: 'bytes', height: 1, unit: 16 }).map(lineText);
    expect(line).toMatch(/41 42 43 44 45 46 47 48 {2}⨯ {2}⨯.*⨯ unmapped: not in the image/);
  });
});

describe('searching', () => {
  it('goes round and ignores case', () => {
    expect(searchFrom(['a', 'Beta', 'c'], 'BET', 2, 1)).toBe(1);
    expect(searchFrom(['a', 'b', 'a'], 'a', 0, -1)).toBe(2);
    expect(searchFrom(['a'], 'zz', 0, 1)).toBe(-1);
    expect(searchFrom(['a'], '', 0, 1)).toBe(-1);
  });
});

describe('copying', () => {
  it('is OSC 52, wrapped for tmux', () => {
    expect(copySequence('0x10', false)).toBe('\u001b]52;c;MHgxMA==\u0007');
    expect(copySequence('0x10', true)).toBe('\u001bPtmux;\u001b\u001b]52;c;MHgxMA==\u0007\u001b\\');
  });
});

describe('a line with an empty piece', () => {
  const full = [' ', ...gauge(8, 8, 4), '  8 B of 8 B'];

  it('keeps what stands behind it: a full gauge has its numbers', () => {
    expect(lineText(padLine(full, 30)).trimEnd()).toBe(' ████  8 B of 8 B');
    expect(lineText(leftRight(full, ['right'], 40))).toBe(` ████  8 B of 8 B${' '.repeat(18)}right`);
  });

  it('is still cut at its width', () => {
    expect(lineText(padLine(full, 9))).toBe(' ████  8…');
  });
});
