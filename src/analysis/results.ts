// The results that commands and screens show: plain data in the shapes of the command-line contract, ready for JSON.
// Addresses are strings `0x…`; integers above 2^53 decimal strings; nothing here holds memory or the target.
import type { Provenance } from '../layout/types.js';

/** `0xc000012000`, lower-case, unpadded; nil is `0x0`. */
export type AddressText = string;
/** A number up to 2^53, a decimal string above. */
export type BigCount = number | string;

export interface MissingRange {
  readonly start: AddressText;
  readonly end: AddressText;
  readonly why: string;
}

export type RootMethod = 'override' | 'symtab' | 'dwarf' | 'structure' | 'code' | 'stack' | 'value';
export interface RootResult {
  readonly address?: AddressText;
  readonly method?: RootMethod;
  readonly confirmedBy?: readonly RootMethod[];
  readonly state: 'confirmed' | 'unconfirmed' | 'absent';
  /** Why it is not confirmed, or how it was checked. */
  readonly detail?: string;
}

export interface GoInfo {
  readonly version: string;
  readonly experiments: readonly string[];
  readonly os: string;
  readonly arch: string;
  /** Where the version was found: `build info of the binary`, `runtime.buildVersion`, `--go`, `guess: …`. */
  readonly source: string;
  /** Only where it is a guess by what fits the image: the release lines that fit as well, like `go1.22`. */
  readonly guessed?: { readonly equal: readonly string[] };
}

export interface BinaryInfo {
  readonly path: string | null;
  readonly goBuildId: string | null;
  readonly gnuBuildId: string | null;
  readonly matches: 'go' | 'gnu' | 'not checked';
  /** `EXEC` or `PIE`, stripped or not, where known. */
  readonly kind?: string;
  readonly hasDwarf?: boolean;
  readonly hasSymbols?: boolean;
}

export interface LayoutInfo {
  readonly name: string;
  readonly source: Provenance | 'none';
  readonly exact: boolean;
  /** Where the release itself was not measured: what stands in, and why that is believed. */
  readonly note?: string;
  /** Structs that are read by offsets that the image itself told; left out where there is none. */
  readonly told?: readonly string[];
  /** Of the structs that GC's numbers are read from, those that are read as another release has them; left out where there is none. */
  readonly standIn?: readonly string[];
  /** How many in-use spans were checked against the invariants, how many held. */
  readonly validated: {
    readonly checked: number;
    readonly held: number;
    readonly ok: boolean;
    /** mheap_ is proved, and yet fewer than nine of ten sampled spans hold. */
    readonly doubtful?: boolean;
    readonly why?: string;
  };
}

export interface SpanTotals {
  readonly total: number;
  readonly inuse: number;
  readonly manual: number;
  readonly free: number;
  /** mspans of which a part can't be read, and those whose state is none that the release knows. */
  readonly unreadable: number;
  /** Entries of allspans that can't be read: mspans that `total` does not count. */
  readonly unreadableEntries: number;
  /** mspans in use whose size or place can't be: overwritten memory, left out of the sums. */
  readonly doubtful: number;
  /** Whether every mspan was read and added up. If not, the sums below hold what could be read: the process had at least that. */
  readonly complete: boolean;
  /** Set where mheap_ can't be read: these mspans were found without it, and there may be more. */
  readonly partial?: true;
  readonly heapInuseBytes: BigCount;
  readonly stackInuseBytes: BigCount;
  readonly heapObjects: BigCount;
  readonly heapAllocBytes: BigCount;
  /** Bytes of all manual spans: stacks, work buffers, GC programs. */
  readonly manualBytes: BigCount;
  /** Free slots in in-use spans, in bytes. */
  readonly freeSlotBytes: BigCount;
  readonly suspect: { readonly mismatch: number; readonly transient: number; readonly torn: number };
}

/** Occupancy of one span class, in-use spans only. */
export interface ClassRow {
  readonly spanclass: number;
  readonly sizeclass: number;
  readonly noscan: boolean;
  readonly elemsize: number;
  readonly spans: number;
  readonly slots: number;
  readonly objects: number;
  readonly inuseBytes: number;
  readonly allocBytes: number;
}

/** A number of ours against the runtime's own counter. */
export interface Reconciliation {
  readonly what: string;
  readonly ours: BigCount;
  readonly runtime: BigCount;
  /** The counter's name in this release. */
  readonly counter: string;
  readonly agrees: boolean;
  /** Where the two may differ lawfully. */
  readonly note?: string;
  /** They differ, and were read at different moments of a process that runs on. */
  readonly moving?: true;
}

/** Entries of runtime.allgs by their status. */
export interface GoroutineCountsResult {
  /** Dead ones included, which are kept for reuse. */
  readonly total: number;
  /** By the runtime's word for it, without the scan bit; empty where there are too many for a first look. */
  readonly byStatus: Readonly<Record<string, number>>;
  readonly unreadable: number;
}

