// The results of `goroutines`, in the shape of the command-line contract: plain data, ready for JSON.
import type { AddressText, BigCount } from './results-base.js';

/** One call: a function's frame, or a call that was inlined into the frame below it. */
export interface FrameResult {
  readonly pc: AddressText;
  readonly sp: AddressText;
  /** As in pclntab, type arguments as `[...]`; null where no function table tells. */
  readonly func: string | null;
  readonly file: string | null;
  readonly line: number | null;
  /** Bytes from the entry of the function whose frame it is to `pc`. */
  readonly offset: number;
  readonly inlined: boolean;
  /** Made by the compiler, and left out of a traceback. */
  readonly wrapper: boolean;
  /** Why the frame is believed: `registers`, `gobuf`, `syscall`, `vdso`, `signal frame`, `pcsp`. */
  readonly how: string;
  /** What a dump prints of its arguments: `0x1, {0xc000012000?, 0x3}`; null where that is not known. Only of frames that are read for a dump, none of inlined calls. */
  readonly args?: string | null;
}

/** Calls between the two ends of a stack of which no more is kept than these (runtime/unwind/frame-list). */
export interface CallsLeftOut {
  /** How many entries of `frames` stand before them. */
  readonly at: number;
  readonly count: number;
  /** The calls of each distinct frame among them, and how often that frame occurs. */
  readonly frames: readonly { readonly calls: readonly FrameResult[]; readonly count: number }[];
}

export interface CreatedBy {
  /** The return address of the go statement. */
  readonly pc: AddressText;
  readonly func: string | null;
  readonly file: string | null;
  readonly line: number | null;
  /** Bytes from the function's entry to the return address of the go statement. */
  readonly offset: number;
  /** Since 1.21; absent where no goroutine made it, but a timer. */
  readonly goid?: BigCount;
}

export interface GoroutineResult {
  readonly goid: BigCount;
  readonly status: string;
  readonly waitReason?: string;
  /** Nanoseconds; null where no collection has seen it waiting: less than one cycle. */
  readonly waitSinceAtLeast: number | null;
  readonly lockedToThread: boolean;
  /** Its stack is just being scanned by the collector; absent where not. */
  readonly scanned?: boolean;
  /** The bubble of testing/synctest that it is in: its number, of a group (1.24) the goid of its root; and whether only the bubble itself can wake it (1.25+). */
  readonly bubble?: { readonly kind: 'group' | 'bubble'; readonly id: BigCount; readonly durable: boolean };
  /** Labels of runtime/pprof, in their order; absent where it has none, and up to 1.25. */
  readonly labels?: readonly { readonly key: string; readonly value: string }[];
  readonly thread: number | null;
  readonly system: boolean;
  /** Innermost first. */
  readonly frames: readonly FrameResult[];
  /** Absent where `frames` is all of the stack. */
  readonly leftOut?: CallsLeftOut;
  readonly createdBy: CreatedBy | null;
  readonly startFunc: string | null;
  readonly stack: { readonly start: AddressText; readonly end: AddressText };
  /** Address of the g. */
  readonly g: AddressText;
  readonly method: 'pclntab' | 'scan' | null;
  readonly complete: boolean;
  readonly stoppedBecause: string | null;
}

export interface GoroutinesResult {
  readonly schemaVersion: number;
  readonly goroutines: readonly GoroutineResult[];
  /** Entries of allgs that can't be read. */
  readonly unreadable: number;
}

export interface ThreadResult {
  /** Linux thread ID. */
  readonly tid: number;
  /** The signal in its NT_PRSTATUS: of a kernel core the one that ended the process, else 0. */
  readonly signal: number;
  /** Of a live process: its name (comm) and its state as ps shows it, one letter. */
  readonly name?: string;
  readonly state?: string;
  /** What told PC and SP: the note of a core, or a file below /proc; null where they are not known, and then 0. */
  readonly registers: string | null;
  /** Address and number of its m; null for a thread that is none of Go's, or can't be told. */
  readonly m: AddressText | null;
  readonly mid: number | null;
  /** The goroutine that it runs. */
  readonly goid: BigCount | null;
  /** Whose stack SP lies on. */
  readonly on: 'goroutine' | 'g0' | 'gsignal' | 'other' | 'unknown';
  readonly pc: AddressText;
  readonly sp: AddressText;
  readonly frames: readonly FrameResult[];
  /** Absent where `frames` is all of the stack. */
  readonly leftOut?: CallsLeftOut;
  readonly complete: boolean;
  readonly stoppedBecause: string | null;
}

export interface ThreadsResult {
  readonly schemaVersion: number;
  readonly threads: readonly ThreadResult[];
}

/** A word of a stack that may be a return address. */
export interface CandidateResult {
  /** Where it stands. */
  readonly at: AddressText;
  readonly pc: AddressText;
  readonly func: string | null;
  /** Bytes from the function's entry. */
  readonly offset: number | null;
  readonly file: string | null;
  readonly line: number | null;
  /** 0–1. */
  readonly score: number;
  /** A link of the most likely chain of calls. */
  readonly likely: boolean;
  readonly reasons: readonly string[];
}

/** One stack, scanned. */
export interface ScanResult {
  readonly what: 'goroutine' | 'thread' | 'range';
  readonly goid?: BigCount;
  readonly tid?: number;
  /** Of a goroutine: its wait reason or status. */
  readonly status?: string;
  readonly sp: AddressText;
  /** Where it executes, and in which function; null where only a range is known. */
  readonly pc: AddressText | null;
  readonly func: string | null;
  readonly end: AddressText | null;
  readonly method: 'scan';
  /** The chain leads to a function that nothing called. */
  readonly complete: boolean;
  /** By ascending address. */
  readonly candidates: readonly CandidateResult[];
}

/** A thread or goroutine inside the allocator, the sweeper or the scavenger. */
export interface AllocationResult {
  readonly tid: number | null;
  readonly goid: BigCount | null;
  /** Of the goroutine. */
  readonly status: string | null;
  /** How far it has come: the innermost part of the allocator that is on the stack. */
  readonly part: 'malloc' | 'cache' | 'central' | 'heap' | 'os' | 'sweep' | 'scavenge';
  /** The functions of the allocator that are on the stack, outermost first. */
  readonly chain: readonly string[];
  /** The program's function that asked; null where the runtime did it for itself. */
  readonly site: { readonly func: string; readonly file: string | null; readonly line: number | null } | null;
  /** What is being allocated or swept; null where it can't be told. */
  readonly allocating: {
    /** What was asked for; null where no argument tells it for sure. */
    readonly bytes: number | null;
    /** Bytes of the slot that it gets; null for large objects and where the class is not known. */
    readonly slot: number | null;
    readonly sizeclass: number | null;
    readonly noscan: boolean | null;
    readonly span?: AddressText;
    /** What tells the class: the size in an argument, or the mcentral or only span that the frames point to. */
    readonly source: 'argument' | 'mcentral' | 'span';
  } | null;
}

/** Allocations that have their site in common. */
export interface AllocationSite {
  readonly site: AllocationResult['site'];
  readonly count: number;
  readonly parts: Readonly<Partial<Record<AllocationResult['part'], number>>>;
}
