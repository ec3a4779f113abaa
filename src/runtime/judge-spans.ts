// Judges the spans whose allocated slots differ from allocCount: corruption, or a moment that the runtime's order of stores allows.
//
// nextFreeFast stores allocCache, then freeindex, then allocCount (runtime/malloc.go): a thread stopped in between leaves
// allocated = allocCount + 1 on the span its P allocates from. The sweeper of a span at sweepgen h-1 stores allocCount, freeindex and
// allocBits in turn (runtime/mgcsweep.go, sweepLocked.sweep): any difference is lawful there.
import { cachedSpans } from './mcache.js';
import { heapSweepgen, type RuntimeView } from './mheap.js';
import { type SpanTable, spanFlag } from './span-table.js';

/** Sets `mismatch` or `transient` on the rows of `table.differing`. At most one span for each running P can be lawfully off by one. */
export function judgeSpans(view: RuntimeView, table: SpanTable): void {
  if (table.differing.length === 0) return;
  const generation = heapSweepgen(view);
  const cached = cachedSpans(view);
  const excused = new Set<number>();
  for (const row of table.differing) {
    const sweeping = generation !== undefined && table.sweepgen[row] === (generation - 1) >>> 0;
    const p = cached.get(table.addr[row]!);
    const offByOne = table.allocated[row] === table.allocCount[row]! + 1;
    const allocating = p !== undefined && offByOne && !excused.has(p);
    if (allocating) excused.add(p);
    table.flags[row]! |= sweeping || allocating ? spanFlag.transient : spanFlag.mismatch;
  }
}