/** Null is what is not told. */
export interface FootprintResult {
  readonly source: string;
  readonly rss: number | null;
  readonly rssAnon: number | null;
  readonly rssFile: number | null;
  readonly rssShmem: number | null;
  readonly swap: number | null;
  readonly peakRss: number | null;
  /** `limit`: the lowest on the way to the root, `max` where there is none. */
  readonly cgroup: {
    readonly path: string | null;
    readonly limit: number | 'max' | null;
    readonly current: number | null;
  } | null;
  /** What the runtime has mapped for the heap, and of that given back to Linux. */
  readonly heapMapped: BigCount | null;
  readonly heapReleased: BigCount | null;
}

/** What smaps says of the mapping at an address, in bytes. */
export interface ResidentResult {
  readonly start: AddressText;
  readonly end: AddressText;
  readonly rss: number;
  readonly swap: number | null;
  readonly anonymous: number | null;
  readonly hugePages: number | null;
}

export interface OverviewResult {
  readonly schemaVersion: number;
  readonly go: GoInfo | null;
  readonly binary: BinaryInfo | null;
  readonly image: {
    readonly kind: string;
    readonly path: string;
    readonly bytes: BigCount;
    readonly segments: number;
    readonly missing: readonly MissingRange[];
    readonly missingTotal: number;
    /** Where there is no binary: the image's file that Go is in, as far as the image tells. */
    readonly goFile?: {
      readonly path: string | null;
      readonly goBuildId: string | null;
      readonly gnuBuildId: string | null;
    };
  } | null;
  readonly roots: Readonly<Record<string, RootResult>>;
  readonly layout: LayoutInfo;
  readonly mheap: Readonly<Record<string, unknown>> | null;
  readonly spans: SpanTotals | null;
  readonly classes: readonly ClassRow[];
  readonly gc: Readonly<Record<string, unknown>> | null;
  /** What Linux says of the process' memory, in bytes; null where neither the process nor saved files tell. */
  readonly footprint: FootprintResult | null;
  /** Null where allgs is not known. */
  readonly goroutines: GoroutineCountsResult | null;
  readonly reconciliation: readonly Reconciliation[];
  readonly findings: readonly Finding[];
  readonly warnings: readonly string[];
}

