// The g's of a program whose layout is not known: a slice in its data whose elements have a stack at the front and lead back to themselves at one
// and the same offset (allgs; g.stack and g.sched.g, runtime/runtime2.go), and the g0 of the first thread, a variable of its own.
import type { Memory } from '../../image/memory.js';
import { matchingWords } from '../../image/scan-words.js';
import type { SchedulerScene } from './scheduler-scene.js';
import { roomOf, StructSamples } from './struct-samples.js';

/** A g is shorter: 456 bytes in 1.27. */
const mostBytes = 512;
/** The first part of a g, in which the pointer to itself stands. */
const frontWords = 40;
/** The runtime starts with four at least: main, the collector's helper, the sweeper, the finalizers' or the scavenger. */
const leastGs = 3;
const mostGs = 2 ** 26;
/** So many are looked at of a long list. */
const mostSampled = 4096;
/** Lists that are looked at in full; each must have passed for one by its first element. */
const mostLists = 64;
const leastStackBytes = 2048;
const mostStackBytes = 2 ** 30;

export interface Goroutines {
  /** Where the slice stands. */
  readonly slice: number;
  /** How many elements it has. */
  readonly length: number;
  /** Those that are looked at, in the list's order. */
  readonly samples: StructSamples;
  /** Rows of `samples` whose stack was not given back. */
  readonly withStack: readonly number[];
  /** Offsets at which each leads back to itself. */
  readonly selfOffsets: readonly number[];
  /** g's that are variables of the program: the g0 of the first thread. */
  readonly variables: readonly number[];
}

/** The longest list of g's; undefined where there is none. */
export function findGoroutines(scene: SchedulerScene): Goroutines | undefined {
  const { memory, data } = scene;
  const { pointerSize } = memory;
  let best: Goroutines | undefined;
  let looked = 0;
  const slices = matchingWords(scene, data, 3 * pointerSize, (words) => {
    const array = words.at(0);
    const length = words.at(pointerSize);
    if (!(length >= leastGs && length <= mostGs && length <= words.at(2 * pointerSize))) return false;
    return array > 0xffff && array % pointerSize === 0;
  });
  for (const slice of slices) {
    const array = memory.word(slice) ?? 0;
    const length = memory.word(slice + pointerSize) ?? 0;
    if (best && length <= best.length) continue;
    const first = memory.word(array);
    if (!first || first % pointerSize !== 0 || !hasStack(memory, first) || selfOffsetsOf(memory, first).length === 0)
      continue;
    best = goroutinesOf(scene, slice, array, length) ?? best;
    looked += 1;
    if (looked >= mostLists) break;
  }
  return best && { ...best, variables: variablesOf(scene, best.selfOffsets) };
}

function goroutinesOf(scene: SchedulerScene, slice: number, array: number, length: number): Goroutines | undefined {
  const { memory } = scene;
  const addresses = sampled(memory, array, length);
  if (new Set(addresses).size !== addresses.length) return undefined;
  const samples = new StructSamples(memory, addresses, roomOf(addresses, mostBytes));
  if (samples.count < leastGs) return undefined;
  const { pointerSize } = memory;
  const rows = samples.addresses.map((_, row) => row);
  const withStack = rows.filter((row) => isStack(samples.word(row, 0), samples.word(row, pointerSize)));
  const dead = rows.filter((row) => samples.word(row, 0) === 0 && samples.word(row, pointerSize) === 0);
  if (withStack.length + dead.length !== rows.length || withStack.length < leastGs) return undefined;
  const selfOffsets = samples.where(
    rows,
    pointerSize,
    (row, offset) => samples.word(row, offset) === samples.addresses[row],
  );
  if (selfOffsets.length === 0) return undefined;
  return { slice, length, samples, withStack, selfOffsets, variables: [] };
}

/** The list's elements, of a long one the first and every so many of the rest. */
function sampled(memory: Memory, array: number, length: number): number[] {
  const addresses: number[] = [];
  const step = Math.max(1, Math.floor(length / mostSampled));
  for (let i = 0; i < length; i += i < 64 ? 1 : step) {
    const address = memory.word(array + i * memory.pointerSize);
    if (address) addresses.push(address);
  }
  return addresses;
}

/** A stack that stackalloc gives: a power of two (runtime/stack.go). */
function isStack(lo: number, hi: number): boolean {
  const bytes = hi - lo;
  return lo > 0xffff && bytes >= leastStackBytes && bytes <= mostStackBytes && Number.isInteger(Math.log2(bytes));
}

function hasStack(memory: Memory, g: number): boolean {
  const [lo, hi] = [memory.word(g), memory.word(g + memory.pointerSize)];
  return lo !== undefined && hi !== undefined && isStack(lo, hi);
}

function selfOffsetsOf(memory: Memory, g: number): number[] {
  const found: number[] = [];
  for (let i = 2; i < frontWords; i += 1) {
    if (memory.word(g + i * memory.pointerSize) === g) found.push(i * memory.pointerSize);
  }
  return found;
}

/** g's in the program's data: their stack is the thread's, of any size. */
function variablesOf(scene: SchedulerScene, selfOffsets: readonly number[]): number[] {
  const { memory, data } = scene;
  const [self] = selfOffsets;
  if (self === undefined) return [];
  const { pointerSize } = memory;
  const found: number[] = [];
  for (const address of matchingWords(scene, data, self + pointerSize, (words) => words.at(self) === words.address)) {
    const [lo, hi] = [memory.word(address), memory.word(address + pointerSize)];
    if (lo && hi && lo < hi) found.push(address);
    if (found.length >= mostLists) break;
  }
  return found;
}
