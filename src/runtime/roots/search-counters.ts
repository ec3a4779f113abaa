// Finds memstats, work and gcController by numbers that agree: with each other, and with what mheap_ counts. Gives candidates; the validators decide.
// Sources: runtime/mstats.go, mgc.go, mgcpacer.go.
import { type AddressRange, matchingWords, type Words } from '../../image/scan-words.js';
import { counterAt, heapBytesOf, memstatsLedTo } from './memstats-evidence.js';
import type { Known } from './names.js';
import type { Search } from './search-later.js';
import type { Scene } from './validate.js';
import { followsFromPercent, validateWork } from './validate-values.js';

export const counterSearches: Readonly<Record<'runtime.memstats' | 'runtime.work' | 'runtime.gcController', Search>> = {
  'runtime.memstats': findMemstats,
  'runtime.work': findWork,
  'runtime.gcController': findGcController,
};

const pauseRing = 256;
/** Cycles whose ends are compared with each other. */
const comparedCycles = 8;
/** The monotonic clock of a machine that is up for longer than a millisecond, and for less than nine years, in ns. */
const leastNanotime = 1e6;
const mostNanotime = 2 ** 58;

/** memstats: where mheap_'s allocators count; else the newest entry of pause_end, which numgc says, is last_gc_unix; those before it ended before it, the entry after it is older still. */
function* findMemstats(scene: Scene, ranges: readonly AddressRange[], known: Known): Iterable<number> {
  const { memory, layout } = scene;
  const heap = known('runtime.mheap_');
  const led = heap === undefined ? undefined : memstatsLedTo(scene, heap);
  // Needs no search, and tells it before the first cycle as well.
  if (led !== undefined && ranges.some(({ start, end }) => led >= start && led < end)) yield led;
  // No cycle has been swept, so none has ended: there is no ring to look for.
  const sweepgen = layout.field('mheap', 'sweepgen');
  if (heap !== undefined && sweepgen && memory.uint32(heap + sweepgen.offset) === 0) return;
  const [ring, numgc] = [layout.field('mstats', 'pause_end'), layout.field('mstats', 'numgc')];
  const [last, forced] = [layout.field('mstats', 'last_gc_unix'), layout.field('mstats', 'numforcedgc')];
  const enabled = layout.field('mstats', 'enablegc');
  const clock = layout.field('mstats', 'last_gc_nanotime');
  if (!ring || !numgc || !last || !forced || !enabled || !clock) return;
  const isRing = (words: Words) => {
    const count = words.uint32(numgc.offset);
    if (!(count > 0 && words.uint32(forced.offset) <= count)) return false;
    // A runtime.MemStats of the program's own has the same ring and count.
    if (memory.uint8(words.address + enabled.offset) !== 1) return false;
    const ended = Number(memory.uint64(words.address + clock.offset) ?? 0n);
    if (!(ended > leastNanotime && ended < mostNanotime)) return false;
    const end = (cycle: number) => words.at(ring.offset + ((cycle + pauseRing - 1) % pauseRing) * 8);
    if (memory.pointerSize === 4) return narrowRing(memory, words.address, ring.offset, count, last.offset);
    if (!(end(count) > 2 ** 59) || words.at(last.offset) !== end(count)) return false;
    for (let i = 1; i < Math.min(count, comparedCycles); i += 1) {
      if (!(end(count - i) > 2 ** 59 && end(count - i) <= end(count - i + 1))) return false;
    }
    return count < pauseRing ? end(count + 1) === 0 : end(count + 1) <= end(count);
  };
  yield* matchingWords(scene, ranges, layout.struct('mstats')?.size ?? 0, isRing, numgc.offset);
}

/** The same with words of 32 bits, where a clock takes two. */
function narrowRing(memory: Scene['memory'], address: number, ring: number, count: number, last: number): boolean {
  const end = (cycle: number) => memory.uint64(address + ring + ((cycle + pauseRing - 1) % pauseRing) * 8) ?? 0n;
  const newest = end(count);
  if (newest < 2n ** 59n || memory.uint64(address + last) !== newest) return false;
  return count < pauseRing ? end(count + 1) === 0n : end(count + 1) <= newest;
}

