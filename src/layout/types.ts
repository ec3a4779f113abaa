// Layouts in use: where the fields of runtime structs stand in one image, and how we know. See layouts/README.md for the files.

import type { TypeShape } from './type-names.js';

/** How an offset is known. Shown beside every value. */
export type Provenance = 'table' | 'dwarf' | 'inferred' | 'user';

export interface FieldLayout {
  readonly name: string;
  /** Bytes from the start of the struct (of the outermost one, for a path). */
  readonly offset: number;
  readonly size: number;
  /** The Go type as DWARF spells it, without `runtime.`: `uintptr`, `[136]struct { mcentral mcentral; pad [192]uint8 }`. */
  readonly type: string;
  readonly source: Provenance;
  /** Only for inferred ones: 0–1, and the other offsets that fit as well. */
  readonly confidence?: number;
  readonly alternatives?: readonly number[];
}

export interface StructLayout {
  /** Without `runtime.`; other packages keep their path; `work`'s type is `workType`, `internal/abi.Type` is `_type`. */
  readonly name: string;
  readonly size: number;
  readonly source: Provenance;
  /** In offset order, `_` left out. */
  readonly fields: ReadonlyMap<string, FieldLayout>;
}

/** Every struct of one Go release on one arch. Never mixes sources inside one struct. */
export interface Layout {
  /** For people: `table go1.24.5/amd64`, `dwarf`. */
  readonly name: string;
  readonly goVersion: string;
  readonly goarch: string;
  readonly experiments: readonly string[];
  readonly pointerSize: 4 | 8;
  readonly littleEndian: boolean;
  readonly source: Provenance;
  /** True where the release itself was measured, or stands between two measured ones of its line that agree. */
  readonly exact: boolean;
  /** Where it is not exact because the two measured releases around it differ: the structs that they differ in. The others are exact. */
  readonly differing?: readonly string[];
  /** Where it is not exact, or rests on two neighbours that agree: a phrase that says so. */
  readonly note?: string;
  struct(name: string): StructLayout | undefined;
  structNames(): readonly string[];
  /**
   * A field by path from a struct: `mspan`, `state.s.value`, or `mheap`, `pages.inUse`. Steps through struct-typed members by value;
   * the result's offset counts from the outermost struct. Array elements: `central[3].mcentral`; slices have the members array, len and cap,
   * strings str and len, interfaces tab and data. Undefined if any step is not there.
   */
  field(struct: string, path: string): FieldLayout | undefined;
  /** What a value of a type (as fields spell it) is; named types that are no structs are followed: `spanClass` is a uint, `pageBits` an array. */
  shape(type: string): TypeShape;
  readonly traits: Traits;
}

/** What differs in meaning between releases, chosen once, here. Data in layouts/traits.json, by release range. */
export interface Traits {
  /** Names of mspan.state values: index = value. `free` for mSpanDead, and for mSpanFree where there is one. */
  readonly spanStates: readonly ('free' | 'inuse' | 'manual')[];
  /** Slot size of each size class in bytes; [0] is 0 (large). */
  readonly sizeClasses: readonly number[];
  /** Bytes of a page: 8192 in every release. */
  readonly pageSize: number;
  /** Heap bits of small scan spans stand at the end of the span (1.22+). */
  readonly heapBitsInSpan: boolean;
  /** The largest elemsize they are kept for; scan spans up to it give npages·8192/W/8 bytes to them. 0 where they stand elsewhere. */
  readonly heapBitsMaxElemsize: number;
  /** Green Tea: marks of small spans stand in the span's last bytes. Undefined where it is off. */
  readonly inlineMarks: InlineMarks | undefined;
  /** How the list of experiments would be if this release had it the other way round; undefined where it can't. */
  readonly inlineMarksSwitch: InlineMarksSwitch | undefined;
  /** How mcentral keeps its spans. */
  readonly mcentral: 'lists' | 'spanSets';
  /** Cached spans have sweepgen h+1 and h+3 (1.12+). */
  readonly cachedSweepgen: boolean;
  /** What this release calls variables that were renamed, by the name that they had first: `runtime.class_to_size`. */
  readonly variableNames: Readonly<Record<string, string>>;
  /** Entries of runtime.allp where that is an array (1.9); 0 where it is a slice. */
  readonly allpArrayLength: number;
  /** Whether the heap goal is a stored field or computed (1.19+). */
  readonly heapGoal: 'stored' | 'computed';
  /** How much of a memory limit's heap goal is kept free, in per cent, besides a fixed minimum (mgcpacer.go, memoryLimitHeapGoalHeadroomPercent; 1.21+). */
  readonly limitHeadroomPercent: number;
  /** Bytes of the smallest instruction, the unit of steps in pc tables (cmd/internal/sys, Arch.MinLC; riscv64 4 up to 1.25, 2 since). */
  readonly minLC: number;
  /** Which pcdata and which funcdata of a function tell what was inlined (PCDATA_InlTreeIndex, FUNCDATA_InlTree). */
  readonly inlineTables: { readonly pcdata: number; readonly funcdata: number };
  /** Funcdata as addresses, or as offsets from moduledata.gofunc (1.18+). */
  readonly funcdata: 'pointers' | 'offsets';
  /**
   * Where the arguments of a frame are told: all in words above it (up to 1.16); by funcdata, that also say which of those that came in registers are still true
   * where they were spilled to (1.18+); undefined where what stands there may be stale (1.17).
   */
  readonly argumentTables:
    | 'words'
    | { readonly info: number; readonly live: number; readonly liveIndex: number }
    | undefined;
  /**
   * Bits behind the leading one that tell the buckets of a timeHistogram apart whose first two rows hold what is below 32 ns, one for each (histogram.go, 1.16 to 1.19); 0 where there is none, or
   * its buckets begin elsewhere (1.20+).
   */
  readonly pauseSubBits: number;
  /** Whether mallocgc rounds its argument `size` up in place, so that its slot may hold more than was asked for, or keeps it (1.24+; malloc.go). */
  readonly mallocSize: 'rounded' | 'kept';
  /** What a dump of this release shows of a goroutine. */
  readonly traceback: TracebackTraits;
  /**
   * Below which functions (by role) a traceback takes a pc for that of an interrupted instruction and tells the line of it; all others are return addresses to it,
   * and it tells the line of what stands before them, also of a goroutine that was preempted up to 1.20.
   */
  readonly exactBelow: readonly string[];
  /** How calls use the stack on this arch. */
  readonly callFrame: CallFrame;
  /** The geometry of heap arenas for this arch. */
  readonly arena: ArenaGeometry;
  /** Integer types whose values are addresses (`guintptr`), and uintptr fields that hold addresses, by struct: shown as addresses. */
  readonly addressTypes: readonly string[];
  readonly addressFields: Readonly<Record<string, readonly string[]>>;
}

