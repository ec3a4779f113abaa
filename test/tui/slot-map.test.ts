import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bitOf, legend, slotMapLines, slotsPerLine } from '../../tui/components/bitmap.js';
import { lineText, paintLine } from '../../tui/line.js';

fc.configureGlobal({ seed: 1 });

const map = (
  slots: string,
  freeindex: number | undefined,
  more: { perLine?: number; top?: number; height?: number; cursor?: number } = {},
) => slotMapLines({ slots, freeindex, perLine: 64, top: 0, height: 20, cursor: -1, ...more }).map(lineText);

describe('the slot map', () => {
  it('tells the states apart by glyph', () => {
    expect(map('aAf!?', 2, { perLine: 16 })).toEqual([`    0 █▓│·!?`]);
  });

  it('puts the freeindex boundary before the slot with that index', () => {
    expect(map('aaaa', 0)).toEqual(['    0 │████']);
    expect(map('aaaa', 4)).toEqual(['    0 ████│']);
    expect(map('aaaa', undefined)).toEqual(['    0 ████']);
  });

  it('begins a line with its first slot and marks the line of the cursor', () => {
    const lines = map('a'.repeat(130), 130, { cursor: 64 });
    expect(lines[0]).toBe(`    0 ${'█'.repeat(64)}`);
    expect(lines[1]).toBe(`▶  64 ${'█'.repeat(64)}`);
    expect(lines[2]).toBe('  128 ██│');
  });

  it('makes only the lines that are seen', () => {
    const lines = map('f'.repeat(65_535), 0, { top: 1000, height: 10 });
    expect(lines).toHaveLength(10);
    expect(lines[0]).toBe(` 64000 ${'·'.repeat(64)}`);
  });

  it('shows each slot once, whatever is selected', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'A', 'f', '!', '?'), { minLength: 1, maxLength: 400 }),
        fc.integer({ min: -1, max: 400 }),
        fc.nat(400),
        (slots, cursor, freeindex) => {
          const text = slots.join('');
          const cells = map(text, freeindex, { perLine: 32, height: 100, cursor })
            .map((line) => line.slice(6).replaceAll('│', ''))
            .join('');
          const back: Record<string, string> = { '█': 'a', '▓': 'A', '·': 'f', '!': '!', '?': '?' };
          expect([...cells].map((glyph) => back[glyph]).join('')).toBe(text);
        },
      ),
    );
  });

  it('is ASCII if asked', () => {
    const line = slotMapLines({ slots: 'aAf!?', freeindex: 2, perLine: 16, top: 0, height: 1, cursor: 0 })[0] ?? [];
    expect(paintLine(line, 80, { color: false, ascii: true })).toBe('>   0 \u001b[7m#\u001b[0m+|.!?');
  });

  it('has a legend that fits 55 columns and explains each glyph', () => {
    const text = legend.map(lineText);
    for (const line of text) expect(line.length).toBeLessThanOrEqual(55);
    for (const glyph of ['█', '▓', '·', '!', '?', '│']) expect(text.join('')).toContain(glyph);
    expect(text.join('')).toContain('freeindex');
  });

  it('has as many slots on a line as fit', () => {
    expect(slotsPerLine(80, 1000)).toBe(64);
    expect(slotsPerLine(55, 1000)).toBe(32);
    expect(slotsPerLine(140, 1000)).toBe(128);
    expect(slotsPerLine(30, 1000)).toBe(16);
  });
});

describe('bits in hex', () => {
  it('reads the lowest bit of the first byte first', () => {
    expect(bitOf('0180', 0)).toBe(1);
    expect(bitOf('0180', 1)).toBe(0);
    expect(bitOf('0180', 15)).toBe(1);
  });
  it('does not make up bits that are not there', () => {
    expect(bitOf('01', 8)).toBeUndefined();
    expect(bitOf('', 0)).toBeUndefined();
    expect(bitOf(null, 0)).toBeUndefined();
  });
});
