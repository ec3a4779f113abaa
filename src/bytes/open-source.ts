// Opens a path as bytes, seeing by content what is wrapped around them: nothing, or a packed-sparse container. Compressed files must have been unpacked before
// (unpack-cache.ts): reading is random access.
import type { ByteSource } from './byte-source.js';
import { type Compression, compressionOf, MAGIC_BYTES, unpackCommand } from './compression.js';
import { InspectError } from './errors.js';
import { FileSource } from './file-source.js';
import { readBytes } from './read.js';
import { isSparsePack, SparsePackSource } from './sparse-pack.js';

/** Where compressed files stand unpacked, by the path under which they are opened. */
export type UnpackedFiles = Readonly<Record<string, string>>;

/** How the file at `path` is compressed; undefined where it is not, or can't be read. */
export function compressionOfFile(path: string): Compression | undefined {
  try {
    const source = FileSource.open(path);
    try {
      return compressionOf(readBytes(source, 0, MAGIC_BYTES));
    } finally {
      source.close();
    }
  } catch (error) {
    if (error instanceof InspectError) return undefined;
    throw error;
  }
}

/**
 * The bytes of the file at `path`, or of what it was unpacked to. Throws InspectError: what FileSource.open throws, what a damaged container gives, `unsupported` for
 * compressed files.
 */
export function openSource(path: string, unpacked: UnpackedFiles = {}): ByteSource {
  const file = FileSource.open(Object.hasOwn(unpacked, path) ? unpacked[path]! : path, path);
  try {
    const head = readBytes(file, 0, 8);
    if (isSparsePack(head)) return new SparsePackSource(file);
    const compression = compressionOf(head);
    if (compression === undefined) return file;
    const hint = `unpack it first: ${unpackCommand(compression, path)}`;
    throw new InspectError('unsupported', path, `is compressed with ${compression}`, hint);
  } catch (error) {
    file.close();
    throw error;
  }
}
