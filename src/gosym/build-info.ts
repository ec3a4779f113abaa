// `.go.buildinfo`: the Go version and module information that the linker leaves at the beginning of the writable data (Go 1.13+), read from a binary's file or
// out of an image's memory. Knows both formats (cmd/link/internal/ld/data.go, debug/buildinfo): up to 1.17 pointers to string headers, since
// 1.18 the strings themselves.
import { Cursor, utf8 } from '../bytes/cursor.js';
import { InspectError } from '../bytes/errors.js';
import { PF, PT } from '../elf/constants.js';
import type { ElfFile } from '../elf/elf-file.js';
import { relativeAddendAt } from '../elf/relocations.js';
import type { Memory } from '../image/memory.js';
import type { AddressRange } from '../image/scan-words.js';
import { type GoVersionText, parseGoVersion } from './go-version.js';

export interface GoBuildInfo extends GoVersionText {
  /** The version string as it stands. */
  readonly versionText: string;
  /** `path`, `mod`, `dep` and `build` lines as `go version -m` shows them; empty where there are none. */
  readonly modinfo: string;
  /** Where the header stands: a link-time address for a binary, an address of the image for memory. */
  readonly address: number;
}

/** What both a file and a memory can do: the bytes at an address, fewer or none where there are none. */
interface AddressedBytes {
  readonly subject: string;
  bytesAt(address: number, length: number): Uint8Array;
  /** A pointer-sized word that is zero in a PIE's file stands for what the loader would store. */
  relocatedWordAt(address: number): number | undefined;
}

/** `\xff Go buildinf:` */
const MAGIC = Uint8Array.of(0xff, 0x20, ...new TextEncoder().encode('Go buildinf:'));
const HEADER_BYTES = 32;
const ALIGNMENT = 16;
/** The linker puts the header first; what stands before it in an externally linked binary is small. */
const SCAN_BYTES = 2 * 2 ** 20;
const SCAN_CHUNK = 65536;
/** A version is a line, module information some lines per dependency. */
const MOST_VERSION_BYTES = 1024;
const MOST_MODINFO_BYTES = 4 * 2 ** 20;
/** Random bytes at both ends of the module information (runtime/debug, cmd/go/internal/modload). */
const SENTINEL_BYTES = 16;
const NOTHING = new Uint8Array(0);

/** Build info from a binary's file: by its section, else at the beginning of its writable segments. Undefined where there is none that makes sense. */
export function readBuildInfo(elf: ElfFile): GoBuildInfo | undefined {
  const bytes: AddressedBytes = {
    subject: elf.name,
    bytesAt: (address, length) => elf.bytesAt(address, length),
    relocatedWordAt: (address) => relativeAddendAt(elf, address),
  };
  const section = elf.section('.go.buildinfo');
  const inSection = section && decodeAt(bytes, section.addr);
  if (inSection !== undefined && inSection !== 'elsewhere') return inSection;
  for (const { type, flags, vaddr, filesz, exact } of elf.programHeaders) {
    if (type !== PT.LOAD || (flags & PF.W) === 0 || !exact) continue;
    const found = scan(bytes, vaddr, vaddr + filesz);
    if (found !== undefined) return found === 'elsewhere' ? undefined : found;
  }
  return undefined;
}

/** Segments of an image are many and large; the program's own data is among the first behind its text. */
const MOST_SCANNED_BYTES = 32 * 2 ** 20;

/**
 * Build info out of an image's memory: at the beginning of the program's writable data (`data`); where that is not known, of all writable segments, and in raw images, which do not say, of all. Undefined
 * also where the header is of a release up to 1.17 and the text that it points to is not in the image.
 */
export function findBuildInfo(memory: Memory, data?: readonly AddressRange[]): GoBuildInfo | undefined {
  const candidates =
    data ??
    memory.segments.filter(
      ({ origin, flags }) => origin !== 'missing' && origin !== 'zero' && (flags === undefined || (flags & PF.W) !== 0),
    );
  const found = scanRanges(memory, candidates);
  return found === 'elsewhere' ? undefined : found;
}

/** Whether build info stands at the beginning of one of `ranges`, also where what it says is not in the image. */
export const hasBuildInfo = (memory: Memory, ranges: readonly AddressRange[]): boolean =>
  scanRanges(memory, ranges) !== undefined;

function scanRanges(memory: Memory, ranges: readonly AddressRange[]): GoBuildInfo | 'elsewhere' | undefined {
  const bytes: AddressedBytes = {
    subject: 'the image',
    bytesAt: (address, length) => memory.bytes(address, length).bytes,
    relocatedWordAt: () => undefined,
  };
  let left = MOST_SCANNED_BYTES;
  for (const { start, end } of ranges) {
    const found = scan(bytes, start, Math.min(end, start + left));
    if (found !== undefined) return found;
    left -= Math.min(SCAN_BYTES, end - start);
    if (left <= 0) return undefined;
  }
  return undefined;
}

