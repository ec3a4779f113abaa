// Changing what the span table shows, and where: a new filter or order, and the row of an address. The engine is asked where the row goes
// before anything changes on the screen, so that the table never jumps.
import type { SpanQuery } from '../src/session/protocol.js';
import type { AppServices } from './hooks/use-app.js';
import { sameMeanwhile } from './key-meaning.js';
import type { ScreenOf, ScreenPatch } from './screen-state.js';
import { type Motion, moved, placeAt, start, visibleTop } from './scrolling.js';
import { errorReply, errorText } from './ui-session.js';

/** The screen's state at this moment: keys that came together each see what the one before did. */
export function stateOf(app: AppServices, id: number): ScreenOf<'spans'> | undefined {
  const screen = app.navigation.get().stack.find((each) => each.id === id);
  return screen?.kind === 'spans' ? screen : undefined;
}

/** The answer, and how the cursor was moved while it was awaited. Keys that depend on it wait; leaving the screen or Esc ends it. */
async function whileWaiting<T>(
  app: AppServices,
  id: number,
  what: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<{ readonly answer: T; readonly motions: readonly Motion[] }> {
  const gone = new AbortController();
  const unsubscribe = app.navigation.subscribe(() => {
    if (stateOf(app, id) === undefined) gone.abort();
  });
  const moves: AppServices['moves']['current'] = { id, motions: [] };
  app.moves.current = moves;
  try {
    const answer = await app.hold(app.session.during(what, gone.signal, work), (key) =>
      sameMeanwhile(app.navigation.get(), id, key),
    );
    return { answer, motions: moves.motions };
  } finally {
    unsubscribe();
    if (app.moves.current === moves) app.moves.current = undefined;
  }
}

/** Filters or sorts anew; the row under the cursor keeps its line on the screen if it is still there. */
export async function changeQuery(
  app: AppServices,
  view: { readonly id: number; readonly height: number },
  query: SpanQuery,
): Promise<void> {
  const screen = stateOf(app, view.id);
  if (screen === undefined) return;
  const shown = app.session.table(screen.query);
  const cursor = Math.max(0, Math.min(screen.place.cursor, (shown.matching ?? screen.place.cursor + 1) - 1));
  const line = cursor - visibleTop(screen.place, shown.matching ?? cursor + 1, view.height);
  const table = app.session.table(query);
  const what = query.filter === screen.query.filter ? 'sorting' : 'filtering';
  try {
    const { answer: position, motions } = await whileWaiting(app, view.id, what, async (signal) => {
      // A row may be gone to before it is here.
      if (shown.at(cursor) === undefined && shown.matching !== 0) await shown.ensure(cursor, 1);
      const address = shown.at(cursor)?.row.addr;
      const found =
        address === undefined ? undefined : await app.session.call('spanPosition', { query, address }, signal);
      const at = found?.position ?? -1;
      table.forgetError();
      await table.ensure(Math.max(0, at - view.height), view.height * 2);
      return table.error === undefined ? at : undefined;
    });
    if (position === undefined) {
      report(app, view.id, table.error);
      return;
    }
    // The row keeps its line on the screen; if the filter took it away, the first row is next.
    let place = position < 0 ? start : { cursor: position, top: Math.max(0, position - line) };
    for (const motion of motions) place = moved(place, motion, table.matching ?? 0, view.height);
    app.navigation.dispatch({ type: 'patch', id: view.id, patch: { query, place } });
  } catch (error) {
    report(app, view.id, error);
  }
}

/** The cursor goes to the row of an address, in the middle of the screen. */
export async function seekAddress(app: AppServices, id: number, address: string, height: number): Promise<void> {
  const screen = stateOf(app, id);
  if (screen === undefined) return;
  const patch = (change: ScreenPatch) =>
    app.navigation.dispatch({ type: 'patch', id, patch: { seek: undefined, ...change } });
  try {
    const { answer, motions } = await whileWaiting(app, id, `looking for ${address}`, async (signal) => {
      const found = await app.session.call('spanPosition', { query: screen.query, address }, signal);
      if (found.row === null) return undefined;
      const hidden = found.position < 0 && screen.query.filter !== '';
      const query = hidden ? { ...screen.query, filter: '' } : screen.query;
      const at = hidden ? await app.session.call('spanPosition', { query, address }, signal) : found;
      const cursor = Math.max(0, at.position);
      await app.session.table(query).ensure(Math.max(0, cursor - height), height * 2);
      return { query, cursor, hidden };
    });
    if (answer === undefined) {
      patch({});
      app.notify(`${address} is in no span`, true);
      return;
    }
    const { query, cursor } = answer;
    if (answer.hidden) app.notify('the filter hid that row and was cleared');
    const count = app.session.table(query).matching ?? Number.MAX_SAFE_INTEGER;
    let place = placeAt({ cursor, top: cursor - Math.floor(height / 2) }, cursor, count, height);
    for (const motion of motions) place = moved(place, motion, count, height);
    patch({ query, place });
  } catch (error) {
    patch({});
    report(app, id, error);
  }
}

function report(app: AppServices, id: number, error: unknown): void {
  if (stateOf(app, id) === undefined) return;
  const reply = errorReply(error);
  app.notify(reply.code === 'cancelled' ? 'stopped' : errorText(reply), reply.code !== 'cancelled');
}
