// Goroutines: those with one state and stack as a group, or one by one. The list is there at once and fills in while stacks are unwound.
import type { BrowseState, GoroutineRow, GroupRow } from '../../src/analysis/results-browse.js';
import type { Command } from '../bindings/binding.js';
import { Frame, frameLines } from '../components/frame.js';
import { goroutineColumns, groupColumns, sortableColumns } from '../components/goroutine-table.js';
import { notReadyBody } from '../components/not-ready.js';
import { type Column, headerLine, rowLine } from '../components/table.js';
import type { FillingRows } from '../filling-rows.js';
import { type AppServices, useApp } from '../hooks/use-app.js';
import { useFillingRows } from '../hooks/use-filling-rows.js';
import { useCommands, useListMotion } from '../hooks/use-keymap.js';
import { useSeekGoroutine } from '../hooks/use-seek-goroutine.js';
import type { Line } from '../line.js';
import { goroutineAt, memoryAt } from '../navigation.js';
import { grouped } from '../numbers.js';
import type { ScreenOf, ScreenPatch } from '../screen-state.js';
import { start, visibleTop } from '../scrolling.js';
import { errorReply } from '../ui-session.js';
import type { ScreenProps } from './screen-props.js';

/** Totals and the header. */
const headHeight = 2;

type GoroutinesState = ScreenOf<'goroutines'>;

export function GoroutinesScreen(props: ScreenProps<GoroutinesState>) {
  return props.screen.list === 'groups' ? <Groups key="groups" {...props} /> : <Flat key="flat" {...props} />;
}

function Groups({ screen, width, height }: ScreenProps<GoroutinesState>) {
  const { session } = useApp();
  const list = session.groups({ filter: screen.filter, system: screen.system });
  const columns = groupColumns(width, session.marks('g'));
  return (
    <List<GroupRow>
      screen={screen}
      width={width}
      height={height}
      list={list}
      columns={columns}
      header={headerLine(columns)}
      open={(app, row) =>
        row.count === 1
          ? app.push(goroutineAt(String(row.goid)))
          : app.push({ ...withoutId(screen), list: 'flat', like: String(row.goid), place: start, seek: undefined })
      }
      words={[]}
    />
  );
}

function Flat({ screen, width, height }: ScreenProps<GoroutinesState>) {
  const { session } = useApp();
  const { filter, system, like, order } = screen;
  const list = session.goroutines({ filter, system, like, sort: order });
  const columns = goroutineColumns(width, session.marks('g'));
  const sorted = { sorted: order.column, descending: order.descending, chosen: screen.chosen };
  return (
    <List<GoroutineRow>
      screen={screen}
      width={width}
      height={height}
      list={list}
      columns={columns}
      header={headerLine(columns, sorted)}
      open={(app, row) => app.push(goroutineAt(String(row.goid)))}
      words={
        order.column === 'goid' && !order.descending ? [] : [`sort ${order.column}${order.descending ? '↓' : '↑'}`]
      }
    />
  );
}

const withoutId = ({ id, ...rest }: GoroutinesState) => rest;

interface ListProps<R extends GroupRow | GoroutineRow> extends ScreenProps<GoroutinesState> {
  readonly list: FillingRows<R>;
  readonly columns: readonly Column<R>[];
  readonly header: Line;
  readonly open: (app: AppServices, row: R) => void;
  readonly words: readonly string[];
}

function List<R extends GroupRow | GoroutineRow>({
  screen,
  width,
  height,
  list,
  columns,
  header,
  open,
  words,
}: ListProps<R>) {
  const app = useApp();
  const rowsHeight = height - frameLines - headHeight;
  const { latest } = list;
  const count = latest?.matching ?? 0;
  const top = visibleTop(screen.place, latest?.matching ?? screen.place.top + rowsHeight, rowsHeight);
  const rows = useFillingRows<R>(screen.id, list, top, rowsHeight);
  const motion = useListMotion(screen.id, count, rowsHeight);
  const cursor = Math.max(0, Math.min(screen.place.cursor, count - 1));
  useSeekGoroutine(screen, list, rowsHeight);
  const withRow = async (act: (row: R) => void) => {
    const now = stateOf(app, screen.id);
    if (now === undefined) return;
    const at = Math.max(0, Math.min(now.place.cursor, (list.matching ?? 1) - 1));
    if (list.at(at) === undefined && list.matching !== 0) await app.hold(list.ensure(at, 1));
    const row = list.at(at);
    if (row !== undefined) act(row);
  };
  useCommands((command) => {
    if (motion(command)) return;
    const now = stateOf(app, screen.id);
    if (now === undefined) return;
    if (command === 'open') void withRow((row) => open(app, row));
    else if (command === 'copy') void withRow((row) => app.copy(String(row.goid)));
    else if (command === 'bytes')
      void withRow((row) =>
        'g' in row
          ? app.push(memoryAt(row.g, 0, `g of goroutine ${row.goid}`))
          : app.notify('a group has no address: Tab shows its goroutines', true),
      );
    else if (command === 'next-pane' || command === 'previous-pane') {
      const seek = list.at(Math.min(now.place.cursor, count - 1))?.goid?.toString();
      const patch = { list: now.list === 'groups' ? 'flat' : 'groups', place: start, seek } as const;
      app.navigation.dispatch({ type: 'patch', id: now.id, patch });
    } else listCommand(app, now, command, width);
  });
  const status: string[] = [];
  if (latest !== undefined) {
    status.push(`${grouped(count === 0 ? 0 : cursor + 1)} of ${grouped(count)}`, ...words);
    if (screen.filter !== '') status.push(`/${screen.filter}`);
  }
  if (list.error !== undefined || count === 0) {
    const body =
      list.error !== undefined
        ? notReadyBody(errorReply(list.error), width)
        : emptyBody(screen, latest, list.complete, width);
    const awaited = list.error === undefined && latest === undefined;
    return (
      <Frame width={width} height={height} context={contextOf(screen)} body={body} status={status} awaited={awaited} />
    );
  }
  const lines = rows.map(
    (row, i): Line => (row === undefined ? [['dim', '  …']] : rowLine(columns, row, top + i === cursor)),
  );
  return (
    <Frame
      width={width}
      height={height}
      context={contextOf(screen)}
      body={[latest === undefined ? [] : totals(latest, screen), header, ...lines]}
      selected={cursor - top + headHeight}
      status={status}
    />
  );
}

