// Changing what the span table shows, and where: a new filter or order, and the row of an address. The engine is asked where the row goes
// before anything changes on the screen, so that the table never jumps.
import type { SpanQuery } from '../src/session/protocol.js';
import type { AppServices } from './hooks/use-app.js';
import { placeAt, type ScreenOf, type ScreenPatch, start, visibleTop } from './navigation.js';
import { errorReply, errorText } from './ui-session.js';

/** The screen's state at this moment: keys that came together each see what the one before did. */
export function stateOf(app: AppServices, id: number): ScreenOf<'spans'> | undefined {
  const screen = app.navigation.get().stack.find((each) => each.id === id);
  return screen?.kind === 'spans' ? screen : undefined;
}

/** Filters or sorts anew; the row under the cursor keeps its line on the screen if it is still there. */
export async function changeQuery(
  app: AppServices,
  view: { readonly id: number; readonly height: number },
  query: SpanQuery,
): Promise<void> {
  const screen = stateOf(app, view.id);
  if (screen === undefined) return;
  const { cursor } = screen.place;
  const address = app.session.table(screen.query).at(cursor)?.row.addr;
  const table = app.session.table(query);
  try {
    const found =
      address === undefined ? undefined : await app.hold(app.session.call('spanPosition', { query, address }));
    const position = Math.max(0, found?.position ?? 0);
    const line = cursor - visibleTop(screen.place, app.session.table(screen.query).matching ?? cursor + 1, view.height);
    table.forgetError();
    await app.hold(table.ensure(Math.max(0, position - view.height), view.height * 2));
    if (table.error !== undefined) {
      report(app, table.error);
      return;
    }
    // The row keeps its line on the screen; if the filter took it away, the first row is next.
    const place =
      found !== undefined && found.position >= 0 ? { cursor: position, top: Math.max(0, position - line) } : start;
    if (stateOf(app, view.id) !== undefined)
      app.navigation.dispatch({ type: 'patch', id: view.id, patch: { query, place } });
  } catch (error) {
    report(app, error);
  }
}

/** The cursor goes to the row of an address, in the middle of the screen. */
export async function seekAddress(app: AppServices, id: number, address: string, height: number): Promise<void> {
  const screen = stateOf(app, id);
  if (screen === undefined) return;
  const patch = (change: ScreenPatch) =>
    app.navigation.dispatch({ type: 'patch', id, patch: { seek: undefined, ...change } });
  try {
    let { query } = screen;
    let found = await app.hold(app.session.call('spanPosition', { query, address }));
    if (found.row === null) {
      patch({});
      app.notify(`${address} is in no span`, true);
      return;
    }
    if (found.position < 0 && query.filter !== '') {
      query = { ...query, filter: '' };
      found = await app.hold(app.session.call('spanPosition', { query, address }));
      app.notify('the filter hid that row and was cleared');
    }
    const cursor = Math.max(0, found.position);
    await app.hold(app.session.table(query).ensure(Math.max(0, cursor - height), height * 2));
    patch({
      query,
      place: placeAt({ cursor, top: cursor - Math.floor(height / 2) }, cursor, Number.MAX_SAFE_INTEGER, height),
    });
  } catch (error) {
    patch({});
    report(app, error);
  }
}

function report(app: AppServices, error: unknown): void {
  const reply = errorReply(error);
  app.notify(reply.code === 'cancelled' ? 'stopped' : errorText(reply), reply.code !== 'cancelled');
}
