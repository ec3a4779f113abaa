// gcControllerState told from an image, as far as its numbers are bound to others (runtime/mgcpacer.go): gcPercent and heapMinimum to each other, heapInUse
// and totalAlloc − totalFree to the spans, the heap goal to what was marked. Up to 1.16 nothing in it is bound to anything. What is only likely is never sure.
import type { Memory } from '../../image/memory.js';
import { inOffsetOrder, oneOf, tied, unique } from './confidence.js';
import type { InferredField, InferredStruct } from './inference.js';

/** The struct has 352 to 424 bytes since 1.18. */
const windowBytes = 448;
/** heapMinimum is this for GOGC=100. */
const defaultHeapMinimum = 4 * 2 ** 20;
const mostPercent = 1_000_000;
const noLimit = 2n ** 63n - 1n;
const notTriggered = 2n ** 64n - 1n;
/** How far heapLive may be above what the spans hold: what is cached counts as used. */
const cachedShare = 1.1;
/** A smaller heap's numbers are too alike. */
const leastHeapBytes = 2 ** 20;
/** The memory's numbers stand side by side. */
const nearBytes = 64;

export interface PacerScene {
  readonly memory: Memory;
  /** Where runtime.gcController stands: no shape tells it. */
  readonly address: number;
  /** 8192·Σ npages over the spans in use. */
  readonly heapInUseBytes: number;
  /** Σ allocCount·elemsize over the spans in use. */
  readonly heapAllocBytes: number;
  /** Of that what was counted already, where it is known: without what cached spans gave out since they were cached. */
  readonly flushedBytes?: number;
}

/** Undefined where the memory is missing. */
export function inferGcController(scene: PacerScene): InferredStruct | undefined {
  const { memory, address } = scene;
  const numbers: { offset: number; value: bigint; number: number }[] = [];
  for (let offset = 0; offset + 8 <= windowBytes; offset += memory.pointerSize) {
    const value = memory.uint64(address + offset);
    if (value === undefined) break;
    numbers.push({ offset, value, number: Number(value) });
  }
  if (numbers.length === 0) return undefined;
  const having = (value: bigint | number) =>
    numbers
      .filter((entry) => (typeof value === 'bigint' ? entry.value === value : entry.number === value))
      .map(({ offset }) => offset);
  const percent = percents(scene, having);
  const fields: InferredField[] = [...percent.fields];
  const limit = having(noLimit);
  fields.push(
    ...oneOf(
      { name: 'memoryLimit', size: 8, type: 'int64', why: 'the greatest int64: no limit' },
      limit,
      limit.length === 1 ? 1 : 0,
    ),
  );
  // With GOGC=off goal and trigger are that, too.
  if (percent.value !== undefined) {
    const why = 'the greatest uint64: no cycle runs';
    fields.push(
      ...oneOf({ name: 'triggered', size: 8, type: 'uint64', why }, limit.length > 0 ? having(notTriggered) : [], 1),
    );
  }
  fields.push(...memoryNumbers(scene, numbers, having));
  if (percent.value !== undefined)
    fields.push(...heapLive(scene, numbers), ...goals(scene, numbers, percent.value, limit.length > 0));
  return { name: 'gcControllerState', size: undefined, fields: inOffsetOrder(fields) };
}

interface Entry {
  readonly offset: number;
  readonly number: number;
}

/** gcPercent and heapMinimum = 4 MiB·GOGC/100, behind it. */
function percents(
  { memory, address }: PacerScene,
  having: (value: number) => number[],
): { fields: InferredField[]; value: number | undefined } {
  const found: { percent: number; value: number; minimums: number[] }[] = [];
  for (let offset = 0; offset < 64; offset += 4) {
    const value = memory.uint32(address + offset);
    if (value === undefined || value === 0 || value > mostPercent) continue;
    const minimums = having(Math.floor((defaultHeapMinimum * value) / 100)).filter((minimum) => minimum > offset);
    if (minimums.length > 0) found.push({ percent: offset, value, minimums });
  }
  const [first] = found;
  if (!first) return { fields: [], value: undefined };
  const why = `heapMinimum is 4 MiB·${first.value}/100`;
  const percentTold = { name: 'gcPercent', size: 4, type: 'int32', why };
  const minimumTold = { name: 'heapMinimum', size: 8, type: 'uint64', why };
  const all = [...new Set(found.flatMap(({ minimums }) => minimums))];
  const [minimum = 0] = first.minimums;
  return {
    value: found.length === 1 ? first.value : undefined,
    fields: [
      found.length === 1
        ? unique(percentTold, first.percent, 3)
        : tied(
            percentTold,
            first.percent,
            found.map(({ percent }) => percent),
          ),
      // A small heap's goal is the same number.
      all.length === 1 ? unique(minimumTold, minimum, found.length === 1 ? 3 : 1) : tied(minimumTold, minimum, all),
    ],
  };
}

