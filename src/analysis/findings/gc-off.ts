// GOGC is off and no memory limit takes its place: the heap grows until the machine or the container says no. GOGC=off with a memory limit is a way to run
// a program (Go 1.19+), and no finding, as long as the limit is one that can bind.
import { collectorSettings, noMemoryLimit } from '../../runtime/collector-settings.js';
import { pacerTargets } from '../../runtime/gc-pacer.js';
import { controllerField, memstatsField } from '../../runtime/heap-stats.js';
import { gcNumbers } from '../gc-numbers.js';
import { gcEnvironment, gcSettings } from '../gc-settings.js';
import { bigCount } from '../numbers.js';
import type { Finding } from '../results.js';
import { addressOf, gcPercentPlace, type RuleScene } from './rule.js';

/** A heap of less has not suffered yet. */
const largeHeapBytes = 64 << 20;
/** A limit above both is none in practice: no machine is meant by it. */
const hugeLimitBytes = 2n ** 42n;
const hugeLimitFactor = 64n;

export function gcOff({ process, sums }: RuleScene): Finding[] {
  const { gcPercent, memoryLimit } = collectorSettings(process);
  if (gcPercent === undefined || gcPercent >= 0) return [];
  if (memoryLimit !== undefined && mayBind(memoryLimit, BigInt(sums.inusePages * process.layout.traits.pageSize)))
    return [];
  const { numGC, heapLive, heapMarked } = gcNumbers(process);
  const goal = pacerTargets(process).heapGoal;
  const gogc = gcSettings(process, gcEnvironment(process)).find(({ name }) => name === 'GOGC');
  const limit =
    memoryLimit === undefined ? 'this release has none' : memoryLimit === noMemoryLimit ? 'off' : bigCount(memoryLimit);
  return [
    {
      id: 'gc-off',
      severity: sums.heapAllocBytes >= largeHeapBytes ? 'high' : 'medium',
      title: 'garbage collection is off (GOGC=off), and no memory limit bounds the heap',
      evidence: [
        { what: 'gcPercent', value: gcPercent, address: addressOf(process, gcPercentPlace) },
        { what: `GOGC: ${gogc?.origin ?? 'not known'}`, value: gogc?.environment ?? null, address: null },
        { what: 'memory limit', value: limit, address: addressOf(process, controllerField('memoryLimit')) },
        {
          what: 'heapGoal',
          value: goal === undefined ? null : bigCount(goal),
          address: addressOf(process, controllerField('heapGoal'), memstatsField('next_gc')),
        },
        {
          what: 'heapLive',
          value: heapLive,
          address: addressOf(process, controllerField('heapLive'), memstatsField('heap_live')),
        },
        {
          what: 'heapMarked by the last cycle',
          value: heapMarked,
          address: addressOf(process, controllerField('heapMarked'), memstatsField('heap_marked')),
        },
        { what: 'cycles ended', value: numGC, address: addressOf(process, memstatsField('numgc')) },
      ],
      meaning:
        'No cycle starts by itself: whatever is allocated stays, whether the program can still reach it or not, except where it calls runtime.GC itself.',
      advice:
        memoryLimit === undefined
          ? 'Set GOGC again (debug.SetGCPercent(100)). If collection is to wait, a newer Go (1.19+) can do that under a memory limit (GOMEMLIMIT).'
          : 'Set GOMEMLIMIT (debug.SetMemoryLimit) to what the machine or container can give, or GOGC to 100 again. If debug.SetGCPercent(-1) brackets a phase, see that every way out of it sets the old value.',
    },
  ];
}

function mayBind(limit: bigint, inuse: bigint): boolean {
  return limit !== noMemoryLimit && (limit < hugeLimitBytes || limit < inuse * hugeLimitFactor);
}
