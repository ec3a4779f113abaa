// The quick way from a batch of mspans to rows, for what nearly all of them are: little-endian words of 64 bits, fields of the usual sizes, aligned, with
// values that fit their columns. One loop that reads each mspan once, with as few loads as there are fields: written for a million of them.
// Where anything is otherwise it says so, and the caller decodes column by column, which knows every byte order, alignment, size and value.
import type { DataModel } from '../image/memory.js';
import type { MspanOffsets } from './mspan-offsets.js';
import { type SpanRows, stateUnknown } from './span-rows.js';
import type { StructBatch } from './struct-batch.js';

/** Sizes of the fields in bytes: those that have been the same in every release, and those of slot numbers (uintptr up to 1.21, then uint16). */
const usualSizes = {
  startAddr: 8,
  limit: 8,
  elemsize: 8,
  npages: 8,
  sweepgen: 4,
  allocCount: 2,
  spanclass: 1,
  state: 1,
} as const;

/** Whether `decodePlainly` can be tried on mspans of these fields. */
export function arePlain({ littleEndian, pointerSize }: DataModel, fields: MspanOffsets): boolean {
  const { nelems, freeindex } = fields;
  const names = Object.keys(usualSizes) as (keyof typeof usualSizes)[];
  return (
    littleEndian &&
    pointerSize === 8 &&
    names.every((name) => fields[name].size === usualSizes[name]) &&
    nelems.size === freeindex.size &&
    (nelems.size === 8 || nelems.size === 2) &&
    [...names.map((name) => fields[name]), nelems, freeindex].every(
      ({ offset, size }) => offset % Math.min(size, 4) === 0,
    )
  );
}

/** Fills the rows from `first` on with the batch's mspans; false where one of them is not plain: what was written is then to be written again. */
export function decodePlainly(
  mspans: StructBatch,
  fields: MspanOffsets,
  states: Uint8Array,
  rows: SpanRows,
  first: number,
): boolean {
  if (!mspans.direct || mspans.unreadable.length > 0) return false;
  const { at, bytes, halves, words, count } = mspans;
  const startAddr = fields.startAddr.offset >> 2;
  const limit = fields.limit.offset >> 2;
  const elemsize = fields.elemsize.offset >> 2;
  const npages = fields.npages.offset >> 2;
  const sweepgen = fields.sweepgen.offset >> 2;
  const nelems = fields.nelems.offset >> 1;
  const freeindex = fields.freeindex.offset >> 1;
  const allocCount = fields.allocCount.offset >> 1;
  const spanclass = fields.spanclass.offset;
  const state = fields.state.offset;
  const wideSlots = fields.nelems.size === 8;
  const toBase = rows.base;
  const toLimit = rows.limit;
  const toElemsize = rows.elemsize;
  const toNpages = rows.npages;
  const toSweepgen = rows.sweepgen;
  const toNelems = rows.nelems;
  const toFreeindex = rows.freeindex;
  const toAllocCount = rows.allocCount;
  const toSpanclass = rows.spanclass;
  const toState = rows.state;
  // Bits that are set in some mspan and have no place in its row.
  let beyond = 0;
  for (let i = 0; i < count; i += 1) {
    const row = first + i;
    const byte = at[i]!;
    const half = byte >> 1;
    const word = byte >> 2;
    const baseHigh = words[word + startAddr + 1]!;
    const limitHigh = words[word + limit + 1]!;
    const elemsizeHigh = words[word + elemsize + 1]!;
    toBase[row] = words[word + startAddr]! + baseHigh * 4294967296;
    toLimit[row] = words[word + limit]! + limitHigh * 4294967296;
    toElemsize[row] = words[word + elemsize]! + elemsizeHigh * 4294967296;
    toNpages[row] = words[word + npages]!;
    toSweepgen[row] = words[word + sweepgen]!;
    toNelems[row] = halves[half + nelems]!;
    toFreeindex[row] = halves[half + freeindex]!;
    toAllocCount[row] = halves[half + allocCount]!;
    toSpanclass[row] = bytes[byte + spanclass]!;
    const code = states[bytes[byte + state]!]!;
    toState[row] = code;
    beyond |= ((baseHigh | limitHigh | elemsizeHigh) >>> 21) | words[word + npages + 1]!;
    if (code === stateUnknown) beyond = 1;
    if (wideSlots)
      beyond |=
        halves[half + nelems + 1]! |
        halves[half + nelems + 2]! |
        halves[half + nelems + 3]! |
        halves[half + freeindex + 1]! |
        halves[half + freeindex + 2]! |
        halves[half + freeindex + 3]!;
  }
  return beyond === 0;
}