/** heapInUse, totalAlloc and totalFree (1.19+): what the spans add up to. heapLive is a little more than they hold. */
function memoryNumbers(
  scene: PacerScene,
  numbers: readonly Entry[],
  having: (value: number) => number[],
): InferredField[] {
  const { heapInUseBytes, heapAllocBytes, flushedBytes } = scene;
  const fields: InferredField[] = [];
  const inUse = heapInUseBytes > 0 ? having(heapInUseBytes) : [];
  const totals: { alloc: number; free: number }[] = [];
  for (const [i, alloc] of numbers.entries()) {
    for (const free of numbers.slice(i + 1)) {
      const held = alloc.number - free.number;
      if (free.offset - alloc.offset > nearBytes || free.number === 0 || alloc.number > 2 ** 53) continue;
      if (held === heapAllocBytes || held === flushedBytes) totals.push({ alloc: alloc.offset, free: free.offset });
    }
  }
  const why = 'totalAlloc − totalFree is what the spans hold';
  const [total] = totals;
  if (totals.length === 1 && total) {
    // By their difference alone two numbers could be anything's; beside heapInUse they are not.
    const sure = inUse.length === 1 && Math.abs(total.alloc - (inUse[0] ?? 0)) <= nearBytes ? 3 : 1;
    fields.push(unique({ name: 'totalAlloc', size: 8, type: 'uint64', why }, total.alloc, sure));
    fields.push(unique({ name: 'totalFree', size: 8, type: 'uint64', why }, total.free, sure));
  }
  // Up to 1.18 it stands in memstats, which may stand behind this struct.
  const beside =
    totals.length === 1 && inUse.length === 1 && Math.abs((total?.alloc ?? 0) - (inUse[0] ?? 0)) <= nearBytes;
  fields.push(
    ...oneOf(
      { name: 'heapInUse', size: 8, type: 'uint64', why: 'the pages of the spans in use' },
      inUse,
      beside ? 3 : 1,
    ),
  );
  return fields;
}

/** heapLive: a little more than what the spans hold, for what is cached counts as used; where several are near, nothing is told. */
function heapLive({ heapAllocBytes }: PacerScene, numbers: readonly Entry[]): InferredField[] {
  if (heapAllocBytes < leastHeapBytes) return [];
  const near = numbers
    .filter(({ number }) => number >= heapAllocBytes && number <= heapAllocBytes * cachedShare)
    .map(({ offset }) => offset);
  // Runway and the sweeper's trigger may be as near: which of several it is, nothing says.
  if (near.length > 1) return [];
  return oneOf({ name: 'heapLive', size: 8, type: 'uint64', why: 'what the spans hold and a little more' }, near, 1);
}

/**
 * heapMarked and the goal that follows from it: marked·(1 + GOGC/100) up to 1.17; since then stacks and globals, two more numbers, count beside it.
 * gcPercentHeapGoal since 1.19, heapGoal before.
 */
function goals(
  { heapAllocBytes }: PacerScene,
  numbers: readonly Entry[],
  percent: number,
  since119: boolean,
): InferredField[] {
  const values = numbers.filter(({ number }) => number > 0 && number < 2 ** 52);
  const known = new Map<number, number>();
  for (const { number } of values) known.set(number, (known.get(number) ?? 0) + 1);
  const pairs = (follows: (scanned: number, marked: Entry) => boolean) => {
    const found: { goal: number; marked: number }[] = [];
    for (const marked of values) {
      if (marked.number < heapAllocBytes / 64 || marked.number > heapAllocBytes * cachedShare) continue;
      for (const goal of values) {
        if (goal.number <= marked.number) continue;
        const scanned = ((goal.number - marked.number) * 100) / percent - marked.number;
        if (follows(scanned, marked)) found.push({ goal: goal.offset, marked: marked.offset });
      }
    }
    return found;
  };
  const alone = since119 ? [] : pairs((scanned) => Math.abs(scanned) < 2);
  const found = alone.length > 0 ? alone : pairs((scanned, marked) => isSumOfTwo(scanned, values, known, marked));
  const [only] = found;
  if (found.length !== 1 || !only) return [];
  const why = 'the goal follows from it, GOGC, stacks and globals';
  return [
    unique({ name: 'heapMarked', size: 8, type: 'uint64', why }, only.marked, 1),
    unique({ name: since119 ? 'gcPercentHeapGoal' : 'heapGoal', size: 8, type: 'uint64', why }, only.goal, 1),
  ];
}

function isSumOfTwo(sum: number, values: readonly Entry[], known: ReadonlyMap<number, number>, marked: Entry): boolean {
  if (!(sum > 4096 && sum < marked.number * 64)) return false;
  return values.some(({ number }) => {
    const other = sum - number;
    return number > 1024 && other > 1024 && number <= other && known.has(other);
  });
}
