// One span as lines: a header with the words of the runtime, then the slot map with its legend and the slot under the cursor, or the fields.
import type { BigCount, FieldValue, SpanDetail } from '../../src/analysis/results.js';
import type { Mark } from '../../src/output/format.js';
import { type Line, lineWidth, type Segment, wrapText } from '../line.js';
import { addressPlus, bytesText, classText, grouped } from '../numbers.js';
import { type Place, visibleTop } from '../scrolling.js';
import { fitText } from '../terminal/text-width.js';
import type { Theme } from '../theme.js';
import { bitOf, legend, slotMapLines, slotsPerLine, slotWords } from './bitmap.js';
import { marker } from './table.js';

export interface SpanViewState {
  readonly width: number;
  readonly height: number;
  readonly pane: 'map' | 'fields';
  /** `cursor` is a slot, `top` a line of the map. */
  readonly slot: Place;
  readonly fields: Place;
  readonly search: string;
  readonly theme: Theme;
  /** Whether slots can be walked here: not in the view beside the table. */
  readonly cursor: boolean;
  /** Of what is read of the mspan. */
  readonly mark: Mark;
}

/** Lines under the map: a space, two of legend, two about the slot. */
const footHeight = 5;

/** How many lines of the map, or of fields, are seen. */
export function paneHeight(span: SpanDetail, view: Pick<SpanViewState, 'width' | 'height' | 'pane' | 'mark'>): number {
  const head = headerLines(span, view).length + 1;
  return Math.max(1, view.height - head - (view.pane === 'map' ? footHeight : 1));
}

/** The line of the body on which the first field stands. */
export function firstFieldLine(span: SpanDetail, view: HeaderView): number {
  return headerLines(span, view).length + 2;
}

export function freeindexOf(span: SpanDetail): number | undefined {
  const value = Number(span.freeindex ?? Number.NaN);
  return Number.isFinite(value) ? value : undefined;
}

export function spanLines(span: SpanDetail, view: SpanViewState): Line[] {
  const head = [...headerLines(span, view), paneLine(span, view)];
  return [...head, ...(view.pane === 'map' ? mapLines(span, view) : fieldLines(span, view))];
}

function pointerOf(span: SpanDetail, field: string): string {
  const value = span.fields[field]?.value;
  return value === undefined ? '?' : value === null ? '⨯' : String(value);
}

type HeaderView = Pick<SpanViewState, 'width' | 'mark'>;

function headerLines(span: SpanDetail, { width, mark }: HeaderView): Line[] {
  const about = mark('');
  const pointer = (field: string): Line => {
    const text = pointerOf(span, field);
    return [`${field} `, text.startsWith('0x') ? mark(text) : text];
  };
  const count = (field: string, value: BigCount | null): Line => [`${field} `, ['title', about + grouped(value)]];
  const parts: Line[] = [
    ['mspan ', ['title', span.addr]],
    [`${about}${span.base ?? '⨯'}–${about}${span.limit ?? '⨯'}`],
    [`${about}${grouped(span.npages)} ${span.npages === 1 ? 'page' : 'pages'}`],
    [['note', about + (span.state ?? '?')]],
    ...(span.suspect === undefined ? [] : [[['bad', `! ${span.suspect}`]] as Line]),
    ...(span.missing === undefined || span.missing.length === 0
      ? []
      : [[['unreadable', `⨯ unreadable: ${span.missing.join(' ')}`]] as Line]),
    ...(span.state === 'inuse' ? [[about, ...classLine(span)]] : []),
    count('freeindex', span.freeindex),
    count('nelems', span.nelems),
    count('allocCount', span.allocCount),
    count('allocated', span.allocated),
    pointer('allocBits'),
    pointer('gcmarkBits'),
    [`sweepgen ${about}${span.sweepgen ?? '?'} ${about}${span.sweepState}`],
  ];
  return [...flow(parts, width), ...wrapText(span.reading, width - 2).map((text): Line => [' ', ['dim', text]])];
}

function classLine(span: SpanDetail): Line {
  const name = classText(span.sizeclass, span.noscan);
  return [`class ${name} ${span.noscan ? 'noscan' : 'scan'} ${bytesText(span.elemsize)}`];
}

/** Parts side by side, two columns apart, as many lines as they need. No part is broken. */
function flow(parts: readonly Line[], width: number): Line[] {
  const lines: Line[] = [];
  let line: Segment[] = [];
  let used = 0;
  for (const part of parts) {
    const partWidth = lineWidth(part);
    if (used > 0 && used + 2 + partWidth > width - 1) {
      lines.push(line);
      line = [];
      used = 0;
    }
    line.push(used === 0 ? ' ' : '  ', ...part);
    used += (used === 0 ? 1 : 2) + partWidth;
  }
  return line.length > 0 ? [...lines, line] : lines;
}

function paneLine(span: SpanDetail, view: SpanViewState): Line {
  if (!view.cursor) return [];
  const tab = (name: string, active: boolean): Segment => [
    active ? 'title' : 'dim',
    active ? `[${name}]` : ` ${name} `,
  ];
  const source = span.markSource === null ? '' : `  marks from ${span.markSource}`;
  return [
    ' ',
    tab('slot map', view.pane === 'map'),
    ' ',
    tab('fields', view.pane === 'fields'),
    ['dim', `  Tab switches${view.pane === 'map' ? source : ''}`],
  ];
}

