// Proves m0, g0 and sched: the first thread and its g lead to each other and stand at the end of allm; the scheduler's counters go with the lists of g's
// and m's (runtime/proc.go, runtime2.go: type schedt, mReserveID, newproc1, mput).
import type { Known } from './names.js';
import {
  contradicts,
  holds,
  holdsAlone,
  readAllp,
  readSlice,
  type Scene,
  unreadable,
  untold,
  type Verdict,
} from './validate.js';

/** More threads than a process can have, and goroutines that are looked at: where there are more, the newest goid is not known. */
const maxMs = 100_000;
const maxGs = 2 ** 18;
/** A P takes so many goids at a time (runtime/runtime2.go, _GoidCacheBatch). */
const goidBatch = 16;

/** The m's from allm on, newest first; undefined where the list loops or can't be read to its end. */
export function listOfMs({ memory, layout }: Scene, allm: number | undefined): readonly number[] | undefined {
  const alllink = layout.field('m', 'alllink');
  if (allm === undefined || !alllink) return undefined;
  const seen = new Set<number>();
  let m = memory.word(allm);
  while (m !== undefined && m !== 0) {
    if (seen.has(m) || seen.size > maxMs) return undefined;
    seen.add(m);
    m = memory.word(m + alllink.offset);
  }
  return m === undefined ? undefined : [...seen];
}

/** m0: m0.g0 is the g whose m it is; it was the first in allm and never leaves, so it is the last. */
export function validateM0(scene: Scene, address: number, allm: number | undefined): Verdict {
  const { memory, layout } = scene;
  const [g0, gm] = [layout.field('m', 'g0'), layout.field('g', 'm')];
  if (!g0 || !gm) return untold('the layout has no m.g0');
  const g = memory.word(address + g0.offset);
  const back = g ? memory.word(g + gm.offset) : undefined;
  if (g === undefined || (g !== 0 && back === undefined)) return unreadable('m0 or its g0 is unreadable');
  if (back !== address) return contradicts('m0.g0.m does not lead back');
  const last = listOfMs(scene, allm)?.at(-1);
  if (last === undefined) return holdsAlone('m0.g0.m leads back');
  return last === address
    ? holds('m0.g0.m leads back, and allm ends in it')
    : contradicts(`allm ends in 0x${last.toString(16)}`);
}

/** g0: the g0 of m0. */
export function validateG0({ memory, layout }: Scene, address: number, m0: number | undefined): Verdict {
  const [g0, gm] = [layout.field('m', 'g0'), layout.field('g', 'm')];
  if (!g0 || !gm) return untold('the layout has no m.g0');
  const m = memory.word(address + gm.offset);
  if (m === undefined) return unreadable('g0.m is unreadable');
  if (m === 0) return contradicts('g0.m is nil');
  if (memory.word(m + g0.offset) !== address) return contradicts('g0.m.g0 does not lead back');
  if (m0 === undefined) return holdsAlone('g0.m.g0 leads back');
  return m === m0 ? holds('it is the g0 of m0') : contradicts('it is not the g0 of m0');
}

/** sched: goidgen is the newest goid or up to a batch for each P ahead of it; ids of m's come out of mnext; no more m's are idle than there are. */
export function validateSched(scene: Scene, address: number, proved: Known): Verdict {
  const numbers = schedNumbers(scene);
  if (!numbers) return untold('the layout has no schedt.goidgen');
  const goidgen = scene.memory.uint64(address + numbers.goidgen);
  const nmidle = scene.memory.uint32(address + numbers.nmidle);
  if (goidgen === undefined || nmidle === undefined) return unreadable('sched is unreadable');
  const bounds = schedBounds(scene, proved);
  if (!bounds) return untold('allgs and allm are not confirmed, so nothing can be compared');
  const why = schedContradiction(scene, address, numbers, bounds);
  if (why !== undefined) return contradicts(why);
  return holds(`goidgen ${goidgen} goes with the newest goid ${bounds.newestGoid}, its counters with ${bounds.ms} m`);
}

/** Where the numbers stand that are compared; mnext is there since 1.11. */
export interface SchedNumbers {
  readonly goidgen: number;
  readonly nmidle: number;
  readonly maxmcount: number;
  readonly mnext: number | undefined;
  readonly nmfreed: number | undefined;
  readonly npidle: number | undefined;
}

