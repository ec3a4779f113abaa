// Results of `overview`, and of how everything was found.
import type { Provenance } from '../layout/types.js';
import type { AddressText, BigCount, Finding, MissingRange, RootResult } from './results-base.js';

export interface GoInfo {
  readonly version: string;
  readonly experiments: readonly string[];
  readonly os: string;
  readonly arch: string;
  /** Where the version was found: `build info of the binary`, `runtime.buildVersion`, `--go`, `guess: …`. */
  readonly source: string;
  /**
   * Only where it is a guess by what fits the image: the release lines that fit as well, like `go1.22`, and the fields, by struct, that are not read because patches of its own line which fit as
   * well have them elsewhere.
   */
  readonly guessed?: { readonly equal: readonly string[]; readonly unsure?: Readonly<Record<string, readonly string[]>> }; // biome-ignore format: short
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
