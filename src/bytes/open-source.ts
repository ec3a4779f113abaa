// Opens a path as bytes, seeing by content what is wrapped around them: nothing, or a packed-sparse container.
import type { ByteSource } from './byte-source.js';
import { InspectError } from './errors.js';
import { FileSource } from './file-source.js';
import { readBytes } from './read.js';
import { isSparsePack, SparsePackSource } from './sparse-pack.js';

const COMPRESSIONS: readonly { readonly name: string; readonly unpack: string; readonly magic: readonly number[] }[] = [
  { name: 'gzip', unpack: 'gzip -dk', magic: [0x1f, 0x8b] },
  { name: 'zstd', unpack: 'zstd -d', magic: [0x28, 0xb5, 0x2f, 0xfd] },
  { name: 'xz', unpack: 'xz -dk', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] },
  { name: 'lz4', unpack: 'lz4 -d', magic: [0x04, 0x22, 0x4d, 0x18] },
];

/** The bytes of the file at `path`. Throws InspectError: what FileSource.open throws, what a damaged container gives, `unsupported` for compressed files. */
export function openSource(path: string): ByteSource {
  const file = FileSource.open(path);
  try {
    const head = readBytes(file, 0, 8);
    if (isSparsePack(head)) return new SparsePackSource(file);
    const compression = COMPRESSIONS.find(({ magic }) => magic.every((byte, i) => head[i] === byte));
    if (compression !== undefined) {
      throw new InspectError(
        'unsupported',
        path,
        `is compressed with ${compression.name}`,
        `unpack it first: ${compression.unpack} ${path}`,
      );
    }
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}
