// Whether a file without section headers, notes and build info is a Go program all the same: by the header of its function table, or where that was overwritten by what can't be without the program dying
// of it: pairs of (entry, offset of the record) that both ascend, or nearly so, thousands in a row, and at each offset a record that begins with the same entry (cmd/link/internal/ld/pcln.go;
// runtime/symtab.go, functab, _func). Of the pairs a few bytes in each 2 KiB are looked at, so that a large file costs little more than being read; and less where its table is as long as a large program's.
import { PT } from '../elf/constants.js';
import type { ElfFile } from '../elf/elf-file.js';
import { headersIn } from './find-pclntab.js';

/** Bytes of the file that are searched, and how many at a time. */
const mostBytes = 2 ** 28;
const pieceBytes = 2 ** 20;
/** A table is longer than this by far: the smallest program has more than a thousand functions. */
const probeEvery = 2048;
const probedPairs = 32;
const leastPairs = 500;
/** From so many bytes on a segment is looked at in so many places of so many bytes before it is gone through. */
const largeSegment = 2 ** 22;
const looksInLarge = 128;
const lookBytes = 16 * (probedPairs + 2);
/** Tables that looked regular and were none; more are not tried. */
const mostTried = 64;
/** Pairs that are walked over, in all, to find where tables begin and end. */
const mostPairs = 2 ** 22;
const sampledRecords = 16;
/** Records have 40 bytes and a few words more for each kind of data. */
const mostRecordBytes = 65536;
/** Magic, two zeros, minLC, pointer size, and the number of functions: what stands before the table up to 1.15. */
const prefixBytes = 8;

/** Whether a function table stands in what the program maps. */
export function hasFunctionTable(elf: ElfFile): boolean {
  const { littleEndian, pointerSize } = elf;
  const pairBytes = pointerSize === 8 ? [8, 16] : [8];
  const tried: Extent[] = [];
  let pairsLeft = mostPairs;
  let left = mostBytes;
  for (const { start, length } of windows(elf)) {
    if (left <= 0) return false;
    const bytes = elf.bytesAt(start, length);
    // What was asked for, not what there was: a segment may claim any size.
    left -= length;
    if (!headersIn(bytes, littleEndian, pointerSize).next().done) return true;
    if (tried.length === mostTried || pairsLeft <= 0) continue;
    for (const offset of regularPlaces(elf, bytes, pairBytes)) {
      const place = start + offset.at;
      // Shifted by half a pair a table is regular too.
      const known = (one: Extent) =>
        one.pairBytes === offset.pairBytes &&
        one.start <= place &&
        place < one.end &&
        (place - one.start) % one.pairBytes === 0;
      if (tried.some(known)) continue;
      const table = extent(elf, place, offset.pairBytes, pairsLeft);
      pairsLeft -= (table.end - table.start) / offset.pairBytes;
      tried.push(table);
      if (isTable(elf, table)) return true;
      if (tried.length === mostTried || pairsLeft <= 0) break;
    }
  }
  return false;
}

/** What is looked at: first little at even distances in each large segment, since a large program has a long table; then everything. */
function* windows(elf: ElfFile): Generator<{ start: number; length: number }> {
  const segments = elf.programHeaders.filter(({ type, exact }) => type === PT.LOAD && exact);
  for (const { vaddr, filesz } of segments) {
    if (filesz < largeSegment) continue;
    const step = Math.floor(filesz / looksInLarge / probeEvery) * probeEvery;
    for (let i = 0; i < looksInLarge; i += 1) yield { start: vaddr + i * step, length: lookBytes };
  }
  for (const { vaddr, filesz } of segments) {
    for (let at = 0; at < filesz; at += pieceBytes) {
      const length = Math.min(pieceBytes + probeEvery, filesz - at);
      yield { start: vaddr + at, length };
    }
  }
}

interface Place {
  readonly at: number;
  readonly pairBytes: number;
}

function* regularPlaces(elf: ElfFile, bytes: Uint8Array, widths: readonly number[]): Generator<Place> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let probe = 0; probe < bytes.length; probe += probeEvery) {
    for (const pairBytes of widths) {
      for (let phase = 0; phase < pairBytes; phase += pairBytes / 2) {
        if (isRegular(view, probe + phase, pairBytes, elf.littleEndian)) yield { at: probe + phase, pairBytes };
      }
    }
  }
}

function isRegular(view: DataView, at: number, pairBytes: number, littleEndian: boolean): boolean {
  if (at + (probedPairs + 1) * pairBytes > view.byteLength) return false;
  const wide = pairBytes === 16;
  const entryAt = (i: number) => field(view, at + i * pairBytes, wide, littleEndian);
  let same = 0;
  for (let i = 0; i < probedPairs; i += 1) {
    const here = at + i * pairBytes;
    if (!follows(view, here, here + pairBytes, pairBytes, littleEndian)) return false;
    if (entryAt(i) === entryAt(i + 1) && !(wide && entryAt(i) === 0)) same += 1;
  }
  return same <= probedPairs / 2;
}

