// The field offsets: structs of a layout, the releases that are measured, and the binary's own DWARF against the table in use.

import type { ErrorReply } from '../../src/session/protocol.js';
import type { Command } from '../bindings/binding.js';
import { aboutHeight, aboutLines, emptyLines } from '../components/about.js';
import { Frame, frameLines } from '../components/frame.js';
import { type LayoutRow, releaseRows, structHead, structRows, verifyRows } from '../components/layout-rows.js';
import { notReadyBody } from '../components/not-ready.js';
import { marker } from '../components/table.js';
import { useApp } from '../hooks/use-app.js';
import { useCommands, useListMotion } from '../hooks/use-keymap.js';
import { useCall } from '../hooks/use-session.js';
import { screenContext } from '../key-meaning.js';
import type { Line, Segment } from '../line.js';
import { grouped } from '../numbers.js';
import type { LayoutPane, ScreenOf } from '../screen-state.js';
import { start, visibleTop } from '../scrolling.js';
import type { ScreenProps } from './screen-props.js';

type LayoutsState = ScreenOf<'layouts'>;
const panes: readonly LayoutPane[] = ['structs', 'releases', 'verify'];
const paneTitles: Readonly<Record<LayoutPane, string>> = {
  structs: 'structs',
  releases: 'releases',
  verify: 'verified',
};

interface PaneRows {
  readonly rows: readonly LayoutRow[] | undefined;
  readonly error: ErrorReply | undefined;
  readonly head: Line;
  readonly waiting: string;
  /** What is said below the list of a row that has nothing of its own to say. */
  readonly about?: string | undefined;
}

function usePaneRows(screen: LayoutsState): PaneRows {
  const app = useApp();
  const show = useCall('layoutShow', screen.pane === 'structs' ? { name: screen.name } : undefined);
  const list = useCall('layoutList', screen.pane === 'releases' ? {} : undefined);
  const verify = useCall('layoutVerify', screen.pane === 'verify' ? {} : undefined);
  if (show.value) app.known.structs = Object.keys(show.value.structs);
  if (list.value)
    app.known.releases = list.value.layouts.flatMap((layout) =>
      layout.releases.map((release) => `${release}/${layout.arch}`),
    );
  switch (screen.pane) {
    case 'structs': {
      const { value } = show;
      const head: Line = [
        ' ',
        ...structHead,
        ['dim', value ? `   ${value.source}${value.exact ? '' : ` (${value.note ?? 'not measured'})`}` : ''],
      ];
      return {
        rows: value && structRows(value, screen.filter),
        error: show.error,
        head,
        waiting: 'reading the layout…',
        about: value && `${value.source}${value.note ? `: ${value.note}` : ''}`,
      };
    }
    case 'releases':
      return {
        rows: list.value && releaseRows(list.value, screen.filter, screen.marked),
        error: list.error,
        head: [['dim', '   d on one release, then d on another, compares the two']],
        waiting: 'reading the list…',
      };
    case 'verify':
      return {
        rows: verify.value && verifyRows(verify.value),
        error: verify.error,
        head: [['dim', "   the table against the binary's DWARF and the image, differences first"]],
        waiting: 'verifying…',
      };
  }
}

export function LayoutsScreen({ screen, width, height }: ScreenProps<LayoutsState>) {
  const app = useApp();
  const { rows, error, head, waiting, about } = usePaneRows(screen);
  const withAbout = screen.pane !== 'releases';
  const rowsHeight = height - frameLines - 2 - (withAbout ? aboutHeight : 0);
  const count = rows?.length ?? 0;
  const motion = useListMotion(screen.id, count, rowsHeight);
  useCommands((command) => {
    if (motion(command)) return;
    const now = app.navigation.get().stack.find((each) => each.id === screen.id);
    if (now?.kind === 'layouts') layoutsCommand(now, rows ?? [], command);
  });

  function layoutsCommand(now: LayoutsState, all: readonly LayoutRow[], command: Command): void {
    const patch = (change: Partial<LayoutsState>) =>
      app.navigation.dispatch({ type: 'patch', id: now.id, patch: change });
    const row = all[now.place.cursor];
    const step = command === 'next-pane' ? 1 : command === 'previous-pane' ? -1 : 0;
    if (step !== 0) {
      patch({
        pane: panes[(panes.indexOf(now.pane) + step + panes.length) % panes.length] ?? 'structs',
        place: start,
        filter: '',
      });
      return;
    }
    switch (command) {
      case 'verify':
        patch({ pane: 'verify', place: start, filter: '' });
        return;
      case 'filter':
        app.navigation.dispatch({ type: 'prompt', prompt: { kind: 'filter', text: '', candidates: [] } });
        return;
      case 'open':
        if (row?.opens && now.pane === 'releases')
          app.push({ kind: 'layouts', name: row.name, pane: 'structs', place: start, filter: '', marked: undefined });
        else if (row?.opens)
          app.push({
            kind: 'struct',
            name: now.pane === 'verify' ? '' : now.name,
            struct: row.name,
            place: start,
            search: '',
          });
        return;
      case 'diff':
        if (row === undefined || now.pane !== 'releases')
          app.notify('releases are compared in the pane «releases» (Tab)', true);
        else if (now.marked === undefined) patch({ marked: row.name });
        else if (now.marked === row.name) patch({ marked: undefined });
        else app.push({ kind: 'layout-diff', a: now.marked, b: row.name, struct: undefined, place: start, search: '' });
        return;
      case 'copy':
        if (row) app.copy(row.name);
        return;
      default:
        return;
    }
  }

  const tabs: Line = [
    ' ',
    ...panes.map(
      (pane): Segment =>
        pane === screen.pane ? ['title', `[${paneTitles[pane]}] `] : ['dim', ` ${paneTitles[pane]}  `],
    ),
    ['dim', ' Tab'],
  ];
  if (rows === undefined)
    return (
      <Frame
        width={width}
        height={height}
        context={screenContext(screen)}
        body={[tabs, ...notReadyBody(error, width, waiting)]}
        awaited={error === undefined}
      />
    );
  const top = visibleTop(screen.place, count, rowsHeight);
  const cursor = Math.min(screen.place.cursor, count - 1);
  const lines = rows
    .slice(top, top + rowsHeight)
    .map((row, i): Line => [top + i === cursor ? marker : '  ', ...row.line]);
  const shown = rows[Math.max(0, cursor)]?.about ?? about ?? '';
  const below = withAbout ? [...emptyLines(rowsHeight - Math.max(1, lines.length)), ...aboutLines(shown, width)] : [];
  const none: Line[] = count === 0 ? [[`   nothing has «${screen.filter}» in its name`]] : [];
  const status = [
    `${grouped(count === 0 ? 0 : cursor + 1)} of ${grouped(count)}`,
    ...(screen.filter === '' ? [] : [`/${screen.filter}`]),
  ];
  return (
    <Frame
      width={width}
      height={height}
      context={screenContext(screen)}
      body={[tabs, head, ...lines, ...none, ...below]}
      selected={count === 0 ? undefined : cursor - top + 2}
      status={status}
    />
  );
}
