// Goes through a stack word by word, with nothing but a stack pointer: no unwind tables, no frame pointers, no layout. Says of each aligned word what it may be: a
// return address (it points into text, and a call ends just before it), a pointer into the program's data, or into other memory that is mapped. A word is what it may
// be, not what it is: stale words look like live ones. Pure, lazy and bounded; used for finding roots, and wherever exact unwinding is not to be had.
import type { PclntabFunction } from '../gosym/pclntab.js';
import type { Memory, Segment } from '../image/memory.js';
import type { AddressRange } from '../image/scan-words.js';
import { followsCall } from './call-sites.js';
import type { FunctionPlaces } from './function-tables.js';

/** `return`: a return address; `text`: points into text, but not behind a call; `data`: into the program's data; `memory`: into other writable memory. */
export type StackWordKind = 'return' | 'text' | 'data' | 'memory';

export interface StackWord {
  /** Where the word stands. */
  readonly at: number;
  readonly value: number;
  readonly kind: StackWordKind;
  /** For `return` and `text`, where the function table is known: the function that holds it. */
  readonly function?: PclntabFunction;
}

/** What the words are held against. */
export interface ScanPlaces {
  readonly memory: Memory;
  readonly goarch: string;
  /** The program's writable data, ascending. */
  readonly data: readonly AddressRange[];
  /** The functions of all modules, where they are known: an address in text that is in none of them is none. */
  readonly functions?: FunctionPlaces | undefined;
}

/** x of a segment's flags, as in the program header. */
const executable = 1;
const writable = 2;
/** Bytes of one stack that are looked at where nobody says how far it goes: no goroutine is believed to use more. */
const mostBytes = 2 ** 20;
const pieceBytes = 2 ** 16;

/** Tells what a word may be. Holds the image's segments by what they are; one for many scans. */
export class WordClassifier {
  readonly #places: ScanPlaces;
  readonly #text: readonly Segment[];
  readonly #written: readonly Segment[];

  constructor(places: ScanPlaces) {
    this.#places = places;
    const readable = places.memory.segments.filter(({ origin }) => origin !== 'missing' && origin !== 'zero');
    // Text that was not dumped and has no binary beside it is text all the same.
    this.#text = places.memory.segments.filter(({ flags }) => flags !== undefined && (flags & executable) !== 0);
    // Raw images do not say what is writable.
    this.#written = readable.filter(({ flags }) => flags === undefined || (flags & writable) !== 0);
  }

  /** Undefined for what is no address, and for what nothing is mapped at. */
  kindOf(value: number): StackWordKind | undefined {
    if (!(value > 0xffff)) return undefined;
    const { data } = this.#places;
    if (rangeAt(data, value)) return 'data';
    if (rangeAt(this.#written, value)) return 'memory';
    return this.isText(value) ? (this.isReturnAddress(value) ? 'return' : 'text') : undefined;
  }

  isText(value: number): boolean {
    const { functions } = this.#places;
    return functions?.functionOf(value) !== undefined || rangeAt(this.#text, value) !== undefined;
  }

  /**
   * Where no call can be looked for (an arch without a test, text that is missing), what lies inside a function is taken for one, but for its very entry; without a
   * function table anything in such text.
   */
  isReturnAddress(value: number): boolean {
    const { memory, goarch, functions } = this.#places;
    const fn = functions?.functionOf(value - 1);
    if (functions && !fn) return false;
    const follows = followsCall(memory, goarch, value);
    return follows ?? (functions === undefined || (fn !== undefined && value > fn.entry));
  }

  functionOf(value: number): PclntabFunction | undefined {
    return this.#places.functions?.functionOf(value - 1);
  }

  /** The function's name, where the table has one. */
  nameOf(fn: PclntabFunction): string | undefined {
    return this.#places.functions?.nameOf(fn);
  }

  isWritable(value: number): boolean {
    return rangeAt(this.#written, value) !== undefined;
  }

  /** The end of the readable memory around `address`, segments that touch taken together; undefined where it is not readable. */
  readableEnd(address: number): number | undefined {
    let end = rangeAt(this.#written, address)?.end;
    for (let next = end === undefined ? undefined : rangeAt(this.#written, end); next; ) {
      end = next.end;
      next = rangeAt(this.#written, end);
    }
    return end;
  }
}

/**
 * The words of [sp, end) that may be something, from `sp` upwards. Without `end` as far as readable memory goes, but for `mostBytes`. Unaligned ends are rounded
 * inwards; what can't be read ends the scan.
 */
export function* scanStack(
  { memory }: Pick<ScanPlaces, 'memory'>,
  classifier: WordClassifier,
  sp: number,
  end?: number,
): Generator<StackWord> {
  for (const { at, value } of stackWords(memory, sp, end)) {
    const kind = classifier.kindOf(value);
    if (!kind) continue;
    const fn = kind === 'return' || kind === 'text' ? classifier.functionOf(value) : undefined;
    yield fn ? { at, value, kind, function: fn } : { at, value, kind };
  }
}

/** Every aligned word of [sp, end), bounded as above; those of 2^53 and more, which are no addresses, are left out. The object that comes out is used again. */
export function* stackWords(
  memory: Memory,
  sp: number,
  end = sp + mostBytes,
): Generator<{ readonly at: number; readonly value: number }> {
  const { pointerSize, littleEndian } = memory;
  const start = Math.ceil(sp / pointerSize) * pointerSize;
  const stop = Math.min(end, start + mostBytes);
  const word = { at: 0, value: 0 };
  for (let from = start; from + pointerSize <= stop; from += pieceBytes) {
    const { bytes, fault } = memory.bytes(from, Math.min(pieceBytes, stop - from));
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let offset = 0; offset + pointerSize <= bytes.length; offset += pointerSize) {
      const low = view.getUint32(littleEndian || pointerSize === 4 ? offset : offset + 4, littleEndian);
      const high = pointerSize === 4 ? 0 : view.getUint32(littleEndian ? offset + 4 : offset, littleEndian);
      if (high >= 2 ** 21) continue;
      word.at = from + offset;
      word.value = high * 2 ** 32 + low;
      yield word;
    }
    if (fault) return;
  }
}

/** The last of ascending, disjoint ranges that holds `address`. */
function rangeAt<R extends AddressRange>(ranges: readonly R[], address: number): R | undefined {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ranges[middle]!.start <= address) low = middle + 1;
    else high = middle;
  }
  const range = ranges[low - 1];
  return range && address < range.end ? range : undefined;
}
