// Tables of equal entries (program headers, section headers): how many of those that the header promises are in the file.
import type { ByteSource } from '../bytes/byte-source.js';
import { readBytes } from '../bytes/read.js';
import type { Problems } from './problems.js';

/** More entries than any real file has; what is beyond is not read. 2^20 program headers are a core of 2^20 mappings. */
const MOST_ENTRIES = 2 ** 20;

export interface TableShape {
  readonly what: string;
  readonly offset: number;
  readonly count: number;
  readonly stride: number;
  readonly entryBytes: number;
}

/** The whole entries of a table that are in the file, each cut to `entryBytes`; what is missing becomes a problem. */
export function readTable(source: ByteSource, shape: TableShape, problems: Problems): Uint8Array[] {
  const { what, offset, count, stride, entryBytes } = shape;
  if (offset === 0 || count === 0) return [];
  if (stride < entryBytes) {
    problems.add(`${what}: entries of ${stride} bytes, expected at least ${entryBytes}`);
    return [];
  }
  const inFile = Math.max(0, Math.floor((source.size - offset - entryBytes) / stride) + 1);
  const readable = Math.min(count, inFile, MOST_ENTRIES);
  if (readable < count) problems.add(`${what}: ${count} promised at offset ${offset}, ${readable} are readable`);
  if (readable === 0) return [];
  const entries: Uint8Array[] = [];
  // Entries far apart are read one by one: what lies between them may be gigabytes.
  const atOnce = stride > 4 * entryBytes ? 1 : readable;
  for (let first = 0; first < readable; first += atOnce) {
    const bytes = readBytes(source, offset + first * stride, (atOnce - 1) * stride + entryBytes);
    for (let at = 0; at + entryBytes <= bytes.length; at += stride) entries.push(bytes.subarray(at, at + entryBytes));
  }
  return entries;
}