/** work: as many cycles as memstats has or one more, and the last ended when memstats says so. */
function findWork(scene: Scene, ranges: readonly AddressRange[], known: Known): Iterable<number> {
  const { memory, layout } = scene;
  const memstats = known('runtime.memstats');
  const [numgc, last] = [layout.field('mstats', 'numgc'), layout.field('mstats', 'last_gc_nanotime')];
  const [cycles, tEnd] = [layout.field('workType', 'cycles'), layout.field('workType', 'tEnd')];
  if (memstats === undefined || !numgc || !last || !cycles || !tEnd) return [];
  const ended = memory.uint32(memstats + numgc.offset);
  const when = memory.uint64(memstats + last.offset);
  if (ended === 0 && when === 0n) return findUnusedWork(scene, ranges, memstats);
  if (!ended || !when) return [];
  const ends = (words: Words) => {
    const begun = words.uint32(cycles.offset);
    if (begun !== ended && begun !== ended + 1) return false;
    return memory.uint64(words.address + tEnd.offset) === when;
  };
  return matchingWords(scene, ranges, layout.struct('workType')?.size ?? 0, ends, cycles.offset);
}

/** What of work is not 0 before the first cycle (runtime/mgc.go, gcinit; proc.go, procresize). */
const setBefore: readonly string[] = ['startSema', 'markDoneSema', 'spanqMask', 'spanSPMCs'];

/** work before the first cycle: both semaphores are free, and all else is 0. */
function findUnusedWork(scene: Scene, ranges: readonly AddressRange[], memstats: number): Iterable<number> {
  const { memory, layout } = scene;
  const struct = layout.struct('workType');
  const [start, done] = [struct?.fields.get('startSema'), struct?.fields.get('markDoneSema')];
  if (!struct || !start || !done) return [];
  const zeros = [...struct.fields.values()].filter(({ name }) => !setBefore.includes(name));
  const unused = (words: Words) =>
    words.uint32(start.offset) === 1 &&
    words.uint32(done.offset) === 1 &&
    zeros.every(({ offset, size }) => {
      const { bytes } = memory.bytes(words.address + offset, size);
      return bytes.length === size && bytes.every((byte) => byte === 0);
    }) &&
    validateWork(scene, words.address, memstats).ok === true;
  return matchingWords(scene, ranges, struct.size, unused, start.offset);
}

/** gcController: heapMinimum follows from gcPercent (1.17+), and markStartTime is that of work's cycle; where none has begun, heapInUse (1.19+) is what mheap_ counts. */
function findGcController(scene: Scene, ranges: readonly AddressRange[], known: Known): Iterable<number> {
  const { memory, layout } = scene;
  const at = (path: string) => layout.field('gcControllerState', path)?.offset;
  const [percent, minimum, start, inUse] = [at('gcPercent'), at('heapMinimum'), at('markStartTime'), at('heapInUse')];
  const paces = (address: number) =>
    percent === undefined ||
    minimum === undefined ||
    followsFromPercent(memory.uint32(address + percent), memory.uint64(address + minimum)) !== false;
  const [work, mheap] = [known('runtime.work'), known('runtime.mheap_')];
  const clock = (name: string) => {
    const field = layout.field('workType', name);
    return work !== undefined && field ? memory.uint64(work + field.offset) : undefined;
  };
  const [began, marked] = [clock('tSweepTerm'), clock('tMark')];
  const search = (matches: (words: Words) => boolean, nonZero: number | undefined) =>
    matchingWords(scene, ranges, layout.struct('gcControllerState')?.size ?? 0, matches, nonZero);
  if (start !== undefined && began && marked !== undefined) {
    const inCycle = (words: Words) => {
      if (!paces(words.address)) return false;
      const time = memory.uint64(words.address + start);
      return time !== undefined && time >= began && (marked < began || time <= marked);
    };
    return search(inCycle, minimum === undefined ? undefined : percent);
  }
  const heap = mheap === undefined ? undefined : heapBytesOf(scene, mheap);
  if (!heap || inUse === undefined || minimum === undefined) return [];
  const counts = (words: Words) =>
    counterAt(scene, 'gcControllerState', 'heapInUse', words.address) === heap &&
    memory.uint64(words.address + minimum) !== 0n &&
    paces(words.address);
  return search(counts, inUse);
}