/**
 * Whether a pair can stand before another one. Functions without any code share their entry with the next one (C objects that Go links itself: the race detector's). Entries that the loader fills
 * in (position-independent programs up to 1.17) are zero in the file.
 */
function follows(view: DataView, first: number, second: number, pairBytes: number, littleEndian: boolean): boolean {
  const wide = pairBytes === 16;
  const half = pairBytes / 2;
  const [entry, next] = [field(view, first, wide, littleEndian), field(view, second, wide, littleEndian)];
  if (entry > next) return false;
  const [record, after] = [
    field(view, first + half, wide, littleEndian),
    field(view, second + half, wide, littleEndian),
  ];
  const step = after - record;
  return step >= 16 && step <= mostRecordBytes && record > 0;
}

function field(view: DataView, at: number, wide: boolean, littleEndian: boolean): number {
  if (!wide) return view.getUint32(at, littleEndian);
  const low = view.getUint32(littleEndian ? at : at + 4, littleEndian);
  return low + view.getUint32(littleEndian ? at + 4 : at, littleEndian) * 2 ** 32;
}

interface Extent {
  readonly start: number;
  readonly end: number;
  readonly pairBytes: number;
}

/** From a place inside a regular table to its first and last pair. */
function extent(elf: ElfFile, place: number, pairBytes: number, most: number): Extent {
  const pairs = new PairReader(elf, pairBytes);
  let [start, end] = [place, place];
  const farthest = most * pairBytes;
  while (place - start < farthest && pairs.follow(start - pairBytes)) start -= pairBytes;
  while (end - start < farthest && pairs.follow(end)) end += pairBytes;
  return { start, end: end + pairBytes, pairBytes };
}

const windowBytes = 2 ** 16;

/** Compares neighbouring pairs anywhere, with the bytes around the place that is looked at in hand. */
class PairReader {
  readonly #elf: ElfFile;
  readonly #pairBytes: number;
  #start = 0;
  #view: DataView = new DataView(new ArrayBuffer(0));

  constructor(elf: ElfFile, pairBytes: number) {
    this.#elf = elf;
    this.#pairBytes = pairBytes;
  }

  /** Whether the pair at `at` can stand before the one behind it. */
  follow(at: number): boolean {
    const needed = 2 * this.#pairBytes;
    if (at < this.#start || at + needed > this.#start + this.#view.byteLength) {
      this.#load(Math.max(0, at - windowBytes / 2));
      // Where a segment begins there is nothing before it.
      if (this.#view.byteLength === 0) this.#load(at);
      if (at + needed > this.#start + this.#view.byteLength) return false;
    }
    const offset = at - this.#start;
    return follows(this.#view, offset, offset + this.#pairBytes, this.#pairBytes, this.#elf.littleEndian);
  }

  #load(start: number): void {
    const bytes = this.#elf.bytesAt(start, windowBytes);
    this.#start = start;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}

/** Offsets count from the table since 1.16, from its header before. What stands before the table may look like one more pair. */
function isTable(elf: ElfFile, { start, end, pairBytes }: Extent): boolean {
  const pairs = (end - start) / pairBytes;
  if (pairs < leastPairs) return false;
  return [start, start + pairBytes].some((first) =>
    [first, first - prefixBytes - elf.pointerSize].some((base) => recordsAnswer(elf, { start, end, pairBytes }, base)),
  );
}

/** Whether sampled records begin with the entries that lead to them; zeros prove it only with an offset that says how long the table is. */
function recordsAnswer(elf: ElfFile, { start, end, pairBytes }: Extent, base: number): boolean {
  const wide = pairBytes === 16;
  const pairs = (end - start) / pairBytes;
  const word = (at: number): number | undefined => {
    const bytes = elf.bytesAt(at, pairBytes / 2);
    if (bytes.length < pairBytes / 2) return undefined;
    return field(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, wide, elf.littleEndian);
  };
  let nonZero = 0;
  for (let i = 0; i < sampledRecords; i += 1) {
    const pair = start + (1 + Math.floor(((pairs - 2) * i) / sampledRecords)) * pairBytes;
    const [entry, offset] = [word(pair), word(pair + pairBytes / 2)];
    if (entry === undefined || offset === undefined || word(base + offset) !== entry) return false;
    if (entry !== 0) nonZero += 1;
  }
  if (nonZero >= sampledRecords - 2) return true;
  const first = word(start + pairBytes / 2) ?? 0;
  return Math.abs(base + first - end) <= 64;
}
