// Text for people: sizes, grouping, and that nothing of an image can reach the terminal as a command.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SpanDetail, SpanRow } from '../../src/analysis/results.js';
import { bytesText, grouped, jsonText, percentText, printable } from '../../src/output/format.js';
import { csvCell, spanDetailText, spanHeading, spanLine } from '../../src/output/spans-text.js';

fc.configureGlobal({ seed: 1 });

/** Controls, escape introducers, line and paragraph separators, marks and overrides of direction. */
const harmful = /[\p{Cc}\u2028\u2029\p{Bidi_Control}]/u;

describe('printable', () => {
  it.each([
    ['\x1b[31mred\x1b[0m', '�[31mred�[0m'],
    ['\x1b]0;title\x07', '�]0;title�'],
    ['\x9b31m', '�31m'],
    ['a\nb\r\tc\0', 'a�b��c�'],
    ['\u202egpj.exe', '�gpj.exe'],
    ['\u2066x\u2069\u061c', '�x��'],
    ['\x7f\x85', '��'],
    ['größe 日本 🙂', 'größe 日本 🙂'],
  ])('%j', (text, expected) => {
    expect(printable(text)).toBe(expected);
  });
  it('leaves nothing that moves a cursor or turns text, in any text', () => {
    const nasty = fc.array(
      fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\x1b', '\x9b', '\u202e', '\u061c', '\n')),
    );
    fc.assert(
      fc.property(nasty, (parts) => {
        expect(printable(parts.join(''))).not.toMatch(harmful);
        const json = jsonText({ path: parts });
        expect(json).not.toMatch(harmful);
        expect(JSON.parse(json)).toEqual({ path: parts });
      }),
      { numRuns: 300 },
    );
  });
  it('cuts', () => {
    expect(printable('x'.repeat(5000))).toHaveLength(4096);
    expect(printable('abcdef', 4)).toBe('abc…');
  });
});

it('jsonText keeps the lines that indent makes', () => {
  expect(jsonText({ a: '\x9b' }, 2)).toBe('{\n  "a": "\\u009b"\n}');
});

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '0.98 KiB'],
  [1024, '1.00 KiB'],
  [10_240, '10.0 KiB'],
  [102_400, '100 KiB'],
  [1536 * 1024, '1.50 MiB'],
  ['18446744073709551615', '16384 PiB'],
])('bytesText(%s) is %s', (value, text) => {
  expect(bytesText(value)).toBe(text);
});

it.each([
  [0, '0'],
  [999, '999'],
  [1000, '1,000'],
  [-1234567, '-1,234,567'],
  ['18446744073709551615', '18,446,744,073,709,551,615'],
])('grouped(%s) is %s', (value, text) => {
  expect(grouped(value)).toBe(text);
});

it('percentText rounds down and says nothing of nothing', () => {
  expect([percentText(999, 1000), percentText(1, 3), percentText(0, 0), percentText(5, 5)]).toEqual([
    '99%',
    '33%',
    '–',
    '100%',
  ]);
});

const row: SpanRow = {
  addr: '0x7f0000012345',
  base: '0xc000012000',
  npages: 1,
  state: 'inuse',
  spanclass: 11,
  sizeclass: 5,
  noscan: true,
  elemsize: 48,
  nelems: 170,
  freeindex: 3,
  allocCount: 1234,
  allocated: 3,
  sweepgen: 20,
  limit: '0xc000014000',
};

describe('a table row', () => {
  it('shows its addresses in full, below the headings', () => {
    const line = spanLine(row);
    expect(line).toContain('0x7f0000012345');
    expect(line).toContain('0xc000012000');
    expect(line).toContain('1,234');
    for (const [title, cell] of [
      ['freeindex', ' 3 '],
      ['elemsize', '48'],
    ] as const) {
      const end = spanHeading().indexOf(title) + title.length;
      expect(`${line.slice(0, end)} `.endsWith(cell.trimStart() === cell ? `${cell} ` : cell)).toBe(true);
    }
  });
  it('shows what is suspect and missing in words', () => {
    expect(spanLine({ ...row, suspect: 'mismatch', missing: ['allocBits', 'allocated'] })).toMatch(
      /mismatch missing allocBits allocated$/,
    );
    expect(spanLine({ ...row, base: null, nelems: null, state: null, sizeclass: null })).toContain('?');
  });
});

it('csv cells are empty for what is absent', () => {
  expect([csvCell(null), csvCell(undefined), csvCell(['a', 'b']), csvCell(false), csvCell(0), csvCell('0x0')]).toEqual([
    '',
    '',
    'a b',
    'false',
    '0',
    '0x0',
  ]);
});

describe('one span', () => {
  const detail: SpanDetail = {
    ...row,
    schemaVersion: 1,
    allocBits: '05',
    gcmarkBits: '',
    inlineMarks: '',
    fields: {
      freeindex: { offset: 48, size: 2, type: 'uint16\x1b[2J', value: 3, source: 'table' },
      next: { offset: 0, size: 8, type: '*mspan', value: null, source: 'dwarf' },
    },
    slots: 'aAAf!?',
    slotSize: 48,
    markSource: 'allocBits',
    reading: 'swept',
    sweepState: 'swept',
  };
  it('shows fields with offset and source, and the slots with freeindex between them', () => {
    const text = spanDetailText(detail, true);
    expect(text).toMatch(/^ +48 +2 {2}freeindex +3 +uint16.* +table$/m);
    expect(text).toMatch(/^ +0 +8 {2}next +\? +\*mspan +dwarf$/m);
    expect(text).toContain('0 #++|.!?');
    expect(text).toContain('allocBits 05');
    expect(text).toContain('gcmarkBits nil');
    expect(text).toContain('# allocated, marked');
    expect(text.replaceAll('\n', '')).not.toMatch(harmful);
    expect(spanDetailText(detail, false)).toContain('0 █▓▓│·!?');
  });
});
