// `gc`: every field of this release's gcControllerState and mstats by its own name, and what follows from them: goal and trigger, the last cycles, what the
// environment asked for, and where the program itself could have seen each number.
import { InspectError } from '../bytes/errors.js';
import { isTold, standsIn } from '../layout/exact.js';
import { layoutsFolder } from '../layout/load.js';
import { decodeStruct } from '../layout/struct-view.js';
import { type VisibleGroup, visibleAs } from '../layout/visible-as.js';
import { collectorSettings } from '../runtime/collector-settings.js';
import { pacerTargets } from '../runtime/gc-pacer.js';
import { recomputePacer } from '../runtime/gc-recompute.js';
import { controllerField, floatAt } from '../runtime/heap-stats.js';
import type { GoProcess } from '../runtime/process.js';
import type { RootName } from '../runtime/roots/find.js';
import { gcHistory } from './gc-history.js';
import { gcNumbers } from './gc-numbers.js';
import { gcEnvironment, gcSettings } from './gc-settings.js';
import { addressText, bigCount } from './numbers.js';
import { schemaVersion } from './overview.js';
import type { GcResult, GcStruct, SpanTotals } from './results.js';

/**
 * `sums` over the spans stand beside the runtime's own numbers; null where there are none. A variable that was not found takes only its own numbers with it; throws
 * InspectError `root-not-found` where there is neither one nor sums.
 */
export function gcOf(process: GoProcess, sums: SpanTotals | undefined): GcResult {
  const targets = pacerTargets(process);
  const settings = collectorSettings(process);
  const environment = gcEnvironment(process);
  const big = (value: bigint | undefined) => (value === undefined ? null : bigCount(value));
  const gcController = struct(process, 'runtime.gcController', 'gcControllerState');
  const memstats = struct(process, 'runtime.memstats', 'mstats');
  if (!sums && gcController.missing !== undefined && memstats.missing !== undefined)
    throw new InspectError('root-not-found', 'runtime.gcController', gcController.missing);
  const derived: GcResult['derived'] = {
    heapGoal: big(targets.heapGoal),
    trigger: big(targets.trigger),
    heapGoalIs: targets.how,
    ...gcNumbers(process),
    heapAlloc: sums?.heapAllocBytes ?? null,
    heapObjects: sums?.heapObjects ?? null,
    heapInuse: sums?.heapInuseBytes ?? null,
    stackInuse: sums?.stackInuseBytes ?? null,
    complete: sums?.complete ?? false,
    gcPercent: settings.gcPercent ?? null,
    heapMinimum: big(settings.heapMinimum),
    memoryLimit: big(settings.memoryLimit),
    gomaxprocs: settings.gomaxprocs ?? null,
    assistWorkPerByte: controllerFloat(process, 'assistWorkPerByte'),
    assistBytesPerWork: controllerFloat(process, 'assistBytesPerWork'),
  };
  return {
    schemaVersion,
    gcController,
    memstats,
    ...(isTold(process.layout, 'mspan') ? { spansBy: 'inferred' } : {}),
    ...provenanceOf(process),
    derived,
    checks: recomputePacer(process).map(({ stored, recomputed, ...rest }) => ({
      ...rest,
      stored: bigCount(stored),
      recomputed: bigCount(recomputed),
    })),
    settings: gcSettings(process, environment),
    history: gcHistory(process),
    environment: Object.fromEntries(environment ?? []),
    environmentRead: environment !== undefined,
    visibleAs: {
      ...namesOf(process, 'gcController', gcController.fields),
      ...namesOf(process, 'memstats', memstats.fields),
      ...namesOf(process, 'derived', derived),
    },
  };
}

/** Where the two structs are not read as measured in this release. A guessed release is warned of as a whole. */
function provenanceOf({ layout, target }: GoProcess): Pick<GcResult, 'controllerBy' | 'memstatsBy'> {
  const another = (struct: string) => !target.go?.guessed && standsIn(layout, struct);
  const told = isTold(layout, 'gcControllerState');
  return {
    ...(told ? { controllerBy: 'inferred' } : another('gcControllerState') ? { controllerBy: 'stand-in' } : {}),
    ...(another('mstats') ? { memstatsBy: 'stand-in' } : {}),
  };
}

function controllerFloat(process: GoProcess, field: string): number | null {
  const value = floatAt(process, controllerField(field));
  return value !== undefined && Number.isFinite(value) ? value : null;
}

function namesOf({ layout }: GoProcess, group: VisibleGroup, fields: object): Record<string, readonly string[]> {
  const names = visibleAs(layoutsFolder(), layout.goVersion, group);
  return Object.fromEntries(
    Object.keys(fields).flatMap((field) => {
      const found = names.get(field);
      return found ? [[`${group}.${field}`, found]] : [];
    }),
  );
}

function struct(process: GoProcess, root: RootName, name: string): GcStruct {
  const address = process.address(root);
  if (address === undefined)
    return { address: null, missing: process.roots.get(root)?.detail ?? 'was not found', fields: {} };
  const decoded = decodeStruct(process.memory, process.layout, name, address);
  const fields = Object.fromEntries(Object.entries(decoded).map(([field, { value }]) => [field, value]));
  return { address: addressText(address), fields };
}
