// `gc`: every field of this release's gcControllerState and mstats by its own name, and what follows from them.
import { InspectError } from '../bytes/errors.js';
import { decodeStruct } from '../layout/struct-view.js';
import { pacerTargets } from '../runtime/gc-pacer.js';
import type { GoProcess } from '../runtime/process.js';
import type { RootName } from '../runtime/roots/find.js';
import type { SpanTable } from '../runtime/span-table.js';
import { gcNumbers } from './gc-numbers.js';
import { addressText, bigCount } from './numbers.js';
import { schemaVersion } from './overview.js';
import type { GcResult, GcStruct } from './results.js';
import { sumSpans } from './span-totals.js';

/** `table`: its sums stand beside the runtime's own numbers; null where there is none. Throws InspectError `root-not-found`. */
export function gcOf(process: GoProcess, table: SpanTable | undefined): GcResult {
  const targets = pacerTargets(process);
  const big = (value: bigint | undefined) => (value === undefined ? null : bigCount(value));
  const sums = table && sumSpans(process.layout, table).totals;
  return {
    schemaVersion,
    gcController: struct(process, 'runtime.gcController', 'gcControllerState'),
    memstats: struct(process, 'runtime.memstats', 'mstats'),
    derived: {
      heapGoal: big(targets.heapGoal),
      trigger: big(targets.trigger),
      heapGoalIs: targets.how,
      ...gcNumbers(process),
      heapAlloc: sums?.heapAllocBytes ?? null,
      heapObjects: sums?.heapObjects ?? null,
      heapInuse: sums?.heapInuseBytes ?? null,
      stackInuse: sums?.stackInuseBytes ?? null,
      complete: sums?.complete ?? false,
    },
    history: [],
    environment: {},
    environmentRead: false,
    visibleAs: {},
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
