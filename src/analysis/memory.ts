// `memory ADDR [LEN]`: bytes and pointer-sized words as they stand in the image, each word that leads somewhere with what it leads to. What can't be
// read is named, never shown as zeros.
import type { Memory } from '../image/memory.js';
import { hexOf } from '../runtime/bitmap.js';
import type { Target } from '../target/target.js';
import type { Finder } from './find.js';
import { residentResult } from './footprint.js';
import { addressText } from './numbers.js';
import { schemaVersion } from './overview.js';
import type { MemoryResult } from './results.js';

/** Bytes that one call may ask for. */
export const maxMemory = 1 << 20;
/** Pieces of readable bytes that are told apart; a range with more holes ends there. */
const maxPieces = 4096;

/** `length` is cut to `maxMemory`. Words are aligned to their size; a word that a hole cuts has no value. */
export function memoryOf(target: Target, finder: Finder, address: number, length: number): MemoryResult {
  const { memory } = target;
  const end = Math.min(address + Math.min(Math.max(0, length), maxMemory), Number.MAX_SAFE_INTEGER);
  const pieces: MemoryResult['pieces'][number][] = [];
  const missing: MemoryResult['missing'][number][] = [];
  for (let at = address; at < end && pieces.length + missing.length < maxPieces; ) {
    const { bytes, fault } = memory.bytes(at, end - at);
    if (bytes.length > 0) pieces.push({ address: addressText(at), hex: hexOf(bytes) });
    at += bytes.length;
    if (!fault || at >= end) break;
    const next = nextReadable(memory, at, end);
    missing.push({ start: addressText(at), end: addressText(next), why: fault.why });
    at = next;
  }
  return {
    schemaVersion,
    address: addressText(address),
    length: end - address,
    resident: residentResult(target.residentAt(address)),
    pieces,
    missing,
    words: wordsOf(memory, finder, address, end),
  };
}

/** Where the image goes on behind a fault: the next segment with bytes, or the next page of one that fails. */
function nextReadable(memory: Memory, at: number, end: number): number {
  const page = 4096;
  for (const segment of memory.segments) {
    if (segment.end <= at || segment.origin === 'missing') continue;
    if (segment.start > at) return Math.min(segment.start, end);
    return Math.min((Math.floor(at / page) + 1) * page, segment.end, end);
  }
  return end;
}

function wordsOf(memory: Memory, finder: Finder, address: number, end: number): MemoryResult['words'] {
  const { pointerSize } = memory;
  const words: MemoryResult['words'][number][] = [];
  const start = Math.ceil(address / pointerSize) * pointerSize;
  for (let at = start; at + pointerSize <= end; at += pointerSize) {
    const value = pointerSize === 8 ? memory.uint64(at) : memory.uint32(at);
    const target = value === undefined ? 0 : Number(value);
    words.push({
      address: addressText(at),
      value: value === undefined ? null : addressText(value),
      points: target > 0 && Number.isSafeInteger(target) ? finder.what(target) : null,
    });
  }
  return words;
}
