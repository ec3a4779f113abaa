// The last collections: memstats.pause_end and pause_ns are rings of 256 by numgc (runtime/mgc.go, gcMarkTermination): cycle c stands at (c-1) % 256.
import type { GoProcess } from '../runtime/process.js';
import { bigCount } from './numbers.js';
import type { GcCycle } from './results.js';

/** Newest first. Ends at the first entry that can't be read or was never written. */
export function gcHistory({ memory, layout, address }: GoProcess): GcCycle[] {
  const memstats = address('runtime.memstats');
  const [numgc, ends, pauses] = [
    layout.field('mstats', 'numgc'),
    layout.field('mstats', 'pause_end'),
    layout.field('mstats', 'pause_ns'),
  ];
  if (memstats === undefined || !numgc || !ends || !pauses) return [];
  const last = memory.uint32(memstats + numgc.offset);
  if (last === undefined) return [];
  const ring = ends.size / 8;
  const known: { readonly cycle: number; readonly end: bigint; readonly pause: bigint }[] = [];
  for (let cycle = last; cycle > Math.max(0, last - ring); cycle -= 1) {
    const at = ((cycle - 1) % ring) * 8;
    const [end, pause] = [memory.uint64(memstats + ends.offset + at), memory.uint64(memstats + pauses.offset + at)];
    if (!end || pause === undefined) break;
    known.push({ cycle, end, pause });
  }
  return known.map(({ cycle, end, pause }, i) => {
    const before = known[i + 1];
    return {
      cycle,
      end: bigCount(end),
      pauseNs: bigCount(pause),
      sincePrevious: before === undefined ? null : bigCount(end - before.end),
    };
  });
}
