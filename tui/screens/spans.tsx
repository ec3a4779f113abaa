// The span table. Rows come in windows from the engine, which also filters and sorts; the row under the cursor stays where it is on the
// screen when the order or the filter changes. From 140 columns on, the span under the cursor is shown beside the table.
import { useLayoutEffect } from 'react';
import type { SpanRow } from '../../src/analysis/results.js';
import type { SpanColumn, SpanQuery } from '../../src/session/protocol.js';
import type { Command } from '../bindings/binding.js';
import { Frame, frameLines } from '../components/frame.js';
import { notReadyBody } from '../components/not-ready.js';
import { descendingFirst, sortableColumns, spanColumns } from '../components/span-table.js';
import { spanLines } from '../components/span-view.js';
import { headerLine, rowLine } from '../components/table.js';
import { spanTableLines } from '../export.js';
import { type AppServices, useApp } from '../hooks/use-app.js';
import { useCommands, useListMotion, useViewLines } from '../hooks/use-keymap.js';
import { useCall } from '../hooks/use-session.js';
import { useTableWindow } from '../hooks/use-table-window.js';
import { type Line, padLine } from '../line.js';
import { memoryAt, spanAt } from '../navigation.js';
import { grouped } from '../numbers.js';
import type { ScreenOf } from '../screen-state.js';
import { start, visibleTop } from '../scrolling.js';
import { changeQuery, seekAddress, stateOf } from '../span-query.js';
import { errorReply } from '../ui-session.js';
import type { ScreenProps } from './screen-props.js';

type SpansState = ScreenOf<'spans'>;

/** From this width on the table has the span beside it. */
export const splitWidth = 140;
const tableShare = 82;

export function SpansScreen({ screen, width, height }: ScreenProps<SpansState>) {
  const app = useApp();
  const { theme } = app;
  const inferred = app.session.told('mspan');
  const split = width >= splitWidth;
  const tableWidth = split ? tableShare : width;
  const rowsHeight = height - frameLines - 1;
  const { session } = app;
  const known = session.table(screen.query).matching;
  const top = visibleTop(screen.place, known ?? screen.place.top + rowsHeight, rowsHeight);
  const { cache, rows } = useTableWindow(screen.query, top, rowsHeight);
  const count = cache.matching ?? 0;
  const cursor = Math.max(0, Math.min(screen.place.cursor, count - 1));
  const selected = cache.at(cursor);
  const motion = useListMotion(screen.id, count, rowsHeight);
  useSeek(screen, rowsHeight);
  useCommands((command) => {
    if (!motion(command)) handle(app, command, { id: screen.id, width: tableWidth, height: rowsHeight });
  });
  useViewLines((path) => spanTableLines(app, screen.query, path));
  const detail = useCall('span', split && selected ? { address: selected.row.addr } : undefined);

  const status =
    cache.matching === undefined
      ? []
      : [`${grouped(count === 0 ? 0 : cursor + 1)} of ${grouped(count)}`, ...sortWords(screen.query)];
  if (screen.query.filter !== '') status.push(`/${screen.query.filter}`);
  const totals = session.peek('overview', {})?.spans;
  if (totals && totals.unreadableEntries > 0) status.push(`⨯ ${grouped(totals.unreadableEntries)} unreadable`);
  if (cache.error !== undefined || count === 0) {
    const body =
      cache.error !== undefined
        ? notReadyBody(errorReply(cache.error), width)
        : emptyBody(screen, cache.matching, width, totals === null);
    const awaited = cache.error === undefined && cache.matching === undefined;
    return <Frame width={width} height={height} context="spans" body={body} status={status} awaited={awaited} />;
  }
  const columns = spanColumns(tableWidth, inferred);
  const { sort } = screen.query;
  const header = headerLine(columns, { sorted: sort.column, descending: sort.descending, chosen: screen.column });
  const lines = rows.map(
    (entry, i): Line => (entry === undefined ? [['dim', '  …']] : rowLine(columns, entry, top + i === cursor)),
  );
  const table = [header, ...lines];
  if (!split)
    return (
      <Frame width={width} height={height} context="spans" body={table} selected={cursor - top + 1} status={status} />
    );
  const side = detail.value
    ? spanLines(detail.value, {
        width: width - tableWidth - 3,
        height: rowsHeight + 1,
        pane: 'map',
        slot: start,
        fields: start,
        search: '',
        theme,
        cursor: false,
        mark: session.marks('mspan'),
      })
    : notReadyBody(detail.error, width - tableWidth - 3, 'reading…');
  const body = Array.from(
    { length: rowsHeight + 1 },
    (_, i): Line => [...padLine(table[i] ?? [], tableWidth), ['dim', ' │ '], ...(side[i] ?? [])],
  );
  return <Frame width={width} height={height} context="spans" body={body} status={status} />;
}

