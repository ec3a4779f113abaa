// Free slots in spans that are in use, more than the program can fill before the next cycle: memory that neither the program nor the system has. Right after
// a cycle up to half of the slots may be free and will be filled again on the way to the goal: that is how the collector works, and no loss. So only what
// exceeds the way from heapLive to heapGoal counts. Garbage not yet swept still counts as allocated: the loss is then more than is said, never less.
import { pacerTargets } from '../../runtime/gc-pacer.js';
import { gcNumbers } from '../gc-numbers.js';
import { bigCount } from '../numbers.js';
import type { ClassRow, Finding } from '../results.js';
import type { RuleScene } from './rule.js';

/** Less than both is left to itself: bytes, and the share of HeapInuse. */
const smallestLoss = 16 * 2 ** 20;
const smallestShare = 0.25;
/** A loss of this share is medium, and high from `hugeLoss` on. */
const largeShare = 0.5;
const hugeLoss = 2 ** 30;
const shownClasses = 8;
/** Classes with less of the free bytes are not named. */
const smallestClass = 0.01;
const none = 2n ** 64n - 1n;

const freeBytes = ({ slots, objects, elemsize }: ClassRow) => Math.max(0, slots - objects) * elemsize;

export function fragmentation({ process, sums }: RuleScene): Finding[] {
  const { heapGoal } = pacerTargets(process);
  const { heapLive } = gcNumbers(process);
  // Without a goal nothing says how much will be filled again.
  if (heapGoal === undefined || heapGoal === none || heapLive === null) return [];
  const inuse = sums.inusePages * process.layout.traits.pageSize;
  const free = Number(sums.totals.freeSlotBytes);
  const room = Math.max(0, Number(heapGoal) - Number(heapLive));
  const lost = free - room;
  if (lost < smallestLoss || lost < inuse * smallestShare) return [];
  const classes = sums.classes
    .filter((row) => freeBytes(row) >= free * smallestClass)
    .sort((a, b) => freeBytes(b) - freeBytes(a));
  const severity = lost < inuse * largeShare ? 'low' : lost < hugeLoss ? 'medium' : 'high';
  return [
    {
      id: 'fragmentation',
      severity,
      title: `${Math.floor((100 * lost) / inuse)}% of the heap in use is free slots that the program will not fill before the next cycle`,
      evidence: [
        { what: 'bytes of free slots in spans in use', value: bigCount(free), address: null },
        {
          what: 'of these, bytes that the program may fill before the next cycle (heapGoal - heapLive)',
          value: bigCount(Math.min(room, free)),
          address: null,
        },
        { what: 'HeapInuse', value: bigCount(inuse), address: null },
        ...classes.slice(0, shownClasses).map((row) => ({
          what: `class ${row.sizeclass}${row.noscan ? 'n' : ''} (${row.elemsize} B): ${row.objects} of ${row.slots} slots used in ${row.spans} spans, bytes free`,
          value: freeBytes(row),
          address: null,
        })),
      ],
      meaning:
        'Few long-lived objects hold whole spans. A span goes back only when its last object is gone, and its free slots serve only objects of the same size class: the heap stays as large as it was at its peak.',
      advice:
        'See which spans they are (spanscope spans --where "inuse used<20" --sort bytes --reverse). Copy what lives long out of batches that are freed, keep caches in a few large slices instead of many small objects, and avoid peaks of one size.',
    },
  ];
}
