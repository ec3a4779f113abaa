// What Linux says of the process' memory beside what the runtime has mapped for its heap: for `overview`, `find` and `memory`.
import type { ResidentMapping } from '../image/proc-footprint.js';
import { controllerField, firstExact, memstatsField } from '../runtime/heap-stats.js';
import type { RuntimeView } from '../runtime/mheap.js';
import type { Target } from '../target/target.js';
import { exactAt } from './gc-numbers.js';
import { addressText, bigCount } from './numbers.js';
import type { FootprintResult, ResidentResult } from './results.js';

/** Null where nothing is told. */
export function footprintResult(target: Target, process: RuntimeView | undefined): FootprintResult | null {
  const found = target.footprint();
  if (!found) return null;
  const { resident, cgroup, source } = found;
  return {
    source,
    rss: resident?.rss ?? null,
    rssAnon: resident?.anonymous ?? null,
    rssFile: resident?.file ?? null,
    rssShmem: resident?.shared ?? null,
    swap: resident?.swap ?? null,
    peakRss: resident?.peak ?? null,
    cgroup: cgroup
      ? {
          path: cgroup.path ?? null,
          limit: cgroup.limit === null ? 'max' : (cgroup.limit ?? null),
          current: cgroup.current ?? null,
        }
      : null,
    heapMapped: process ? heapMapped(process) : null,
    heapReleased: process ? exactAt(process, ...released) : null,
  };
}

const released = [controllerField('heapReleased'), memstatsField('heap_released')];

/** MemStats.HeapSys: in use, idle and released, without stacks (runtime/mstats.go, readmemstats_m). */
function heapMapped(view: RuntimeView): FootprintResult['heapMapped'] {
  const parts = ['heapInUse', 'heapFree', 'heapReleased'].map((name) => firstExact(view, [controllerField(name)]));
  const known = parts.filter((part) => part !== undefined);
  if (known.length === parts.length) return bigCount(known.reduce((sum, part) => sum + part));
  return exactAt(view, memstatsField('heap_sys'));
}

/** What smaps says of a mapping, as a result. */
export function residentResult(mapping: ResidentMapping | undefined): ResidentResult | null {
  if (!mapping) return null;
  const { start, end, rss, swap, anonymous, hugePages } = mapping;
  return {
    start: addressText(start),
    end: addressText(end),
    rss,
    swap: swap ?? null,
    anonymous: anonymous ?? null,
    hugePages: hugePages ?? null,
  };
}
