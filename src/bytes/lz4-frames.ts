// The LZ4 frame format and its blocks (lz4_Frame_format.md, lz4_Block_format.md), decoded block by block into one window, so that a file of any length takes a few
// megabytes. Checksums of blocks and contents are verified.
import type { XXHashAPI } from 'xxhash-wasm';
import type { CompressedInput } from './compressed-input.js';

const MAGIC = 0x184d2204;
const SKIPPABLE = 0x184d2a5;
/** How far back a match may reach. */
const HISTORY = 65536;
/** By the block maximum size field: 64 KiB to 4 MiB. */
const BLOCK_BYTES: readonly (number | undefined)[] = [
  undefined,
  undefined,
  undefined,
  undefined,
  2 ** 16,
  2 ** 18,
  2 ** 20,
  2 ** 22,
];
const STORED = 0x80000000;

/** Decodes all frames, giving the bytes to `emit` in order. Yields now and then, so that the caller can breathe. Throws InspectError. */
export function* decodeLz4(
  input: CompressedInput,
  emit: (bytes: Uint8Array) => void,
  hashes: XXHashAPI,
): Generator<void, void, void> {
  while (!input.atEnd) {
    const magic = input.uint32();
    if (magic >>> 4 === SKIPPABLE) input.skip(input.uint32());
    else if (magic === MAGIC) yield* decodeFrame(input, emit, hashes);
    else throw input.malformed('expected an lz4 frame');
  }
}

function* decodeFrame(
  input: CompressedInput,
  emit: (bytes: Uint8Array) => void,
  hashes: XXHashAPI,
): Generator<void, void, void> {
  const [flags = 0, sizes = 0] = input.take(2);
  const blockBytes = BLOCK_BYTES[(sizes >> 4) & 7];
  if (flags >> 6 !== 1 || blockBytes === undefined) throw input.malformed('expected an lz4 frame header');
  if ((flags & 1) !== 0) throw input.malformed('an lz4 frame needs a dictionary,');
  const [independent, blockChecksum, contentSize, contentChecksum] = [0x20, 0x10, 8, 4].map(
    (bit) => (flags & bit) !== 0,
  );
  // The content's size and the header's checksum.
  input.take((contentSize ? 8 : 0) + 1);
  const hash = contentChecksum ? hashes.create32() : undefined;
  const window = new Uint8Array(HISTORY + blockBytes);
  let history = 0;
  for (;;) {
    const word = input.uint32();
    if (word === 0) break;
    const length = word % STORED;
    if (length > blockBytes)
      throw input.malformed(`an lz4 block of ${length} bytes in a frame of at most ${blockBytes},`);
    const block = input.take(length);
    const checked = blockChecksum ? hashes.h32Raw(block) : 0;
    let end = history + length;
    if (word >= STORED) window.set(block, history);
    else end = decodeBlock(block, window, history);
    if (end < 0) throw input.malformed('a damaged lz4 block');
    if (blockChecksum && input.uint32() !== checked) throw input.malformed('the checksum of an lz4 block is wrong');
    const bytes = window.subarray(history, end);
    hash?.update(bytes);
    emit(bytes);
    history = independent ? 0 : Math.min(HISTORY, end);
    window.copyWithin(0, end - history, end);
    yield;
  }
  if (hash !== undefined && input.uint32() !== hash.digest())
    throw input.malformed('the checksum of an lz4 frame is wrong');
}

/** Decodes one block into `out` from `start` on, where its history ends; the end of what was written, -1 where the block is damaged. */
function decodeBlock(block: Uint8Array, out: Uint8Array, start: number): number {
  let at = 0;
  let to = start;
  const length = block.length;
  while (at < length) {
    const token = block[at++]!;
    let literals = token >> 4;
    if (literals === 15) {
      let more = 255;
      while (more === 255) {
        if (at >= length) return -1;
        more = block[at++]!;
        literals += more;
      }
    }
    if (at + literals > length || to + literals > out.length) return -1;
    if (literals > 32) out.set(block.subarray(at, at + literals), to);
    else for (let i = 0; i < literals; i++) out[to + i] = block[at + i]!;
    at += literals;
    to += literals;
    // The last sequence has literals only.
    if (at === length) return to;
    if (at + 2 > length) return -1;
    const distance = block[at]! | (block[at + 1]! << 8);
    at += 2;
    let match = (token & 15) + 4;
    if ((token & 15) === 15) {
      let more = 255;
      while (more === 255) {
        if (at >= length) return -1;
        more = block[at++]!;
        match += more;
      }
    }
    if (distance === 0 || distance > to || to + match > out.length) return -1;
    copyMatch(out, to, distance, match);
    to += match;
  }
  return to;
}

/** A match may overlap itself: what it wrote is then copied again, twice as much each time. */
function copyMatch(out: Uint8Array, to: number, distance: number, length: number): void {
  if (length <= 32) {
    for (let i = 0; i < length; i++) out[to + i] = out[to + i - distance]!;
    return;
  }
  let done = 0;
  while (done < length) {
    const part = Math.min(length - done, distance + done);
    out.copyWithin(to + done, to - distance, to - distance + part);
    done += part;
  }
}