/** runtime/traceback.go: goroutineheader, showframe, traceback1 (gentraceback up to 1.20). */
export interface TracebackTraits {
  /** What is left out of a long stack: all behind the first frames, or the middle (1.21+). */
  readonly elision: 'rest' | 'middle';
  /**
   * What is shown of the runtime's own: all whose name begins in upper case, `GC.func1` too and no methods; since 1.23 exported functions, and exported methods
   * of exported types.
   */
  readonly exported: 'names' | 'methods';
  /** Type arguments in a name: as they stand (up to 1.20), one `[...]` from the first bracket to the last, or one of a type and one of its method (1.27+). */
  readonly typeLists: 'as is' | 'one' | 'two';
  /** Whether a call that was inlined is shown with the frame that it is in (up to 1.11), where that one's name calls for it (up to 1.15), or by its own name. */
  readonly inlined: 'with frame' | 'by frame' | 'each';
  /** Whether wrappers are left out: never (1.9), unless nothing else was shown yet (up to 1.11), always. */
  readonly wrappers: 'shown' | 'unless first' | 'hidden';
  /**
   * Where the arguments that are shown stand: in words above the frame (up to 1.16), or where the funcdata `info` names; which of those still hold, `live` and the pcdata
   * `liveIndex` say (1.18+), of the frame's pc, or up to 1.20 of its outermost inlined call.
   */
  readonly arguments:
    | 'words'
    | { readonly info: number; readonly live: null }
    | { readonly info: number; readonly live: number; readonly liveIndex: number; readonly at: 'call' | 'pc' };
  /** Wait reasons of a goroutine in a bubble of synctest to which ` (durable)` is added, and whether only while it waits (1.26+). */
  readonly durable: { readonly while: 'ever' | 'waiting'; readonly reasons: readonly string[] };
  /** How pprof labels are shown where GODEBUG tracebacklabels is 1, and what it is where nobody says. */
  readonly labels: LabelTraits | null;
}

export interface LabelTraits {
  /** Inside the brackets of the state, or behind them (1.27+). */
  readonly place: 'inside' | 'behind';
  /** All are quoted, or those with characters that call for it (1.27+). */
  readonly quoted: 'all' | 'needed';
  readonly fallback: '0' | '1';
}

export interface InlineMarks {
  /** Spans with elemsize in [minElemsize, maxElemsize] and sizeclass > 0 have them. */
  readonly minElemsize: number;
  readonly maxElemsize: number;
  /** Bytes at the end of the span that hold them, and where in these the mark bytes begin. */
  readonly reservedBytes: number;
  readonly marksOffset: number;
  readonly marksBytes: number;
}

export interface InlineMarksSwitch {
  readonly drop: readonly string[];
  readonly add: string | undefined;
  /** The marks that there would be; undefined where there would be none. */
  readonly marks: InlineMarks | undefined;
}

/** internal/goarch (runtime/internal/sys before): StackAlign, MinFrameSize, and whether calls leave the return address in a register. */
export interface CallFrame {
  readonly linkRegister: boolean;
  /** Bytes at the bottom of each frame that are not the caller's arguments. */
  readonly minFrameBytes: number;
  readonly alignBytes: number;
}

export interface ArenaGeometry {
  readonly heapArenaBytes: number;
  readonly l1Bits: number;
  readonly l2Bits: number;
  /** Added to an address before it is divided by heapArenaBytes (the runtime subtracts arenaBaseOffset modulo the word). */
  readonly addressOffset: number;
}
