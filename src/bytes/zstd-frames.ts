// A zstd file as frames and blocks (RFC 8878): each block goes to fzstd, each frame's checksum is verified, which fzstd does not do. The window, for which fzstd
// allocates before it decodes anything, is bounded here.
import { Decompress } from 'fzstd';
import type { XXHashAPI } from 'xxhash-wasm';
import type { CompressedInput } from './compressed-input.js';

const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a5;
/** What `zstd -d` allows without --memory or --long. */
const MOST_WINDOW = 2 ** 27;
const BLOCK_RLE = 1;
const BLOCK_RESERVED = 3;

/** Decodes all frames, giving the bytes to `emit` in order. Yields now and then, so that the caller can breathe. Throws InspectError. */
export function* decodeZstd(
  input: CompressedInput,
  emit: (bytes: Uint8Array) => void,
  hashes: XXHashAPI,
): Generator<void, void, void> {
  while (!input.atEnd) {
    const magic = input.uint32();
    if (magic >>> 4 === SKIPPABLE) {
      input.skip(input.uint32());
      continue;
    }
    if (magic !== MAGIC) throw input.malformed('expected a zstd frame');
    yield* decodeFrame(input, emit, hashes);
  }
}

function* decodeFrame(
  input: CompressedInput,
  emit: (bytes: Uint8Array) => void,
  hashes: XXHashAPI,
): Generator<void, void, void> {
  const header = readFrameHeader(input);
  const hash = header.checksum ? hashes.create64() : undefined;
  const frame = new Decompress((bytes) => {
    hash?.update(bytes);
    emit(bytes);
  });
  const push = (bytes: Uint8Array) => {
    try {
      frame.push(bytes);
    } catch (error) {
      // fzstd throws plain errors for what it cannot decode, and stumbles over rubbish; what `emit` throws is not of that kind.
      if (error instanceof Error && ('code' in error ? typeof error.code === 'number' : !('subject' in error)))
        throw input.malformed(`a damaged zstd block (${error.message})`);
      throw error;
    }
  };
  push(header.bytes);
  for (;;) {
    const [a = 0, b = 0, c = 0] = input.take(3);
    const type = (a >> 1) & 3;
    const size = (a >> 3) | (b << 5) | (c << 13);
    if (type === BLOCK_RESERVED || size > 2 ** 17) throw input.malformed('expected a zstd block');
    // One piece: fzstd wants a block's header and its contents together.
    const block = new Uint8Array(3 + (type === BLOCK_RLE ? 1 : size));
    block.set([a, b, c]);
    block.set(input.take(block.length - 3), 3);
    push(block);
    if ((a & 1) === 1) break;
    yield;
  }
  if (hash !== undefined && BigInt(input.uint32()) !== (hash.digest() & 0xffffffffn))
    throw input.malformed('the checksum of a zstd frame is wrong');
}

/** The frame's header with its magic, as fzstd wants it, checked. */
function readFrameHeader(input: CompressedInput): { readonly bytes: Uint8Array; readonly checksum: boolean } {
  const [descriptor = 0] = input.take(1);
  const single = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
  const sizeFlag = descriptor >> 6;
  const sizeBytes = sizeFlag === 0 ? (single ? 1 : 0) : 2 ** sizeFlag;
  const rest = input.take((single ? 0 : 1) + dictionaryBytes + sizeBytes).slice();
  if (
    dictionaryBytes > 0 &&
    rest.subarray(single ? 0 : 1, (single ? 0 : 1) + dictionaryBytes).some((byte) => byte !== 0)
  )
    throw input.malformed('a zstd frame needs a dictionary,');
  if ((descriptor & 8) !== 0) throw input.malformed('expected a zstd frame header');
  const window = single ? littleEndian(rest.subarray(dictionaryBytes)) : windowOf(rest[0]!);
  if (window > MOST_WINDOW)
    throw input.malformed(`a zstd frame wants a window of ${window} bytes, at most ${MOST_WINDOW} are given,`);
  const bytes = new Uint8Array(5 + rest.length);
  bytes.set([0x28, 0xb5, 0x2f, 0xfd, descriptor]);
  bytes.set(rest, 5);
  return { bytes, checksum: (descriptor & 4) !== 0 };
}

function windowOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

function littleEndian(bytes: Uint8Array): number {
  return bytes.reduceRight((sum, byte) => sum * 256 + byte, 0) + (bytes.length === 2 ? 256 : 0);
}
