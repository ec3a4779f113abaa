// Checks the pointer-free roots by numbers that must agree with each other: memstats against its own ring of pauses,
// gcController against work's clocks and its own minimum, gcphase by its range (runtime/mstats.go, mgcpacer.go, mgc.go).
import { heapMinimumOf } from '../heap-minimum.js';
import { agreeingNumbers, heapBytesOf, memstatsLedTo } from './memstats-evidence.js';
import {
  contradicts,
  holds,
  holdsAlone,
  holdsTwice,
  type Scene,
  unreadable,
  untold,
  type Verdict,
} from './validate.js';

const pauseRing = 256;

/** `address` + a field of `struct` as number; undefined where the layout lacks it or memory does. */
function reader({ memory, layout }: Scene, struct: string, address: number) {
  return (path: string): number | undefined => {
    const field = layout.field(struct, path);
    if (!field) return undefined;
    const at = address + field.offset;
    if (field.size === 4) return memory.uint32(at);
    const value = memory.uint64(at);
    return value === undefined ? undefined : Number(BigInt.asIntN(64, value));
  };
}

/**
 * memstats: the newest entry of pause_end is last_gc_unix; no cycle has ended only where the heap's sweepgen, which each adds 2 to, says so too. mheap_'s allocators point into it, and
 * what it counts is what they and mheap_ have: that tells it at any moment, and which of two that look alike is used.
 */
export function validateMemstats(scene: Scene, address: number, mheap: number | undefined): Verdict {
  const led = mheap === undefined ? undefined : memstatsLedTo(scene, mheap);
  // Under the layout of another release all of them may be off by the same distance.
  if (led !== undefined && led !== address && scene.layout.exact)
    return contradicts(`mheap_’s allocators count at 0x${led.toString(16)}`);
  const ring = validateRing(scene, address, mheap);
  if (ring.ok === false || ring.unreadable) return ring;
  const numbers = mheap === undefined ? [] : agreeingNumbers(scene, address, mheap);
  const seen = [...(led === address ? ['mheap_’s allocators count there'] : []), ...numbers];
  const why = [ring.why, ...seen].join('; ');
  if (led === address && numbers.length > 0) return holdsTwice(why);
  // Each of the numbers by itself may be another's.
  const borneOut = led === address || numbers.length > 1;
  if (ring.ok === undefined) return borneOut ? holds(why) : untold(`${why}, and nothing can be compared`);
  return ring.alone && !borneOut ? holdsAlone(why) : holds(why);
}

function validateRing(scene: Scene, address: number, mheap: number | undefined): Verdict {
  const get = reader(scene, 'mstats', address);
  const ring = scene.layout.field('mstats', 'pause_end');
  const numgc = get('numgc');
  const last = get('last_gc_unix');
  if (!ring || numgc === undefined || last === undefined)
    return unreadable('memstats is unreadable, or the layout lacks pause_end');
  const end = (n: number) => {
    const value = scene.memory.uint64(address + ring.offset + (n % pauseRing) * 8);
    return value === undefined ? undefined : Number(value);
  };
  const sweepgen = mheap === undefined ? undefined : reader(scene, 'mheap', mheap)('sweepgen');
  if (numgc === 0 && last === 0) {
    return sweepgen !== undefined && sweepgen > 2
      ? contradicts(`numgc is 0, but mheap_.sweepgen is ${sweepgen}`)
      : untold('no GC cycle has ended yet');
  }
  // A runtime.MemStats of the program's own has the same ring, but not these.
  const enabled = scene.layout.field('mstats', 'enablegc');
  if (numgc > 0 && enabled && scene.memory.uint8(address + enabled.offset) !== 1)
    return contradicts(`numgc is ${numgc}, but enablegc is not set`);
  // Zeros equal each other anywhere.
  if (numgc > 0 && last === 0) return contradicts(`numgc is ${numgc}, but last_gc_unix is 0`);
  if (end(numgc + pauseRing - 1) === last || end(numgc) === last) {
    // A copy from an earlier cycle has fewer; so has the variable itself for the moment between the two additions.
    const counts = sweepgen === undefined || sweepgen === 2 * numgc;
    return (counts ? holds : holdsAlone)(`pause_end of cycle ${numgc} is last_gc_unix`);
  }
  return contradicts(`pause_end of cycle ${numgc} is not last_gc_unix`);
}

/**
 * Whether heapMinimum is what setGCPercent makes of gcPercent, whose bits are given: −1, which is off, gives a number that stands nowhere else. Undefined where one of them is not known.
 */
export function followsFromPercent(percentBits: number | undefined, minimum: bigint | undefined): boolean | undefined {
  if (percentBits === undefined || minimum === undefined) return undefined;
  const percent = percentBits | 0;
  return percent >= -1 && minimum === heapMinimumOf(percent);
}

