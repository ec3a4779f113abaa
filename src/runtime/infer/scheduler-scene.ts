// What the inference of the scheduler's structs (g, m, p, mcache) works on: memory, the program's data and code, and what other parts of an image say
// independently: the threads of a core, the mspans of allspans. Nothing here depends on a layout.
import type { Memory } from '../../image/memory.js';
import type { AddressRange } from '../../image/scan-words.js';

export interface SchedulerScene {
  readonly memory: Memory;
  /** GOARCH: on amd64 and arm64 code keeps frame pointers. */
  readonly goarch: string;
  /** The program's writable data: data, bss and those without pointers. Ascending. */
  readonly data: readonly AddressRange[];
  readonly code: Code;
  /** Linux thread IDs as the image tells them; empty where it tells none. */
  readonly threadIds: readonly number[];
  /** The mspans in allspans; empty where they are not known. */
  readonly mspans: Float64Array;
  /** mspan.spanclass by the mspan's address; undefined where it is not known. */
  readonly spanclassOf: (mspan: number) => number | undefined;
  /** How many span classes there are (entries of mheap_.central), where it is known. */
  readonly spanClasses?: number;
  /** mheap_.sweepgen, where it is known. */
  readonly sweepgen?: number;
}

export interface Code {
  /** Whether an address lies in Go's text. */
  readonly holds: (pc: number) => boolean;
  /** The first address of the function at `pc`, where a function table tells it. */
  readonly entryOf?: (pc: number) => number | undefined;
}

/** Whether `address` lies in one of the ranges; they are few. */
export function inRanges(ranges: readonly AddressRange[], address: number): boolean {
  for (const { start, end } of ranges) if (address >= start && address < end) return true;
  return false;
}

/** The code of an image whose function table is not known: what the image says is executable and not writable. */
export function executableCode(memory: Memory): Code {
  const ranges = memory.segments.filter(({ flags }) => flags !== undefined && (flags & 1) !== 0 && (flags & 2) === 0);
  return { holds: (pc) => inRanges(ranges, pc) };
}
