// The visible rows of the span table, and the windows around them.
import { useEffect } from 'react';
import type { SpanRow } from '../../src/analysis/results.js';
import type { SpanQuery } from '../../src/session/protocol.js';
import { type RowCache, windowRows } from '../row-cache.js';
import { useApp } from './use-app.js';
import { useSessionVersion } from './use-session.js';

export interface TableWindow {
  readonly cache: RowCache;
  /** One entry a line; undefined where the row is still under way. */
  readonly rows: readonly ({ readonly row: SpanRow; readonly index: number } | undefined)[];
}

export function useTableWindow(query: SpanQuery, top: number, height: number): TableWindow {
  const { session } = useApp();
  useSessionVersion(session);
  const cache = session.table(query);
  const { attempt } = session;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `attempt` asks again after an error
  useEffect(() => {
    cache.forgetError();
    void cache.ensure(top, height).then(() => {
      // Then the neighbours, so that a page up or down is there before it is asked for.
      return cache.error === undefined ? cache.ensure(top - windowRows / 2, height + windowRows) : undefined;
    });
  }, [cache, top, height, attempt]);
  const count = Math.max(0, Math.min(height, (cache.matching ?? height) - top));
  return { cache, rows: Array.from({ length: count }, (_, line) => cache.at(top + line)) };
}
