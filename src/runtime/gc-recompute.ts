// What the pacer stores, computed again from what it was computed from: where both agree, the fields are what we take them for (runtime/mgc.go,
// gcSetTriggerRatio; runtime/mgcpacer.go, commit and setGCPercent). In uint64, as the runtime has it.
import { isTold } from '../layout/exact.js';
import { collectorSettings } from './collector-settings.js';
import { heapMinimumOf } from './heap-minimum.js';
import { type CounterPlace, controllerField, firstExact, floatAt, memstatsField } from './heap-stats.js';
import { gcPhase } from './mheap.js';
import type { GoProcess } from './process.js';

export interface PacerCheck {
  readonly what: 'heapGoal' | 'trigger' | 'gcPercentHeapGoal' | 'heapMinimum';
  readonly stored: bigint;
  readonly recomputed: bigint;
  readonly agrees: boolean;
  readonly formula: string;
}

const none = 2n ** 64n - 1n;
const u64 = (value: bigint) => BigInt.asUintN(64, value);
const max = (a: bigint, b: bigint) => (a > b ? a : b);

/** What this release does not store, or the image lacks, is left out. */
export function recomputePacer(process: GoProcess): PacerCheck[] {
  const { gcPercent, heapMinimum } = collectorSettings(process);
  const value = (...places: readonly CounterPlace[]) => firstExact(process, places);
  const checks: PacerCheck[] = [];
  const add = (
    what: PacerCheck['what'],
    stored: bigint | undefined,
    recomputed: bigint | undefined,
    formula: string,
    atLeast = false,
  ) => {
    if (stored === undefined || recomputed === undefined) return;
    const agrees = stored === recomputed || (atLeast && stored > recomputed);
    checks.push({ what, stored, recomputed, agrees, formula });
  };
  if (gcPercent === undefined) return checks;
  const percent = BigInt(gcPercent);
  add('heapMinimum', heapMinimum, heapMinimumOf(gcPercent), '4 MiB · GOGC / 100');
  // Of a controller that was told from the image not all fields are known: whether stacks and globals count is not.
  if (isTold(process.layout, 'gcControllerState')) return checks;
  const marked = value(controllerField('heapMarked'), memstatsField('heap_marked'));
  if (marked === undefined) return checks;
  // Stacks and globals count since 1.18, under other names since 1.19.
  const stacks = value(controllerField('lastStackScan'), controllerField('stackScan'));
  const globals = value(controllerField('globalsScan'));
  const roots = (stacks ?? 0n) + (globals ?? 0n);
  const scale = gcPercent < 0 ? none : u64(marked + u64((marked + roots) * percent) / 100n);
  const formula =
    stacks === undefined
      ? 'heapMarked + heapMarked · GOGC / 100'
      : 'heapMarked + (heapMarked + stacks + globals) · GOGC / 100';
  const stored = value(controllerField('gcPercentHeapGoal'));
  if (stored !== undefined) {
    add(
      'gcPercentHeapGoal',
      stored,
      gcPercent < 0 ? none : max(scale, heapMinimum ?? 0n),
      `${formula}, at least heapMinimum`,
    );
    return checks;
  }
  // A cycle may raise its goal when it starts (startCycle), and 1.18 takes its stackScan anew.
  if (gcPhase(process) !== 0) return checks;
  const trigger = value(controllerField('trigger'), memstatsField('gc_trigger'));
  const goal = value(controllerField('heapGoal'), memstatsField('next_gc'));
  add(
    'heapGoal',
    goal,
    trigger === undefined ? undefined : gcPercent < 0 ? none : max(scale, trigger),
    `${formula}, at least the trigger`,
  );
  // Since 1.18 the trigger follows from the rate of allocation, not from a ratio.
  const ratio = stacks === undefined ? triggerRatio(process) : undefined;
  if (ratio !== undefined) {
    const byRatio = BigInt(Math.floor(Number(marked) * (1 + ratio)));
    const least = gcPercent < 0 ? none : max(byRatio, heapMinimum ?? 0n);
    add('trigger', trigger, least, 'heapMarked · (1 + triggerRatio), at least heapMinimum; more while sweeping', true);
  }
  return checks;
}

/** A ratio beyond any sense is overwritten memory. */
function triggerRatio(process: GoProcess): number | undefined {
  const ratio = floatAt(process, controllerField('triggerRatio')) ?? floatAt(process, memstatsField('triggerRatio'));
  return ratio !== undefined && Math.abs(ratio) < 2 ** 32 ? ratio : undefined;
}
