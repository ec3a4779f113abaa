// Compressed bytes read from front to back, with the end of the file as an error. Shared by the decoders; knows no format.
import type { ByteSource } from './byte-source.js';
import { InspectError } from './errors.js';
import { readBytes } from './read.js';

const CHUNK = 2 ** 18;

export class CompressedInput {
  readonly #source: ByteSource;
  readonly #onRead: (done: number) => void;
  #window: Uint8Array<ArrayBufferLike> = new Uint8Array(0);
  /** Offset in the file of the window's first byte, and how much of the window is used up. */
  #base = 0;
  #at = 0;

  /** `onRead` hears how many bytes of the file are behind it; it may throw to stop. */
  constructor(source: ByteSource, onRead: (done: number) => void) {
    this.#source = source;
    this.#onRead = onRead;
  }

  get position(): number {
    return this.#base + this.#at;
  }

  get atEnd(): boolean {
    return this.position >= this.#source.size;
  }

  /** The next bytes, at most 256 KiB: none at the end. A view that holds until the next call. */
  chunk(): Uint8Array {
    const got = this.#window.subarray(this.#at);
    if (got.length > 0) {
      this.#at = this.#window.length;
      return got;
    }
    this.#fill(CHUNK);
    this.#at = this.#window.length;
    return this.#window;
  }

  /** Exactly `length` bytes. A view that holds until the next call. Throws InspectError `truncated` where the file ends before. */
  take(length: number): Uint8Array {
    if (this.#at + length > this.#window.length) this.#fill(Math.max(length, CHUNK));
    const got = this.#window.subarray(this.#at, this.#at + length);
    if (got.length < length) throw this.#truncated(length);
    this.#at += length;
    return got;
  }

  uint32(): number {
    const bytes = this.take(4);
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  }

  skip(length: number): void {
    if (this.position + length > this.#source.size) throw this.#truncated(length);
    this.#base = this.position + length;
    this.#at = 0;
    this.#window = new Uint8Array(0);
  }

  malformed(why: string): InspectError {
    return new InspectError('malformed', this.#source.name, `${why} at offset ${this.position}`);
  }

  #truncated(length: number): InspectError {
    return new InspectError(
      'truncated',
      this.#source.name,
      `ends at ${this.#source.size}: expected ${length} bytes at offset ${this.position}`,
    );
  }

  #fill(length: number): void {
    this.#base = this.position;
    this.#at = 0;
    this.#window = readBytes(this.#source, this.#base, length);
    this.#onRead(Math.min(this.#source.size, this.#base + this.#window.length));
  }
}
