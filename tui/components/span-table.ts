// The columns of the span table: what the runtime calls them, how wide they are, and how unknown and unreadable values show.
import type { BigCount, SpanRow } from '../../src/analysis/results.js';
import type { SpanColumn } from '../../src/session/protocol.js';
import { bytesText, classText, grouped, percentText } from '../numbers.js';
import type { Style } from '../theme.js';
import type { Column } from './table.js';

export interface TableRow {
  readonly row: SpanRow;
  readonly index: number;
}

type Cell = string | readonly [Style, string];

/** The value, or `⨯` where it could not be read, or `?` where it is not known. */
function shown(row: SpanRow, field: string, value: BigCount | null, text: (value: BigCount) => string = grouped): Cell {
  if (row.missing?.includes(field)) return ['unreadable', '⨯'];
  return value === null ? ['unreadable', '?'] : text(value);
}

/** What depends on slots says nothing of a span that has none. */
function slotted(row: SpanRow, cell: () => Cell): Cell {
  return row.state === 'inuse' || row.state === null ? cell() : ['dim', '–'];
}

const suspects: Readonly<Record<string, Cell>> = {
  mismatch: ['bad', '!'],
  transient: ['dim', 't'],
  torn: ['warn', 'T'],
};

type SpanTableColumn = Column<TableRow> & { readonly sortKey: SpanColumn };

const essential: readonly SpanTableColumn[] = [
  {
    title: 'startAddr',
    width: 14,
    sortKey: 'base',
    cell: ({ row }) => (row.base === null ? shown(row, 'base', null) : row.base),
  },
  {
    title: 'class',
    width: 5,
    sortKey: 'spanclass',
    cell: ({ row }) =>
      slotted(row, () =>
        row.sizeclass === null ? shown(row, 'spanclass', null) : classText(row.sizeclass, row.noscan),
      ),
  },
  {
    title: 'elemsize',
    width: 8,
    align: 'right',
    sortKey: 'elemsize',
    cell: ({ row }) => slotted(row, () => shown(row, 'elemsize', row.elemsize, bytesText)),
  },
  { title: 'nelems', width: 6, align: 'right', sortKey: 'nelems', cell: ({ row }) => shown(row, 'nelems', row.nelems) },
  {
    title: 'used%',
    width: 5,
    align: 'right',
    sortKey: 'used',
    cell: ({ row }) => slotted(row, () => percentText(row.allocated ?? row.allocCount, row.nelems)),
  },
  {
    title: 'alloc',
    width: 6,
    align: 'right',
    sortKey: 'allocCount',
    cell: ({ row }) => shown(row, 'allocCount', row.allocCount),
  },
  {
    title: 'freeindex',
    width: 9,
    align: 'right',
    sortKey: 'freeindex',
    cell: ({ row }) => shown(row, 'freeindex', row.freeindex),
  },
  {
    title: 'sweepgen',
    width: 8,
    align: 'right',
    sortKey: 'sweepgen',
    cell: ({ row }) => shown(row, 'sweepgen', row.sweepgen, String),
  },
  {
    title: 'state',
    width: 6,
    sortKey: 'state',
    cell: ({ row }) => row.state ?? ['unreadable', row.missing?.includes('state') ? '⨯' : '?'],
  },
  { title: '', width: 1, sortKey: 'state', cell: ({ row }) => suspects[row.suspect ?? ''] ?? '' },
];

const extra: readonly SpanTableColumn[] = [
  { title: 'npages', width: 7, align: 'right', sortKey: 'npages', cell: ({ row }) => shown(row, 'npages', row.npages) },
  { title: 'mspan', width: 15, sortKey: 'addr', cell: ({ row }) => row.addr },
  {
    title: 'allocated',
    width: 9,
    align: 'right',
    sortKey: 'allocated',
    cell: ({ row }) => slotted(row, () => shown(row, 'allocBits', row.allocated)),
  },
  { title: 'index', width: 9, align: 'right', sortKey: 'index', cell: ({ index }) => ['dim', grouped(index)] },
];

/** As many columns as `width` has room for, none of them cut. `inferred`: what was read of the mspan is marked with ~. */
export function spanColumns(width: number, inferred = false): readonly SpanTableColumn[] {
  const all = [...essential, ...extra].map((column) => (inferred && ofMspan(column) ? marked(column) : column));
  // The marker, and a gap between each two.
  const used = (columns: readonly SpanTableColumn[]) => columns.reduce((sum, column) => sum + column.width + 1, 1);
  // From the right those that add to the others, then what the others tell as well.
  for (const title of [...extra.map((column) => column.title).reverse(), ...spared])
    if (used(all) > width)
      all.splice(
        all.findIndex((column) => column.title === title),
        1,
      );
  return all;
}

/** Left out on a narrow terminal, in this order: the span itself has them all. */
const spared = ['used%', 'sweepgen', 'nelems'];

const ofMspan = ({ title }: SpanTableColumn) => !['', 'mspan', 'index'].includes(title);

/** Columns that their longest value fills: with a mark it needs one more. */
const full: ReadonlySet<string> = new Set(['startAddr', 'elemsize', 'state']);

function marked(column: SpanTableColumn): SpanTableColumn {
  const cell = (row: TableRow): Cell => {
    const shown = column.cell(row);
    // What is not known, or is no number, is marked already.
    return typeof shown === 'string' && shown !== '' ? ['warn', `~${shown}`] : shown;
  };
  return { ...column, cell, width: column.width + (full.has(column.title) ? 1 : 0) };
}

/** The columns that can be chosen for sorting, left to right, each once. */
export function sortableColumns(width: number): readonly SpanColumn[] {
  return spanColumns(width)
    .filter((column) => column.title !== '')
    .map((column) => column.sortKey);
}

/** The first direction that a sort by this column takes: largest first for amounts, smallest first for names and places. */
export function descendingFirst(column: SpanColumn): boolean {
  return !['index', 'addr', 'base', 'state', 'spanclass', 'sizeclass'].includes(column);
}
