// mcache.alloc told from an image: as many mspans in a row as there are span classes, each of the class of its place, or the one empty mspan that stands
// for none (runtime/mcache.go, emptymspan). Nothing else looks like that, so that it also tells what an mcache is.
import type { Memory } from '../../image/memory.js';
import { inOffsetOrder, oneOf, tied, unique } from './confidence.js';
import type { InferredField, InferredStruct } from './inference.js';
import { inRanges, type SchedulerScene } from './scheduler-scene.js';
import { roomOf } from './struct-samples.js';

/** An mcache is shorter: 1,200 bytes in 1.22 on 64-bit ports. */
const mostBytes = 4096;
/** Words in front of alloc: up to six in 1.27. */
const mostWordsBefore = 24;
/** 134 classes up to 1.15, 136 since. */
const leastClasses = 100;
const mostClasses = 256;
/** Structs that are looked at; one for each P would do. */
const mostAsked = 100_000;

/** Addresses of mspans, for asking whether one is. */
export class MspanSet {
  readonly #sorted: Float64Array;

  constructor(addresses: Float64Array) {
    this.#sorted = addresses.toSorted();
  }

  has(address: number): boolean {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#sorted[middle]! < address) low = middle + 1;
      else high = middle;
    }
    return this.#sorted[low] === address;
  }
}

/** A row of mspans in a struct. */
export interface AllocRun {
  readonly offset: number;
  readonly classes: number;
}

/** Tells mcaches from other structs, and remembers what it was asked. */
export class McacheProbe {
  readonly #scene: SchedulerScene;
  readonly #mspans: MspanSet;
  readonly #known = new Map<number, AllocRun | undefined>();

  constructor(scene: SchedulerScene) {
    this.#scene = scene;
    this.#mspans = new MspanSet(scene.mspans);
  }

  /** The row of mspans of what may be an mcache; undefined where it is none. */
  runAt(address: number): AllocRun | undefined {
    if (!this.#known.has(address)) {
      if (this.#known.size >= mostAsked) return undefined;
      this.#known.set(address, this.#look(address));
    }
    return this.#known.get(address);
  }

  isMspan(address: number): boolean {
    return this.#mspans.has(address);
  }

  #look(address: number): AllocRun | undefined {
    const { memory, data } = this.#scene;
    const word = memory.pointerSize;
    // A word in the middle of the row, whatever stands before it.
    const middle = memory.word(address + (mostWordsBefore + 4) * word);
    if (!middle || !(this.isMspan(middle) || inRanges(data, middle))) return undefined;
    const words = wordsAt(memory, address);
    const empty = mostFrequent(words.filter((value) => inRanges(data, value)));
    let best: AllocRun | undefined;
    let spans = 0;
    for (let i = 0, start = 0; i <= words.length; i += 1) {
      const value = words[i];
      const isSpan = value !== undefined && this.isMspan(value);
      if (value !== undefined && value !== 0 && (value === empty || isSpan)) {
        spans += isSpan ? 1 : 0;
        continue;
      }
      const classes = i - start;
      if (
        start <= mostWordsBefore &&
        classes >= leastClasses &&
        classes <= mostClasses &&
        (!best || classes > best.classes)
      )
        if (spans > 0 || empty !== undefined) best = { offset: start * word, classes };
      start = i + 1;
      spans = 0;
    }
    return best;
  }
}

function wordsAt(memory: Memory, address: number): number[] {
  const { bytes } = memory.bytes(address, mostBytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const words: number[] = [];
  const little = memory.littleEndian;
  for (let at = 0; at + memory.pointerSize <= bytes.length; at += memory.pointerSize)
    words.push(memory.pointerSize === 8 ? Number(view.getBigUint64(at, little)) : view.getUint32(at, little));
  return words;
}

function mostFrequent(values: readonly number[]): number | undefined {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}

/** `mcaches`: those of the Ps. Undefined where none is one. */
export function inferMcache(
  scene: SchedulerScene,
  probe: McacheProbe,
  mcaches: readonly number[],
): InferredStruct | undefined {
  const { memory } = scene;
  const word = memory.pointerSize;
  const runs = mcaches.flatMap((address) => {
    const run = probe.runAt(address);
    return run ? [{ address, run }] : [];
  });
  const [first] = runs;
  if (!first) return undefined;
  // Each cached span says by its class where the row begins.
  const votes = new Map<number, number>();
  for (const { address, run } of runs) {
    for (let i = 0; i < run.classes; i += 1) {
      const mspan = memory.word(address + run.offset + i * word);
      const spanclass = mspan && probe.isMspan(mspan) ? scene.spanclassOf(mspan) : undefined;
      if (spanclass === undefined) continue;
      const begins = run.offset + (i - spanclass) * word;
      votes.set(begins, (votes.get(begins) ?? 0) + 1);
    }
  }
  const rows = new Set(runs.map(({ run }) => run.offset));
  const classes = Math.min(...runs.map(({ run }) => run.classes));
  const told = { name: 'alloc', size: classes * word, type: `[${classes}]*mspan` };
  const [[begins, count] = [first.run.offset, 0]] = [...votes].sort((a, b) => b[1] - a[1]);
  const fields: InferredField[] = [];
  if (votes.size <= 1 && rows.size === 1 && rows.has(begins)) {
    const why =
      count > 0
        ? `${count} spans in ${runs.length} mcaches stand at the place of their class`
        : `${classes} places in ${runs.length} mcaches, all empty`;
    // Where all are empty, the ends of the row say it, if they do so in each mcache or it is as long as there are classes.
    const whole = runs.length > 1 ? runs.every(({ run }) => run.classes === classes) : scene.spanClasses === classes;
    fields.push(unique({ ...told, why }, begins, Math.max(count, whole ? 3 : 0)));
  } else {
    const why = 'a row of mspans; their classes do not say where it begins';
    fields.push(tied({ ...told, why }, begins, [...rows, ...votes.keys()]));
  }
  fields.push(
    ...flushGen(
      scene,
      runs.map(({ address }) => address),
      begins + classes * word,
    ),
  );
  return { name: 'mcache', size: undefined, fields: inOffsetOrder(fields) };
}

/** flushGen (1.12+): the heap's sweepgen when this mcache was last flushed, behind alloc: now, or a cycle ago. */
function flushGen({ memory, sweepgen }: SchedulerScene, mcaches: readonly number[], from: number): InferredField[] {
  // A smaller number could be anything's.
  if (sweepgen === undefined || sweepgen < 4) return [];
  const room = roomOf(mcaches, mostBytes);
  const fitting: number[] = [];
  for (let offset = from; offset + 4 <= room; offset += 4) {
    const values = mcaches.map((address) => memory.uint32(address + offset));
    if (values.includes(sweepgen) && values.every((value) => value === sweepgen || value === sweepgen - 2))
      fitting.push(offset);
  }
  const why = `mheap_.sweepgen or a cycle older in ${mcaches.length} mcaches`;
  return oneOf({ name: 'flushGen', size: 4, type: 'uint32', why }, fitting, mcaches.length);
}
