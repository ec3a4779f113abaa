// Damages a file in place and mends it again: bytes overwritten at a place, or the end cut off. Knows nothing of what the bytes mean.
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';

/** Bytes behind a cut that can be put back. */
const mostCut = 2 ** 21;

export class DamagedFile {
  readonly path: string;
  readonly size: number;
  readonly #fd: number;
  readonly #undo: (() => void)[] = [];

  constructor(path: string) {
    this.path = path;
    this.#fd = openSync(path, 'r+');
    this.size = fstatSync(this.#fd).size;
  }

  read(offset: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(this.#fd, bytes, 0, length, offset));
  }

  /** What lies behind the file's end is left out. */
  overwrite(offset: number, bytes: Uint8Array): void {
    const before = this.read(offset, bytes.length);
    if (before.length === 0) return;
    this.#undo.push(() => writeSync(this.#fd, before, 0, before.length, offset));
    writeSync(this.#fd, bytes, 0, before.length, offset);
  }

  /** Ends the file at `size`, or as near to it as can be undone. */
  cut(size: number): void {
    const at = Math.max(size, this.size - mostCut, 0);
    const tail = this.read(at, this.size - at);
    this.#undo.push(() => writeSync(this.#fd, tail, 0, tail.length, at));
    ftruncateSync(this.#fd, at);
  }

  mend(): void {
    for (const undo of this.#undo.splice(0).reverse()) undo();
  }

  close(): void {
    closeSync(this.#fd);
  }
}
