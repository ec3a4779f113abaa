// The heap as a map: one cell for each few pages. A cell's glyph tells what it is; colour only repeats it.
import type { HeapCell, HeapMapResult } from '../../src/analysis/results.js';
import type { Mark } from '../../src/output/format.js';
import type { Line, Segment } from '../line.js';
import { bytesText, grouped, percentText } from '../numbers.js';
import type { MapMode } from '../screen-state.js';
import type { Style } from '../theme.js';

type Look = readonly [Style, string];

const shades = '▁▂▃▄▅▆▇█';
const digits = '0123456789';
/** Size classes 1–67, ten of them a letter; large spans have their own. */
const letters = 'abcdefg';
const large: Look = ['bad', 'L'];
const classStyles: readonly Style[] = ['marked', 'unmarked', 'note', 'unreadable', 'boundary', 'warn', 'good'];
const nothing: Look = ['dim', '·'];
const freePages: Look = ['dim', '░'];
const manual: Look = ['note', 's'];
const inuseState: Look = ['marked', 'i'];
const mixed: Look = ['unmarked', 'x'];

export interface MapLook {
  readonly mode: MapMode;
  readonly ascii: boolean;
  readonly pageSize: number;
}

/** How a cell is drawn. */
export function cellLook(cell: HeapCell, { mode, ascii, pageSize }: MapLook): Look {
  if (cell.inuse === 0 && cell.manual === 0) return cell.free > 0 ? freePages : nothing;
  if (mode === 'state') return cell.inuse > 0 && cell.manual > 0 ? mixed : cell.inuse > 0 ? inuseState : manual;
  if (cell.inuse === 0) return manual;
  if (mode === 'class') return classLook(cell.spanclass);
  const share = Math.max(0, Math.min(1, cell.allocated / (cell.inuse * pageSize)));
  const style: Style = share < 1 / 3 ? 'bad' : share < 2 / 3 ? 'unmarked' : 'marked';
  const scale = ascii ? digits : shades;
  return [style, scale[Math.min(scale.length - 1, Math.floor(share * scale.length))] ?? '?'];
}

function classLook(spanclass: number): Look {
  const sizeclass = spanclass >> 1;
  if (spanclass < 0) return nothing;
  if (sizeclass === 0) return large;
  const ten = Math.min(letters.length - 1, Math.floor(sizeclass / 10));
  const letter = letters[ten] ?? '?';
  // Without pointers: upper case.
  return [classStyles[ten] ?? 'plain', spanclass & 1 ? letter.toUpperCase() : letter];
}

/** Two lines that explain every glyph of the mode. */
export function legendLines({ mode, ascii }: MapLook): Line[] {
  const rest: Segment[] = [freePages, ' free   ', nothing, ' no span'];
  switch (mode) {
    case 'occupancy': {
      const scale = ascii ? digits : shades;
      return [
        [
          ' ',
          ['bad', scale.slice(0, 2)],
          ['unmarked', scale.slice(2, scale.length - 3)],
          ['marked', scale.slice(-3)],
          ' share of the bytes in allocated slots, from none to all',
        ],
        [' ', manual, ' stacks and other manual spans   ', ...rest],
      ];
    }
    case 'state':
      return [[' ', inuseState, ' in use   ', manual, ' manual (stacks)   ', mixed, ' both   ', ...rest], []];
    case 'class':
      return [
        [
          ' ',
          ...[...letters].flatMap((letter, i): Segment[] => [
            [classStyles[i] ?? 'plain', letter],
            ` ${i === 0 ? 1 : i * 10}–${i === letters.length - 1 ? 67 : i * 10 + 9}  `,
          ]),
          large,
          ' large',
        ],
        [' size classes with pointers; upper case: without   ', manual, ' manual   ', ...rest],
      ];
  }
}

export interface MapCell {
  readonly cell: HeapCell;
  readonly address: number;
  /** Whether a region begins here: what is before it is not its neighbour in memory. */
  readonly first: boolean;
  readonly inImage: boolean;
}

/** The cells of a window in order, each with its address. */
export function cellsOf(map: HeapMapResult): MapCell[] {
  const bytes = map.pagesPerCell * map.pageSize;
  return map.regions.flatMap(({ start, inImage, cells }) =>
    cells.map((cell, i): MapCell => ({ cell, address: Number(start) + i * bytes, first: i === 0, inImage })),
  );
}

/** How many cells go on a line: a power of two, so that lines begin at round addresses. */
export function cellsPerLine(width: number): number {
  return [128, 64, 32].find((n) => n <= width - labelWidth) ?? 16;
}

const labelWidth = 16;

/** One line of the map; `cells` begin at cell `from`, `cursor` counts over the whole map. */
export function mapLine(cells: readonly (MapCell | undefined)[], from: number, cursor: number, look: MapLook): Line {
  const here = cursor >= from && cursor < from + cells.length;
  const [head] = cells;
  const label = head ? `0x${head.address.toString(16)}` : '…';
  const line: Segment[] = [here ? '▶' : ' ', ['dim', `${label.padEnd(labelWidth - 1)}`]];
  for (const [i, each] of cells.entries()) {
    if (each?.first && i > 0) line.push(['boundary', '┊']);
    const [style, glyph] = each === undefined ? (['dim', '…'] as const) : cellLook(each.cell, look);
    line.push(from + i === cursor ? ['cursor', glyph] : [style, glyph]);
  }
  return line;
}

/** The cell under the cursor in words. */
export function cellWords({ cell, address, inImage }: MapCell, map: HeapMapResult, mark: Mark): Line[] {
  const { inuse, manual: stacks, free, none, allocated, spanclass } = cell;
  const bytes = map.pageSize * map.pagesPerCell;
  const pages = (count: number, what: string) => (count > 0 ? [`${mark(grouped(count))} ${what}`] : []);
  const parts = [
    ...pages(inuse, 'in use'),
    ...pages(stacks, 'manual (stacks)'),
    ...pages(free, 'free'),
    ...pages(none, 'in no span'),
  ];
  const full =
    inuse === 0
      ? ''
      : `${mark(bytesText(allocated))} allocated (${mark(percentText(allocated, inuse * map.pageSize))} of what is in use); mostly ${mark(classWords(spanclass))}`;
  return [
    [
      ' ',
      ['title', `0x${address.toString(16)}`],
      `–0x${(address + bytes).toString(16)}  ${bytesText(bytes)}`,
      ...(inImage ? [] : [['unreadable', '  ⨯ its bytes are not in the image'] as Segment]),
    ],
    [` pages: ${parts.join(', ')}`],
    [['dim', full === '' ? '' : ` ${full}`]],
  ];
}

function classWords(spanclass: number): string {
  if (spanclass < 0) return 'an unknown class';
  const name = spanclass >> 1 === 0 ? 'large spans' : `class ${spanclass >> 1}`;
  return `${name}, ${spanclass & 1 ? 'without' : 'with'} pointers`;
}
