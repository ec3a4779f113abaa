// Which compression is around a file, told by its first bytes. Knows nothing of how it is undone.

export type Compression = 'gzip' | 'zstd' | 'xz' | 'lz4';

const MAGICS: readonly (readonly [Compression, ...number[]])[] = [
  ['gzip', 0x1f, 0x8b, 0x08],
  ['zstd', 0x28, 0xb5, 0x2f, 0xfd],
  ['xz', 0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
  ['lz4', 0x04, 0x22, 0x4d, 0x18],
];
/** Bytes that `compressionOf` looks at. */
export const MAGIC_BYTES = 6;

export function compressionOf(head: Uint8Array): Compression | undefined {
  return MAGICS.find(([, ...magic]) => magic.every((byte, i) => head[i] === byte))?.[0];
}

const TOOLS: Readonly<Record<Compression, string>> = { gzip: 'gzip -dk', zstd: 'zstd -d', xz: 'xz -dk', lz4: 'lz4 -d' };

/** What a person types to unpack it. */
export function unpackCommand(compression: Compression, path: string): string {
  return `${TOOLS[compression]} ${path}`;
}
