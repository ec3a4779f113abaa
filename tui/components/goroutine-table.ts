// The columns of the lists of goroutines, and how states, waits and places are written there.

import type { CallPlace, GoroutineRow, GroupRow } from '../../src/analysis/results-browse.js';
import { type Mark, stateName, unmarked } from '../../src/output/format.js';
import type { GoroutineColumn } from '../../src/session/protocol.js';
import { fittingName } from '../function-name.js';
import { durationText, grouped } from '../numbers.js';
import type { Column } from './table.js';

/** From this width on files stand with their folders. */
const wide = 120;
/** `chan receive (nil chan)`, `≥ 123.45 min`. */
const stateWidth = 23;
const waitWidth = 12;
/** Without the marker and the room behind the last column. */
const edge = 3;

/** `chan receive`, with what is unusual about it. */
export function stateText(row: {
  readonly status: string;
  readonly waitReason?: string | null;
  readonly system?: boolean;
  readonly lockedToThread?: boolean;
}): string {
  const marks = [...(row.system === true ? ['system'] : []), ...(row.lockedToThread === true ? ['locked'] : [])];
  return `${stateName(row)}${marks.length === 0 ? '' : ` (${marks.join(', ')})`}`;
}

/** The collector notices that a goroutine waits: how long before that is not known. */
export const waitText = (ns: number | null, mark: Mark) => (ns === null ? '' : `≥ ${mark(durationText(ns))}`);

export function placeText({ file, line }: Pick<CallPlace, 'file' | 'line'>, whole: boolean): string {
  if (file === null) return '';
  return `${whole ? file : (file.split(/[\\/]/).at(-1) ?? file)}:${line ?? '?'}`;
}

/** A stack that could not be followed to its end is not told apart from another one by what is missing. */
function topText(
  row: { readonly top: CallPlace | null; readonly stoppedBecause: string | null; readonly complete: boolean },
  width: number,
  room: number,
): string {
  const { top, stoppedBecause, complete } = row;
  const early = complete ? '' : '  (ends early)';
  if (top === null) return stoppedBecause === null ? '' : `? ${stoppedBecause}`;
  if (top.func === null) return `? ${top.pc}${early}`;
  const rest = `  ${placeText(top, width >= wide)}${early}`;
  return `${fittingName(top.func, room - rest.length)}${rest}`;
}

type GoroutineTableColumn = Column<GoroutineRow> & { readonly sortKey: GoroutineColumn };

/** `mark`: of what is read of a g. */
export function groupColumns(width: number, mark: Mark): readonly Column<GroupRow>[] {
  const about = mark('').length;
  const columns: Column<GroupRow>[] = [
    { title: 'count', width: 7, align: 'right', cell: ({ count }) => grouped(count) },
    { title: 'state', width: stateWidth + about, cell: (row) => mark(stateText(row)) },
    {
      title: 'waits',
      width: waitWidth + about,
      align: 'right',
      cell: ({ waitSinceAtLeast }) => waitText(waitSinceAtLeast, mark),
    },
  ];
  if (width >= 100) {
    const goid = {
      title: 'first goid',
      width: 10,
      align: 'right',
      cell: (row: GroupRow) => mark(String(row.goid)),
    } as const;
    columns.push(goid, { title: 'frames', width: 7, align: 'right', cell: ({ frames }) => grouped(frames) });
  }
  const room = restOf(columns, width);
  return [...columns, { title: 'in', width: room, cell: (row) => topText(row, width, room) }];
}

export function goroutineColumns(width: number, mark: Mark): readonly GoroutineTableColumn[] {
  const about = mark('').length;
  const columns: GoroutineTableColumn[] = [
    { title: 'goid', width: 7, align: 'right', sortKey: 'goid', cell: ({ goid }) => mark(String(goid)) },
    { title: 'state', width: stateWidth + about, sortKey: 'state', cell: (row) => mark(stateText(row)) },
    {
      title: 'waits',
      width: waitWidth + about,
      align: 'right',
      sortKey: 'wait',
      cell: ({ waitSinceAtLeast }) => waitText(waitSinceAtLeast, mark),
    },
  ];
  if (width >= 100)
    columns.push(
      {
        title: 'stack used',
        width: 10,
        align: 'right',
        sortKey: 'stack',
        cell: ({ stackUsed }) => (stackUsed === null ? ['unreadable', '?'] : mark(grouped(stackUsed))),
      },
      { title: 'of', width: 9, align: 'right', sortKey: 'stack', cell: ({ stackSize }) => mark(grouped(stackSize)) },
    );
  if (width >= wide)
    columns.push({
      title: 'thread',
      width: 8,
      align: 'right',
      sortKey: 'state',
      cell: ({ thread }) => (thread === null ? '' : String(thread)),
    });
  const room = restOf(columns, width);
  return [...columns, { title: 'in', width: room, sortKey: 'func', cell: (row) => topText(row, width, room) }];
}

/** The columns that a list can be sorted by, in the order they stand in; `thread` and `of` are others' names. */
export function sortableColumns(width: number): readonly GoroutineColumn[] {
  return [...new Set(goroutineColumns(width, unmarked).map(({ sortKey }) => sortKey))];
}

function restOf(columns: readonly { readonly width: number }[], width: number): number {
  return Math.max(10, width - edge - columns.reduce((sum, column) => sum + column.width + 1, 0));
}
