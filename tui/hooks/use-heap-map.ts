// The heap map around a place: cells come in windows of fixed size, which the session remembers.
import { useEffect, useState } from 'react';
import type { HeapMapResult } from '../../src/analysis/results.js';
import type { ErrorReply } from '../../src/session/protocol.js';
import { cellsOf, type MapCell } from '../components/heat-map.js';
import { errorReply, type UiSession } from '../ui-session.js';
import { useApp } from './use-app.js';

const windowCells = 8192;
const decoded = new WeakMap<HeapMapResult, readonly MapCell[]>();

const paramsOf = (pagesPerCell: number, cell: number) => ({
  pagesPerCell,
  from: Math.floor(Math.max(0, cell) / windowCells) * windowCells,
  count: windowCells,
});

/** A cell, waiting for its window if it is not here. */
export async function cellNow(session: UiSession, pagesPerCell: number, cell: number): Promise<MapCell | undefined> {
  const params = paramsOf(pagesPerCell, cell);
  return known(await session.call('heapMap', params))[cell - params.from];
}

function known(map: HeapMapResult): readonly MapCell[] {
  let cells = decoded.get(map);
  if (cells === undefined) {
    cells = cellsOf(map);
    decoded.set(map, cells);
  }
  return cells;
}

export interface MapWindow {
  /** Of any window that is here: sizes and the number of cells. */
  readonly map: HeapMapResult | undefined;
  readonly cellAt: (cell: number) => MapCell | undefined;
  readonly error: ErrorReply | undefined;
}

/** `count` cells from `from`; `pagesPerCell` 0 asks nothing. */
export function useHeapMap(pagesPerCell: number, from: number, count: number): MapWindow {
  const { session } = useApp();
  const [error, setError] = useState<ErrorReply>();
  const [, setCount] = useState(0);
  const { attempt } = session;
  const first = paramsOf(pagesPerCell, from).from;
  const last = paramsOf(pagesPerCell, from + count).from;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `attempt` asks again after an error
  useEffect(() => {
    if (pagesPerCell === 0) return;
    const controller = new AbortController();
    setError(undefined);
    for (let start = first; start <= last; start += windowCells) {
      const params = paramsOf(pagesPerCell, start);
      if (session.peek('heapMap', params) !== undefined) continue;
      session.call('heapMap', params, controller.signal).then(
        () => setCount((value) => value + 1),
        (reason: unknown) => !controller.signal.aborted && setError(errorReply(reason)),
      );
    }
    return () => controller.abort();
  }, [session, pagesPerCell, first, last, attempt]);
  return {
    map: session.peek('heapMap', paramsOf(pagesPerCell, from)),
    cellAt(cell) {
      const params = paramsOf(pagesPerCell, cell);
      const map = session.peek('heapMap', params);
      return map && known(map)[cell - params.from];
    },
    error,
  };
}
