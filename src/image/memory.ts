// What every reader of the target's memory sees, whatever is behind it: core, raw image, process. A hole is a value.
import type { Address } from './address.js';

/** Pointer size in bytes and byte order: from the ELF header, never assumed. */
export interface DataModel {
  readonly pointerSize: 4 | 8;
  readonly littleEndian: boolean;
}

/** Why a read stopped: `address` is the first byte that could not be read. */
export interface Fault {
  readonly address: Address;
  /** A phrase for people: `not mapped`, `not dumped`, `file ends before`, … */
  readonly why: string;
}

/** A piece of the address space, end-exclusive, that can be read or is known to be missing. */
export interface Segment {
  readonly start: number;
  readonly end: number;
  /** r, w, x as in `readelf -l`; undefined where the image does not say (raw images). */
  readonly flags: number | undefined;
  /** Where the bytes come from: `core`, `process`, `binary`, `raw`, `zero`, `missing`. */
  readonly origin: 'core' | 'process' | 'binary' | 'raw' | 'zero' | 'missing';
  /** The file's name, or why the piece is missing. */
  readonly detail: string;
}

/**
 * The target's memory. Numbers are in the target's byte order. Nothing here throws for unreadable memory.
 * Reading is synchronous; bytes come through one bounded block cache.
 */
export interface Memory extends DataModel {
  /** The whole address space as known, ascending and disjoint, holes between known ranges left out. */
  readonly segments: readonly Segment[];
  /** Copies up to `length` bytes into `target` at `targetOffset`; returns how many were copied before the first fault. */
  copy(address: number, target: Uint8Array, targetOffset: number, length: number): number;
  /** The readable bytes of [address, address+length), fewer where a fault stops the read. A fresh array. */
  bytes(address: number, length: number): { readonly bytes: Uint8Array; readonly fault: Fault | undefined };
  /**
   * For hot loops, without allocation or copy: if [address, address+length) stands contiguous in one cached block (length up to 4096 always
   * can, across block borders, through an internal scratch buffer), sets `window` to a DataView over it and returns the offset in that view;
   * -1 where any byte is unreadable. The view holds until the next call on this memory.
   */
  view(address: number, length: number): number;
  readonly window: DataView;
  /** Unsigned integers; undefined where unreadable. `word` is pointer-sized and undefined also for values of 2^53 or more. */
  uint8(address: number): number | undefined;
  uint16(address: number): number | undefined;
  uint32(address: number): number | undefined;
  uint64(address: number): bigint | undefined;
  word(address: number): number | undefined;
  /** Why `address` cannot be read; undefined if it can. */
  faultAt(address: number): Fault | undefined;
  close(): void;
}

/** The memory of something that may go on running while it is read. Each block is read once and kept, until one of these says otherwise. */
export interface LiveMemory extends Memory {
  /** What is mapped may have changed: looks at it again, and forgets every byte read so far. */
  refresh(): void;
  /** Reads these bytes again; the blocks around them stay as they are. */
  readAgain(address: number, length: number): void;
}