export function schedNumbers({ layout }: Scene): SchedNumbers | undefined {
  const at = (path: string) => layout.field('schedt', path)?.offset;
  const [goidgen, nmidle, maxmcount] = [at('goidgen'), at('nmidle'), at('maxmcount')];
  if (goidgen === undefined || nmidle === undefined || maxmcount === undefined) return undefined;
  return { goidgen, nmidle, maxmcount, mnext: at('mnext'), nmfreed: at('nmfreed'), npidle: at('npidle') };
}

/** What sched must go with. */
export interface SchedBounds {
  readonly newestGoid: number;
  /** Above the newest goid by this at most. */
  readonly ahead: number;
  readonly ms: number;
  readonly newestM: number;
  readonly ps: number;
}

/** Of a scene that does not run on; every candidate is held against the same. */
const keptBounds = new WeakMap<Scene, SchedBounds>();

export function schedBounds(scene: Scene, proved: Known): SchedBounds | undefined {
  const kept = keptBounds.get(scene);
  if (kept) return kept;
  const bounds = readBounds(scene, proved);
  if (bounds && !scene.live) keptBounds.set(scene, bounds);
  return bounds;
}

function readBounds(scene: Scene, proved: Known): SchedBounds | undefined {
  const { memory, layout } = scene;
  const ms = listOfMs(scene, proved('runtime.allm'));
  const allgs = proved('runtime.allgs');
  const slice = allgs === undefined ? undefined : readSlice(memory, allgs);
  const [goid, id] = [layout.field('g', 'goid'), layout.field('m', 'id')];
  if (!ms || !slice || !goid || !id) return undefined;
  let newestGoid = 0;
  for (let i = 0; i < Math.min(slice.length, maxGs); i += 1) {
    const g = memory.word(slice.array + i * memory.pointerSize);
    const value = g ? memory.uint64(g + goid.offset) : undefined;
    if (value !== undefined && value < 2n ** 53n) newestGoid = Math.max(newestGoid, Number(value));
  }
  let newestM = -1;
  for (const m of ms) newestM = Math.max(newestM, memory.uint32(m + id.offset) ?? 0);
  const allp = proved('runtime.allp');
  const ps = (allp === undefined ? undefined : readAllp(scene, allp)?.length) ?? 1024;
  // Ps that were given up have lost what they had taken.
  const ahead = slice.length > maxGs ? Number.MAX_SAFE_INTEGER : goidBatch * Math.max(64, 2 * ps);
  return { newestGoid, ahead, ms: ms.length, newestM, ps };
}

/** What in the numbers at `address` can't be sched's. */
export function schedContradiction(
  { memory }: Scene,
  address: number,
  { goidgen, nmidle, maxmcount, mnext, nmfreed, npidle }: SchedNumbers,
  { newestGoid, ahead, ms, newestM, ps }: SchedBounds,
): string | undefined {
  const made = Number(memory.uint64(address + goidgen) ?? 0n);
  if (made < newestGoid || made > newestGoid + ahead)
    return `goidgen ${made} does not go with the newest goid ${newestGoid}`;
  const idle = memory.uint32(address + nmidle) ?? 0;
  if (idle > ms) return `${idle} idle m of ${ms}`;
  const most = memory.uint32(address + maxmcount) ?? 0;
  if (most < ms || most > 2 ** 31) return `maxmcount ${most} for ${ms} m`;
  const idlePs = npidle === undefined ? 0 : (memory.uint32(address + npidle) ?? 0);
  if (idlePs > ps) return `${idlePs} idle P of ${ps}`;
  const next = mnext === undefined ? undefined : Number(memory.uint64(address + mnext) ?? 0n);
  if (next !== undefined && (next <= newestM || next < ms)) return `mnext ${next} for an m of id ${newestM}`;
  // runtime.mcount; an m has its number a moment before it is in the list.
  const freed = nmfreed === undefined ? undefined : Number(memory.uint64(address + nmfreed) ?? 0n);
  if (next !== undefined && freed !== undefined && Math.abs(next - freed - ms) > 8)
    return `mnext ${next} and nmfreed ${freed} for ${ms} m`;
  return undefined;
}
