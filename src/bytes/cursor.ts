// A checked reader over bytes: every read tests its bounds, and every error names the thing that was read, where, and what was expected.
// Knows byte order and pointer size as arguments; knows nothing of any format. For headers and notes, not for loops over spans.
import { InspectError } from './errors.js';

export interface CursorOptions {
  readonly littleEndian: boolean;
  /** Size of what `word` reads; 8 where it does not matter. */
  readonly pointerSize?: 4 | 8;
  /** What the bytes are, for messages: `core.1234 note NT_FILE`. */
  readonly subject: string;
  /** Where the first byte stands in the file, for messages. */
  readonly base?: number;
}

export class Cursor {
  readonly bytes: Uint8Array;
  readonly pointerSize: 4 | 8;
  readonly littleEndian: boolean;
  readonly #view: DataView;
  readonly #subject: string;
  readonly #base: number;
  #position = 0;

  constructor(bytes: Uint8Array, options: CursorOptions) {
    this.bytes = bytes;
    this.littleEndian = options.littleEndian;
    this.pointerSize = options.pointerSize ?? 8;
    this.#subject = options.subject;
    this.#base = options.base ?? 0;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get position(): number {
    return this.#position;
  }

  get remaining(): number {
    return this.bytes.length - this.#position;
  }

  /** Moves to `position`, which may be the end. */
  seek(position: number, what: string): void {
    if (!Number.isInteger(position) || position < 0 || position > this.bytes.length) {
      throw this.malformed(what, `a position within ${this.bytes.length} bytes, not ${position}`);
    }
    this.#position = position;
  }

  skip(length: number, what: string): void {
    this.#take(length, what);
  }

  /** Moves up to the next multiple of `alignment` (counted from the first byte), at most to the end. */
  align(alignment: number): void {
    this.#position = Math.min(this.bytes.length, Math.ceil(this.#position / alignment) * alignment);
  }

  uint8(what: string): number {
    return this.#view.getUint8(this.#take(1, what));
  }

  uint16(what: string): number {
    return this.#view.getUint16(this.#take(2, what), this.littleEndian);
  }

  uint32(what: string): number {
    return this.#view.getUint32(this.#take(4, what), this.littleEndian);
  }

  int32(what: string): number {
    return this.#view.getInt32(this.#take(4, what), this.littleEndian);
  }

  uint64(what: string): bigint {
    return this.#view.getBigUint64(this.#take(8, what), this.littleEndian);
  }

  /** An unsigned 64-bit count or offset; `malformed` above 2^53 - 1. */
  size64(what: string): number {
    const value = this.uint64(what);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.malformed(what, `a number below 2^53, not ${value}`);
    return Number(value);
  }

  /** A pointer-sized unsigned integer that may be anything. */
  word(what: string): bigint {
    return this.pointerSize === 8 ? this.uint64(what) : BigInt(this.uint32(what));
  }

  /** A LEB128-style unsigned varint as Go's encoding/binary writes it; `malformed` above 2^53 - 1. */
  uvarint(what: string): number {
    let value = 0;
    for (let shift = 0; shift < 53; shift += 7) {
      const byte = this.uint8(what);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        if (!Number.isSafeInteger(value)) break;
        return value;
      }
    }
    throw this.malformed(what, 'a varint below 2^53');
  }

  /** A view of the next `length` bytes. */
  take(length: number, what: string): Uint8Array {
    const start = this.#take(length, what);
    return this.bytes.subarray(start, start + length);
  }

  /** Text up to a NUL, which is consumed; UTF-8. */
  cString(what: string): string {
    const end = this.bytes.indexOf(0, this.#position);
    if (end < 0) throw this.truncated(what, `a NUL within the remaining ${this.remaining} bytes`);
    const text = utf8(this.bytes.subarray(this.#position, end));
    this.#position = end + 1;
    return text;
  }

  /** An error about what stands at the present position. */
  malformed(what: string, expected: string): InspectError {
    return new InspectError(
      'malformed',
      this.#subject,
      `${what} at offset ${this.#base + this.#position}: expected ${expected}`,
    );
  }

  truncated(what: string, expected: string): InspectError {
    return new InspectError(
      'truncated',
      this.#subject,
      `${what} at offset ${this.#base + this.#position}: expected ${expected}`,
    );
  }

  #take(length: number, what: string): number {
    const start = this.#position;
    if (!(length >= 0) || length > this.bytes.length - start) {
      throw this.truncated(what, `${length} bytes, ${this.bytes.length - start} are left`);
    }
    this.#position = start + length;
    return start;
  }
}

const decoder = new TextDecoder('utf-8');

/** Bytes as text; what is no UTF-8 becomes U+FFFD. */
export function utf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