/** Columns of which no value occurs twice. */
const ownOfEach: ReadonlySet<SpanColumn> = new Set<SpanColumn>(['index', 'addr', 'base']);

function sortWords({ sort }: SpanQuery): string[] {
  return sort.column === 'index' && !sort.descending ? [] : [`sort ${sort.column}${sort.descending ? '↓' : '↑'}`];
}

function emptyBody(screen: SpansState, matching: number | undefined, width: number, unreadable: boolean): Line[] {
  if (matching === undefined) return notReadyBody(undefined, width, 'reading the span table…');
  if (unreadable)
    return [
      [],
      ['   ', ['unreadable', '⨯ no mspan can be read'], ': the overview says what is missing (', ['key', '1'], ')'],
    ];
  if (screen.query.filter !== '')
    return [[], [`   no span fits  /${screen.query.filter}   `, ['key', 'Esc'], ' clears the filter']];
  return [[], ['   the table has no spans']];
}

interface View {
  readonly id: number;
  readonly width: number;
  readonly height: number;
}

function handle(app: AppServices, command: Command, view: View): void {
  const screen = stateOf(app, view.id);
  if (screen === undefined) return;
  switch (command) {
    case 'open':
    case 'bytes':
    case 'copy':
      void withRow(app, screen, command);
      return;
    case 'filter':
      app.navigation.dispatch({
        type: 'prompt',
        prompt: { kind: 'filter', text: '', candidates: [] },
      });
      return;
    case 'histogram':
      if (ownOfEach.has(screen.column))
        app.notify(`each span has its own ${screen.column}: choose another column with < and >, then F`, true);
      else app.push({ kind: 'histogram', query: screen.query, column: screen.column, place: start, search: '' });
      return;
    case 'sort': {
      const { sort } = screen.query;
      const descending = sort.column === screen.column ? !sort.descending : descendingFirst(screen.column);
      void changeQuery(app, view, { ...screen.query, sort: { column: screen.column, descending } });
      return;
    }
    case 'reverse': {
      const { sort } = screen.query;
      void changeQuery(app, view, { ...screen.query, sort: { ...sort, descending: !sort.descending } });
      return;
    }
    case 'column-left':
    case 'column-right': {
      const columns = sortableColumns(view.width);
      const at = columns.indexOf(screen.column) + (command === 'column-left' ? -1 : 1);
      const column = columns[Math.max(0, Math.min(at, columns.length - 1))] ?? screen.column;
      app.navigation.dispatch({ type: 'patch', id: screen.id, patch: { column } });
      app.notify(`column ${column}: s sorts by it, S the other way round`);
      return;
    }
    default:
      return;
  }
}

/** Does something with the row under the cursor, waiting for it if it is still under way. */
async function withRow(app: AppServices, screen: SpansState, command: 'open' | 'bytes' | 'copy'): Promise<void> {
  const cache = app.session.table(screen.query);
  const here = () => cache.at(Math.min(screen.place.cursor, Math.max(0, (cache.matching ?? 1) - 1)));
  if (here() === undefined && cache.matching !== 0) await app.hold(cache.ensure(screen.place.cursor, 1));
  const entry = here();
  if (entry === undefined) return;
  const { row } = entry;
  if (command === 'open') app.push(spanAt(row.addr));
  else if (row.base === null) app.notify('startAddr of this span is unreadable', true);
  else if (command === 'copy') app.copy(row.base);
  else app.push(memoryAt(row.base, spanBytes(row), 'span'));
}

/** From startAddr to limit, where both are known. */
function spanBytes(row: SpanRow): number {
  const length = row.base === null || row.limit === null ? 0 : Number(BigInt(row.limit) - BigInt(row.base));
  return Math.max(0, length);
}

/** `:goto` from elsewhere: once the table can be asked, the cursor goes to the row of the address. */
function useSeek(screen: SpansState, height: number): void {
  const app = useApp();
  const { id, seek } = screen;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each address that is sought
  useLayoutEffect(() => {
    if (seek !== undefined) void seekAddress(app, id, seek, height);
  }, [id, seek]);
}
