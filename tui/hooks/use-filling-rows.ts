// Keeps the rows of a filling list around what is seen, and the list filling while its screen is on top. The row under the cursor stays under it, whatever comes in before it.
import { useEffect } from 'react';
import type { GoroutineRow, GroupRow } from '../../src/analysis/results-browse.js';
import type { FillingRows } from '../filling-rows.js';
import { type Place, visibleTop } from '../scrolling.js';
import { errorReply } from '../ui-session.js';
import { useApp } from './use-app.js';
import { useSessionVersion } from './use-session.js';

type Row = GoroutineRow | GroupRow;

/** `id` is the screen's. */
export function useFillingRows<R extends Row>(
  id: number,
  list: FillingRows<R>,
  top: number,
  height: number,
): readonly (R | undefined)[] {
  const app = useApp();
  const { session } = app;
  useSessionVersion(session);
  const { attempt } = session;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `attempt` asks again after an error
  useEffect(() => {
    list.forgetError();
    void list.ensure(top, height);
  }, [list, top, height, attempt]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `attempt` goes on after it was stopped
  useEffect(() => {
    const gone = new AbortController();
    void fill(gone.signal);
    return () => gone.abort();

    async function fill(signal: AbortSignal): Promise<void> {
      await list.ensure(top, height);
      if (list.complete || list.error !== undefined || signal.aborted) return;
      try {
        await session.during('unwinding stacks', signal, async (stopped, report) => {
          while (!list.complete && list.error === undefined && !stopped.aborted) {
            const before = placeOf();
            if (before === undefined) return;
            const keep = before.cursor === 0 ? undefined : list.at(before.cursor)?.goid;
            const position = await list.more(
              visibleTop(before, list.matching ?? 0, height),
              height,
              keep?.toString(),
              stopped,
            );
            if (list.latest) report(list.latest.unwound, list.latest.total);
            if (!stopped.aborted) follow(before.cursor, position);
          }
        });
      } catch (error) {
        if (!signal.aborted && errorReply(error).code === 'cancelled') app.notify('stopped; r goes on');
      }
    }

    function placeOf(): Place | undefined {
      return app.navigation.get().stack.find((screen) => screen.id === id)?.place;
    }

    /** `asked` is where the cursor was when the list was asked for, `found` where that row is now. It may have been moved since: then its present row is looked for. */
    function follow(asked: number, found: number): void {
      const place = placeOf();
      const { previous, latest } = list;
      // At the top one looks at what comes first.
      if (place === undefined || place.cursor === 0 || previous === undefined || latest === undefined) return;
      const goid = previous.rows[place.cursor - previous.from]?.goid;
      const at = goid === undefined ? -1 : latest.rows.findIndex((row) => row.goid === goid);
      const to = at >= 0 ? latest.from + at : place.cursor === asked ? found : -1;
      if (to < 0 || to === place.cursor) return;
      const by = to - place.cursor;
      app.navigation.dispatch({
        type: 'patch',
        id,
        patch: { place: { cursor: to, top: Math.max(0, place.top + by) } },
      });
    }
  }, [list, attempt]);
  const count = Math.max(0, Math.min(height, (list.matching ?? 0) - top));
  return Array.from({ length: count }, (_, line) => list.at(top + line));
}
