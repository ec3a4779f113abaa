// Walks aligned words of address ranges, for finders that know a structure by its shape. Holes are passed over; nothing is read twice but the overlap.
import type { Memory, Segment } from './memory.js';
import { firstEndingBehind } from './within.js';

export interface AddressRange {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** Bytes read at a time. */
const blockBytes = 2 ** 18;
/** Bytes read by all searches of one searcher: the data of a large program has 10 MiB; what a damaged header calls data may be the whole heap. */
const mostBytes = 2 ** 28;
const spent = new WeakMap<Searcher, number>();
/** No struct of the runtime is longer; what a layout file says may be. */
const mostReach = 2 ** 20;
/** What can't be read though a segment says that it is there can't be read a page at a time. */
const pageBytes = 4096;

/** Whose searches are counted together. */
interface Searcher {
  readonly memory: Memory;
}

/** The words around the one that is looked at; `at(n)` is the word n bytes further. Numbers above 2^53 are rounded: they are no addresses. */
export interface Words {
  readonly address: number;
  /** The pointer-sized word `offset` bytes behind `address`; NaN where it is not in reach. */
  at(offset: number): number;
  uint32(offset: number): number;
}

/**
 * Addresses in `ranges` (ascending) at which `matches` holds. `reach` is how many bytes behind an address it looks. Where all that is zero nothing is looked for: much of a
 * bss is, and no structure that is known by its shape. `nonZeroAt`: offset of something that can't be zero; where its word is, `matches` is not asked, which most of the time of
 * a search would go to. Ends when the searcher's `mostBytes` are spent.
 */
export function* matchingWords(
  searcher: Searcher,
  ranges: readonly AddressRange[],
  reach: number,
  matches: (words: Words) => boolean,
  nonZeroAt?: number,
): Generator<number> {
  const { memory } = searcher;
  const { pointerSize } = memory;
  const words = new WordWindow(memory);
  const ahead = Math.min(reach, mostReach);
  const halvesOfWord = pointerSize / 4;
  const firstHalf = Math.floor((nonZeroAt ?? 0) / pointerSize) * halvesOfWord;
  const skipped = 1 + Math.ceil(ahead / pageBytes);
  for (const { from, bytes, last } of blocksOf(searcher, ranges, ahead)) {
    // Not a function: called for each word, it would cost what it saves.
    const halves = nonZeroAt === undefined ? undefined : halvesOf(bytes);
    words.load(from, bytes);
    const zeros = zeroPages(bytes);
    let address = from;
    while (address + pointerSize <= last) {
      const pageEnd = Math.min(last, address + pageBytes);
      const page = (address - from) / pageBytes;
      if (zeros[page]! < Math.min(skipped, zeros.length - page)) {
        let half = firstHalf + (address - from) / 4 - halvesOfWord;
        for (let at = address; at + pointerSize <= pageEnd; at += pointerSize) {
          half += halvesOfWord;
          if (halves?.[half] === 0 && halves[half + halvesOfWord - 1] === 0) continue;
          words.address = at;
          if (matches(words)) yield at;
        }
      }
      address += pageBytes;
    }
  }
}

/** No address is below this: Linux maps nothing there (vm.mmap_min_addr). */
const leastAddress = 2 ** 12;

/** What may be a string or a slice: what may be an address, and the number behind it. */
interface Header {
  readonly address: number;
  /** Above 2^53 it is rounded: it is no address. */
  readonly pointer: number;
  readonly length: number;
}

/**
 * Where in `ranges` (ascending) a string or a slice may stand that has from `least` to `most` elements, both from 1 to 2^32 − 1. No function is called for a word, and none to read it again, which
 * is half of what a search costs in a program that has just been started. The one object that is given is overwritten by the next.
 */
export function* headersOfLength(
  searcher: Searcher,
  ranges: readonly AddressRange[],
  least: number,
  most: number,
): Generator<Header> {
  const { pointerSize, littleEndian } = searcher.memory;
  const step = pointerSize / 4;
  const header = { address: 0, pointer: 0, length: 0 };
  for (const { from, bytes, last } of blocksOf(searcher, ranges, pointerSize)) {
    const halves = halvesOf(bytes);
    if (!littleEndian) swapWords(halves, pointerSize);
    const end = Math.floor(Math.min(last - from, bytes.length - pointerSize) / pointerSize) * step;
    for (let half = 0; half < end; half += step) {
      const length = halves[half + step]!;
      if (length < least || length > most || (step === 2 && halves[half + 3] !== 0)) continue;
      const pointer = halves[half]! + (step === 2 ? halves[half + 1]! * 2 ** 32 : 0);
      if (pointer < leastAddress) continue;
      header.address = from + half * 4;
      header.pointer = pointer;
      header.length = length;
      yield header;
    }
  }
}

/** Makes words of the other byte order little-endian ones, as all machines have them that Node runs on but s390x and old ppc64. */
function swapWords({ buffer, byteOffset, byteLength }: Uint32Array, pointerSize: number): void {
  const whole = Buffer.from(buffer, byteOffset, byteLength);
  if (pointerSize === 8) whole.swap64();
  else whole.swap32();
}

/** What can be read as whole halves of words: the buffer goes on behind `bytes` to a multiple of eight. */
const halvesOf = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
  new Uint32Array(buffer as ArrayBuffer, byteOffset, Math.ceil(byteLength / 8) * 2);

interface Block {
  /** A multiple of the word size. */
  readonly from: number;
  /** What stands there and, as far as it can be read, `ahead` bytes behind `last`. Overwritten by the next. */
  readonly bytes: Uint8Array;
  /** Where the block itself ends. */
  readonly last: number;
}

/** The ranges in pieces, over holes, until the searcher's `mostBytes` are spent. */
function* blocksOf(searcher: Searcher, ranges: readonly AddressRange[], ahead: number): Generator<Block> {
  const { memory } = searcher;
  const { pointerSize } = memory;
  const readable = memory.segments.filter(({ origin }) => origin !== 'missing' && origin !== 'zero');
  // One buffer for all blocks: fresh ones cost more than reading.
  const buffer = new Uint8Array(Math.ceil((Math.min(blockBytes, longest(ranges)) + ahead) / 8) * 8);
  for (const { start, end: stated } of ranges) {
    const end = Math.min(stated, Number.MAX_SAFE_INTEGER);
    let from = Math.ceil(Math.max(0, start) / pointerSize) * pointerSize;
    while (from < end && (spent.get(searcher) ?? 0) < mostBytes) {
      const wanted = Math.min(blockBytes, end - from) + ahead;
      const bytes = buffer.subarray(0, memory.copy(from, buffer, 0, wanted));
      const fault = bytes.length < wanted ? memory.faultAt(from + bytes.length) : undefined;
      spent.set(searcher, (spent.get(searcher) ?? 0) + Math.max(bytes.length, pageBytes));
      const last = from + Math.min(blockBytes, end - from, bytes.length);
      yield { from, bytes, last };
      const next = fault !== undefined && last >= fault.address ? nextReadable(readable, fault.address) : last;
      from = Math.ceil(Math.max(next, from + pointerSize) / pointerSize) * pointerSize;
    }
  }
}

function longest(ranges: readonly AddressRange[]): number {
  let bytes = 0;
  for (const { start, end } of ranges) bytes = Math.max(bytes, end - start);
  return Math.max(0, Math.ceil(bytes));
}

const zeroPage = new Uint8Array(pageBytes);

/** For each page of `bytes`, how many pages from it on are zero without a break. Compared as native code does it. */
function zeroPages(bytes: Uint8Array): Uint32Array {
  const counts = new Uint32Array(Math.ceil(bytes.length / pageBytes));
  for (let page = counts.length - 1; page >= 0; page -= 1) {
    const start = page * pageBytes;
    const end = Math.min(bytes.length, start + pageBytes);
    const isZero =
      bytes[start] === 0 && Buffer.compare(bytes.subarray(start, end), zeroPage.subarray(0, end - start)) === 0;
    counts[page] = isZero ? (counts[page + 1] ?? 0) + 1 : 0;
  }
  return counts;
}

/** Where memory may be readable again behind a fault: the next segment, or the next page of the same; beyond any address where there is none. */
function nextReadable(segments: readonly Segment[], address: number): number {
  const next = segments[firstEndingBehind(segments, address)];
  if (!next) return Number.MAX_SAFE_INTEGER;
  return next.start > address ? next.start : (Math.floor(address / pageBytes) + 1) * pageBytes;
}

class WordWindow implements Words {
  address = 0;
  readonly #wide: boolean;
  readonly #littleEndian: boolean;
  #base = 0;
  #view: DataView = new DataView(new ArrayBuffer(0));

  constructor({ pointerSize, littleEndian }: Memory) {
    this.#wide = pointerSize === 8;
    this.#littleEndian = littleEndian;
  }

  load(base: number, bytes: Uint8Array): void {
    this.#base = base;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  at(offset: number): number {
    const at = this.address - this.#base + offset;
    const little = this.#littleEndian;
    if (at + (this.#wide ? 8 : 4) > this.#view.byteLength) return Number.NaN;
    if (!this.#wide) return this.#view.getUint32(at, little);
    const low = this.#view.getUint32(little ? at : at + 4, little);
    return low + this.#view.getUint32(little ? at + 4 : at, little) * 2 ** 32;
  }

  uint32(offset: number): number {
    const at = this.address - this.#base + offset;
    return at + 4 > this.#view.byteLength ? Number.NaN : this.#view.getUint32(at, this.#littleEndian);
  }
}
