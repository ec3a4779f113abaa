// The results of looking through goroutines a screenful at a time: rows for lists that fill in while stacks are unwound, and windows of long stacks.
import type { AddressText, BigCount } from './results-base.js';
import type { FrameResult, GoroutineResult, ThreadResult } from './results-goroutines.js';

/** Where a stack stands in the program: its innermost call that a traceback shows. */
export type CallPlace = Pick<FrameResult, 'pc' | 'func' | 'file' | 'line'>;

/** How far the list is. What is not unwound yet is in no group, and in no list that is filtered or sorted by functions. */
export interface BrowseState {
  /** Goroutines that have a stack, and how many of them are unwound. */
  readonly total: number;
  readonly unwound: number;
  /** Of `total`, those that the filter lets through, as far as is known. */
  readonly goroutines: number;
  readonly dead: number;
  /** The runtime's own that the query leaves out. */
  readonly systemHidden: number;
  /** Whether allgs could be found and read: without it nobody knows how many there are. */
  readonly known: boolean;
  /** Entries of allgs that can't be read. */
  readonly unreadable: number;
  /** Whether a function table can be read: without one there are no stacks and no names. */
  readonly functions: boolean;
}

export interface GroupRow {
  /** The lowest of the group: names it. */
  readonly goid: BigCount;
  readonly count: number;
  readonly status: string;
  readonly waitReason: string | null;
  /** Of the one that waits longest. */
  readonly waitSinceAtLeast: number | null;
  readonly system: boolean;
  readonly top: CallPlace | null;
  readonly frames: number;
  readonly complete: boolean;
  readonly stoppedBecause: string | null;
}

export interface GroupWindow extends BrowseState {
  /** Groups that fit the filter. */
  readonly matching: number;
  readonly from: number;
  readonly rows: readonly GroupRow[];
  /** Where the group that was asked for stands now; -1 if it is not among them. */
  readonly position: number;
}

export interface GoroutineRow {
  readonly goid: BigCount;
  readonly g: AddressText;
  readonly status: string;
  readonly waitReason: string | null;
  readonly waitSinceAtLeast: number | null;
  readonly system: boolean;
  readonly thread: number | null;
  readonly lockedToThread: boolean;
  readonly top: CallPlace | null;
  readonly frames: number;
  readonly complete: boolean;
  readonly stoppedBecause: string | null;
  /** Bytes from SP to the stack's end; null where SP is not known. */
  readonly stackUsed: number | null;
  readonly stackSize: number;
}

export interface GoroutineWindow extends BrowseState {
  readonly matching: number;
  readonly from: number;
  readonly rows: readonly GoroutineRow[];
  /** As in GroupWindow, of a goid. */
  readonly position: number;
}

/** A frame of a window, with its place in the whole stack and where its slots end. */
export interface FrameRow extends FrameResult {
  readonly index: number;
  /** Where the caller's frame begins; null where that is not known. */
  readonly end: AddressText | null;
}

export interface FrameWindow {
  /** Frames of the whole stack, and those that are shown: without `all` those of a traceback. */
  readonly total: number;
  readonly matching: number;
  /** Calls of the whole stack between its two ends that can't be shown: there are too many. */
  readonly leftOut: number;
  readonly from: number;
  readonly frames: readonly FrameRow[];
}

export interface GoroutineStackWindow extends FrameWindow {
  readonly goroutine: Omit<GoroutineResult, 'frames' | 'leftOut'> & { readonly stackUsed: number | null };
}

export interface ThreadListResult {
  readonly threads: readonly (Omit<ThreadResult, 'frames' | 'leftOut'> & {
    readonly frames: number;
    readonly top: CallPlace | null;
  })[];
}

export interface ThreadStackWindow extends FrameWindow {
  readonly thread: Omit<ThreadResult, 'frames' | 'leftOut'>;
}

/** A word on a stack, or a register of a thread, whose value lies in the range that was asked for. */
export interface StackPointer {
  /** The goroutine whose stack it is, or that the thread runs. */
  readonly goid: BigCount | null;
  readonly tid: number | null;
  /** Wait reason or status of the goroutine; of a thread the stack's name. */
  readonly state: string;
  /** Where the word stands; null for a register. */
  readonly at: AddressText | null;
  readonly register: string | null;
  readonly value: AddressText;
  /** The frame that holds it: its number in the stack; null where no frame is known there. */
  readonly frame: number | null;
  readonly func: string | null;
}

export interface StackPointersResult {
  readonly start: AddressText;
  readonly end: AddressText;
  /** Words and registers that point there; the first of them are listed. */
  readonly found: number;
  readonly goroutines: number;
  readonly pointers: readonly StackPointer[];
  readonly stacks: number;
  readonly bytes: number;
  /** Stacks of which no byte is looked at any more, for the bound was reached. */
  readonly notLookedAt: number;
  /** Stacks whose SP is not known: all of them was looked at, what is no longer in use too. */
  readonly whole: number;
  /** Stacks that the image has only in part. */
  readonly unreadable: number;
}
