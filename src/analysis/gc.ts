// `gc`: every field of this release's gcControllerState and mstats by its own name, and what follows from them.
import { InspectError } from '../bytes/errors.js';
import { decodeStruct } from '../layout/struct-view.js';
import { pacerTargets } from '../runtime/gc-pacer.js';
import { type CounterPlace, firstExact } from '../runtime/heap-stats.js';
import { gcPhase } from '../runtime/mheap.js';
import type { GoProcess } from '../runtime/process.js';
import type { RootName } from '../runtime/roots/find.js';
import type { SpanTable } from '../runtime/span-table.js';
import { addressText, bigCount } from './numbers.js';
import { schemaVersion } from './overview.js';
import type { BigCount, GcResult, GcStruct } from './results.js';
import { sumSpans } from './span-totals.js';

const phases = ['off', 'mark', 'mark termination'] as const;
const controller = (path: string): CounterPlace => ['runtime.gcController', 'gcControllerState', path];
const stat = (path: string): CounterPlace => ['runtime.memstats', 'mstats', path];

/** `table`: the sums over spans stand beside the runtime's own numbers; null where they are not complete. */
export function gcOf(process: GoProcess, table: SpanTable | undefined): GcResult {
  const targets = pacerTargets(process);
  const exact = (...places: readonly CounterPlace[]): BigCount | null => {
    const value = firstExact(process, places);
    return value === undefined ? null : bigCount(value);
  };
  const big = (value: bigint | undefined) => (value === undefined ? null : bigCount(value));
  const sums = table && sumSpans(process.layout, table).totals;
  const phase = gcPhase(process);
  return {
    schemaVersion,
    gcController: struct(process, 'runtime.gcController', 'gcControllerState'),
    memstats: struct(process, 'runtime.memstats', 'mstats'),
    derived: {
      heapGoal: big(targets.heapGoal),
      trigger: big(targets.trigger),
      heapGoalIs: targets.how,
      heapLive: exact(controller('heapLive'), stat('heap_live')),
      heapMarked: exact(controller('heapMarked'), stat('heap_marked')),
      heapAlloc: sums?.heapAllocBytes ?? null,
      heapObjects: sums?.heapObjects ?? null,
      heapInuse: sums?.heapInuseBytes ?? null,
      stackInuse: sums?.stackInuseBytes ?? null,
      complete: sums?.complete ?? false,
      numGC: exact(stat('numgc')),
      lastGC: exact(stat('last_gc_unix')),
      phase: phase === undefined ? null : phases[phase]!,
    },
  };
}

function struct(process: GoProcess, root: RootName, name: string): GcStruct {
  const address = process.address(root);
  if (address === undefined)
    throw new InspectError('root-not-found', root, process.roots.get(root)?.detail ?? 'was not found');
  const decoded = decodeStruct(process.memory, process.layout, name, address);
  const fields = Object.fromEntries(Object.entries(decoded).map(([field, { value }]) => [field, value]));
  return { address: addressText(address), fields };
}
