// Bytes that are in memory already, as a ByteSource: inflated sections, test inputs.
import type { ByteSource } from './byte-source.js';

export class BufferSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #bytes: Uint8Array;

  constructor(name: string, bytes: Uint8Array) {
    this.name = name;
    this.size = bytes.length;
    this.#bytes = bytes;
  }

  read(offset: number, target: Uint8Array): number {
    const part = this.#bytes.subarray(offset, offset + target.length);
    target.set(part);
    return part.length;
  }

  close(): void {}
}
