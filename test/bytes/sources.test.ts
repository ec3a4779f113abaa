import {
  chmodSync,
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BufferSource } from '../../src/bytes/buffer-source.js';
import type { ByteSource } from '../../src/bytes/byte-source.js';
import { InspectError } from '../../src/bytes/errors.js';
import { FileSource } from '../../src/bytes/file-source.js';
import { openSource } from '../../src/bytes/open-source.js';
import { PageCache } from '../../src/bytes/page-cache.js';
import { readBytes } from '../../src/bytes/read.js';
import { SparsePackSource } from '../../src/bytes/sparse-pack.js';

fc.configureGlobal({ seed: 1 });

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spanscope-bytes-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof InspectError) return error.code;
    throw error;
  }
  return 'none';
}

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

describe('FileSource', () => {
  test('says why a path cannot be used', () => {
    mkdirSync(join(folder, 'dir'));
    expect(codeOf(() => FileSource.open(join(folder, 'none')))).toBe('not-found');
    expect(codeOf(() => FileSource.open(join(folder, 'none', 'deeper')))).toBe('not-found');
    expect(codeOf(() => FileSource.open('a\0b'))).toBe('not-found');
    expect(codeOf(() => FileSource.open(join(folder, 'dir')))).toBe('not-a-file');
    expect(codeOf(() => FileSource.open(file('empty', new Uint8Array(0))))).toBe('empty-file');
  });

  test.skipIf(process.platform === 'win32')('refuses devices', () => {
    expect(codeOf(() => FileSource.open('/dev/null'))).toBe('not-a-file');
  });

  test.skipIf(process.platform === 'win32' || process.getuid?.() === 0)('refuses files without permission', () => {
    const path = file('secret', Uint8Array.of(1));
    chmodSync(path, 0);
    expect(codeOf(() => FileSource.open(path))).toBe('no-permission');
  });

  test.skipIf(process.platform === 'win32')('reads beyond 2^32 of a sparse file, and nothing beyond the end', () => {
    const path = join(folder, 'sparse');
    const fd = openSync(path, 'w');
    ftruncateSync(fd, 5 * 2 ** 30);
    writeSync(fd, 'mark', 5 * 2 ** 30 - 4);
    closeSync(fd);
    const source = FileSource.open(path);
    expect(source.size).toBe(5 * 2 ** 30);
    expect(Buffer.from(readBytes(source, source.size - 4, 100)).toString()).toBe('mark');
    expect(source.read(source.size, new Uint8Array(4))).toBe(0);
    source.close();
    expect(codeOf(() => source.read(0, new Uint8Array(1)))).toBe('read-failed');
  });
});

describe('PageCache', () => {
  const bytes = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7) & 0xff);

  test('gives the same bytes as the source, whatever is read in which order, within its cap', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.nat(5200), fc.nat(300)), { minLength: 40, maxLength: 80 }),
        (reads) => {
          const cache = new PageCache({ blockBytes: 64, capBytes: 1024 });
          const sources = [bytes, bytes.toReversed()].map((data) => ({
            data,
            cached: cache.attach(new BufferSource('b', data)),
          }));
          for (const [second, offset, length] of reads) {
            const { data, cached } = sources[second ? 1 : 0]!;
            const target = new Uint8Array(length);
            const got = cached.read(offset, target);
            expect(target.subarray(0, got)).toEqual(data.subarray(offset, offset + length));
          }
          expect(cache.bytesHeld).toBeLessThanOrEqual(1024);
        },
      ),
    );
  });

  test('reads a block once while there is room, and counts what it reads', () => {
    const cache = new PageCache({ blockBytes: 1024, capBytes: 2 ** 20 });
    const cached = cache.attach(new BufferSource('b', bytes));
    for (let i = 0; i < 100; i++) cached.read(i * 40, new Uint8Array(40));
    expect(cache.bytesRead).toBe(4096);
  });

  test('a block that is in use outlives one that is not', () => {
    const cache = new PageCache({ blockBytes: 16, capBytes: 256 });
    const cached = cache.attach(new BufferSource('b', bytes));
    for (let round = 0; round < 20; round++) {
      cached.slot(0);
      cached.slot(100 + round);
    }
    expect(cache.bytesRead).toBe((1 + 20) * 16);
  });

  test('a walk over everything takes no more memory, blocks that come back do', () => {
    const cache = new PageCache({ blockBytes: 16, capBytes: 2 ** 16 });
    const cached = cache.attach(new BufferSource('b', bytes));
    const walk = (blocks: number) => {
      for (let block = 0; block < blocks; block++) for (let again = 0; again < 3; again++) cached.slot(block);
    };
    walk(300);
    expect(cache.bytesHeld).toBe(64 * 16);
    for (let round = 0; round < 8; round++) walk(100);
    const before = cache.bytesRead;
    walk(100);
    expect(cache.bytesRead).toBe(before);
    expect(cache.bytesHeld).toBeLessThan(2 * 100 * 16);
  });

  test('a failed read leaves nothing behind', () => {
    let failing = true;
    const flaky: ByteSource = {
      name: 'flaky',
      size: 100,
      read(_offset, target) {
        if (failing) throw new InspectError('read-failed', 'flaky', 'no');
        target.fill(9);
        return target.length;
      },
      close() {},
    };
    const cached = new PageCache({ blockBytes: 64, capBytes: 1024 }).attach(flaky);
    for (let i = 0; i < 50; i++) expect(() => cached.read(0, new Uint8Array(4))).toThrow(InspectError);
    failing = false;
    const target = new Uint8Array(4);
    expect(cached.read(0, target)).toBe(4);
    expect([...target]).toEqual([9, 9, 9, 9]);
  });
});

