// `spans` and `span` for people, and the rows as csv.
import type { SpanDetail, SpanRow } from '../analysis/results.js';
import { fold } from './fold.js';
import { bytesText, grouped, type Mark, markOf, printable } from './format.js';

const unknown = '?';

interface Column {
  readonly title: string;
  readonly width: number;
  readonly cell: (row: SpanRow) => string;
}

const count = (value: number | string | null | undefined) =>
  value === null || value === undefined ? unknown : grouped(value);

const columns: readonly Column[] = [
  { title: 'startAddr', width: 14, cell: (row) => row.base ?? unknown },
  { title: 'mspan', width: 14, cell: (row) => row.addr },
  {
    title: 'class',
    width: 6,
    cell: (row) => (row.state === 'inuse' && row.sizeclass !== null ? `${row.sizeclass}${row.noscan ? 'n' : ''}` : '–'),
  },
  { title: 'elemsize', width: 11, cell: (row) => count(row.elemsize) },
  { title: 'npages', width: 8, cell: (row) => count(row.npages) },
  { title: 'nelems', width: 7, cell: (row) => count(row.nelems) },
  { title: 'freeindex', width: 10, cell: (row) => count(row.freeindex) },
  { title: 'alloc', width: 7, cell: (row) => count(row.allocCount) },
  { title: 'sweepgen', width: 9, cell: (row) => count(row.sweepgen) },
  { title: 'state', width: 7, cell: (row) => row.state ?? unknown },
  {
    title: '',
    width: 0,
    cell: (row) => [row.suspect ?? '', row.missing ? `missing ${row.missing.join(' ')}` : ''].filter(Boolean).join(' '),
  },
];

/** The heading of the table; every row of `spanLine` stands below it. */
export function spanHeading(): string {
  return line((column) => column.title);
}

/** `source`: of the layout that the row was read by. The mspan's own address is left to be copied as it is. */
export function spanLine(row: SpanRow, source = 'table'): string {
  const mark = markOf(source);
  return printable(line((column) => cellText(column, row, mark)));
}

function cellText({ title, cell }: Column, row: SpanRow, mark: Mark): string {
  const text = cell(row);
  return title === '' || title === 'mspan' || text === unknown || text === '–' ? text : mark(text);
}

function line(cell: (column: Column) => string): string {
  return columns
    .map((column) => (column.width === 0 ? cell(column) : cell(column).padStart(column.width)))
    .join(' ')
    .trimEnd();
}

/** One csv cell: empty for what is absent, lists joined by spaces. No value of a row needs quotes. */
export function csvCell(value: unknown): string {
  if (value === null || value === undefined) return '';
  return Array.isArray(value) ? value.join(' ') : String(value);
}

/** Slots in a line of the map. */
const mapWidth = 64;
const glyphs = {
  unicode: { a: '█', A: '▓', f: '·', '!': '!', '?': '?' },
  ascii: { a: '#', A: '+', f: '.', '!': '!', '?': '?' },
} as const;

/** `span ADDR`: header, fields with value, offset and source, and the slot map with its legend. `told`: an image told where the fields stand, this one or that of a saved inference. */
export function spanDetailText(span: SpanDetail, ascii: boolean, told = false): string {
  const mark = markOf(told ? 'inferred' : 'table');
  const lines = [
    ...[
      `mspan ${span.addr}   pages from ${mark(span.base ?? unknown)}, ${mark(count(span.npages))} of them   ${mark(span.state ?? unknown)}   ${mark(classText(span))}`,
      `freeindex ${mark(count(span.freeindex))}   allocCount ${mark(count(span.allocCount))}   allocated ${mark(count(span.allocated))}   nelems ${mark(count(span.nelems))}   ${mark(span.sweepState)}`,
    ].flatMap((line) => fold(line, 2)),
  ];
  if (span.suspect) lines.push(`suspect: ${span.suspect}`);
  if (span.missing) lines.push(`not readable: ${span.missing.join(', ')}`);
  if (span.allocBits !== undefined)
    lines.push(
      `allocBits ${mark(span.allocBits === '' ? 'nil' : (span.allocBits ?? unknown))}`,
      `gcmarkBits ${mark(span.gcmarkBits === '' ? 'nil' : (span.gcmarkBits ?? unknown))}`,
    );
  if (span.inlineMarks) lines.push(`inline marks ${span.inlineMarks}`);
  const nameWidth = 1 + Math.max(8, ...Object.keys(span.fields).map((name) => name.length));
  lines.push(
    '',
    `${'offset'.padStart(6)} ${'size'.padStart(5)}  ${'field'.padEnd(nameWidth)}${'value'.padEnd(20)}${'type'.padEnd(18)}source`,
  );
  for (const [name, field] of Object.entries(span.fields)) {
    const value =
      field.value === null
        ? unknown
        : typeof field.value === 'object'
          ? JSON.stringify(field.value)
          : String(field.value);
    lines.push(
      `${String(field.offset).padStart(6)} ${String(field.size).padStart(5)}  ${name.padEnd(nameWidth)}${mark(value).padEnd(19)} ${field.type.padEnd(17)} ${field.source}`,
    );
  }
  lines.push('', ...slotMapLines(span, ascii));
  return `${lines.map((text) => printable(text)).join('\n')}\n`;
}

function classText(span: SpanDetail): string {
  if (span.state !== 'inuse' || span.sizeclass === null) return '';
  const size = span.elemsize === null ? unknown : bytesText(span.elemsize);
  return `class ${span.sizeclass} ${span.noscan ? 'noscan' : 'scan'}, ${size}${span.sizeclass === 0 ? ' (large)' : ''}`;
}

function slotMapLines({ slots, freeindex, reading, markSource }: SpanDetail, ascii: boolean): string[] {
  if (slots === '') return [reading];
  const glyph: Readonly<Record<string, string>> = ascii ? glyphs.ascii : glyphs.unicode;
  const bar = ascii ? '|' : '│';
  const lines: string[] = [];
  for (let from = 0; from < slots.length; from += mapWidth) {
    let text = '';
    for (let i = from; i < Math.min(from + mapWidth, slots.length); i += 1)
      text += `${i === freeindex && i > 0 ? bar : ''}${glyph[slots[i]!] ?? '?'}`;
    lines.push(`${String(from).padStart(6)} ${text}`);
  }
  const legend = `${glyph.a} allocated, marked  ${glyph.A} allocated, not marked  ${glyph.f} free  ${bar} freeindex  ! marked but not allocated  ? unreadable`;
  return [
    ...lines,
    '',
    ...[legend, `marks from ${markSource ?? 'nowhere'}: ${reading}`].flatMap((line) => fold(line, 2)),
  ];
}
