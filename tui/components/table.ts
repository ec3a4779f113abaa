// A table as lines of text: a header and one line a row, columns of fixed width. A row is one string, not a box per cell.
import type { Line, Segment } from '../line.js';
import { cleanText, fitText } from '../terminal/text-width.js';
import type { Style } from '../theme.js';

export interface Column<R> {
  readonly title: string;
  readonly width: number;
  readonly align?: 'left' | 'right';
  /** The cell's text, or its text with a style. */
  readonly cell: (row: R) => string | readonly [Style, string];
  /** The name that this column is sorted by. */
  readonly sortKey?: string;
}

export interface HeaderMarks {
  readonly sorted?: string;
  readonly descending?: boolean;
  readonly chosen?: string;
}

export const marker = '▶ ';

export function headerLine<R>(columns: readonly Column<R>[], marks: HeaderMarks = {}): Line {
  const line: Segment[] = ['  '];
  for (const [i, column] of columns.entries()) {
    const sorted = marks.sorted !== undefined && column.sortKey === marks.sorted;
    const title = sorted ? `${column.title.slice(0, column.width - 1)}${marks.descending ? '↓' : '↑'}` : column.title;
    const chosen = marks.chosen !== undefined && column.sortKey === marks.chosen;
    const text = fitText(title, column.width, column.align);
    line.push([chosen ? 'chosen' : 'dim', text], i === columns.length - 1 ? '' : ' ');
  }
  return line;
}

/** The line of a row; `selected` has the marker in front, so that it is seen without colour too. */
export function rowLine<R>(columns: readonly Column<R>[], row: R, selected: boolean): Line {
  const line: Segment[] = [selected ? marker : '  '];
  let pending = '';
  for (const [i, column] of columns.entries()) {
    const cell = column.cell(row);
    const [style, text] = typeof cell === 'string' ? (['plain', cell] as const) : cell;
    const fitted = `${fitText(cleanText(text), column.width, column.align)}${i === columns.length - 1 ? '' : ' '}`;
    // Plain neighbours become one piece: fewer escape sequences for the terminal.
    if (style === 'plain') {
      pending += fitted;
      continue;
    }
    if (pending !== '') line.push(pending);
    pending = '';
    line.push([style, fitted]);
  }
  if (pending !== '') line.push(pending);
  return line;
}
