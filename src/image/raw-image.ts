// Raw memory images: files that hold bytes from a known address on, given as `FILE@ADDRESS` or in a list of regions. What no region covers is not
// in the image; a binary, where there is one, gives its text and read-only data.
import { dirname, isAbsolute, join } from 'node:path';
import type { ByteSource } from '../bytes/byte-source.js';
import { utf8 } from '../bytes/cursor.js';
import { InspectError } from '../bytes/errors.js';
import { openSource, type UnpackedFiles } from '../bytes/open-source.js';
import type { CachedSource, PageCache } from '../bytes/page-cache.js';
import { readBytes } from '../bytes/read.js';
import { binarySegments, type PlacedBinary } from './binary-image.js';
import type { DataModel } from './memory.js';
import { MemoryReader, type SegmentSpec } from './memory-reader.js';
import type { ProcMapping } from './proc-maps.js';

/** A piece of memory in a file. Without `range` the whole file. */
export interface RawRegion {
  readonly address: number;
  readonly path: string;
  readonly range: { readonly offset: number; readonly length: number } | undefined;
}

const MOST_REGIONS = 65536;
const MOST_LIST_BYTES = 16 * 2 ** 20;
const MOST_FILES = 512;
const NUMBER = /^(0[xX][0-9a-fA-F]+|[0-9]+)$/;

