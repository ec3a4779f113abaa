// `find` and `memory` for people.
import type { FindResult, MemoryResult, ResidentResult } from '../analysis/results.js';
import { fold } from './fold.js';
import { bytesText, grouped, markOf, printable } from './format.js';

const labelWidth = 10;
const row = (label: string, text: string) => `${label.padEnd(labelWidth)}${text}`;

export function findText(result: FindResult): string {
  const { address, what, kind, mapping, resident, span, slot, stack, object, symbol, code, section } = result;
  const markTold = (struct: string) => markOf(result.told?.includes(struct) ? 'inferred' : 'table');
  const [mark, markG] = [markTold('mspan'), markTold('g')];
  const lines = [`${address}  ${what}`, row('kind', kind)];
  if (slot)
    lines.push(
      row(
        'slot',
        `${mark(String(slot.index))} at ${mark(slot.address)}, ${mark(grouped(slot.size))} B, ${mark(`+0x${slot.offset.toString(16)}`)}, ${mark(slot.state)}`,
      ),
    );
  if (span) {
    const pages = `${grouped(span.npages ?? '?')} ${span.npages === 1 ? 'page' : 'pages'}`;
    lines.push(
      row('span', `${mark(span.base ?? '?')} (mspan ${span.addr}), ${mark(span.state ?? '?')}, ${mark(pages)}`),
    );
    if (span.state === 'inuse')
      lines.push(
        row(
          '',
          `class ${mark(`${span.sizeclass}${span.noscan ? 'n' : ''}`)}, ${mark(grouped(span.allocCount ?? '?'))} of ${mark(grouped(span.nelems ?? '?'))} slots`,
        ),
      );
  }
  if (stack) {
    lines.push(row('stack', `${markG(stack.lo)}–${markG(stack.hi)}`));
    lines.push(
      row(
        '',
        `g ${stack.g}${stack.goid === 0 ? '' : `, goroutine ${markG(String(stack.goid))}`}, ${markG(stack.status)}`,
      ),
    );
  }
  if (object)
    lines.push(row('object', `${object.type} at ${object.address}${object.field ? `, field ${object.field}` : ''}`));
  if (symbol) lines.push(row('symbol', `${symbol.name}+0x${symbol.offset.toString(16)}, by ${symbol.method}`));
  if (code?.file) lines.push(row('source', `${code.file}:${code.line ?? '?'}`));
  for (const func of code?.inlined ?? []) lines.push(row('inlined', func));
  if (section) lines.push(row('section', section));
  if (mapping)
    lines.push(
      row('mapping', `${mapping.start}–${mapping.end} ${mapping.flags}`),
      row('', `${mapping.origin}: ${mapping.detail}`),
    );
  if (resident) lines.push(row('resident', residentText(resident)));
  return `${lines.flatMap((line) => fold(printable(line), labelWidth)).join('\n')}\n`;
}

function residentText({ start, end, rss, swap, hugePages }: ResidentResult): string {
  const size = Number(end) - Number(start);
  const huge = hugePages ? `, ${bytesText(hugePages)} in huge pages` : '';
  return `${bytesText(rss)} of ${bytesText(size)} mapped${swap === null ? '' : `, ${bytesText(swap)} swapped`}${huge} (smaps)`;
}

const lineBytes = 16;
const groupBytes = 4;
/** Where the value stands behind its word's offset. */
const pointIndent = 6;

/** Sixteen bytes a line, and below it each word of them that leads somewhere. */
export function memoryText(
  { address, length, resident, pieces, missing, words }: MemoryResult,
  pointerSize: number,
): string {
  const bytes = bytesByAddress(pieces);
  const holes = missing.map((hole) => ({ ...hole, from: Number(hole.start), to: Number(hole.end) }));
  const pointing = new Map(
    words.flatMap((word) => (word.points === null ? [] : [[Number(word.address), word] as const])),
  );
  const start = Number(address);
  const end = start + length;
  const lines = resident ? [`mapping ${resident.start}–${resident.end}: ${residentText(resident)}`] : [];
  let told = -1;
  for (let at = Math.floor(start / lineBytes) * lineBytes; at < end; at += lineBytes) {
    const cells = Array.from({ length: lineBytes }, (_, i) =>
      at + i < start || at + i >= end ? undefined : bytes(at + i),
    );
    const hole = holes.findIndex(({ from, to }) => from < at + lineBytes && to > at);
    const inside =
      hole >= 0 && holes[hole]!.from <= Math.max(at, start) && holes[hole]!.to >= Math.min(at + lineBytes, end);
    if (!inside) lines.push(`${hexAddress(at)}  ${hexCells(cells, at, start, end)}  ${asciiCells(cells)}`);
    if (hole >= 0 && hole !== told) {
      told = hole;
      lines.push(`  missing ${holes[hole]!.start}–${holes[hole]!.end}: ${holes[hole]!.why}`);
    }
    for (let word = at; word < at + lineBytes; word += pointerSize) {
      const found = pointing.get(word);
      if (found) lines.push(`  +${(word - at).toString().padEnd(2)} ${found.value} → ${found.points}`);
    }
  }
  return `${lines.flatMap((line) => fold(printable(line), pointIndent)).join('\n')}\n`;
}

const hexAddress = (address: number) => `0x${address.toString(16)}`.padEnd(14);

function bytesByAddress(pieces: MemoryResult['pieces']): (address: number) => number | undefined {
  const known = pieces.map(({ address, hex }) => ({
    start: Number(address),
    end: Number(address) + hex.length / 2,
    hex,
  }));
  return (address) => {
    const piece = known.find(({ start, end }) => address >= start && address < end);
    if (!piece) return undefined;
    const at = (address - piece.start) * 2;
    return Number.parseInt(piece.hex.slice(at, at + 2), 16);
  };
}

/** Blank outside of what was asked for, `??` where it can't be read. */
function hexCells(cells: readonly (number | undefined)[], at: number, start: number, end: number): string {
  const texts = cells.map((byte, i) => {
    if (at + i < start || at + i >= end) return '  ';
    return byte === undefined ? '??' : byte.toString(16).padStart(2, '0');
  });
  const groups: string[] = [];
  for (let i = 0; i < lineBytes; i += groupBytes) groups.push(texts.slice(i, i + groupBytes).join(''));
  return groups.join(' ');
}

function asciiCells(cells: readonly (number | undefined)[]): string {
  return cells
    .map((byte) => (byte === undefined ? ' ' : byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'))
    .join('')
    .trimEnd();
}
