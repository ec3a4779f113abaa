// A layout against an image: what must be true of the runtime's structures wherever its offsets are right. Each invariant names the fields that it
// rests on; a field is moved, in thought, to every other place of its struct to see whether the invariants would notice.
import type { LiveMemory, Memory } from '../../image/memory.js';
import type { Layout } from '../../layout/types.js';
import type { RootName } from '../roots/find.js';

/** What was seen of one invariant. `lawful`: not so, but as a thread stopped in the middle of the allocator leaves it. */
export interface Outcome {
  checked: number;
  violated: number;
  lawful: number;
  /** The address of the first struct that violates it. */
  example: number | undefined;
}

export interface Invariant {
  /** A short name, fixed: `startAddr-found`. */
  readonly name: string;
  /** What must be true, in a phrase with the fields' own names. */
  readonly what: string;
  /** `mspan.startAddr`: top-level fields. */
  readonly fields: readonly string[];
  /** `quick`: stop at the first violation, and look at a sample where there are many. */
  run(view: View, quick: boolean): Outcome;
}

interface Place {
  readonly offset: number;
  readonly size: number;
}

/** How structs are read: through the layout, with at most one field at another place than it says. */
export interface View {
  readonly memory: Memory;
  readonly layout: Layout;
  readonly live: LiveMemory | undefined;
  readonly roots: ReadonlyMap<RootName, number>;
  /** Elements by what they are, told by the layout as it stands. */
  readonly elements: Elements;
  /** Where a field (by path) stands in its struct; undefined where the layout lacks it. */
  place(struct: string, path: string): Place | undefined;
}

export interface Elements {
  /** Entries of allspans. */
  readonly spans: Float64Array;
  /** Those in use. */
  readonly inuse: Float64Array;
  readonly ps: readonly number[];
  readonly ms: readonly number[];
  readonly gs: readonly number[];
}

export function viewOf(
  base: Omit<View, 'place'>,
  moved?: { readonly struct: string; readonly field: string; readonly by: number },
): View {
  const { layout } = base;
  return {
    ...base,
    place(struct, path) {
      const field = layout.field(struct, path);
      if (field === undefined) return undefined;
      const own = moved !== undefined && moved.struct === struct && /^[^.[]+/.exec(path)?.[0] === moved.field;
      return { offset: field.offset + (own ? moved.by : 0), size: field.size };
    },
  };
}

/** An unsigned number of 1, 2, 4 or 8 bytes; undefined where it can't be read, or where the layout lacks the field. */
export function numberAt(memory: Memory, base: number, place: Place | undefined): number | undefined {
  if (place === undefined) return undefined;
  const at = base + place.offset;
  switch (place.size) {
    case 1:
      return memory.uint8(at);
    case 2:
      return memory.uint16(at);
    case 4:
      return memory.uint32(at);
    case 8: {
      const small = memory.pointerSize === 8 ? memory.word(at) : undefined;
      // What is no address is a number all the same: it is not missing, it is wrong.
      if (small !== undefined) return small;
      const value = memory.uint64(at);
      return value === undefined ? undefined : Number(value);
    }
    default:
      return undefined;
  }
}

/** Whether nothing is mapped at an address, as far as the image knows all mappings: then no pointer leads there. */
export function isWild({ segments }: Memory, address: number): boolean {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (segments[middle]!.end <= address) low = middle + 1;
    else high = middle;
  }
  const at = segments[low];
  // Raw regions are what somebody chose to save.
  return (at === undefined || at.start > address) && !segments.some(({ origin }) => origin === 'raw');
}

/** What a test says of one struct: undefined where it can't be told there. */
export type Answer = boolean | 'lawful' | undefined;

/** Of many a quick run looks at as many. */
const sample = 512;
/** How often a struct of a running process is looked at again. */
const triesOfLive = 3;

/** Asks `test` of each element. */
export function overAll(
  { live }: View,
  quick: boolean,
  elements: ArrayLike<number>,
  test: (address: number, index: number) => Answer,
): Outcome {
  const outcome: Outcome = { checked: 0, violated: 0, lawful: 0, example: undefined };
  const step = quick ? Math.max(1, Math.floor(elements.length / sample)) : 1;
  for (let i = 0; i < elements.length; i += step) {
    const address = elements[i]!;
    let answer = test(address, i);
    for (let again = 0; live && answer === false && again < triesOfLive; again += 1) {
      live.refresh();
      answer = test(address, i);
    }
    if (answer === undefined) continue;
    outcome.checked += 1;
    if (answer === 'lawful') outcome.lawful += 1;
    if (answer !== false) continue;
    outcome.violated += 1;
    outcome.example ??= address;
    if (quick) break;
  }
  return outcome;
}

/** An invariant of one thing. */
export function once(answer: Answer, address: number): Outcome {
  return {
    checked: answer === undefined ? 0 : 1,
    violated: answer === false ? 1 : 0,
    lawful: answer === 'lawful' ? 1 : 0,
    example: answer === false ? address : undefined,
  };
}

/** Where mheap_ stands, if it was found. */
export const mheapOf = ({ roots }: View): number | undefined => roots.get('runtime.mheap_');
