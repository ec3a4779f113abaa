// One stack as lines: number, pc, SP, function, place and why the frame is believed; the frame under the cursor in full below.
import type { FrameRow } from '../../src/analysis/results-browse.js';
import { fittingName } from '../function-name.js';
import { type Line, wrapText } from '../line.js';
import { grouped } from '../numbers.js';
import { placeText } from './goroutine-table.js';
import type { Column } from './table.js';

/** Room for the longest reason: `signal frame`, `frame pointer`. */
const howWidth = 13;
const placeFrom = 100;
const edge = 3;

/** Wide enough for the addresses of these frames; `rows` are those on the screen. */
export function frameColumns(width: number, rows: readonly (FrameRow | undefined)[]): readonly Column<FrameRow>[] {
  const widest = (pick: (row: FrameRow) => string, least: number) =>
    rows.reduce((most, row) => Math.max(most, row === undefined ? 0 : pick(row).length), least);
  const fixed: Column<FrameRow>[] = [
    {
      title: '#',
      width: Math.max(
        3,
        widest(({ index }) => grouped(index), 3),
      ),
      align: 'right',
      cell: ({ index }) => grouped(index),
    },
    { title: 'pc', width: widest(({ pc }) => pc, 8), cell: ({ pc }) => pc },
    { title: 'sp', width: widest(({ sp }) => sp, 12), cell: ({ sp }) => sp },
  ];
  const how: Column<FrameRow> = {
    title: 'how',
    width: howWidth,
    cell: (row) => (row.inlined ? ['dim', 'inlined'] : row.how),
  };
  const used = [...fixed, how].reduce((sum, column) => sum + column.width + 1, edge);
  const place = width >= placeFrom ? Math.floor((width - used) * 0.45) : 0;
  const room = Math.max(10, width - used - (place === 0 ? 1 : place + 2));
  const func: Column<FrameRow> = {
    title: 'function',
    width: room,
    cell: (row) => (row.func === null ? ['unreadable', '?'] : functionText(row, room)),
  };
  if (place === 0) return [...fixed, func, how];
  return [...fixed, func, { title: 'place', width: place, cell: (row) => fromEnd(placeText(row, true), place) }, how];
}

function functionText({ func, offset, inlined, wrapper }: FrameRow, room = Number.POSITIVE_INFINITY): string {
  const rest = `${inlined ? '' : ` +0x${offset.toString(16)}`}${wrapper ? ' (wrapper)' : ''}`;
  return `${fittingName(func ?? '?', room - rest.length)}${rest}`;
}

/** The end of a path says more than its beginning. */
const fromEnd = (text: string, width: number) =>
  text.length > width ? `…${text.slice(text.length - width + 1)}` : text;

/** The frame under the cursor: function, file and line in full, and its slots. Three lines at most. */
export function frameFoot(row: FrameRow | undefined, width: number): Line[] {
  if (row === undefined) return [];
  const what = row.func === null ? `? no function is known at ${row.pc}` : functionText(row);
  const place = placeText(row, true);
  const slots =
    row.end === null
      ? 'where its slots end is not known'
      : `slots ${row.sp}–${row.end}, ${grouped(Number(row.end) - Number(row.sp))} bytes`;
  return [
    [' ', ['title', what], row.inlined ? ['dim', '  inlined into the frame below'] : ''],
    [' ', wrapText(place, Math.max(20, width - 2))[0] ?? ''],
    [' ', ['dim', slots]],
  ];
}
