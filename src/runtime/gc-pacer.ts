// What the pacer aims at: the heap goal and the trigger, stored up to 1.18, computed since (runtime/mgcpacer.go, heapGoalInternal,
// memoryLimitHeapGoal, trigger). Everything in bigint: the runtime computes in uint64, and GOGC=off and a limit that is off stand at its end.
import { controllerField, firstExact, memstatsField } from './heap-stats.js';
import { integerAt, type RuntimeView } from './mheap.js';

const none = 2n ** 64n - 1n;
const minRunway = 64n << 10n;
const minHeadroom = 1n << 20n;
/** defaultHeapMinimum, and the bounds of the trigger in 64ths of the way from heapMarked to the goal. */
const defaultHeapMinimum = 4n << 20n;
const lowest = 45n;
const highest = 61n;
const denominator = 64n;

export interface PacerTargets {
  /** Bytes; 2^64-1 where nothing bounds the heap (GOGC=off without a limit). Undefined where an input can't be read. */
  readonly heapGoal: bigint | undefined;
  readonly trigger: bigint | undefined;
  /** Whether the runtime keeps both, or computes them when it needs them, as is done here. */
  readonly how: 'stored' | 'computed';
}

/** What the runtime itself would say at this moment: MemStats.NextGC is the goal. */
export function pacerTargets(view: RuntimeView): PacerTargets {
  if (view.layout.traits.heapGoal === 'stored') {
    return {
      heapGoal: firstExact(view, [controllerField('heapGoal'), memstatsField('next_gc')]),
      trigger: firstExact(view, [controllerField('trigger'), memstatsField('gc_trigger')]),
      how: 'stored',
    };
  }
  const inputs = readInputs(view);
  if (!inputs) return { heapGoal: undefined, trigger: undefined, how: 'computed' };
  const { goal, minTrigger } = heapGoal(inputs, BigInt(view.layout.traits.limitHeadroomPercent));
  return { heapGoal: goal, trigger: triggerOf(inputs, goal, minTrigger), how: 'computed' };
}

const inputNames = [
  'gcPercentHeapGoal', 'heapMarked', 'sweepDistMinTrigger', 'triggered', 'runway', 'memoryLimit', 'mappedReady', 'heapFree', 'totalAlloc', 'totalFree',
] as const; // biome-ignore format: a list of names
type Inputs = Readonly<Record<(typeof inputNames)[number], bigint>>;

function readInputs(view: RuntimeView): Inputs | undefined {
  const values: [string, bigint][] = [];
  for (const name of inputNames) {
    const value = integerAt(view, ...controllerField(name));
    if (value === undefined) return undefined;
    values.push([name, BigInt(value)]);
  }
  return Object.fromEntries(values) as Inputs;
}

const max = (a: bigint, b: bigint) => (a > b ? a : b);
const min = (a: bigint, b: bigint) => (a < b ? a : b);

function heapGoal(inputs: Inputs, headroomPercent: bigint): { goal: bigint; minTrigger: bigint } {
  const { gcPercentHeapGoal, sweepDistMinTrigger, triggered } = inputs;
  const limited = memoryLimitGoal(inputs, headroomPercent);
  if (limited < gcPercentHeapGoal) return { goal: limited, minTrigger: 0n };
  const goal = max(gcPercentHeapGoal, sweepDistMinTrigger);
  // Outside of a cycle `triggered` is 2^64-1.
  return { goal: triggered === none ? goal : max(goal, triggered + minRunway), minTrigger: sweepDistMinTrigger };
}

function memoryLimitGoal(inputs: Inputs, headroomPercent: bigint): bigint {
  const { memoryLimit, mappedReady, heapFree, totalAlloc, totalFree, heapMarked } = inputs;
  const nonHeap = max(0n, mappedReady - heapFree - (totalAlloc - totalFree));
  const over = max(0n, mappedReady - memoryLimit);
  if (nonHeap + over >= memoryLimit) return heapMarked;
  const goal = memoryLimit - nonHeap - over;
  const headroom = max((goal / 100n) * headroomPercent, minHeadroom);
  return max(goal < headroom || goal - headroom < headroom ? headroom : goal - headroom, heapMarked);
}

function triggerOf({ heapMarked, runway }: Inputs, goal: bigint, minTrigger: bigint): bigint {
  if (heapMarked >= goal) return goal;
  const part = (goal - heapMarked) / denominator;
  const lower = max(max(minTrigger, heapMarked), part * lowest + heapMarked);
  const nearGoal = goal > defaultHeapMinimum ? goal - defaultHeapMinimum : 0n;
  const upper = max(max(part * highest + heapMarked, nearGoal), lower);
  return min(max(runway > goal ? lower : goal - runway, lower), upper);
}