/** gcController: markStartTime lies between work's clocks of the same cycle; heapMinimum follows from gcPercent; heapInUse (1.19+) is what mheap_ has in use. */
export function validateGcController(
  scene: Scene,
  address: number,
  work: number | undefined,
  mheap: number | undefined,
): Verdict {
  const get = reader(scene, 'gcControllerState', address);
  const seen: string[] = [];
  const percentBits = get('gcPercent');
  const minimum = scene.layout.field('gcControllerState', 'heapMinimum');
  const minimumBytes = minimum && scene.memory.uint64(address + minimum.offset);
  const follows = followsFromPercent(percentBits, minimumBytes);
  const percent = (percentBits ?? 0) | 0;
  if (follows === false && percent >= 0)
    return contradicts(`heapMinimum ${minimumBytes} does not follow from gcPercent ${percent}`);
  // Zeros follow from each other anywhere.
  if (follows && percent !== 0) seen.push(`heapMinimum follows from gcPercent ${percent}`);
  const heap = mheap === undefined ? undefined : heapBytesOf(scene, mheap);
  if (heap && heap === get('heapInUse')) seen.push(`heapInUse is mheap_’s ${heap}`);
  const start = get('markStartTime');
  const cycles = work === undefined ? undefined : reader(scene, 'workType', work)('cycles');
  // A clock is never before 0, and one begun cycle sets it a little later than it counts.
  if (start !== undefined && (start < 0 || (start === 0 && cycles !== undefined && cycles > 1)))
    return contradicts(`markStartTime is ${start}${start < 0 ? '' : `, but work has begun ${cycles} cycles`}`);
  if (work !== undefined && start !== undefined && start > 0) {
    const clock = reader(scene, 'workType', work);
    const sweepTerm = clock('tSweepTerm');
    const mark = clock('tMark');
    if (sweepTerm !== undefined && mark !== undefined) {
      if (start >= sweepTerm && (start <= mark || mark < sweepTerm)) seen.push('markStartTime lies in work’s cycle');
      // tSweepTerm is set first, and the world stopped and swept before the rest follows (mgc.go, gcStart).
      else if (start <= mark && mark < sweepTerm)
        seen.push('markStartTime is that of the cycle before the one that begins');
      else if (seen.length === 0) return contradicts('markStartTime lies outside of work’s cycle');
    }
  }
  // Up to 1.16 a clock is all that tells it, which others share.
  const told = percentBits === undefined ? holdsAlone : holds;
  return seen.length > 0 ? told(seen.join('; ')) : untold('no GC cycle has begun yet, so nothing can be compared');
}

/** gcphase: 0 off, 1 mark, 2 mark termination; a phase other than off only while work counts one cycle more than memstats. */
export function validateGcphase(
  scene: Scene,
  address: number,
  work: number | undefined,
  memstats: number | undefined,
): Verdict {
  const value = scene.memory.uint32(address);
  if (value === undefined) return unreadable('unreadable');
  if (value > 2) return contradicts(`${value} is no phase`);
  const cycles = work === undefined ? undefined : reader(scene, 'workType', work)('cycles');
  const numgc = memstats === undefined ? undefined : reader(scene, 'mstats', memstats)('numgc');
  if (cycles === undefined || numgc === undefined) return untold(`${value}: in range`);
  const running = cycles === numgc + 1;
  if (value > 0 && !running) return contradicts(`${value}, but work.cycles and memstats.numgc say that no cycle runs`);
  // Most of memory is 0.
  const told = value > 0 ? holds : holdsAlone;
  return running === value > 0
    ? told(`${value}: as work.cycles ${cycles} and memstats.numgc ${numgc} say`)
    : untold('off, while a cycle begins or ends');
}

/** work: its clocks are in order, and started cycles are not fewer than ended ones. */
export function validateWork(scene: Scene, address: number, memstats: number | undefined): Verdict {
  const get = reader(scene, 'workType', address);
  const cycles = get('cycles');
  const numgc = memstats === undefined ? undefined : reader(scene, 'mstats', memstats)('numgc');
  if (cycles === undefined) return unreadable('unreadable');
  if (numgc === undefined) return untold('memstats is not confirmed, so nothing can be compared');
  if (cycles === 0 && numgc === 0) return beforeFirstCycle(get);
  const distance = cycles - numgc;
  return distance === 0 || distance === 1
    ? holds(`work.cycles ${cycles} goes with memstats.numgc ${numgc}`)
    : contradicts(`work.cycles ${cycles} does not go with memstats.numgc ${numgc}`);
}

/** What only a cycle writes (runtime/mgc.go: gcStart, gcMarkTermination). */
const ofCycles = ['nproc', 'nwait', 'tSweepTerm', 'tMark', 'tMarkTerm', 'tEnd', 'heap0', 'heap1', 'heap2'] as const;

/** work before the first cycle: gcinit has made its two semaphores 1, and nothing else has been written that cycles write. */
function beforeFirstCycle(get: (path: string) => number | undefined): Verdict {
  const semaphores = [get('startSema'), get('markDoneSema')];
  if (semaphores.some((value) => value !== undefined && value > 1))
    return contradicts(`its semaphores are ${semaphores.join(' and ')}, and no more than 1 can be free`);
  return semaphores.every((value) => value === 1) && ofCycles.every((path) => !get(path))
    ? holds('no GC cycle has begun yet: its semaphores are free, and its clocks 0')
    : untold('no GC cycle has begun yet');
}