/** A global struct of the runtime: fields by their own names, atomics as their value, arrays as arrays. */
export interface GcStruct {
  /** null where the variable was not found or is not believed; `missing` then says why, and there are no fields. */
  readonly address: AddressText | null;
  readonly missing?: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** `gc`: null is what can't be read. */
export interface GcResult {
  readonly schemaVersion: number;
  readonly gcController: GcStruct;
  readonly memstats: GcStruct;
  /** Only where the sums over the spans were read by offsets that the image itself told. */
  readonly spansBy?: 'inferred';
  /** Only where gcController was read by offsets that the image itself told, or by those of another release, whose table stands in. */
  readonly controllerBy?: 'inferred' | 'stand-in';
  /** Only where memstats was read by the offsets of another release, whose table stands in. */
  readonly memstatsBy?: 'stand-in';
  readonly derived: {
    readonly heapGoal: BigCount | null;
    readonly trigger: BigCount | null;
    /** Whether this release stores goal and trigger, or computes them (1.19+), as is done here from its other fields. */
    readonly heapGoalIs: 'stored' | 'computed';
    readonly heapLive: BigCount | null;
    readonly heapMarked: BigCount | null;
    /** Sums over the spans; at least that where `complete` is false. */
    readonly heapAlloc: BigCount | null;
    readonly heapObjects: BigCount | null;
    readonly heapInuse: BigCount | null;
    readonly stackInuse: BigCount | null;
    readonly complete: boolean;
    readonly numGC: BigCount | null;
    /** When the last cycle ended: ns since 1970. */
    readonly lastGC: BigCount | null;
    readonly phase: string | null;
    /** GOGC in force, -1: off; null where it can't be read. */
    readonly gcPercent: number | null;
    readonly heapMinimum: BigCount | null;
    /** 2^63-1: no limit; null before 1.19. */
    readonly memoryLimit: BigCount | null;
    readonly gomaxprocs: number | null;
    /** As floats, also where the release keeps their bits in an integer field (1.16, 1.17). */
    readonly assistWorkPerByte: number | null;
    readonly assistBytesPerWork: number | null;
  };
  /** What the pacer keeps, against the same computed again from what it follows from. */
  readonly checks: readonly {
    readonly what: string;
    readonly stored: BigCount;
    readonly recomputed: BigCount;
    readonly agrees: boolean;
    readonly formula: string;
  }[];
  /** GOGC, GOMEMLIMIT (1.19+), GOMAXPROCS, GODEBUG: asked for and in force. */
  readonly settings: readonly GcSetting[];
  /** The last cycles, newest first, as memstats.pause_end and pause_ns keep them (at most 256). */
  readonly history: readonly GcCycle[];
  /** GOGC, GOMEMLIMIT, GODEBUG, GOMAXPROCS as the environment block of the image set them; absent: not set, or (`environmentRead` false) not known. */
  readonly environment: Readonly<Record<string, string>>;
  readonly environmentRead: boolean;
  /** By `gcController.heapLive`, `memstats.last_gc_unix`, …: where the program itself could have seen the number (MemStats field or runtime/metrics name). */
  readonly visibleAs: Readonly<Record<string, readonly string[]>>;
}

export interface GcSetting {
  readonly name: 'GOGC' | 'GOMEMLIMIT' | 'GOMAXPROCS' | 'GODEBUG';
  /** As the environment has it; null: not set, or not known. */
  readonly environment: string | null;
  /** `off`, a number, null where it is not one number or can't be read. */
  readonly inForce: BigCount | null;
  /** In words, where the value in force comes from. */
  readonly origin: string;
}

export interface GcCycle {
  /** The cycle's number (memstats.numgc when it ended). */
  readonly cycle: number;
  /** End of the cycle: ns since 1970. */
  readonly end: BigCount;
  /** Stop-the-world time of the cycle in ns. */
  readonly pauseNs: BigCount;
  /** From the end of the cycle before to this one's end, in ns; null for the oldest known. */
  readonly sincePrevious: BigCount | null;
}

/** `find ADDR`: what an address is. `what` is the one-line answer; the parts are null where they do not apply. */
export interface FindResult {
  readonly schemaVersion: number;
  readonly address: AddressText;
  readonly kind:
    | 'slot'
    | 'span'
    | 'mspan'
    | 'stack'
    | 'runtime'
    | 'global'
    | 'function'
    | 'text'
    | 'mapping'
    | 'unmapped';
  readonly what: string;
  /** The piece of the address space that holds it. */
  readonly mapping: {
    readonly start: AddressText;
    readonly end: AddressText;
    /** `rwx` with `-`, `?` where the image does not say. */
    readonly flags: string;
    readonly origin: string;
    readonly detail: string;
  } | null;
  /** What of that mapping was resident; null where no smaps tells. */
  readonly resident: ResidentResult | null;
  /** The mspan whose pages hold it, or whose struct it points into. */
  readonly span: SpanRow | null;
  readonly slot: {
    readonly index: number;
    readonly address: AddressText;
    readonly size: BigCount;
    readonly offset: number;
    /** As in SpanDetail.slots. */
    readonly state: string;
  } | null;
  readonly stack: {
    readonly goid: BigCount;
    readonly g: AddressText;
    readonly lo: AddressText;
    readonly hi: AddressText;
    readonly status: string;
  } | null;
  /** A struct of the runtime that stands there: `mspan`, `g`, `m`, `p`, `mcache`, `heapArena`, a root's type; with the field the address points at. */
  readonly object: { readonly type: string; readonly address: AddressText; readonly field: string | null } | null;
  /** A symbol or root at or before it, with the distance in bytes. */
  readonly symbol: { readonly name: string; readonly offset: number; readonly method: RootMethod | 'pclntab' } | null;
  /** Of a pc in a function: its place in the source, and what was inlined there, innermost first. */
  readonly code: {
    readonly file: string | null;
    readonly line: number | null;
    readonly inlined: readonly string[];
  } | null;
  /** The module's section by moduledata: `text`, `rodata`, `data`, `bss`, `noptrdata`, `noptrbss`, `types`. */
  readonly section: string | null;
}

/** `memory ADDR [LEN]`: bytes, and each pointer-sized word with what it points at. */
export interface MemoryResult {
  readonly schemaVersion: number;
  readonly address: AddressText;
  readonly length: number;
  /** What was resident of the mapping that the first byte is in; null where no smaps tells. */
  readonly resident: ResidentResult | null;
  /** Readable pieces, ascending; what lies between is missing. */
  readonly pieces: readonly { readonly address: AddressText; readonly hex: string }[];
  readonly missing: readonly MissingRange[];
  readonly words: readonly {
    readonly address: AddressText;
    readonly value: AddressText | null;
    /** `FindResult.what` of the value where it points into anything known; else null. */
    readonly points: string | null;
  }[];
}

/** A run of pages drawn as one cell of the heap map. */
export interface HeapCell {
  /** Pages of in-use, manual and free spans, and pages of the cell that no span covers. */
  readonly inuse: number;
  readonly manual: number;
  readonly free: number;
  readonly none: number;
  /** Bytes of allocated slots in the in-use pages. */
  readonly allocated: number;
  /** The span class with most pages in it; -1 where nothing is in use. */
  readonly spanclass: number;
  /** Rows (indices in allspans) at which the first span that touches it stands; -1: none. */
  readonly row: number;
}

/** `heapMap`: the heap's pages from the lowest span to the highest, arenas without any span left out. */
export interface HeapMapResult {
  readonly pageSize: number;
  readonly pagesPerCell: number;
  readonly regions: readonly {
    readonly start: AddressText;
    readonly end: AddressText;
    /** False where the image holds none of its bytes. */
    readonly inImage: boolean;
    readonly cells: readonly HeapCell[];
  }[];
  /** Cells in all, of which `regions` holds the window that was asked for. */
  readonly totalCells: number;
}

/** How it was found: the story of `--trace` for a screen. */
export interface ProvenanceResult {
  readonly lines: readonly string[];
  readonly roots: Readonly<Record<string, RootResult>>;
  /** What was said of a root and is not so, by the root's name. */
  readonly refusals: Readonly<
    Record<string, readonly { readonly method: string; readonly address: AddressText; readonly why: string }[]>
  >;
  readonly layout: LayoutInfo;
  /** Every warning of target and process. */
  readonly warnings: readonly string[];
}

export interface Finding {
  readonly id: string;
  readonly severity: 'low' | 'medium' | 'high';
  readonly title: string;
  readonly evidence: readonly {
    readonly what: string;
    readonly value?: unknown;
    readonly address?: AddressText | null;
  }[];
  readonly meaning: string;
  readonly advice: string;
}

export type SpanState = 'free' | 'inuse' | 'manual';

/** One mspan as `spans` prints it; null where it could not be read (then `missing` names it). */
export interface SpanRow {
  readonly addr: AddressText;
  readonly base: AddressText | null;
  readonly npages: BigCount | null;
  readonly state: SpanState | null;
  readonly spanclass: number | null;
  readonly sizeclass: number | null;
  readonly noscan: boolean | null;
  readonly elemsize: BigCount | null;
  readonly nelems: BigCount | null;
  readonly freeindex: BigCount | null;
  readonly allocCount: BigCount | null;
  readonly allocated: BigCount | null;
  readonly sweepgen: number | null;
  readonly limit: AddressText | null;
  readonly allocBits?: string | null;
  readonly gcmarkBits?: string | null;
  readonly inlineMarks?: string | null;
  readonly suspect?: 'mismatch' | 'transient' | 'torn';
  readonly missing?: readonly string[];
}

export interface FieldValue {
  readonly offset: number;
  readonly size: number;
  readonly type: string;
  /** Addresses as `0x…` strings, integers, booleans, floats; null where unreadable. */
  readonly value: unknown;
  readonly source: Provenance;
}

/** `span ADDR`: the row, its fields, the slot map. */
export interface SpanDetail extends SpanRow {
  readonly schemaVersion: number;
  readonly fields: Readonly<Record<string, FieldValue>>;
  /** A character a slot: a allocated and marked, A allocated not marked, f free, ! contradiction, ? unreadable. */
  readonly slots: string;
  readonly slotSize: BigCount;
  readonly markSource: 'allocBits' | 'gcmarkBits' | 'inline' | null;
  /** In words: what the marks mean in this span at this moment. */
  readonly reading: string;
  /** sweepgen against the heap's: `swept`, `needs sweeping`, `cached`, … */
  readonly sweepState: string;
}

/** A window of the sorted and filtered span table. */
export interface SpanWindow {
  /** Rows in the table, and rows that pass the filter. */
  readonly total: number;
  readonly matching: number;
  readonly from: number;
  readonly rows: readonly SpanRow[];
  /** For each row its index in allspans. */
  readonly indices: readonly number[];
}

export interface BytesResult {
  readonly address: AddressText;
  /** Hex, two digits a byte; shorter than asked for where `fault` says why. */
  readonly hex: string;
  readonly fault: string | null;
}

export type SpanColumn =
  | 'index' | 'addr' | 'base' | 'npages' | 'state' | 'spanclass' | 'sizeclass' | 'elemsize' | 'nelems' | 'freeindex'
  | 'allocCount' | 'allocated' | 'used' | 'sweepgen'; // biome-ignore format: a list of names

/** The rows with one value of a column. */
export interface HistogramBin {
  readonly text: string;
  /** What keeps just these rows in the span table; null where no filter can. */
  readonly filter: string | null;
  readonly spans: number;
  /** Pages of the spans, in bytes. */
  readonly bytes: number;
}

export interface HistogramResult {
  readonly column: SpanColumn;
  /** Rows that were counted, and different values (or ranges) among them; `bins` may hold fewer. */
  readonly matching: number;
  readonly values: number;
  readonly bins: readonly HistogramBin[];
}
