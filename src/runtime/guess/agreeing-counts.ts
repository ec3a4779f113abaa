// Counts of the collector that must go with each other, whatever the heap is like: those of work's jobs, and those of its pauses.

import { counterAt } from '../roots/memstats-evidence.js';
import type { Scene } from '../roots/validate.js';

/** runtime/mgcmark.go, gcMarkRootPrepare (1.18+): each kind of job begins where the one before it ends, and the last ends with all of them. */
const kindsOfJobs = [
  ['baseData', 'nDataRoots', 'baseBSS'],
  ['baseBSS', 'nBSSRoots', 'baseSpans'],
  ['baseSpans', 'nSpanRoots', 'baseStacks'],
  ['baseStacks', 'nStackRoots', 'baseEnd'],
] as const;

/** How many of the counts of work's jobs go with each other; 0 where a cycle has not begun. */
export function agreeingJobs(scene: Scene, work: number): number {
  const at = (path: string) => counterAt(scene, 'workType', path, work);
  const end = at('baseEnd');
  if (!end) return 0;
  const agreeing = kindsOfJobs.filter(([first, jobs, next]) => {
    const [from, count, to] = [at(first), at(jobs), at(next)];
    return from !== undefined && count !== undefined && from + count === to;
  });
  return agreeing.length + (at('markrootJobs') === end ? 1 : 0);
}

/**
 * 1 where memstats.gcPauseDist has two pauses for each cycle that has ended, which last as long as pause_total_ns by the bounds of their buckets; else 0 (runtime/histogram.go, record; mgc.go,
 * gcMarkTermination, which counts a cycle last). A few buckets further they would last a tenth more or less.
 */
export function agreeingPauses(scene: Scene, memstats: number): number {
  const { memory, layout } = scene;
  const bits = layout.traits.pauseSubBits;
  const counts = layout.field('mstats', 'gcPauseDist.counts');
  const [cycles, total] = ['numgc', 'pause_total_ns'].map((path) => counterAt(scene, 'mstats', path, memstats));
  if (bits === 0 || !counts || !cycles || !total) return 0;
  let [pauses, least, most] = [0, 0, 0];
  for (let bucket = 0; bucket < counts.size / 8; bucket += 1) {
    const count = Number(memory.uint64(memstats + counts.offset + bucket * 8) ?? 0n);
    if (count === 0) continue;
    const [row, place] = [bucket >> bits, bucket % 2 ** bits];
    const step = 2 ** Math.max(0, row - 1);
    const from = row === 0 ? place : (2 ** bits + place) * step;
    pauses += count;
    least += count * from;
    most += count * (from + step - 1);
  }
  return pauses === 2 * cycles && least <= total && total <= most ? 1 : 0;
}
