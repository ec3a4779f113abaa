// The GC controller: what the pacer aims at, the settings, the last cycles; and every field of gcController and memstats.
import type { GcResult } from '../../src/analysis/results.js';
import { aboutHeight, aboutLines } from '../components/about.js';
import { Frame, frameLines } from '../components/frame.js';
import { cycleHead, cycleRows, fieldRows, foldedLines, pacingLines } from '../components/gc-view.js';
import { notReadyBody } from '../components/not-ready.js';
import { marker } from '../components/table.js';
import { type TextRow, textRow } from '../components/text-rows.js';
import { useApp } from '../hooks/use-app.js';
import { useCommands, useListMotion, useViewLines } from '../hooks/use-keymap.js';
import { useCall } from '../hooks/use-session.js';
import { asLines, type Line, lineText, type Segment } from '../line.js';
import { findAt, memoryAt } from '../navigation.js';
import { grouped } from '../numbers.js';
import type { ScreenOf } from '../screen-state.js';
import { start, visibleTop } from '../scrolling.js';
import type { ScreenProps } from './screen-props.js';

type GcState = ScreenOf<'gc'>;

interface View {
  readonly head: readonly Line[];
  readonly rows: readonly TextRow[];
  readonly foot: readonly Line[];
  readonly rowsHeight: number;
}

/** Cycles that are seen at least. */
const fewestRows = 3;

export function GcScreen({ screen, width, height }: ScreenProps<GcState>) {
  const app = useApp();
  const { value, error } = useCall('gc', {});
  const room = height - frameLines;
  const view =
    value && (screen.pane === 'pacing' ? pacingView(value, width, room) : fieldsView(value, screen, width, room));
  const count = view?.rows.length ?? 0;
  const rowsHeight = view?.rowsHeight ?? 1;
  const motion = useListMotion(screen.id, count, rowsHeight);
  useViewLines(view && (() => asLines([...view.head, ...view.rows.map((row) => row.line)])));
  useCommands((command) => {
    if (motion(command)) return;
    const now = app.navigation.get().stack.find((each) => each.id === screen.id);
    if (now?.kind !== 'gc') return;
    const row = view?.rows[Math.min(now.place.cursor, count - 1)];
    const patch = (change: Partial<GcState>) => app.navigation.dispatch({ type: 'patch', id: now.id, patch: change });
    if (command === 'next-pane' || command === 'previous-pane')
      patch({ pane: now.pane === 'pacing' ? 'fields' : 'pacing', place: start, filter: '' });
    else if (command === 'filter') {
      if (now.pane === 'pacing') patch({ pane: 'fields', place: start });
      app.navigation.dispatch({ type: 'prompt', prompt: { kind: 'filter', text: '', candidates: [] } });
    } else if (row === undefined) return;
    else if (command === 'copy') app.copy(row.name === '' ? lineText(row.line).trim() : row.name);
    else if (command === 'open' && row.address !== undefined) app.push(findAt(row.address));
    else if (command === 'bytes' && row.address !== undefined) app.push(memoryAt(row.address));
  });
  const context = screen.pane === 'pacing' ? 'gc-pacing' : 'gc-fields';
  if (view === undefined)
    return (
      <Frame
        width={width}
        height={height}
        context={context}
        body={notReadyBody(error, width, 'reading…')}
        awaited={error === undefined}
      />
    );
  const top = visibleTop(screen.place, count, rowsHeight);
  const cursor = Math.min(screen.place.cursor, count - 1);
  const lines = view.rows
    .slice(top, top + rowsHeight)
    .map((row, i): Line => [top + i === cursor ? marker : '  ', ...row.line]);
  const none: Line[] =
    count > 0 ? [] : [[`   ${screen.pane === 'fields' ? `no field has «${screen.filter}»` : 'no cycle has ended'}`]];
  const padding = Array.from({ length: Math.max(0, rowsHeight - lines.length - none.length) }, (): Line => []);
  const status = [
    `${grouped(count === 0 ? 0 : cursor + 1)} of ${grouped(count)}`,
    ...(screen.filter === '' ? [] : [`/${screen.filter}`]),
  ];
  return (
    <Frame
      width={width}
      height={height}
      context={context}
      body={[tabs(screen), ...view.head, ...lines, ...none, ...padding, ...view.foot]}
      selected={count === 0 ? undefined : cursor - top + 1 + view.head.length}
      status={status}
    />
  );
}

function tabs({ pane }: GcState): Line {
  const tab = (name: string, active: boolean): Segment => [
    active ? 'title' : 'dim',
    active ? `[${name}]` : ` ${name} `,
  ];
  return [
    ' ',
    tab('pacing and cycles', pane === 'pacing'),
    ' ',
    tab('every field', pane === 'fields'),
    ['dim', '  Tab switches'],
  ];
}

function pacingView(gc: GcResult, width: number, room: number): View {
  const rows = cycleRows(gc.history, width);
  const lines = pacingLines(gc, width);
  for (const head of [foldedLines(lines, width), lines]) {
    const rowsHeight = room - head.length - 2;
    if (rowsHeight >= fewestRows) return { head: [...head, ['  ', ...cycleHead(width)]], rows, foot: [], rowsHeight };
  }
  // On a small terminal all of it scrolls.
  const all = [...foldedLines(pacingLines(gc, width - 2), width - 2), cycleHead(width)];
  return { head: [], rows: [...all.map((line) => textRow(line)), ...rows], foot: [], rowsHeight: room - 1 };
}

function fieldsView(gc: GcResult, screen: GcState, width: number, room: number): View {
  const rows = fieldRows(gc, screen.filter, width);
  const about = rows[Math.min(screen.place.cursor, rows.length - 1)]?.about ?? '';
  return {
    head: [],
    rows,
    foot: aboutLines(about, width),
    rowsHeight: Math.max(3, room - aboutHeight - 1),
  };
}
