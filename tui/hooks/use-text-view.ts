// A list of lines to read, with a cursor, `/` to search, `n` `N` to the next and previous match, Enter to where a line leads and `x` to the
// memory at its address.

import type { Command } from '../bindings/binding.js';
import { frameLines } from '../components/frame.js';
import { marker } from '../components/table.js';
import type { TextRow } from '../components/text-rows.js';
import { asLines, type Line, lineText } from '../line.js';
import { findAt, memoryAt } from '../navigation.js';
import { grouped } from '../numbers.js';
import type { Screen } from '../screen-state.js';
import { placeAt, visibleTop } from '../scrolling.js';
import { searchFirst, searchFrom } from '../search.js';
import { useApp } from './use-app.js';
import { useCommands, useListMotion, useViewLines } from './use-keymap.js';

type TextScreen = Extract<Screen, { readonly search: string }>;

export interface TextView {
  readonly lines: readonly Line[];
  /** Line of the body that is under the cursor, `headLines` counted; undefined where there is no row. */
  readonly selected: number | undefined;
  readonly status: readonly string[];
}

/** `headLines` are the lines of the body above the rows; `more` gets the commands that are not of every text view, with the row under the cursor. */
export function useTextView(
  screen: TextScreen,
  rows: readonly TextRow[],
  height: number,
  headLines: number,
  more?: (command: Command, row: TextRow | undefined) => void,
): TextView {
  const app = useApp();
  const rowsHeight = height - frameLines - headLines;
  const motion = useListMotion(screen.id, rows.length, rowsHeight);
  const searching = (now: TextScreen, command: 'first-match' | 'next-match' | 'previous-match') => {
    const texts = rows.map((row) => lineText(row.line));
    const { search, place: from } = now;
    const found =
      command === 'first-match'
        ? searchFirst(texts, search, from.cursor)
        : searchFrom(texts, search, from.cursor, command === 'next-match' ? 1 : -1);
    if (found >= 0) {
      const place = placeAt(now.place, found, rows.length, rowsHeight);
      app.navigation.dispatch({ type: 'patch', id: now.id, patch: { place } });
    } else
      app.notify(now.search === '' ? '/ searches; n goes to the next match' : `nothing here has «${now.search}»`, true);
  };
  useCommands((command) => {
    if (motion(command)) return;
    const now = app.navigation.get().stack.find((each) => each.id === screen.id);
    if (now === undefined || !('search' in now)) return;
    const row = rows[Math.min(now.place.cursor, rows.length - 1)];
    switch (command) {
      case 'search':
        app.navigation.dispatch({ type: 'prompt', prompt: { kind: 'search', text: '', candidates: [] } });
        return;
      case 'first-match':
      case 'next-match':
      case 'previous-match':
        searching(now, command);
        return;
      case 'copy':
        if (row) app.copy(row.name === '' ? lineText(row.line).trim() : row.name);
        return;
      case 'bytes':
        if (row === undefined) return;
        if (row.address === undefined) app.notify('no address stands on this line', true);
        else app.push(memoryAt(row.address));
        return;
      case 'open':
        if (row?.to !== undefined) app.push(row.to);
        else if (row?.address !== undefined) app.push(findAt(row.address));
        else more?.(command, row);
        return;
      default:
        more?.(command, row);
    }
  });
  useViewLines(() => asLines(rows.map((row) => row.line)));
  const top = visibleTop(screen.place, rows.length, rowsHeight);
  const cursor = Math.max(0, Math.min(screen.place.cursor, rows.length - 1));
  const lines = rows
    .slice(top, top + rowsHeight)
    .map((row, i): Line => [top + i === cursor ? marker : '  ', ...row.line]);
  const status = [
    `${grouped(rows.length === 0 ? 0 : cursor + 1)} of ${grouped(rows.length)}`,
    ...(screen.search === '' ? [] : [`/${screen.search}`]),
  ];
  return { lines, selected: rows.length === 0 ? undefined : cursor - top + headLines, status };
}