/** What the list is of, and what it leaves out. */
function totals(latest: BrowseState & { readonly matching: number }, { list, like }: GoroutinesState): Line {
  const { goroutines, matching, systemHidden, dead, unreadable, unwound, total, functions } = latest;
  const count = `${grouped(goroutines)} ${goroutines === 1 ? 'goroutine' : 'goroutines'}`;
  const groups = list === 'groups' ? ` in ${grouped(matching)} ${matching === 1 ? 'group' : 'groups'}` : '';
  const hidden = [
    ...(systemHidden > 0 && like === null ? [`${grouped(systemHidden)} of the runtime's own`] : []),
    ...(dead > 0 && like === null ? [`${grouped(dead)} dead`] : []),
  ];
  return [
    ` ${count}${groups}${like === null ? '' : ` with the stack of ${like}`}`,
    // First what will change, and what a narrow terminal may cut last.
    ['warn', unwound < total ? `; ${grouped(unwound)} of ${grouped(total)} unwound so far` : ''],
    ['dim', hidden.length === 0 ? '' : `; not shown: ${hidden.join(', ')}`],
    ['unreadable', unreadable > 0 ? `; ⨯ ${grouped(unreadable)} unreadable` : ''],
    ['warn', functions ? '' : '; no function table: no names, stacks by scan'],
  ];
}

const contextOf = ({ list }: GoroutinesState) => (list === 'groups' ? 'groups' : 'goroutines');

function stateOf(app: AppServices, id: number): GoroutinesState | undefined {
  const screen = app.navigation.get().stack.find((each) => each.id === id);
  return screen?.kind === 'goroutines' ? screen : undefined;
}

function emptyBody(screen: GoroutinesState, latest: BrowseState | undefined, complete: boolean, width: number): Line[] {
  if (latest === undefined) return notReadyBody(undefined, width, 'reading goroutines…');
  if (!complete) return notReadyBody(undefined, width, 'unwinding stacks…');
  if (screen.filter !== '')
    return [[], [`   no goroutine fits  /${screen.filter}   `, ['key', 'Esc'], ' clears the filter']];
  if (latest.systemHidden > 0) return [[], ["   all goroutines are the runtime's own: ", ['key', 'a'], ' shows them']];
  if (!latest.known)
    return [[], ['   allgs was not found, or can’t be read: no goroutine is known   '], [['key', ':threads']]];
  return [[], [latest.unreadable > 0 ? '   no g of allgs can be read' : '   the image has no goroutines']];
}

function listCommand(app: AppServices, screen: GoroutinesState, command: Command, width: number): void {
  const { id, order } = screen;
  const patch = (change: ScreenPatch) => app.navigation.dispatch({ type: 'patch', id, patch: change });
  switch (command) {
    case 'filter':
      app.navigation.dispatch({ type: 'prompt', prompt: { kind: 'filter', text: '', candidates: [] } });
      return;
    case 'all':
      patch({ system: !screen.system, place: start });
      return;
    case 'sort': {
      const descending =
        order.column === screen.chosen ? !order.descending : screen.chosen === 'stack' || screen.chosen === 'wait';
      patch({ order: { column: screen.chosen, descending }, place: start });
      return;
    }
    case 'reverse':
      patch({ order: { ...order, descending: !order.descending }, place: start });
      return;
    case 'column-left':
    case 'column-right': {
      const columns = sortableColumns(width);
      const at = columns.indexOf(screen.chosen) + (command === 'column-left' ? -1 : 1);
      const chosen = columns[Math.max(0, Math.min(at, columns.length - 1))] ?? screen.chosen;
      patch({ chosen });
      app.notify(`column ${chosen}: s sorts by it, S the other way round`);
      return;
    }
    default:
      return;
  }
}
