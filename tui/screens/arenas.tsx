// The arenas as a heat map, by occupancy, state or class; the cell under the cursor in words; Enter opens its first span.
import { useEffect } from 'react';
import type { Command } from '../bindings/binding.js';
import { Frame, frameLines } from '../components/frame.js';
import { cellLook, cellsPerLine, cellWords, legendLines, type MapLook, mapLine } from '../components/heat-map.js';
import { notReadyBody } from '../components/not-ready.js';
import { type AppServices, useApp } from '../hooks/use-app.js';
import { cellNow, type MapWindow, useHeapMap } from '../hooks/use-heap-map.js';
import { useCommands } from '../hooks/use-keymap.js';
import { useCall } from '../hooks/use-session.js';
import type { Line } from '../line.js';
import { allSpans, memoryAt, spanAt } from '../navigation.js';
import { bytesText, grouped } from '../numbers.js';
import type { MapMode, ScreenOf } from '../screen-state.js';
import { isMotion, visibleTop } from '../scrolling.js';
import { errorReply, errorText } from '../ui-session.js';
import type { ScreenProps } from './screen-props.js';

type ArenasState = ScreenOf<'arenas'>;
const modes: readonly MapMode[] = ['occupancy', 'state', 'class'];
/** The head, a space, two lines of legend, three about the cell. */
const besides = 7;
const mostPages = 1 << 20;

export function ArenasScreen({ screen, width, height }: ScreenProps<ArenasState>) {
  const app = useApp();
  const perLine = cellsPerLine(width);
  const rowsHeight = Math.max(3, height - frameLines - besides);
  const { pagesPerCell } = screen;
  const top = Math.floor(screen.place.top);
  const window = useHeapMap(pagesPerCell, top * perLine, rowsHeight * perLine);
  const { map } = window;
  const fitting = useFitting(screen, perLine * rowsHeight);
  const total = map?.totalCells ?? 0;
  useCommands((command) => {
    const now = app.navigation.get().stack.find((each) => each.id === screen.id);
    if (now?.kind === 'arenas' && map !== undefined)
      mapCommand(app, now, command, { perLine, height: rowsHeight, total, window });
  });
  if (map === undefined || total === 0) {
    const error = window.error ?? fitting;
    const body: Line[] = map === undefined ? notReadyBody(error, width, 'mapping…') : [[], ['   no span is in use']];
    return (
      <Frame
        width={width}
        height={height}
        context="arenas"
        body={body}
        awaited={map === undefined && error === undefined}
      />
    );
  }
  const look: MapLook = { mode: screen.mode, ascii: app.theme.ascii, pageSize: map.pageSize };
  const cursor = Math.min(screen.place.cursor, total - 1);
  const lines = Math.ceil(total / perLine);
  const first = visibleTop({ cursor: Math.floor(cursor / perLine), top }, lines, rowsHeight);
  const rows = Array.from({ length: Math.min(rowsHeight, lines - first) }, (_, i): Line => {
    const from = (first + i) * perLine;
    const count = Math.min(perLine, total - from);
    return mapLine(
      Array.from({ length: count }, (__, cell) => window.cellAt(from + cell)),
      from,
      cursor,
      look,
    );
  });
  const under = window.cellAt(cursor);
  const padding = Array.from({ length: rowsHeight - rows.length }, (): Line => []);
  const head: Line = [
    ' by ',
    ['title', screen.mode],
    `   a cell is ${grouped(pagesPerCell)} ${pagesPerCell === 1 ? 'page' : 'pages'}, ${bytesText(pagesPerCell * map.pageSize)}`,
  ];
  const about = under ? cellWords(under, map, app.session.marks('mspan')) : [[['dim', ' …']] as Line];
  return (
    <Frame
      width={width}
      height={height}
      context="arenas"
      body={[head, ...rows, ...padding, [], ...legendLines(look), ...about]}
      status={[`cell ${grouped(cursor + 1)} of ${grouped(total)}`]}
    />
  );
}

/** Without a zoom yet: as many pages a cell as make the whole heap fit the screen. Tells why that can't be said. */
function useFitting({ id, pagesPerCell }: ArenasState, room: number) {
  const { navigation } = useApp();
  const { value, error } = useCall('heapMap', pagesPerCell === 0 ? { pagesPerCell: 1, from: 0, count: 0 } : undefined);
  const pages = pagesPerCell === 0 ? value?.totalCells : undefined;
  useEffect(() => {
    if (pages === undefined) return;
    let fitting = 1;
    while (pages / fitting > room && fitting < mostPages) fitting *= 2;
    navigation.dispatch({ type: 'patch', id, patch: { pagesPerCell: fitting } });
  }, [navigation, id, pages, room]);
  return error;
}

