// Contents of a section: as they stand in the file, or inflated (SHF_COMPRESSED with zlib or zstd, the older `.zdebug_*`). Knows how big
// inflated contents may become before they are refused.
import { inflateSync, constants as zlib } from 'node:zlib';
import { decompress } from 'fzstd';
import type { ByteSource } from '../bytes/byte-source.js';
import { Cursor } from '../bytes/cursor.js';
import { InspectError } from '../bytes/errors.js';
import { readBytes } from '../bytes/read.js';
import { ELFCOMPRESS, SHF, SHT } from './constants.js';
import type { ElfHeader, SectionHeader } from './types.js';

/** What is asked of an ElfFile. */
export interface SectionOwner {
  readonly name: string;
  readonly source: ByteSource;
  readonly header: ElfHeader;
}

export interface SectionLimits {
  /** Most bytes that compressed contents may inflate to; 256 MiB unless told. */
  readonly inflatedBytes?: number;
}

const DEFAULT_INFLATED_BYTES = 256 * 2 ** 20;
/** No zlib stream is denser than this. */
const ZLIB_DENSITY = 1040;

export type SectionStorage =
  | { readonly kind: 'none' }
  | { readonly kind: 'plain'; readonly offset: number; readonly size: number }
  | { readonly kind: 'zlib' | 'zstd'; readonly offset: number; readonly storedBytes: number; readonly size: number };

/** How a section's contents are stored and how big they are uncompressed; reads the compression header only. */
export function sectionStorage(elf: SectionOwner, section: SectionHeader): SectionStorage {
  if (section.type === SHT.NOBITS || !section.exact) return { kind: 'none' };
  if ((section.flags & SHF.COMPRESSED) !== 0) return compressedStorage(elf, section);
  if (section.name.startsWith('.zdebug_')) {
    const storage = zdebugStorage(elf, section);
    if (storage !== undefined) return storage;
  }
  return {
    kind: 'plain',
    offset: section.offset,
    size: Math.max(0, Math.min(section.size, elf.source.size - section.offset)),
  };
}

/** Elf64_Chdr: type, reserved (64-bit only), size, alignment. */
function compressedStorage(elf: SectionOwner, section: SectionHeader): SectionStorage {
  const headerBytes = elf.header.bits === 64 ? 24 : 12;
  const cursor = new Cursor(readBytes(elf.source, section.offset, Math.min(headerBytes, section.size)), {
    littleEndian: elf.header.littleEndian,
    subject: subjectOf(elf, section),
    base: section.offset,
  });
  const type = cursor.uint32('compression type');
  if (elf.header.bits === 64) cursor.uint32('reserved word');
  const size = elf.header.bits === 64 ? cursor.size64('uncompressed size') : cursor.uint32('uncompressed size');
  if (type !== ELFCOMPRESS.ZLIB && type !== ELFCOMPRESS.ZSTD) {
    throw new InspectError(
      'unsupported',
      subjectOf(elf, section),
      `compression type ${type}: expected 1 (zlib) or 2 (zstd)`,
    );
  }
  const kind = type === ELFCOMPRESS.ZLIB ? 'zlib' : 'zstd';
  return { kind, offset: section.offset + headerBytes, storedBytes: Math.max(0, section.size - headerBytes), size };
}

/** `ZLIB`, then the uncompressed size as 8 bytes big-endian whatever the file's byte order; else the section is plain in spite of its name. */
function zdebugStorage(elf: SectionOwner, section: SectionHeader): SectionStorage | undefined {
  const head = readBytes(elf.source, section.offset, Math.min(12, section.size));
  if (head.length < 12 || head[0] !== 0x5a || head[1] !== 0x4c || head[2] !== 0x49 || head[3] !== 0x42)
    return undefined;
  const size = new Cursor(head.subarray(4), {
    littleEndian: false,
    subject: subjectOf(elf, section),
    base: section.offset + 4,
  }).size64('uncompressed size');
  return { kind: 'zlib', offset: section.offset + 12, storedBytes: section.size - 12, size };
}

/** The whole section, uncompressed. See ElfFile.sectionBytes for the errors. */
export function readSectionBytes(elf: SectionOwner, section: SectionHeader, limits: SectionLimits = {}): Uint8Array {
  const storage = sectionStorage(elf, section);
  switch (storage.kind) {
    case 'none':
      return new Uint8Array(0);
    case 'plain':
      return readBytes(elf.source, storage.offset, storage.size);
    case 'zlib':
    case 'zstd':
      return inflate(elf, section, storage, limits.inflatedBytes ?? DEFAULT_INFLATED_BYTES);
  }
}

function inflate(
  elf: SectionOwner,
  section: SectionHeader,
  storage: SectionStorage & { kind: 'zlib' | 'zstd' },
  limit: number,
): Uint8Array {
  const { kind, size } = storage;
  const subject = subjectOf(elf, section);
  if (size > limit)
    throw new InspectError('too-large', subject, `would inflate to ${size} bytes, the limit is ${limit}`);
  const stored = readBytes(elf.source, storage.offset, storage.storedBytes);
  if (kind === 'zlib' && size > stored.length * ZLIB_DENSITY + 1024) {
    throw new InspectError('malformed', subject, `${stored.length} compressed bytes cannot hold ${size}`);
  }
  if (size === 0) return new Uint8Array(0);
  try {
    // One output buffer of the final size: zlib's default would collect chunks and join them, which doubles the peak. SYNC_FLUSH
    // makes a cut stream give what it holds.
    if (kind === 'zlib')
      return inflateSync(stored, { chunkSize: size + 64, maxOutputLength: size, finishFlush: zlib.Z_SYNC_FLUSH });
    return decompress(stored, new Uint8Array(size));
  } catch (error) {
    throw new InspectError(
      'malformed',
      subject,
      `${kind} data cannot be inflated to ${size} bytes (${error instanceof Error ? error.message : 'unknown cause'})`,
    );
  }
}

function subjectOf(elf: SectionOwner, section: SectionHeader): string {
  return `${elf.name} section ${section.name === '' ? section.index : section.name}`;
}
