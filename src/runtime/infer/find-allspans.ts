// mheap_.allspans without knowing where anything stands in mheap or mspan: of all slices in the program's data, the one whose elements are distinct
// pointers to structs with a page-aligned address beside a small number of pages, at one offset, and whose page runs do not overlap more than free spans
// may. Sources: runtime/mheap.go, recordspan; measured: the true one fulfils this wholly, thousands of others not at all.
import type { Memory } from '../../image/memory.js';
import { type AddressRange, matchingWords } from '../../image/scan-words.js';

export interface FoundAllspans {
  /** Where the slice header stands: &mheap_.allspans. */
  readonly header: number;
  readonly array: number;
  readonly length: number;
  /** Offset of startAddr in an mspan; npages is the word behind it. */
  readonly startAddr: number;
  /** The share of the sampled mspans in use at some time that look so. */
  readonly share: number;
  /** Another slice of the same kind was there: which of them is allspans was told by its length. */
  readonly rivals: number;
}

/** Elements looked at: few at first, for nearly every slice is something else. */
const firstLook = 6;
const secondLook = 96;
/** Fewer spans than any running Go program has. */
const leastSpans = 12;
/** 2^27 mspans are 20 GB of metadata. */
const mostSpans = 2 ** 27;
/** No struct mspan is known whose startAddr stands further in. */
const mostWords = 24;
/** Pages of 8 KiB in 32 GiB: more than one allocation takes. */
const mostPages = 2 ** 22;
const enough = 0.9;
/** Used mspans that must be among those looked at. */
const leastUsed = 4;
const no = 'no';
const untold = 'untold';

export function findAllspans(
  memory: Memory,
  ranges: readonly AddressRange[],
  pageSize: number,
): FoundAllspans | undefined {
  const { pointerSize } = memory;
  const headers = matchingWords({ memory }, ranges, 3 * pointerSize, (words) => {
    const length = words.at(pointerSize);
    if (!(length >= leastSpans && length <= mostSpans && length <= words.at(2 * pointerSize))) return false;
    const array = words.at(0);
    return array > 0xffff && array % pointerSize === 0;
  });
  const found: FoundAllspans[] = [];
  for (const header of headers) {
    const one = look(memory, header, pageSize);
    if (one) found.push(one);
  }
  const [best] = found.sort((a, b) => b.length - a.length);
  return best && { ...best, rivals: found.filter(({ array }) => array !== best.array).length };
}

function look(memory: Memory, header: number, pageSize: number): FoundAllspans | undefined {
  const { pointerSize } = memory;
  const array = memory.word(header);
  const length = memory.word(header + pointerSize);
  if (array === undefined || length === undefined) return undefined;
  if (sampleOf(memory, array, length, firstLook, pageSize) === no) return undefined;
  const seen = sampleOf(memory, array, length, secondLook, pageSize);
  return typeof seen === 'object' ? { header, array, length, rivals: 0, ...seen } : undefined;
}

/** Looks at `count` elements spread over the slice. Never-used mspans are all zero there and count neither way. */
function sampleOf(
  memory: Memory,
  array: number,
  length: number,
  count: number,
  pageSize: number,
): { readonly startAddr: number; readonly share: number } | typeof no | typeof untold {
  const { pointerSize } = memory;
  const taken = Math.min(count, length);
  const elements = new Set<number>();
  const hits = new Uint32Array(mostWords);
  const starts = Array.from({ length: mostWords }, () => new Set<number>());
  let used = 0;
  for (let i = 0; i < taken; i += 1) {
    const element = memory.word(array + Math.floor((i * length) / taken) * pointerSize);
    if (element === undefined || element <= 0xffff || element % pointerSize !== 0 || elements.has(element)) return no;
    elements.add(element);
    let blank = true;
    let next = memory.word(element);
    for (let word = 0; word < mostWords; word += 1) {
      const value = next;
      next = memory.word(element + (word + 1) * pointerSize);
      if (value !== 0) blank = false;
      if (!value || next === undefined || value % pageSize !== 0) continue;
      if (!(next >= 1 && next <= mostPages)) continue;
      hits[word]! += 1;
      starts[word]!.add(value);
    }
    if (!blank) used += 1;
  }
  // A heap that has just begun has carved out more mspans than it has used.
  if (used < leastUsed) return untold;
  for (let word = 0; word < mostWords; word += 1) {
    // Of two mspans one may be free with a stale address: most are distinct, not all.
    if (hits[word]! < used * enough - 1 || hits[word]! < 2) continue;
    if (starts[word]!.size < hits[word]! * 0.7) continue;
    return { startAddr: word * pointerSize, share: hits[word]! / used };
  }
  return no;
}
