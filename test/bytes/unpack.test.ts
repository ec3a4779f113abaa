// Files made by gzip, zstd, xz and lz4 themselves, whole, cut and damaged. The right contents are made by test/support/compressible.ts, as they were then.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { BufferSource } from '../../src/bytes/buffer-source.js';
import { type Compression, compressionOf } from '../../src/bytes/compression.js';
import { decompress } from '../../src/bytes/decompress.js';
import { InspectError } from '../../src/bytes/errors.js';
import { compressionOfFile, openSource } from '../../src/bytes/open-source.js';
import { unpackFile } from '../../src/bytes/unpack-cache.js';
import { compressible } from '../support/compressible.js';

const contents = compressible();
const made = new URL('./compressed/', import.meta.url);
const names = readdirSync(made);
const file = (name: string) => readFileSync(new URL(name, made));
const folder = mkdtempSync(join(tmpdir(), 'spanscope-unpack-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What comes out before the end or the error. */
async function decoded(bytes: Uint8Array): Promise<{ readonly bytes: Buffer; readonly error: unknown }> {
  const parts: Buffer[] = [];
  const source = new BufferSource('file', bytes);
  const emit = (part: Uint8Array) => void parts.push(Buffer.from(part));
  try {
    await decompress(compressionOf(bytes) as Compression, { source, emit, onRead: () => undefined });
    return { bytes: Buffer.concat(parts), error: undefined };
  } catch (error) {
    return { bytes: Buffer.concat(parts), error };
  }
}

const isPrefix = (bytes: Buffer) => Buffer.compare(bytes, contents.subarray(0, bytes.length)) === 0;

describe('decompress', () => {
  test('there are files of every kind', () => {
    expect(new Set(names.map((name) => compressionOf(file(name)))).size).toBe(4);
  });

  test.each(names)('%s, whole', async (name) => {
    const { bytes, error } = await decoded(file(name));
    expect(error).toBeUndefined();
    expect(Buffer.compare(bytes, contents)).toBe(0);
  });

  test.each(names)('%s, cut anywhere: what was before, and a complaint', async (name) => {
    const whole = file(name);
    let longest = 0;
    for (let length = 6; length < whole.length; length += 61) {
      const { bytes, error } = await decoded(whole.subarray(0, length));
      expect(isPrefix(bytes), `cut at ${length}`).toBe(true);
      longest = Math.max(longest, bytes.length);
      // A file of several members may be cut between two of them.
      if (/^(members|frames|streams)/.test(name) && bytes.length === 100_000) continue;
      expect(error, `cut at ${length}`).toBeInstanceOf(InspectError);
    }
    // One block of lz4 is all or nothing.
    if (name !== 'unchecked.lz4') expect(longest).toBeGreaterThan(0);
  });

  test.each(names)('%s, damaged anywhere: never other bytes without a complaint', async (name) => {
    const whole = file(name);
    for (let at = 0; at < whole.length; at += 97) {
      const changed = Buffer.from(whole);
      changed[at] = changed[at]! ^ 0x21;
      if (compressionOf(changed) === undefined) continue;
      const { bytes, error } = await decoded(changed);
      if (error === undefined) {
        // Without a checksum of the contents, damage to a literal can't be seen.
        if (!/unchecked/.test(name)) expect(Buffer.compare(bytes, contents), `byte ${at}`).toBe(0);
      } else expect(error, `byte ${at}: ${String(error)}`).toBeInstanceOf(InspectError);
    }
  });

  test('a window that would take all memory is refused', async () => {
    const huge = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xf8, 0x01, 0x00, 0x00]);
    expect((await decoded(huge)).error).toMatchObject({ code: 'malformed', why: expect.stringMatching(/window/) });
  });
});

