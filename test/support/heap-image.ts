// Memory for tests, put together from pieces: fields go in through a layout, holes are cut out of it. Knows layouts and byte order, nothing of heaps.
import { BufferSource } from '../../src/bytes/buffer-source.js';
import { PageCache } from '../../src/bytes/page-cache.js';
import { MemoryReader, type SegmentSpec } from '../../src/image/memory-reader.js';
import { scalarField } from '../../src/layout/resolve.js';
import type { Layout } from '../../src/layout/types.js';

export type Integer = number | bigint;

/** Pieces of zeroed memory, written through a layout; each is a segment of the memory that comes out. */
export class HeapImage {
  readonly layout: Layout;
  readonly littleEndian: boolean;
  readonly #pieces: { readonly start: number; readonly bytes: Uint8Array }[] = [];
  readonly #holes: { readonly start: number; readonly end: number }[] = [];
  readonly #ends = new Map<number, number>();

  constructor(layout: Layout, littleEndian: boolean) {
    this.layout = layout;
    this.littleEndian = littleEndian;
  }

  /** New zeroed memory behind what was last taken from that base. */
  take(base: number, size: number): number {
    const start = this.#ends.get(base) ?? base;
    this.#ends.set(base, Math.ceil((start + size) / 64) * 64);
    return this.place(start, size);
  }

  place(start: number, size: number): number {
    this.#pieces.push({ start, bytes: new Uint8Array(size) });
    return start;
  }

  hole(start: number, end: number): void {
    this.#holes.push({ start, end });
  }

  /** The bytes of one field can't be read. */
  holeAt(struct: string, path: string, address: number): void {
    const field = scalarField(this.layout, struct, path);
    if (field === undefined) throw new Error(`${struct} has no field ${path}`);
    this.hole(address + field.offset, address + field.offset + field.size);
  }

  /** Little-endian or big-endian, as the image is; negative numbers as two's complement. */
  write(address: number, size: number, value: Integer): void {
    const piece = this.#pieces.findLast(
      ({ start, bytes }) => address >= start && address + size <= start + bytes.length,
    );
    if (piece === undefined) throw new Error(`nothing was taken at 0x${address.toString(16)}`);
    const view = new DataView(piece.bytes.buffer);
    let rest = BigInt.asUintN(size * 8, BigInt(value));
    for (let i = 0; i < size; i += 1) {
      view.setUint8(address - piece.start + (this.littleEndian ? i : size - 1 - i), Number(rest & 0xffn));
      rest >>= 8n;
    }
  }

  word(address: number, value: Integer): void {
    this.write(address, this.layout.pointerSize, value);
  }

  /** Sets a field, also inside an atomic; releases that do not have it are passed over. */
  set(struct: string, path: string, address: number, value: Integer): void {
    const field = scalarField(this.layout, struct, path);
    if (field !== undefined) this.write(address + field.offset, field.size, value);
  }

  setAll(struct: string, address: number, fields: Readonly<Record<string, Integer>>): void {
    for (const [path, value] of Object.entries(fields)) {
      if (scalarField(this.layout, struct, path) === undefined) throw new Error(`${struct} has no field ${path}`);
      this.set(struct, path, address, value);
    }
  }

  slice(address: number, array: Integer, length: Integer, capacity: Integer): void {
    const { pointerSize } = this.layout;
    this.word(address, array);
    this.word(address + pointerSize, length);
    this.word(address + 2 * pointerSize, capacity);
  }

  memory(): MemoryReader {
    const cache = new PageCache();
    const bytes = new Uint8Array(Buffer.concat(this.#pieces.map((piece) => piece.bytes)));
    const source = cache.attach(new BufferSource('heap', bytes));
    let offset = 0;
    const specs: SegmentSpec[] = [];
    for (const { start, bytes: own } of this.#pieces) {
      specs.push({
        start,
        end: start + own.length,
        flags: 6,
        origin: 'core',
        detail: 'heap',
        provider: { kind: 'bytes', source, offset },
      });
      offset += own.length;
    }
    for (const { start, end } of this.#holes)
      specs.push({ start, end, flags: 6, origin: 'missing', detail: 'not dumped', provider: { kind: 'missing' } });
    const { pointerSize } = this.layout;
    return new MemoryReader(specs, { pointerSize, littleEndian: this.littleEndian }, cache);
  }
}
