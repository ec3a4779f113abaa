// The heap goal stands far above what is live: the next cycle is put off until the heap is many times its size. Two ways lead there: a GOGC that is meant so
// (or a slip: 10000 for 100), and a goal that does not follow from what the runtime computes it from. A memory limit in force bounds the goal, and is no
// finding; nor is what a cycle in its mark phase may do to its own goal.
import { collectorSettings, noMemoryLimit } from '../../runtime/collector-settings.js';
import { pacerTargets } from '../../runtime/gc-pacer.js';
import { recomputePacer } from '../../runtime/gc-recompute.js';
import { controllerField, firstExact, memstatsField } from '../../runtime/heap-stats.js';
import { gcPhase } from '../../runtime/mheap.js';
import { gcEnvironment, gcSettings } from '../gc-settings.js';
import { bigCount } from '../numbers.js';
import type { Finding } from '../results.js';
import { addressOf, gcPercentPlace, type RuleScene } from './rule.js';

/** The goal is this many times what was live (at least 4 MiB, where every program begins): GOGC=700 and more. */
const runawayFactor = 8n;
const smallestLive = 4n << 20n;
/** And the heap may grow by this much before a cycle starts. */
const smallestRoom = 64n << 20n;
const hugeRoom = 1n << 30n;
/** A stored number that is so much above what it follows from. */
const contradiction = 2n;
const smallestContradiction = 16n << 20n;

const markedPlaces = [controllerField('heapMarked'), memstatsField('heap_marked')] as const;
const goalPlaces = [
  controllerField('heapGoal'),
  memstatsField('next_gc'),
  controllerField('gcPercentHeapGoal'),
] as const;

export function gcGoalRunaway(scene: RuleScene): Finding[] {
  const { gcPercent } = collectorSettings(scene.process);
  if (gcPercent === undefined || gcPercent < 0) return [];
  return [...contradicted(scene), ...farAbove(scene, gcPercent)];
}

function farAbove({ process }: RuleScene, gcPercent: number): Finding[] {
  const { memoryLimit, heapMinimum } = collectorSettings(process);
  if (memoryLimit !== undefined && memoryLimit !== noMemoryLimit) return [];
  const { heapGoal: goal, trigger } = pacerTargets(process);
  const marked = firstExact(process, markedPlaces);
  if (goal === undefined || marked === undefined) return [];
  const roots =
    (firstExact(process, [controllerField('lastStackScan'), controllerField('stackScan')]) ?? 0n) +
    (firstExact(process, [controllerField('globalsScan')]) ?? 0n);
  const live = marked + roots > smallestLive ? marked + roots : smallestLive;
  const room = goal - marked;
  if (goal < live * runawayFactor || room < smallestRoom) return [];
  // A goal that its own inputs contradict is told apart.
  if (contradicts(process).length > 0) return [];
  const gogc = gcSettings(process, gcEnvironment(process)).find(({ name }) => name === 'GOGC');
  const floor = heapMinimum !== undefined && goal === heapMinimum;
  return [
    {
      id: 'gc-goal-runaway',
      severity: room >= hugeRoom ? 'high' : 'medium',
      title: `the next collection waits for a heap of ${goal >> 20n} MiB, with ${size(marked)} live (GOGC ${gcPercent})`,
      evidence: [
        { what: 'heapGoal', value: bigCount(goal), address: addressOf(process, ...goalPlaces) },
        {
          what: 'trigger',
          value: trigger === undefined ? null : bigCount(trigger),
          address: addressOf(process, controllerField('trigger'), memstatsField('gc_trigger')),
        },
        { what: 'heapMarked by the last cycle', value: bigCount(marked), address: addressOf(process, ...markedPlaces) },
        { what: 'gcPercent', value: gcPercent, address: addressOf(process, gcPercentPlace) },
        { what: `GOGC: ${gogc?.origin ?? 'not known'}`, value: gogc?.environment ?? null, address: null },
        ...(floor
          ? [
              {
                what: 'heapMinimum (4 MiB · GOGC / 100), which is the goal',
                value: bigCount(goal),
                address: addressOf(process, controllerField('heapMinimum')),
              },
            ]
          : []),
      ],
      meaning:
        'The collector is not stuck: it was told to wait. Memory rises to the goal with garbage in it and looks like a leak from outside, and a limit of the container may be met before.',
      advice:
        'Set GOGC to what the service can afford (100 is the default) and GOMEMLIMIT to its memory, so that the goal is bounded. Look for debug.SetGCPercent in the program and its libraries, and for an automatic tuner.',
    },
  ];
}

/** The goal in force is at odds with what it follows from; outside of a cycle only, where both are from the same moment. */
function contradicts(process: RuleScene['process']) {
  if (gcPhase(process) !== 0) return [];
  return recomputePacer(process).filter(
    ({ what, agrees, stored, recomputed }) =>
      !agrees &&
      (what === 'heapGoal' || what === 'gcPercentHeapGoal') &&
      stored > recomputed * contradiction &&
      stored - recomputed >= smallestContradiction,
  );
}

function contradicted({ process }: RuleScene): Finding[] {
  return contradicts(process).map(({ what, stored, recomputed, formula }) => ({
    id: 'gc-goal-runaway',
    severity: 'high',
    title: `${what} is ${times(stored, recomputed)} times what it follows from`,
    evidence: [
      { what: `${what} as stored`, value: bigCount(stored), address: addressOf(process, ...goalPlaces) },
      { what: `recomputed: ${formula}`, value: bigCount(recomputed), address: null },
      {
        what: 'heapMarked by the last cycle',
        value: bigCount(firstExact(process, markedPlaces) ?? 0n),
        address: addressOf(process, ...markedPlaces),
      },
    ],
    meaning:
      'The runtime sets this number from the others beside it at the end of each cycle. It was overwritten, or the runtime is a patched one.',
    advice:
      'Look at the memory around it (spanscope memory ADDR) for what wrote there: unsafe code, cgo, a data race; and at whether the program pokes into the runtime by go:linkname.',
  }));
}

const times = (a: bigint, b: bigint) => (b === 0n ? 'many' : (a / b).toString());

const size = (bytes: bigint) => (bytes < 10n << 20n ? `${bytes >> 10n} KiB` : `${bytes >> 20n} MiB`);
