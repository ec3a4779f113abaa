// The result of `gc`.
import type { AddressText, BigCount } from './results-base.js';

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
