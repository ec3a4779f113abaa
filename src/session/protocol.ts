// The typed messages between a front end and the engine in its worker thread. Requests carry an id; each gets exactly one reply.
import type { GoroutineQuery, GroupQuery } from '../analysis/goroutine-queries.js';
import type {
  BytesResult,
  Finding,
  FindResult,
  GcResult,
  HeapMapResult,
  HistogramResult,
  MemoryResult,
  OverviewResult,
  ProvenanceResult,
  SpanColumn,
  SpanDetail,
  SpanRow,
  SpanWindow,
} from '../analysis/results.js';
import type {
  GoroutineStackWindow,
  GoroutineWindow,
  GroupWindow,
  StackPointersResult,
  ThreadListResult,
  ThreadStackWindow,
} from '../analysis/results-browse.js';
import type { LayoutDiffResult, LayoutListResult, LayoutShowResult, LayoutVerifyResult } from '../layout/results.js';

export type { GoroutineColumn, GoroutineQuery, GroupQuery } from '../analysis/goroutine-queries.js';
export type { SpanColumn } from '../analysis/results.js';

/** What the command line names: files in any order, and overrides. */
export interface OpenRequest {
  readonly files: readonly string[];
  readonly options: OpenOptions;
}

export interface OpenOptions {
  readonly regions?: string;
  readonly go?: string;
  /** `dwarf`, or a file's path. */
  readonly layout?: string;
  readonly roots?: Readonly<Record<string, number>>;
  readonly bias?: number;
  readonly force?: boolean;
  /** A live process is held still while it is read. */
  readonly stop?: boolean;
  readonly sysroot?: string;
  readonly proc?: string;
  /** Where compressed files stand unpacked, by the path that `files` and regions name. */
  readonly unpacked?: Readonly<Record<string, string>>;
  readonly without?: readonly string[];
  /** The user's cache folder; left out: nothing is kept. */
  readonly cache?: string;
}

/** Which rows of the span table, in which order. `filter` is the text after `/` or of `--where`: `class=5 state=inuse used<70`. */
export interface SpanQuery {
  readonly filter: string;
  readonly sort: { readonly column: SpanColumn; readonly descending: boolean };
}

/** Frames by their place among those that are shown. */
export interface FrameRange {
  readonly from: number;
  readonly count: number;
  readonly all: boolean;
}

/** Every question, with its reply's type. `openTarget` comes first. */
export interface Calls {
  openTarget: { params: OpenRequest; result: OpenedResult };
  overview: { params: Record<string, never>; result: OverviewResult };
  spanWindow: {
    params: { readonly query: SpanQuery; readonly from: number; readonly count: number };
    result: SpanWindow;
  };
  /** Where in the sorted and filtered table the span of `address` (its mspan's, or any inside it) stands; -1 if it is filtered out or there is none. */
  spanPosition: {
    params: { readonly query: SpanQuery; readonly address: string };
    result: { readonly position: number; readonly row: SpanRow | null };
  };
  span: { params: { readonly address: string }; result: SpanDetail };
  bytes: { params: { readonly address: string; readonly length: number }; result: BytesResult };
  gc: { params: Record<string, never>; result: GcResult };
  /** `notRead`: what of the heap could not be looked at, a phrase each. */
  findings: {
    params: Record<string, never>;
    result: { readonly findings: readonly Finding[]; readonly notRead: readonly string[] };
  };
  find: { params: { readonly address: string }; result: FindResult };
  memory: { params: { readonly address: string; readonly length: number }; result: MemoryResult };
  /** `from` and `count` in cells. */
  heapMap: {
    params: { readonly pagesPerCell: number; readonly from: number; readonly count: number };
    result: HeapMapResult;
  };
  /** How often each value of a column occurs among the rows that pass a filter. */
  histogram: { params: { readonly filter: string; readonly column: SpanColumn }; result: HistogramResult };
  /**
   * Goroutines with one stack as one row, and one by one. Each call unwinds for a moment; while `unwound` is below `total` the next one knows more. `keep` is a goid whose
   * row's place is asked for.
   */
  goroutineGroups: {
    params: { readonly query: GroupQuery; readonly from: number; readonly count: number; readonly keep?: string };
    result: GroupWindow;
  };
  goroutineWindow: {
    params: { readonly query: GoroutineQuery; readonly from: number; readonly count: number; readonly keep?: string };
    result: GoroutineWindow;
  };
  /** A window of one goroutine's stack; without `all` the frames that a traceback shows. */
  goroutine: { params: { readonly goid: string } & FrameRange; result: GoroutineStackWindow };
  threads: { params: Record<string, never>; result: ThreadListResult };
  thread: { params: { readonly tid: number } & FrameRange; result: ThreadStackWindow };
  /** Words on stacks, and registers, with a value in [start, end). */
  stackPointers: { params: { readonly start: string; readonly end: string }; result: StackPointersResult };
  /** How version, layout and roots were found. */
  provenance: { params: Record<string, never>; result: ProvenanceResult };
  layoutList: { params: Record<string, never>; result: LayoutListResult };
  /** `name` as in `go1.22.5/amd64`; empty: the layout in use. */
  layoutShow: { params: { readonly name: string }; result: LayoutShowResult };
  layoutDiff: { params: { readonly a: string; readonly b: string }; result: LayoutDiffResult };
  /** The opened binary's DWARF against its table. */
  layoutVerify: { params: Record<string, never>; result: LayoutVerifyResult };
}
export type CallName = keyof Calls;

export interface OpenedResult {
  /** `core.1234`: what the breadcrumbs begin with. */
  readonly title: string;
  /** `go1.22.5 linux/amd64`. */
  readonly goText: string;
  /** `table go1.22.5/amd64`, `dwarf`; with `~` before it where it was not measured on this release. */
  readonly layoutText: string;
  /** `roots ✓` where all were found and confirmed, else how many were not: `2 roots ?`. Empty without an image. */
  readonly rootsText: string;
  /** Structs that are read by offsets that an image told, this one or that of a saved inference: their numbers are marked. */
  readonly told: readonly string[];
  readonly hasImage: boolean;
  readonly warnings: readonly string[];
}

export interface ErrorReply {
  readonly code: string;
  readonly subject: string;
  readonly why: string;
  readonly hint: string | undefined;
}

export type ToEngine =
  | {
      readonly [K in CallName]: {
        readonly type: 'call';
        readonly id: number;
        readonly call: K;
        readonly params: Calls[K]['params'];
      };
    }[CallName]
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'close' };

export type FromEngine =
  | { readonly type: 'result'; readonly id: number; readonly result: unknown }
  | { readonly type: 'error'; readonly id: number; readonly error: ErrorReply }
  | {
      readonly type: 'progress';
      readonly id: number;
      readonly what: string;
      readonly done: number;
      readonly total: number;
    };
