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
    const table = new Cursor(readBytes(packed, HEADER_BYTES, count * RUN_BYTES), {
      littleEndian: true,
      subject,
      base: HEADER_BYTES,
    });
    let stored = HEADER_BYTES + count * RUN_BYTES;
    let last = 0;
    for (let i = 0; i < count; i++) {
      const start = table.size64(`offset of run ${i}`);
      const length = table.size64(`length of run ${i}`);
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
    for (let i = this.#firstRunEndingAfter(offset); i < this.#starts.length && this.#starts[i]! < end; i++) {
      const from = Math.max(offset, this.#starts[i]!);
      const to = Math.min(end, this.#ends[i]!);
      const part = target.subarray(from - offset, to - offset);
      if (this.#packed.read(this.#stored[i]! + from - this.#starts[i]!, part) < part.length) return from - offset;
    }
    return wanted;
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
