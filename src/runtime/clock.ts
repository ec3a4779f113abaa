// What time it was at least when the image was taken, by the runtime's own clock (nanotime, CLOCK_MONOTONIC): the newest of the stamps that the scheduler,
// the collector and sysmon leave behind. An idle process leaves no fresh one, so this is a lower bound (runtime/proc.go, sysmon; mgc.go).
import { integerAt, type RuntimeView } from './mheap.js';
import { readAllp } from './roots/validate.js';

const maxPs = 1 << 16;
/** A machine that is up for less than nine years, in ns: more is no stamp. */
const mostNanotime = 2 ** 58;

/** Nanoseconds; 0 where no stamp can be read. */
export function nanotimeAtLeast(view: RuntimeView): number {
  const { memory, layout } = view;
  const stamps: (number | bigint | undefined)[] = [
    integerAt(view, 'runtime.memstats', 'mstats', 'last_gc_nanotime'),
    ...['tSweepTerm', 'tMark', 'tMarkTerm', 'tEnd', 'tstart'].map((name) =>
      integerAt(view, 'runtime.work', 'workType', name),
    ),
    integerAt(view, 'runtime.gcController', 'gcControllerState', 'markStartTime'),
  ];
  const allp = view.address('runtime.allp');
  const slice = allp === undefined ? undefined : readAllp(view, allp);
  const ticks = ['sysmontick.schedwhen', 'sysmontick.syscallwhen'].map((path) => layout.field('p', path));
  for (let i = 0; slice && i < Math.min(slice.length, maxPs); i += 1) {
    const p = memory.word(slice.array + i * memory.pointerSize);
    if (!p) continue;
    for (const field of ticks) if (field) stamps.push(memory.uint64(p + field.offset));
  }
  const known = stamps.map(Number).filter((stamp) => stamp > 0 && stamp < mostNanotime);
  return Math.max(0, ...known);
}
