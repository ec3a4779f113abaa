// Our sums over the spans against the runtime's own counters: where both agree, the layout, the roots and the walk are right.
import { type CounterPlace, firstCounter, heapAllocByCounters, heapStat } from '../runtime/heap-stats.js';
import type { RuntimeView } from '../runtime/mheap.js';
import type { SpanTable } from '../runtime/span-table.js';
import { bigCount } from './numbers.js';
import type { Reconciliation } from './results.js';
import type { SpanSums } from './span-totals.js';

const heapInusePlaces: readonly CounterPlace[] = [
  ['runtime.gcController', 'gcControllerState', 'heapInUse'],
  ['runtime.memstats', 'mstats', 'heap_inuse'],
];

export function reconcile(view: RuntimeView, table: SpanTable, sums: SpanSums): Reconciliation[] {
  const { pageSize } = view.layout.traits;
  const rows: Reconciliation[] = [];
  const add = (what: string, ours: number, found: { value: number; counter: string } | undefined, note?: string) => {
    if (found === undefined) return;
    rows.push({
      what,
      ours: bigCount(ours),
      runtime: bigCount(found.value),
      counter: found.counter,
      agrees: ours === found.value,
      ...(note ? { note } : {}),
    });
  };
  const stat = (name: string) => {
    const value = heapStat(view, name);
    return value === undefined ? undefined : { value, counter: `memstats.heapStats.${name}` };
  };
  const pages = firstCounter(view, [['runtime.mheap_', 'mheap', 'pagesInUse']]);
  add('pages in use', sums.inusePages, pages);
  add('HeapInuse', sums.inusePages * pageSize, firstCounter(view, heapInusePlaces) ?? stat('inHeap'));
  const alloc = heapAllocByCounters(view, table);
  add(
    'HeapAlloc',
    sums.heapAllocBytes,
    alloc === undefined ? undefined : { value: alloc, counter: 'memstats.heapStats, with what the mcaches hold' },
    'a thread stopped inside the allocator or the sweeper may leave a few objects between the two',
  );
  add('StackInuse', sums.stackPages * pageSize, stat('inStacks'));
  return rows;
}
