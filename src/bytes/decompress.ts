// Undoes a compression from front to back: gzip by Node's zlib, xz by xz-embedded as WebAssembly, zstd by fzstd, lz4 by our own decoder. Loaded only when a compressed
// file is opened. What could be decoded before damage or a cut was given to `emit` by then.
import { createGunzip } from 'node:zlib';
import type { ByteSource } from './byte-source.js';
import { CompressedInput } from './compressed-input.js';
import type { Compression } from './compression.js';
import { InspectError } from './errors.js';
import { decodeLz4 } from './lz4-frames.js';
import { decodeZstd } from './zstd-frames.js';

export interface Decoding {
  readonly source: ByteSource;
  /** The bytes in order; they are only valid during the call. What it throws ends the decoding and is thrown on. */
  readonly emit: (bytes: Uint8Array) => void;
  /** How much of the compressed file is done. */
  readonly onRead: (done: number) => void;
}

/** Throws InspectError `truncated` or `malformed` where the input is cut or damaged, and whatever `emit` throws. */
export async function decompress(compression: Compression, { source, emit, onRead }: Decoding): Promise<void> {
  const input = new CompressedInput(source, onRead);
  switch (compression) {
    case 'gzip':
      return gunzip(source.name, input, emit);
    case 'xz':
      return unxz(source.name, input, emit);
    case 'zstd':
      return run(decodeZstd(input, emit, await loadHashes()));
    case 'lz4':
      return run(decodeLz4(input, emit, await loadHashes()));
  }
}

const BREATH_MS = 50;

/** Runs a decoder to its end, letting the event loop (signals, a drawn line of progress) have its turn. */
async function run(steps: Generator<void, void, void>): Promise<void> {
  let since = performance.now();
  for (const _ of steps) {
    if (performance.now() - since < BREATH_MS) continue;
    await new Promise((resolve) => setImmediate(resolve));
    since = performance.now();
  }
}

async function loadHashes() {
  const { default: xxhash } = await import('xxhash-wasm');
  return xxhash();
}

function gunzip(name: string, input: CompressedInput, emit: (bytes: Uint8Array) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = createGunzip({ chunkSize: 2 ** 18 });
    stream.on('data', (bytes: Uint8Array) => {
      try {
        emit(bytes);
      } catch (error) {
        stream.destroy(error as Error);
      }
    });
    stream.on('end', resolve);
    stream.on('error', (error: Error & { readonly code?: string }) => {
      if (error instanceof InspectError || !error.code?.startsWith('Z_')) reject(error);
      else if (error.code === 'Z_BUF_ERROR')
        reject(new InspectError('truncated', name, 'ends in the middle of a gzip member'));
      else reject(new InspectError('malformed', name, `damaged gzip data (${error.message})`));
    });
    const feed = () => {
      const chunk = input.chunk();
      if (chunk.length === 0) stream.end();
      else stream.write(chunk, (error) => { if (!error) feed(); }); // biome-ignore format: short
    };
    feed();
  });
}

/** xz_ret of xz-embedded (xz.h), by which xz-decompress names failures. */
const XZ_ERRORS: Readonly<Record<string, string>> = {
  3: 'needs more memory than there is',
  4: 'needs a larger dictionary than is given',
  5: 'holds what is no xz stream',
  6: 'uses filters or options that are not known here',
  7: 'damaged xz data',
};
const XZ_CUT = '8';

async function unxz(name: string, input: CompressedInput, emit: (bytes: Uint8Array) => void): Promise<void> {
  const loaded = await import('xz-decompress');
  // A CommonJS module: where Node itself loads it, its exports stand under `default`.
  const { XzReadableStream } = ('default' in loaded ? loaded.default : loaded) as typeof loaded;
  const compressed = new ReadableStream<Uint8Array>({
    pull(controller) {
      const chunk = input.chunk();
      if (chunk.length === 0) controller.close();
      else controller.enqueue(chunk.slice());
    },
  });
  const reader = new XzReadableStream(compressed).getReader();
  for (;;) {
    let bytes: Uint8Array | undefined;
    try {
      bytes = (await reader.read()).value;
    } catch (error) {
      const code = /error code (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
      if (code === XZ_CUT || (code === undefined && input.atEnd))
        throw new InspectError('truncated', name, 'ends in the middle of an xz stream');
      throw new InspectError('malformed', name, XZ_ERRORS[code ?? ''] ?? 'damaged xz data');
    }
    if (bytes === undefined) return;
    emit(bytes);
  }
}
