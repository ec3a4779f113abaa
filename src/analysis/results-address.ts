// Results of `find` and `memory`: what stands at an address.
import type { AddressText, BigCount, MissingRange, RootMethod } from './results-base.js';
import type { SpanRow } from './results-spans.js';

/** What smaps says of the mapping at an address, in bytes. */
export interface ResidentResult {
  readonly start: AddressText;
  readonly end: AddressText;
  readonly rss: number;
  readonly swap: number | null;
  readonly anonymous: number | null;
  readonly hugePages: number | null;
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
  /** In words; what rests on offsets that the image told is marked with ~. */
  readonly what: string;
  /** `mspan`, `g`: of the structs that the answer is read from, those whose offsets an image told; left out where there is none. */
  readonly told?: readonly string[];
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

export interface BytesResult {
  readonly address: AddressText;
  /** Hex, two digits a byte; shorter than asked for where `fault` says why. */
  readonly hex: string;
  readonly fault: string | null;
}
