// What a heap for a test is to be: spans, globals and lists, each with what is said of it; what is not said is as a healthy runtime has it.
import type { Layout } from '../../src/layout/types.js';
import type { FirstRootName, RootName } from '../../src/runtime/roots/find.js';
import type { Integer } from './heap-image.js';

/** Bits as `1011…` (slot 0 first), nil, or a pointer that leads nowhere. */
export type BitsSpec = string | null | 'unreadable';

export interface SpanSpec {
  /** A name, or the raw value. @default 'inuse' */
  readonly state?: 'free' | 'inuse' | 'manual' | number;
  /** @default 5 */
  readonly sizeclass?: number;
  /** @default true */
  readonly noscan?: boolean;
  readonly npages?: number;
  readonly elemsize?: number;
  readonly nelems?: number;
  readonly freeindex?: number;
  /** By default what freeindex and allocBits say. */
  readonly allocCount?: number;
  /** Added to the heap's sweepgen. @default 0 */
  readonly sweep?: number;
  readonly allocBits?: BitsSpec;
  readonly gcmarkBits?: BitsSpec;
  /** Marks that stand in the span. */
  readonly inlineMarks?: string;
  /** The class byte behind the marks, where it is to lie. */
  readonly inlineClass?: number;
  /** By default allocCount: what a cached span had when its P took it. */
  readonly allocCountBeforeCache?: number;
  /** The whole mspan, or what begins at these fields, can't be read. */
  readonly unreadable?: true | readonly string[];
  /** Fields of the mspan that lie. */
  readonly lies?: Readonly<Record<string, Integer>>;
  /** What allspans has instead of the mspan's address. */
  readonly entry?: Integer;
}

export interface HeapSpec {
  /** @default 'go1.24.0' */
  readonly go?: string;
  /** @default 'amd64' */
  readonly arch?: string;
  readonly experiments?: readonly string[];
  /** Instead of the table's. */
  readonly layout?: Layout;
  /** @default true */
  readonly littleEndian?: boolean;
  readonly spans?: readonly SpanSpec[];
  /** @default 20 */
  readonly sweepgen?: number;
  /** @default 0 */
  readonly gcphase?: number;
  /** For each P the spans (by index) that its mcache holds. @default one P without any */
  readonly ps?: readonly (readonly number[])[];
  /** @default 3 */
  readonly gs?: number;
  /** @default 2 */
  readonly ms?: number;
  /** The slice header of allspans, where it lies. */
  readonly allspans?: { readonly array?: Integer; readonly length?: Integer; readonly capacity?: Integer };
  /** Entries of allspans from this one on can't be read. */
  readonly allspansCutAt?: number;
  /** Fields of globals that lie: `{'runtime.mheap_': {sweepgen: 3}}`. */
  readonly lies?: Partial<Record<RootName, Readonly<Record<string, Integer>>>>;
}

/** Where things begin, for 32-bit and 64-bit programs. */
export const bases = {
  4: { globals: 0x50_0000, meta: 0xe000_0000, l2: 0x6000_0000, heap: 0x2000_0000 },
  8: { globals: 0x50_0000, meta: 0x7f00_0000_0000, l2: 0x7e00_0000_0000, heap: 0xc0_0000_0000 },
} as const;
/** Mapped by nothing. */
export const nowhere = 0xdddd_0000;
/** What a span is, all of it said. */
export interface WrittenSpan {
  readonly addr: number;
  readonly base: number;
  readonly npages: number;
  readonly nelems: number;
  readonly elemsize: number;
  readonly freeindex: number;
  readonly allocCount: number;
  readonly spanclass: number;
  readonly sweepgen: number;
}

/** The later roots are not written. */
export type WrittenRoots = Readonly<Record<FirstRootName, number>> & Readonly<Partial<Record<RootName, number>>>;