function packSparse(
  size: number,
  runs: readonly (readonly [offset: number, data: Uint8Array])[],
  count = runs.length,
): Uint8Array {
  const head = Buffer.alloc(24 + runs.length * 16);
  head.write('SPNSPRS1', 'latin1');
  head.writeBigUInt64LE(BigInt(size), 8);
  head.writeUInt32LE(count, 16);
  for (const [i, [offset, data]] of runs.entries()) {
    head.writeBigUInt64LE(BigInt(offset), 24 + i * 16);
    head.writeBigUInt64LE(BigInt(data.length), 32 + i * 16);
  }
  return new Uint8Array(Buffer.concat([head, ...runs.map(([, data]) => data)]));
}

const open = (bytes: Uint8Array) => new SparsePackSource(new BufferSource('pack', bytes));

describe('SparsePackSource', () => {
  test('any file, cut into runs and gaps, reads back as it was', () => {
    const runs = fc.array(fc.tuple(fc.nat(20), fc.uint8Array({ minLength: 1, maxLength: 30 })), { maxLength: 10 });
    fc.assert(
      fc.property(runs, fc.nat(20), fc.array(fc.tuple(fc.nat(600), fc.nat(100))), (gapped, tail, reads) => {
        let at = 0;
        const placed = gapped.map(([gap, data]) => {
          const offset = at + gap;
          at = offset + data.length;
          return [offset, data] as const;
        });
        const whole = new Uint8Array(at + tail + 1);
        for (const [offset, data] of placed) whole.set(data, offset);
        const source = open(packSparse(whole.length, placed));
        for (const [offset, length] of [[0, whole.length], ...reads] as const) {
          const target = new Uint8Array(length).fill(0xee);
          const got = source.read(offset, target);
          expect(target.subarray(0, got)).toEqual(whole.subarray(offset, offset + length));
        }
      }),
    );
  });

  const one = Uint8Array.of(1, 2, 3);
  test.each([
    [
      'out of order',
      packSparse(100, [
        [50, one],
        [10, one],
      ]),
      'malformed',
    ],
    [
      'overlapping',
      packSparse(100, [
        [10, one],
        [12, one],
      ]),
      'malformed',
    ],
    ['beyond the image', packSparse(12, [[10, one]]), 'malformed'],
    ['an empty run', packSparse(12, [[1, new Uint8Array(0)]]), 'malformed'],
    ['more runs than the file holds', packSparse(100, [[1, one]], 0xffffffff), 'truncated'],
    ['cut', packSparse(100, [[1, one]]).subarray(0, -1), 'truncated'],
    ['bytes behind the last run', new Uint8Array([...packSparse(100, [[1, one]]), 0]), 'malformed'],
    ['a size beyond 2^53', packSparse(2 ** 60, [[1, one]]), 'malformed'],
    ['an empty image', packSparse(0, []), 'empty-file'],
  ])('refuses a pack that is broken: %s', (_what, bytes, code) => {
    expect(codeOf(() => open(bytes))).toBe(code);
  });

  test('cut or flipped anywhere, it opens or throws an InspectError', () => {
    const whole = packSparse(300, [
      [3, one],
      [100, new Uint8Array(90).fill(5)],
      [290, one],
    ]);
    for (let i = 0; i < whole.length; i++) {
      codeOf(() => open(whole.subarray(0, i)));
      const flipped = whole.slice();
      flipped[i] = flipped[i]! ^ 0x81;
      codeOf(() => open(flipped).read(0, new Uint8Array(300)));
    }
  });
});

describe('openSource', () => {
  test('sees by content what it opens', () => {
    const source = openSource(file('plain.name', packSparse(9, [[1, Uint8Array.of(7)]])));
    expect(source).toBeInstanceOf(SparsePackSource);
    expect([...readBytes(source, 0, 99)]).toEqual([0, 7, 0, 0, 0, 0, 0, 0, 0]);
    source.close();
    const plain = openSource(file('x.gz', Uint8Array.of(1, 2)));
    expect(plain).toBeInstanceOf(FileSource);
    plain.close();
  });

  test.each([
    ['gzip', [0x1f, 0x8b, 8]],
    ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
    ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]],
    ['lz4', [0x04, 0x22, 0x4d, 0x18]],
  ])('names the compression: %s', (name, magic) => {
    expect(() => openSource(file(`c-${name}`, Uint8Array.from(magic)))).toThrow(
      new RegExp(`is compressed with ${name}`),
    );
  });
});
