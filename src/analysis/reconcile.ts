// Our sums over the spans against the runtime's own counters: where both agree, the layout, the roots and the walk are right.
import { type CounterPlace, firstCounter, heapAllocByCounters, heapStat } from '../runtime/heap-stats.js';
import type { RuntimeView } from '../runtime/mheap.js';
import type { SpanRows } from '../runtime/span-table.js';
import { bigCount } from './numbers.js';
import type { Reconciliation } from './results.js';
import type { SpanSums } from './span-totals.js';

const heapInusePlaces: readonly CounterPlace[] = [
  ['runtime.gcController', 'gcControllerState', 'heapInUse'],
  ['runtime.memstats', 'mstats', 'heap_inuse'],
];

/** Where there are no heapStats (up to 1.15): kept as stacks come and go. */
const stackInusePlaces: readonly CounterPlace[] = [['runtime.memstats', 'mstats', 'stacks_inuse']];

/** Counters of pages are changed before the mspan is (runtime/mheap.go, allocSpan and freeSpanLocked), those of objects behind it. */
const betweenPages = 'a thread stopped while it takes or gives back a span leaves its pages between the two';
const betweenObjects = 'a thread stopped inside the allocator or the sweeper may leave a few objects between the two';

/** `moving`: spans and counters were read at different moments of a process that runs on, so they need not be equal. */
export function reconcile(view: RuntimeView, table: SpanRows, sums: SpanSums, moving = false): Reconciliation[] {
  const { pageSize } = view.layout.traits;
  const rows: Reconciliation[] = [];
  const add = (
    what: string,
    ours: number,
    found: { value: number; counter: string } | undefined,
    note = betweenPages,
  ) => {
    if (found === undefined) return;
    rows.push({
      what,
      ours: bigCount(ours),
      runtime: bigCount(found.value),
      counter: found.counter,
      agrees: ours === found.value,
      ...(moving && ours !== found.value ? { moving: true as const } : {}),
      note,
    });
  };
  const stat = (name: string) => {
    const value = heapStat(view, name);
    return value === undefined ? undefined : { value, counter: `memstats.heapStats.${name}` };
  };
  const pages = firstCounter(view, [['runtime.mheap_', 'mheap', 'pagesInUse']]);
  add('pages in use', sums.inusePages, pages);
  add('HeapInuse', sums.inusePages * pageSize, firstCounter(view, heapInusePlaces) ?? stat('inHeap'));
  add('HeapAlloc', sums.heapAllocBytes, heapAllocByCounters(view, table), betweenObjects);
  add('StackInuse', sums.stackPages * pageSize, stat('inStacks') ?? firstCounter(view, stackInusePlaces));
  return rows;
}