interface MapView {
  readonly perLine: number;
  readonly height: number;
  readonly total: number;
  readonly window: MapWindow;
}

function mapCommand(app: AppServices, screen: ArenasState, command: Command, view: MapView): void {
  const { perLine, height, total } = view;
  const cursor = Math.min(screen.place.cursor, total - 1);
  const patch = (change: Partial<ArenasState>) =>
    app.navigation.dispatch({ type: 'patch', id: screen.id, patch: change });
  const go = (cell: number) => {
    const at = Math.max(0, Math.min(cell, total - 1));
    const top = visibleTop(
      { cursor: Math.floor(at / perLine), top: screen.place.top },
      Math.ceil(total / perLine),
      height,
    );
    patch({ place: { cursor: at, top } });
  };
  if (isMotion(command)) {
    const steps = {
      up: cursor >= perLine ? -perLine : 0,
      down: cursor + perLine < total ? perLine : 0,
      'half-up': -perLine * Math.ceil(height / 2),
      'half-down': perLine * Math.ceil(height / 2),
      'page-up': -perLine * height,
      'page-down': perLine * height,
      top: -total,
      bottom: total,
    } as const;
    go(cursor + steps[command]);
    return;
  }
  switch (command) {
    case 'left':
      go(cursor - 1);
      return;
    case 'right':
      go(cursor + 1);
      return;
    case 'next-match':
    case 'previous-match':
      go(otherLook(screen, cursor, command === 'next-match' ? 1 : -1, view));
      return;
    case 'mode':
      patch({ mode: modes[(modes.indexOf(screen.mode) + 1) % modes.length] ?? 'occupancy' });
      return;
    case 'zoom-in':
    case 'zoom-out':
      zoom(screen, cursor, command, patch, view);
      return;
    case 'open':
    case 'bytes':
    case 'copy':
      void withCell(app, screen, cursor, command);
      return;
    default:
      return;
  }
}

/** The cursor stays at its share of the heap. */
function zoom(
  { pagesPerCell }: ArenasState,
  cursor: number,
  command: 'zoom-in' | 'zoom-out',
  patch: (change: Partial<ArenasState>) => void,
  { perLine, height }: MapView,
): void {
  const next = command === 'zoom-in' ? pagesPerCell / 2 : pagesPerCell * 2;
  if (next < 1 || next > mostPages) return;
  const at = Math.floor((cursor * pagesPerCell) / next);
  patch({ pagesPerCell: next, place: { cursor: at, top: Math.max(0, Math.floor(at / perLine) - (height >> 1)) } });
}

/** The nearest cell in a direction that is drawn otherwise, among those that are here. */
function otherLook(screen: ArenasState, from: number, step: 1 | -1, { window, total }: MapView): number {
  const look: MapLook = { mode: screen.mode, ascii: false, pageSize: window.map?.pageSize ?? 1 };
  const glyph = (cell: number) => {
    const at = window.cellAt(cell);
    return at && cellLook(at.cell, look)[1];
  };
  const own = glyph(from);
  let cell = from + step;
  while (cell >= 0 && cell < total && glyph(cell) === own) cell += step;
  return cell;
}

async function withCell(
  app: AppServices,
  screen: ArenasState,
  cursor: number,
  command: 'open' | 'bytes' | 'copy',
): Promise<void> {
  try {
    const at = await app.hold(cellNow(app.session, screen.pagesPerCell, cursor));
    if (at === undefined) return;
    const address = `0x${at.address.toString(16)}`;
    if (command === 'copy') app.copy(address);
    else if (command === 'bytes') app.push(memoryAt(address));
    else if (at.cell.row < 0) app.notify('no span in use begins in this cell or reaches into it', true);
    else {
      const window = await app.hold(app.session.call('spanWindow', { query: allSpans, from: at.cell.row, count: 1 }));
      const [row] = window.rows;
      if (row !== undefined) app.push(spanAt(row.addr));
    }
  } catch (error) {
    app.notify(errorText(errorReply(error)), true);
  }
}
