// The few numbers of the collector that both `overview` and `gc` show, wherever this release keeps them (runtime/mgcpacer.go, mstats.go).
import { type CounterPlace, controllerField, firstExact, memstatsField } from '../runtime/heap-stats.js';
import { gcPhase, type RuntimeView } from '../runtime/mheap.js';
import { bigCount } from './numbers.js';
import type { BigCount } from './results.js';

const phases = ['off', 'mark', 'mark termination'] as const;

/** Null is what can't be read. */
export interface GcNumbers {
  readonly phase: (typeof phases)[number] | null;
  readonly numGC: BigCount | null;
  /** When the last cycle ended: ns since 1970, 0 before the first. */
  readonly lastGC: BigCount | null;
  readonly heapLive: BigCount | null;
  readonly heapMarked: BigCount | null;
}

/** The exact value at the first of several places that this release has. */
export function exactAt(view: RuntimeView, ...places: readonly CounterPlace[]): BigCount | null {
  const value = firstExact(view, places);
  return value === undefined ? null : bigCount(value);
}

export function gcNumbers(view: RuntimeView): GcNumbers {
  const phase = gcPhase(view);
  return {
    phase: phase === undefined ? null : (phases[phase] ?? null),
    numGC: exactAt(view, memstatsField('numgc')),
    lastGC: exactAt(view, memstatsField('last_gc_unix')),
    heapLive: exactAt(view, controllerField('heapLive'), memstatsField('heap_live')),
    heapMarked: exactAt(view, controllerField('heapMarked'), memstatsField('heap_marked')),
  };
}
