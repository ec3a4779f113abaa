// A list of lines to read, with a cursor, `/` to search and `n` `N` to the next and previous match.
import { frameLines } from '../components/frame.js';
import type { LayoutRow } from '../components/layout-rows.js';
import { marker } from '../components/table.js';
import type { Command } from '../keymap.js';
import { type Line, lineText } from '../line.js';
import { placeAt, type ScreenOf, visibleTop } from '../navigation.js';
import { grouped } from '../numbers.js';
import { searchFrom } from '../search.js';
import { useApp } from './use-app.js';
import { useCommands, useListMotion } from './use-keymap.js';

type TextScreen = ScreenOf<'struct'> | ScreenOf<'layout-diff'>;

export interface TextView {
  readonly lines: readonly Line[];
  /** Line of the body that is under the cursor, `headLines` counted. */
  readonly selected: number;
  readonly status: readonly string[];
}

/** `headLines` are the lines of the body above the rows; `more` gets the commands that are not of every text view. */
export function useTextView(
  screen: TextScreen,
  rows: readonly LayoutRow[],
  height: number,
  headLines: number,
  more?: (command: Command) => void,
): TextView {
  const app = useApp();
  const rowsHeight = height - frameLines - headLines;
  const motion = useListMotion(screen.id, rows.length, rowsHeight);
  useCommands((command) => {
    if (motion(command)) return;
    const now = app.navigation.get().stack.find((each) => each.id === screen.id);
    if (now?.kind !== 'struct' && now?.kind !== 'layout-diff') return;
    switch (command) {
      case 'search':
        app.navigation.dispatch({ type: 'prompt', prompt: { kind: 'search', text: '', candidates: [] } });
        return;
      case 'next-match':
      case 'previous-match': {
        const texts = rows.map((row) => lineText(row.line));
        const found = searchFrom(texts, now.search, now.place.cursor, command === 'next-match' ? 1 : -1);
        if (found >= 0)
          app.navigation.dispatch({
            type: 'patch',
            id: now.id,
            patch: { place: placeAt(now.place, found, rows.length, rowsHeight) },
          });
        else
          app.notify(
            now.search === '' ? '/ searches; n goes to the next match' : `nothing here has «${now.search}»`,
            true,
          );
        return;
      }
      case 'copy': {
        const row = rows[now.place.cursor];
        if (row) app.copy(row.name);
        return;
      }
      default:
        more?.(command);
    }
  });
  const top = visibleTop(screen.place, rows.length, rowsHeight);
  const cursor = Math.max(0, Math.min(screen.place.cursor, rows.length - 1));
  const lines = rows
    .slice(top, top + rowsHeight)
    .map((row, i): Line => [top + i === cursor ? marker : '  ', ...row.line]);
  const status = [
    `${grouped(rows.length === 0 ? 0 : cursor + 1)} of ${grouped(rows.length)}`,
    ...(screen.search === '' ? [] : [`/${screen.search}`]),
  ];
  return { lines, selected: cursor - top + headLines, status };
}
