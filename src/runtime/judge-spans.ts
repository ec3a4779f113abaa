// Judges the spans whose allocated slots differ from allocCount: corruption, or a moment that the runtime's order of stores allows.
//
// nextFreeFast stores allocCache, then freeindex, then allocCount (runtime/malloc.go): a thread stopped in between leaves
// allocated = allocCount + 1 on the span its P allocates from. The sweeper of a span at sweepgen h-1 stores allocCount, freeindex and
// allocBits in turn (runtime/mgcsweep.go, sweepLocked.sweep): any difference is lawful there.
import { cachedSpans } from './mcache.js';
import { heapSweepgen, type RuntimeView } from './mheap.js';
import { type SpanRows, spanFlag } from './span-table.js';

/**
 * Sets `mismatch` or `transient` on the rows of `table.differing`. At most one span for each running P can be lawfully off by one. `generation` is mheap_.sweepgen, for who
 * knows it otherwise.
 */
export function judgeSpans(view: RuntimeView, table: SpanRows, generation = heapSweepgen(view)): void {
  if (table.differing.length === 0) return;
  const cached = cachedSpans(view);
  const excused = new Set<number>();
  // Where the mcaches can't be read, sweepgen h+1 and h+3 say of a span that some P's mcache holds it.
  const mayBeCached = (row: number) => {
    if (cached.complete) return false;
    if (generation === undefined || !view.layout.traits.cachedSweepgen) return true;
    const ahead = (table.sweepgen[row]! - generation) | 0;
    return ahead === 1 || ahead === 3;
  };
  for (const row of table.differing) {
    const sweeping = generation !== undefined && table.sweepgen[row] === (generation - 1) >>> 0;
    const p = cached.byAddress.get(table.addr[row]!);
    const offByOne = table.allocated[row] === table.allocCount[row]! + 1;
    const allocating = offByOne && (p === undefined ? mayBeCached(row) : !excused.has(p));
    if (allocating && p !== undefined) excused.add(p);
    table.flags[row]! |= sweeping || allocating ? spanFlag.transient : spanFlag.mismatch;
  }
}
