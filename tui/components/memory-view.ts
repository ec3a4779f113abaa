// Memory as lines: a word with what it points at, or sixteen bytes. What the image does not have shows as `⨯ unmapped`, never as zeros.
import type { MemoryResult } from '../../src/analysis/results.js';
import { type Line, type Segment, wrapText } from '../line.js';
import { bytesText, grouped } from '../numbers.js';
import type { MemoryView } from '../screen-state.js';

const hexAddress = (address: number) => `0x${address.toString(16)}`;
export const bytesPerLine = 16;

type Word = MemoryResult['words'][number];

/** How wide a pointer is, by the distance of two words. */
export function wordSizeOf(block: MemoryResult | undefined): number {
  const [a, b] = block?.words ?? [];
  return a && b ? Number(b.address) - Number(a.address) : 8;
}

export function wordAt(block: MemoryResult | undefined, address: number): Word | undefined {
  const first = block?.words[0];
  if (block === undefined || first === undefined) return undefined;
  const word = block.words[(address - Number(first.address)) / wordSizeOf(block)];
  return word !== undefined && Number(word.address) === address ? word : undefined;
}

/** The two hex digits of a byte; undefined where the image does not have it. */
function digitsAt(block: MemoryResult, address: number): string | undefined {
  for (const piece of block.pieces) {
    const at = (address - Number(piece.address)) * 2;
    if (at >= 0 && at < piece.hex.length) return piece.hex.slice(at, at + 2);
  }
  return undefined;
}

function whyMissing(block: MemoryResult, address: number): string {
  const range = block.missing.find(({ start, end }) => address >= Number(start) && address < Number(end));
  return range === undefined ? 'unmapped' : `unmapped: ${range.why}`;
}

export interface MemoryLines {
  readonly view: MemoryView;
  readonly top: number;
  readonly cursor: number;
  readonly height: number;
  readonly width: number;
  /** Bytes on a line. */
  readonly unit: number;
  /** The range that was asked for is drawn plain behind a bar, what is around it dim; empty: all plain. */
  readonly range: { readonly start: number; readonly end: number };
  readonly blockAt: (address: number) => MemoryResult | undefined;
}

export function memoryLines(input: MemoryLines): Line[] {
  return Array.from({ length: input.height }, (_, i) => memoryLine(input, input.top + i * input.unit));
}

function memoryLine(input: MemoryLines, address: number): Line {
  const { unit, range, view, width } = input;
  const asked = range.end > range.start && address + unit > range.start && address < range.end;
  // Seen without colour too.
  const mark: Segment = address === input.cursor ? '▶' : asked ? '│' : ' ';
  const label = `${hexAddress(address).padEnd(14)} `;
  const hex: string[] = [];
  let text = '';
  let missing: string | undefined;
  for (let at = address; at < address + unit; at++) {
    const block = input.blockAt(at);
    if (block === undefined) return [mark, label, ['dim', '…']];
    const digits = digitsAt(block, at);
    if (digits === undefined) missing ??= whyMissing(block, at);
    const code = Number.parseInt(digits ?? '', 16);
    hex.push(digits ?? ' ⨯');
    text += digits === undefined ? ' ' : code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : '.';
  }
  const bytes: Segment = [range.end > range.start && !asked ? 'dim' : 'plain', `${hex.join(' ')} `];
  const ascii: Segment = ['dim', view === 'bytes' ? text : `${text} `];
  if (missing !== undefined) return [mark, label, bytes, ['unreadable', `⨯ ${missing}`]];
  if (view === 'bytes') return [mark, label, bytes, ascii];
  const word = wordAt(input.blockAt(address), address);
  const value = width >= 100 ? `${(word?.value ?? '').padEnd(19)}` : '';
  return [mark, label, bytes, ascii, value, ...(word?.points ? ([['note', `→ ${word.points}`]] as Segment[]) : [])];
}

/** What stands in the word under the cursor, in three lines at most. */
export function wordLines(word: Word | undefined, address: number, width: number): Line[] {
  if (word === undefined) return [[['dim', ` ${hexAddress(address)}`]]];
  if (word.value === null) return [[' ', word.address, ['unreadable', '  ⨯ unmapped']]];
  const value = BigInt(word.value);
  const head: Line = [
    ' ',
    word.address,
    ' = ',
    ['title', word.value],
    ['dim', value > 9n ? `  ${grouped(value.toString())}` : ''],
  ];
  const points = word.points === null ? (value === 0n ? 'nil' : 'no address that the image knows') : word.points;
  const style = word.points === null ? 'dim' : 'note';
  return [
    head,
    ...wrapText(points, width - 5)
      .slice(0, 2)
      .map((part, i): Line => [i === 0 ? ' → ' : '   ', [style, part]]),
  ];
}

export function memoryHead(address: string, length: number, what: string): Line {
  return [
    ' ',
    ['title', address],
    `  ${what}${what !== '' && length > 0 ? ', ' : ''}${length > 0 ? bytesText(length) : ''}`,
  ];
}
