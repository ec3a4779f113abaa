// Writes a file from front to back and leaves out blocks of zeros, so that an image of gigabytes of reservations takes the disk space of what it holds. Bounded in size
// and in bytes written.
import { ftruncateSync, writeSync } from 'node:fs';
import { InspectError } from './errors.js';

/** A block of a file system: what stays unwritten costs nothing. */
const BLOCK = 4096;

export interface SparseLimits {
  /** The longest file. */
  readonly mostBytes: number;
  /** Bytes that may really be written. */
  readonly mostStored: number;
}

export class SparseWriter {
  readonly #fd: number;
  readonly #subject: string;
  readonly #limits: SparseLimits;
  readonly #zeros = Buffer.alloc(BLOCK);
  #size = 0;
  #stored = 0;

  constructor(fd: number, subject: string, limits: SparseLimits) {
    this.#fd = fd;
    this.#subject = subject;
    this.#limits = limits;
  }

  /** Bytes so far, zeros included. */
  get size(): number {
    return this.#size;
  }

  /** Appends `bytes`. Throws InspectError `too-large` where a limit is reached or the disk is full. */
  write(bytes: Uint8Array): void {
    if (this.#size + bytes.length > this.#limits.mostBytes)
      throw new InspectError('too-large', this.#subject, `unpacks to more than ${this.#limits.mostBytes} bytes`);
    // [from, at) holds what is to be written.
    let from = 0;
    let at = 0;
    while (at < bytes.length) {
      const step = Math.min(BLOCK - ((this.#size + at) % BLOCK), bytes.length - at);
      const piece = bytes.subarray(at, at + step);
      if (Buffer.compare(piece, step === BLOCK ? this.#zeros : this.#zeros.subarray(0, step)) === 0) {
        this.#store(bytes.subarray(from, at), this.#size + from);
        from = at + step;
      }
      at += step;
    }
    this.#store(bytes.subarray(from), this.#size + from);
    this.#size += bytes.length;
  }

  /** Gives the file its length. */
  finish(): void {
    ftruncateSync(this.#fd, this.#size);
  }

  #store(bytes: Uint8Array, position: number): void {
    this.#stored += bytes.length;
    if (this.#stored > this.#limits.mostStored)
      throw new InspectError(
        'too-large',
        this.#subject,
        `needs more disk space than the ${this.#limits.mostStored} bytes that can be used here`,
      );
    let done = 0;
    try {
      while (done < bytes.length) done += writeSync(this.#fd, bytes, done, bytes.length - done, position + done);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown cause';
      throw new InspectError(
        'too-large',
        this.#subject,
        `can’t be unpacked: the disk refused ${bytes.length} bytes (${code})`,
      );
    }
  }
}
