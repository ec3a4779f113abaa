// From groups to the list of goroutines and back, the cursor stays with the goroutine it was on: its row is asked for once the new list is there.
import { useEffect } from 'react';
import type { GoroutineRow, GroupRow } from '../../src/analysis/results-browse.js';
import type { FillingRows } from '../filling-rows.js';
import type { ScreenOf } from '../screen-state.js';
import { placeAt } from '../scrolling.js';
import { useApp } from './use-app.js';

export function useSeekGoroutine<R extends GoroutineRow | GroupRow>(
  { id, seek }: ScreenOf<'goroutines'>,
  list: FillingRows<R>,
  height: number,
): void {
  const app = useApp();
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each goroutine that is sought
  useEffect(() => {
    if (seek === undefined) return;
    const gone = new AbortController();
    const patch = (place?: ReturnType<typeof placeAt>) =>
      app.navigation.dispatch({ type: 'patch', id, patch: { seek: undefined, ...(place ? { place } : {}) } });
    const look = async () => {
      await list.ensure(0, height);
      const position = gone.signal.aborted ? -1 : await list.more(0, height, seek, gone.signal);
      if (gone.signal.aborted) return;
      if (position >= 0) await list.ensure(Math.max(0, position - height), 2 * height);
      if (gone.signal.aborted) return;
      const count = list.matching ?? 0;
      patch(
        position < 0
          ? undefined
          : placeAt({ cursor: position, top: position - Math.floor(height / 2) }, position, count, height),
      );
    };
    // Keys that depend on where the cursor is wait for it.
    void app.hold(look());
    return () => gone.abort();
  }, [id, seek, list]);
}