function mapLines(span: SpanDetail, view: SpanViewState): Line[] {
  const { slots } = span;
  if (slots.length === 0)
    return [
      [],
      [
        `   no slots: ${span.state === 'manual' ? 'a manual span (stacks, work buffers) has none' : span.state === 'free' ? 'the span is free' : 'nelems is not known'}`,
      ],
    ];
  const perLine = slotsPerLine(view.width, slots.length);
  const height = paneHeight(span, view);
  const total = Math.ceil(slots.length / perLine);
  const cursor = Math.min(view.slot.cursor, slots.length - 1);
  const top = view.cursor ? visibleTop({ cursor: Math.floor(cursor / perLine), top: view.slot.top }, total, height) : 0;
  const map = slotMapLines({
    slots,
    freeindex: freeindexOf(span),
    perLine,
    top,
    height,
    cursor: view.cursor ? cursor : -1,
  });
  const below = total > top + height ? `${grouped(total - top - height)} lines more below` : '';
  return [
    ...map,
    [['dim', below === '' ? '' : `   ${below}`]],
    ...legend.map((line): Line => [' ', ...line]),
    ...(view.cursor ? slotLines(span, cursor, view.mark) : countLines(slots, view.mark)),
  ];
}

function countLines(slots: string, mark: Mark): Line[] {
  let allocated = 0;
  let free = 0;
  let other = 0;
  for (const state of slots) {
    if (state === 'a' || state === 'A') allocated++;
    else if (state === 'f') free++;
    else other++;
  }
  return [
    [
      ` ${mark(grouped(allocated))} allocated, ${mark(grouped(free))} free${other > 0 ? `, ${mark(grouped(other))} unclear` : ''}`,
    ],
  ];
}

/** Where slot `slot` stands; undefined where the span's base or slot size is not known. */
export function slotAddress(span: SpanDetail, slot: number): string | undefined {
  if (span.base === null || !/^\d+$/.test(String(span.slotSize))) return undefined;
  return addressPlus(span.base, BigInt(slot) * BigInt(span.slotSize));
}

function slotLines(span: SpanDetail, slot: number, mark: Mark): Line[] {
  const address = slotAddress(span, slot);
  const bit = (name: string, hex: string | null | undefined) => `${name}[${slot}] ${bitOf(hex, slot) ?? '?'}`;
  const bits = [bit('allocBits', span.allocBits), bit('gcmarkBits', span.gcmarkBits)];
  if (span.inlineMarks) bits.push(bit('inline mark', span.inlineMarks));
  const freeindex = freeindexOf(span);
  const side = freeindex === undefined ? '' : slot < freeindex ? 'before freeindex' : 'from freeindex on';
  return [
    [
      ' slot ',
      ['title', grouped(slot)],
      '  ',
      ['title', address === undefined ? '⨯' : mark(address)],
      `  ${mark(bytesText(span.slotSize))}  ${mark(slotWords(span.slots[slot]))}`,
    ],
    [['dim', ` ${bits.join('  ')}  ${side}`]],
  ];
}

/** A field's value as people read it. */
export function valueText({ value }: FieldValue, mark: Mark): string {
  return value === null || value === undefined ? '⨯ unreadable' : mark(plainText(value));
}

/** The same without the mark: what is copied is used elsewhere. */
export function plainText(value: unknown): string {
  if (typeof value === 'number') return grouped(value);
  if (typeof value === 'string') return /^-?\d+$/.test(value) ? grouped(value) : value;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** The fields in the order in which they stand in memory. */
export function orderedFields(span: SpanDetail): (readonly [string, FieldValue])[] {
  return Object.entries(span.fields).sort((a, b) => a[1].offset - b[1].offset);
}

export function fieldText(name: string, field: FieldValue, mark: Mark): string {
  return `${name} ${valueText(field, mark)} ${field.type} ${field.source}`;
}

function fieldLines(span: SpanDetail, view: SpanViewState): Line[] {
  const fields = orderedFields(span);
  const height = paneHeight(span, view);
  const top = visibleTop(view.fields, fields.length, height);
  const nameWidth = Math.max(5, ...fields.map(([name]) => name.length));
  const valueWidth = Math.max(18, Math.min(40, view.width - nameWidth - 40));
  const typeWidth = Math.max(8, view.width - nameWidth - valueWidth - 28);
  const head: Line = [
    [
      'dim',
      `  ${'off'.padStart(5)} ${'size'.padStart(5)}  ${'field'.padEnd(nameWidth)}  ${'value'.padEnd(valueWidth)} ${'type'.padEnd(typeWidth)} source`,
    ],
  ];
  const rows = fields.slice(top, top + height).map(([name, field], i): Line => {
    const found =
      view.search !== '' && fieldText(name, field, view.mark).toLowerCase().includes(view.search.toLowerCase());
    const selected = top + i === view.fields.cursor;
    return [
      selected ? marker : found ? '* ' : '  ',
      `${String(field.offset).padStart(5)} ${String(field.size).padStart(5)}  `,
      [found ? 'chosen' : 'title', fitText(name, nameWidth)],
      '  ',
      [
        field.value === null ? 'unreadable' : view.mark('') === '' ? 'plain' : 'warn',
        fitText(valueText(field, view.mark), valueWidth),
      ],
      ['dim', ` ${fitText(field.type, typeWidth)} ${field.source}`],
    ];
  });
  return [head, ...rows];
}