describe('unpackFile', () => {
  const at = (name: string) => join(folder, name);
  const source = (name: string) => {
    const path = at(name);
    writeFileSync(path, file(name));
    return path;
  };

  test('keeps a sparse file, and unpacks again only where the source changed', async () => {
    const path = source('plain.zst');
    const cache = at('cache');
    const progress: number[] = [];
    const options = {
      folder: cache,
      keep: true,
      onProgress: (done: number, total: number) => void progress.push(done / total),
    };
    const first = await unpackFile(path, 'zstd', options);
    expect(first).toMatchObject({ temporary: false, damage: undefined });
    expect(Buffer.compare(readFileSync(first.path), contents)).toBe(0);
    const { size, blocks, mode } = statSync(first.path);
    expect(size).toBe(contents.length);
    if (process.platform === 'linux') expect(blocks * 512).toBeLessThan(contents.length / 2);
    if (process.platform !== 'win32') expect(mode & 0o077).toBe(0);
    expect(progress.at(-1)).toBe(1);
    progress.length = 0;
    expect(await unpackFile(path, 'zstd', options)).toEqual(first);
    expect(progress).toEqual([]);
    utimesSync(path, 1, 1);
    expect((await unpackFile(path, 'zstd', options)).path).not.toBe(first.path);
    expect(progress.length).toBeGreaterThan(0);
  });

  test('two at once give the same file, and nothing is left over; what killed runs left is removed', async () => {
    const path = source('plain.xz');
    const cache = at('twice');
    const options = { folder: cache, keep: true };
    const [a, b] = await Promise.all([unpackFile(path, 'xz', options), unpackFile(path, 'xz', options)]);
    expect(a).toEqual(b);
    expect(readdirSync(cache)).toHaveLength(1);
    // Higher than any process id.
    writeFileSync(join(cache, '.99999999-abc.partial'), 'rest');
    await unpackFile(path, 'xz', options);
    expect(readdirSync(cache)).toHaveLength(1);
  });

  test('what is old goes where there are too many', async () => {
    const cache = at('many');
    const path = source('plain.lz4');
    await unpackFile(path, 'lz4', { folder: cache, keep: true });
    for (let i = 0; i < 40; i += 1) {
      const old = join(cache, `old-${i}.unpacked`);
      writeFileSync(old, 'x');
      utimesSync(old, 1000 + i, 1000 + i);
    }
    writeFileSync(join(cache, 'of another program'), 'x');
    utimesSync(path, 2, 2);
    await unpackFile(path, 'lz4', { folder: cache, keep: true });
    const left = readdirSync(cache);
    expect(left).toHaveLength(33);
    expect(left).toContain('of another program');
    expect(left).toContain('old-39.unpacked');
    expect(left).not.toContain('old-0.unpacked');
  });

  test('cut input is used as far as it goes, for this run only; where nothing comes out it is refused', async () => {
    const path = at('cut.gz');
    writeFileSync(path, file('members.gz').subarray(0, 8000));
    const cache = at('cut');
    const { path: unpacked, ...rest } = await unpackFile(path, 'gzip', { folder: cache, keep: true });
    expect(rest).toEqual({ temporary: true, damage: 'ends in the middle of a gzip member' });
    expect(isPrefix(readFileSync(unpacked))).toBe(true);
    expect(statSync(unpacked).size).toBeGreaterThan(100_000);
    rmSync(unpacked);
    writeFileSync(path, file('plain.gz').subarray(0, 12));
    await expect(unpackFile(path, 'gzip', { folder: cache, keep: true })).rejects.toMatchObject({ code: 'truncated' });
    writeFileSync(path, gzipSync(''));
    await expect(unpackFile(path, 'gzip', { folder: cache, keep: true })).rejects.toMatchObject({ code: 'empty-file' });
    expect(readdirSync(cache)).toEqual([]);
  });

  test('what unpacks to more than it may is refused, and leaves nothing', async () => {
    // Blocks of 128 KiB of the same byte in four bytes each: 256 MiB in 8 KB.
    const blocks = 2048;
    const bomb = Buffer.alloc(6 + 4 * blocks);
    bomb.set([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38]);
    for (let i = 0; i < blocks; i += 1) bomb.writeUInt32LE((2 ** 17 * 8 + 2) & 0xffffff, 6 + 4 * i);
    const path = at('bomb.zst');
    writeFileSync(path, bomb);
    const cache = at('bomb');
    await expect(unpackFile(path, 'zstd', { folder: cache, keep: true, mostBytes: 2 ** 26 })).rejects.toMatchObject({
      code: 'too-large',
      hint: expect.stringContaining('zstd -d'),
    });
    expect(readdirSync(cache)).toEqual([]);
  });

  test('told apart by content: the name says nothing', () => {
    const path = at('core.txt');
    writeFileSync(path, file('plain.lz4'));
    expect(compressionOfFile(path)).toBe('lz4');
    writeFileSync(path, deflateRawSync('nothing'));
    expect(compressionOfFile(path)).toBeUndefined();
    expect(compressionOfFile(at('not there'))).toBeUndefined();
  });

  test('opened under the name of its source; not unpacked it is refused with what to do', async () => {
    const path = source('plain.gz');
    expect(() => openSource(path)).toThrow(
      expect.objectContaining({ code: 'unsupported', hint: expect.stringContaining('gzip -dk') }),
    );
    const unpacked = await unpackFile(path, 'gzip', { folder: at('opened'), keep: true });
    const opened = openSource(path, { [path]: unpacked.path });
    expect([opened.name, opened.size]).toEqual([path, contents.length]);
    opened.close();
  });
});