/** A number as it is written on the command line and in lists: `0x…` or decimal, below 2^53. */
export function parseNumber(text: string): number | undefined {
  if (!NUMBER.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** What is said of an address that `parseNumber` does not take. */
function noAddress(text: string): string {
  const quoted = JSON.stringify(text.slice(0, 40));
  return NUMBER.test(text)
    ? `${quoted} is above 2^53, where no process has memory of its own (vsyscall is the kernel’s): leave it out`
    : `${quoted} is not an address`;
}

/**
 * `FILE@ADDRESS` taken apart at the last `@`; undefined where there is no `@`. Throws InspectError `malformed` where what follows is no address, or
 * no file name stands before it. Whether a file of the whole name exists is for the caller to look at first.
 */
export function parseRawArgument(text: string): RawRegion | undefined {
  const at = text.lastIndexOf('@');
  if (at < 0) return undefined;
  const path = text.slice(0, at);
  const address = parseNumber(text.slice(at + 1));
  if (path === '')
    throw new InspectError(
      'malformed',
      text,
      'no file name before the @',
      'write FILE@ADDRESS, as in heap.bin@0xc000000000',
    );
  if (address === undefined) {
    throw new InspectError(
      'malformed',
      text,
      noAddress(text.slice(at + 1)),
      'write FILE@ADDRESS, as in heap.bin@0xc000000000',
    );
  }
  return { address, path, range: undefined };
}

/**
 * A list of regions: a line each, `ADDRESS FILE [OFFSET LENGTH]`; `#` begins a comment, a file name with blanks stands in double quotes, relative names count
 * from the list's own folder. Throws InspectError `malformed` naming the line.
 */
export function readRegionList(listPath: string): readonly RawRegion[] {
  const source = openSource(listPath);
  try {
    if (source.size > MOST_LIST_BYTES)
      throw new InspectError('too-large', listPath, `${source.size} bytes are no list of regions`);
    const lines = utf8(readBytes(source, 0, source.size)).split(/\r?\n/);
    const regions = lines.flatMap((line, i) => parseRegionLine(line, `${listPath}:${i + 1}`, dirname(listPath)));
    if (regions.length === 0)
      throw new InspectError('malformed', listPath, 'lists no region', 'a line is ADDRESS FILE [OFFSET LENGTH]');
    if (regions.length > MOST_REGIONS)
      throw new InspectError(
        'too-large',
        listPath,
        `lists ${regions.length} regions, at most ${MOST_REGIONS} are read`,
      );
    return regions;
  } finally {
    source.close();
  }
}

function parseRegionLine(line: string, where: string, folder: string): RawRegion[] {
  const words = line.match(/"[^"]*"|[^\s#]\S*|#.*$/g)?.filter((word) => !word.startsWith('#')) ?? [];
  const [addressText, quoted, offsetText, lengthText] = words;
  if (addressText === undefined) return [];
  const bad = (why: string) =>
    new InspectError('malformed', where, why, 'a line is ADDRESS FILE [OFFSET LENGTH], numbers as 0x… or decimal');
  if (quoted === undefined || words.length === 3 || words.length > 4)
    throw bad(`${words.length} words, expected 2 or 4`);
  const address = parseNumber(addressText);
  if (address === undefined) throw bad(noAddress(addressText));
  const name = quoted.replace(/^"|"$/g, '');
  if (name === '') throw bad('the file name is empty');
  const path = isAbsolute(name) ? name : join(folder, name);
  if (offsetText === undefined || lengthText === undefined) return [{ address, path, range: undefined }];
  const offset = parseNumber(offsetText);
  const length = parseNumber(lengthText);
  if (offset === undefined || length === undefined || length === 0)
    throw bad('OFFSET and LENGTH must be numbers, LENGTH above 0');
  return [{ address, path, range: { offset, length } }];
}

export interface RawParts {
  readonly regions: readonly RawRegion[];
  readonly unpacked?: UnpackedFiles | undefined;
  /** From the binary's ELF header; the caller's choice where there is no binary. */
  readonly model: DataModel;
  readonly cache: PageCache;
  /** What else was mapped then, where that is known. */
  readonly mappings?: readonly ProcMapping[];
  /** Left out where there is none, or where its place is not known. */
  readonly binary?: PlacedBinary;
}

/** Opens every file and lays the regions out. Throws InspectError for files that cannot be used and `malformed` for regions that overlap. */
export function openRawImage({ regions, unpacked, mappings = [], model, cache, binary }: RawParts): MemoryReader {
  const files = new Map<string, CachedSource>();
  try {
    const placed = regions.flatMap((region) => placeRegion(region, openOnce(region.path, files, cache, unpacked)));
    refuseOverlaps(placed);
    const base = binary === undefined ? [] : binarySegments(binary, 'missing');
    return new MemoryReader([...mappings.map(notTaken), ...base, ...placed], model, cache);
  } catch (error) {
    for (const file of files.values()) file.close();
    throw error;
  }
}

function notTaken({ start, end, flags, path }: ProcMapping): SegmentSpec {
  const detail =
    flags === 0 ? 'reserved, without access' : `not in the image, mapped${path === '' ? '' : ` from ${path}`} then`;
  return { start, end, flags, origin: 'missing', detail, provider: { kind: 'missing' } };
}

function openOnce(
  path: string,
  files: Map<string, CachedSource>,
  cache: PageCache,
  unpacked: UnpackedFiles | undefined,
): CachedSource {
  const present = files.get(path);
  if (present !== undefined) return present;
  if (files.size === MOST_FILES)
    throw new InspectError('too-large', path, `the image has more than ${MOST_FILES} files`);
  const opened: ByteSource = openSource(path, unpacked);
  const cached = cache.attach(opened);
  files.set(path, cached);
  return cached;
}

/** A region that its file does not reach is missing from there on. */
function placeRegion({ address, path, range }: RawRegion, source: CachedSource): SegmentSpec[] {
  const offset = range?.offset ?? 0;
  const length = range?.length ?? source.size;
  const end = address + length;
  if (!Number.isSafeInteger(end))
    throw new InspectError('malformed', path, `its region at 0x${address.toString(16)} ends above 2^53`);
  const present = address + Math.max(0, Math.min(length, source.size - offset));
  const specs: SegmentSpec[] = [];
  if (present > address) {
    specs.push({
      start: address,
      end: present,
      flags: undefined,
      origin: 'raw',
      detail: path,
      provider: { kind: 'bytes', source, offset },
    });
  }
  if (present < end) {
    specs.push({
      start: present,
      end,
      flags: undefined,
      origin: 'missing',
      detail: `${path} ends before`,
      provider: { kind: 'missing' },
    });
  }
  return specs;
}

function refuseOverlaps(specs: readonly SegmentSpec[]): void {
  const sorted = specs.toSorted((a, b) => a.start - b.start);
  for (const [i, spec] of sorted.entries()) {
    const before = sorted[i - 1];
    if (before !== undefined && spec.start < before.end) {
      const why = `its region at 0x${spec.start.toString(16)} overlaps 0x${before.start.toString(16)}–0x${before.end.toString(16)}`;
      throw new InspectError('malformed', nameOf(spec), `${why} (${nameOf(before)})`);
    }
  }
}

function nameOf(spec: SegmentSpec): string {
  return spec.provider.kind === 'bytes' ? spec.provider.source.name : spec.detail;
}
