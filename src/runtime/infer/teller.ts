// What those who tell structs other than mspan and mheap get, once the heap is known, and what they answer.
import type { Memory } from '../../image/memory.js';
import type { AddressRange } from '../../image/scan-words.js';
import type { Layout } from '../../layout/types.js';
import type { InferredStruct } from './inference.js';

/** What those who tell other structs get. */
export interface InferredHeap {
  readonly memory: Memory;
  readonly ranges: readonly AddressRange[];
  /** Addresses of mspans: all of them, or 200,000 evenly spread. */
  readonly mspans: Float64Array;
  readonly mspan: InferredStruct;
  readonly mheap: InferredStruct;
  readonly mheapAddress: number;
  /** mheap_.sweepgen, where it could be told. */
  readonly sweepgen: number | undefined;
  /** mspan.spanclass by the mspan's address; undefined for what is none of `mspans`. */
  spanclassOf(mspan: number): number | undefined;
  /** Linux thread IDs as a core's notes tell them; empty where the image has none. */
  readonly threadIds: readonly number[];
  /** Semantics and geometry of the arch; and, for what is not told, the nearest release's offsets. Never of the image's own line. */
  readonly near: Layout;
}

/** Tells structs of the runtime; empty where it can tell none. */
export type Teller = (heap: InferredHeap) => readonly InferredStruct[];