function scan(bytes: AddressedBytes, start: number, end: number): GoBuildInfo | 'elsewhere' | undefined {
  const first = Math.ceil(start / ALIGNMENT) * ALIGNMENT;
  const last = Math.min(end, first + SCAN_BYTES);
  for (let at = first; at < last; at += SCAN_CHUNK) {
    // Aligned, so that it never lies across the border of two chunks.
    const chunk = asBuffer(bytes.bytesAt(at, Math.min(SCAN_CHUNK, last - at)));
    for (let i = chunk.indexOf(MAGIC); i >= 0; i = chunk.indexOf(MAGIC, i + 1)) {
      const found = i % ALIGNMENT === 0 ? decodeAt(bytes, at + i) : undefined;
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

const asBuffer = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function isMagic(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < MAGIC.length; i++) if (bytes[at + i] !== MAGIC[i]) return false;
  return true;
}

/** The build info whose header stands at `address`; undefined if it is none, or damaged; `elsewhere` if its pointers lead to bytes that are not here. */
function decodeAt(bytes: AddressedBytes, address: number): GoBuildInfo | 'elsewhere' | undefined {
  const header = bytes.bytesAt(address, HEADER_BYTES);
  if (header.length < HEADER_BYTES || !isMagic(header, 0)) return undefined;
  const pointerSize = header[14]!;
  const flags = header[15]!;
  const texts =
    (flags & 2) !== 0 ? inlineStrings(bytes, address) : pointedStrings(bytes, address, pointerSize, (flags & 1) === 0);
  if (texts === 'elsewhere') return texts;
  const version = texts && parseGoVersion(texts.version);
  if (texts === undefined || version === undefined) return undefined;
  return { ...version, versionText: texts.version, modinfo: withoutSentinels(texts.modinfo), address };
}

interface Texts {
  readonly version: string;
  readonly modinfo: Uint8Array;
}

/** Since 1.18: two strings behind the header, each with its length as a varint before it. */
function inlineStrings(bytes: AddressedBytes, address: number): Texts | undefined {
  const start = address + HEADER_BYTES;
  try {
    const head = new Cursor(bytes.bytesAt(start, MOST_VERSION_BYTES), { littleEndian: true, subject: bytes.subject });
    const version = utf8(head.take(head.uvarint('length of the version'), 'version'));
    const length = head.remaining === 0 ? 0 : head.uvarint('length of the module information');
    return { version, modinfo: length > MOST_MODINFO_BYTES ? NOTHING : bytes.bytesAt(start + head.position, length) };
  } catch (error) {
    if (error instanceof InspectError && error.code !== 'read-failed') return undefined;
    throw error;
  }
}

/** Up to 1.17: addresses of the string headers of runtime.buildVersion and runtime.modinfo at +16 and one word further. */
function pointedStrings(
  bytes: AddressedBytes,
  address: number,
  pointerSize: number,
  littleEndian: boolean,
): Texts | 'elsewhere' | undefined {
  if (pointerSize !== 4 && pointerSize !== 8) return undefined;
  const wordAt = (at: number): number | undefined => {
    const word = bytes.bytesAt(at, pointerSize);
    if (word.length < pointerSize) return undefined;
    const value = Number(new Cursor(word, { littleEndian, pointerSize, subject: bytes.subject }).word('address'));
    return value === 0 ? bytes.relocatedWordAt(at) : value;
  };
  const stringAt = (pointerAddress: number, most: number): Uint8Array | 'elsewhere' | undefined => {
    const header = wordAt(pointerAddress);
    const data = header === undefined ? undefined : wordAt(header);
    const length = header === undefined ? undefined : wordAt(header + pointerSize);
    if (data === undefined || length === undefined || length > most) return undefined;
    const text = bytes.bytesAt(data, length);
    return text.length === length ? text : 'elsewhere';
  };
  const version = stringAt(address + 16, MOST_VERSION_BYTES);
  const modinfo = stringAt(address + 16 + pointerSize, MOST_MODINFO_BYTES);
  if (version === undefined || version === 'elsewhere') return version;
  return { version: utf8(version), modinfo: modinfo === undefined || modinfo === 'elsewhere' ? NOTHING : modinfo };
}

/** 16 random bytes stand at both ends, and the text between ends in a line feed. */
function withoutSentinels(modinfo: Uint8Array): string {
  const isWrapped = modinfo.length > 2 * SENTINEL_BYTES && modinfo[modinfo.length - SENTINEL_BYTES - 1] === 0x0a;
  return isWrapped ? utf8(modinfo.subarray(SENTINEL_BYTES, modinfo.length - SENTINEL_BYTES)) : '';
}
