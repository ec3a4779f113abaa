// The packed-sparse container: a file's non-zero runs one after the other, so that a core of gigabytes of zeros is small and opens without unpacking.
//
// Little-endian: 8 bytes `SPNSPRS1`, u64 original size, u32 number of runs N, u32 zero, then N × { u64 offset, u64 length } ascending
// and disjoint, then the runs' bytes in that order. What no run covers reads as zero.
import type { ByteSource } from './byte-source.js';
import { Cursor } from './cursor.js';
import { InspectError } from './errors.js';
import { readBytes } from './read.js';

const MAGIC = 'SPNSPRS1';
const HEADER_BYTES = 24;
const RUN_BYTES = 16;

/** True if the first bytes of a file are a packed-sparse container's. */
export function isSparsePack(head: Uint8Array): boolean {
  return head.length >= MAGIC.length && [...MAGIC].every((char, i) => head[i] === char.charCodeAt(0));
}

export class SparsePackSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #packed: ByteSource;
  readonly #starts: Float64Array;
  readonly #ends: Float64Array;
  /** Where each run's bytes begin in the packed file. */
  readonly #stored: Float64Array;
  #scratch = new Uint8Array(0);

  /** Reads and checks the table of runs. Throws InspectError `malformed` or `truncated`. `packed` is closed with this source. */
  constructor(packed: ByteSource) {
    this.name = packed.name;
    this.#packed = packed;
    const subject = `${packed.name} (packed image)`;
    const header = new Cursor(readBytes(packed, 0, HEADER_BYTES), { littleEndian: true, subject });
    if (!isSparsePack(header.take(MAGIC.length, 'magic')))
      throw new InspectError('unknown-format', subject, `expected the magic ${MAGIC}`);
    this.size = header.size64('original size');
    const count = header.uint32('number of runs');
    if (header.uint32('reserved word') !== 0)
      throw new InspectError('malformed', subject, 'reserved word at offset 20: expected 0');
    if (this.size === 0) throw new InspectError('empty-file', subject, 'holds an empty file');
    if (count > (packed.size - HEADER_BYTES) / RUN_BYTES) {
      throw new InspectError('truncated', subject, `${count} runs do not fit into a file of ${packed.size} bytes`);
    }
    this.#starts = new Float64Array(count);
    this.#ends = new Float64Array(count);
    this.#stored = new Float64Array(count);
    const table = readBytes(packed, HEADER_BYTES, count * RUN_BYTES);
    const words = new DataView(table.buffer, table.byteOffset, table.byteLength);
    const word = (at: number) => words.getUint32(at, true) + words.getUint32(at + 4, true) * 2 ** 32;
    let stored = HEADER_BYTES + count * RUN_BYTES;
    let last = 0;
    for (let i = 0; i < count; i++) {
      const start = word(i * RUN_BYTES);
      const length = word(i * RUN_BYTES + 8);
      if (start < last || length === 0 || start + length > this.size) {
        throw new InspectError(
          'malformed',
          subject,
          `run ${i} [${start}, +${length}) is empty, out of order or outside the ${this.size} bytes of the image`,
        );
      }
      last = start + length;
      this.#starts[i] = start;
      this.#ends[i] = last;
      this.#stored[i] = stored;
      stored += length;
    }
    if (stored !== packed.size) {
      const code = stored > packed.size ? 'truncated' : 'malformed';
      throw new InspectError(code, subject, `the runs add up to a file of ${stored} bytes, it has ${packed.size}`);
    }
  }

  read(offset: number, target: Uint8Array): number {
    const wanted = Math.min(target.length, Math.max(0, this.size - offset));
    const end = offset + wanted;
    target.fill(0, 0, wanted);
    const first = this.#firstRunEndingAfter(offset);
    let last = first;
    while (last < this.#starts.length && this.#starts[last]! < end) last += 1;
    if (last === first) return wanted;
    // The bytes of neighbouring runs stand side by side in the pack: one read, then each to its place.
    const packedStart = this.#packedPosition(first, Math.max(offset, this.#starts[first]!));
    const packedEnd = this.#packedPosition(last - 1, Math.min(end, this.#ends[last - 1]!));
    const bytes = this.#scratchOf(packedEnd - packedStart);
    const got = this.#packed.read(packedStart, bytes);
    for (let i = first; i < last; i += 1) {
      const from = Math.max(offset, this.#starts[i]!);
      const to = Math.min(end, this.#ends[i]!);
      const at = this.#packedPosition(i, from) - packedStart;
      if (at + to - from > got) return from - offset;
      target.set(bytes.subarray(at, at + to - from), from - offset);
    }
    return wanted;
  }

  /** Where in the pack the byte at `offset` of run `run` stands. */
  #packedPosition(run: number, offset: number): number {
    return this.#stored[run]! + offset - this.#starts[run]!;
  }

  #scratchOf(length: number): Uint8Array {
    if (this.#scratch.length < length) this.#scratch = new Uint8Array(length);
    return this.#scratch.subarray(0, length);
  }

  close(): void {
    this.#packed.close();
  }

  #firstRunEndingAfter(offset: number): number {
    let low = 0;
    let high = this.#ends.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ends[middle]! > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
