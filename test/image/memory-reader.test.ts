import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BufferSource } from '../../src/bytes/buffer-source.js';
import type { ByteSource } from '../../src/bytes/byte-source.js';
import { InspectError } from '../../src/bytes/errors.js';
import { PageCache } from '../../src/bytes/page-cache.js';
import type { Memory } from '../../src/image/memory.js';
import { MemoryReader, type SegmentSpec } from '../../src/image/memory-reader.js';

fc.configureGlobal({ seed: 1 });

const model = { pointerSize: 8, littleEndian: true } as const;
const fileBytes = Uint8Array.from({ length: 3000 }, (_, i) => (i * 31 + (i >> 8)) & 0xff);

interface Piece {
  readonly kind: 'bytes' | 'zero' | 'missing';
  readonly start: number;
  readonly length: number;
  readonly offset: number;
}

/** The same pieces as specs for the reader, and painted byte by byte: the byte, or undefined. */
function build(
  pieces: readonly Piece[],
  base: number,
  cache: PageCache,
): { specs: SegmentSpec[]; painted: Map<number, number | undefined> } {
  const source = cache.attach(new BufferSource('file', fileBytes));
  const painted = new Map<number, number | undefined>();
  const specs = pieces.map(({ kind, start, length, offset }): SegmentSpec => {
    for (let i = 0; i < length; i++) {
      painted.set(base + start + i, kind === 'missing' ? undefined : kind === 'zero' ? 0 : fileBytes[offset + i]);
    }
    const common = { start: base + start, end: base + start + length, flags: 6, detail: kind };
    if (kind === 'bytes') return { ...common, origin: 'core', provider: { kind, source, offset } };
    return kind === 'zero'
      ? { ...common, origin: 'zero', provider: { kind } }
      : { ...common, origin: 'missing', provider: { kind } };
  });
  return { specs, painted };
}

const piece = fc.record({
  kind: fc.constantFrom<Piece['kind']>('bytes', 'bytes', 'bytes', 'zero', 'missing'),
  start: fc.nat(900),
  length: fc.nat(400),
  offset: fc.nat(3100),
});

describe('MemoryReader', () => {
  test('reads what painting byte by byte says, with a cache of sixteen tiny blocks', () => {
    const read = fc.tuple(
      fc.constantFrom('view', 'copy', 'bytes', 'uint32', 'uint64', 'word', 'fault'),
      fc.nat(1300),
      fc.nat(300),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { minLength: 1, maxLength: 8 }),
        fc.array(read, { minLength: 40, maxLength: 80 }),
        fc.constantFrom(0, 0xc000000000, 2 ** 52),
        (pieces, reads, base) => {
          const cache = new PageCache({ blockBytes: 64, capBytes: 1024 });
          const { specs, painted } = build(pieces, base, cache);
          const memory: Memory = new MemoryReader(specs, model, cache);
          const expected = (at: number, length: number): number[] => {
            const bytes: number[] = [];
            for (let i = 0; i < length; i++) {
              const byte = painted.get(at + i);
              if (byte === undefined) break;
              bytes.push(byte);
            }
            return bytes;
          };
          for (const [kind, offset, length] of reads) {
            const at = base + offset;
            const want = expected(at, length);
            if (kind === 'view') {
              const found = memory.view(at, length);
              expect(found >= 0).toBe(want.length === length);
              if (found >= 0)
                expect([...new Uint8Array(memory.window.buffer, memory.window.byteOffset + found, length)]).toEqual(
                  want,
                );
            } else if (kind === 'copy') {
              const target = new Uint8Array(length + 7);
              const got = memory.copy(at, target, 5, length);
              expect([...target.subarray(5, 5 + got)]).toEqual(want);
              expect([...target.subarray(5 + length)]).toEqual([0, 0]);
            } else if (kind === 'bytes') {
              const { bytes, fault } = memory.bytes(at, length);
              expect([...bytes]).toEqual(want);
              expect(fault?.address).toBe(want.length === length ? undefined : at + want.length);
            } else if (kind === 'fault') {
              expect(memory.faultAt(at) === undefined).toBe(expected(at, 1).length === 1);
            } else {
              const size = kind === 'uint32' ? 4 : 8;
              const bytes = expected(at, size);
              const number =
                bytes.length < size ? undefined : bytes.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
              const got = memory[kind](at);
              if (kind === 'word')
                expect(got).toBe(number === undefined || number >= 2n ** 53n ? undefined : Number(number));
              else expect(got === undefined ? undefined : BigInt(got)).toBe(number);
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  const whole = (cache: PageCache): SegmentSpec => ({
    start: 0x1000,
    end: 0x1000 + 3000,
    flags: 6,
    origin: 'core',
    detail: 'c',
    provider: { kind: 'bytes', source: cache.attach(new BufferSource('file', fileBytes)), offset: 0 },
  });

  test('a block that was pushed out of the cache is read again, wherever it was seen', () => {
    const cache = new PageCache({ blockBytes: 64, capBytes: 1024 });
    const source = cache.attach(new BufferSource('file', fileBytes));
    // Each piece in an entry of its own of the translation table, more pieces than the cache has blocks.
    const address = (i: number) => i * 65536 + 32;
    const specs = Array.from(
      { length: 40 },
      (_, i): SegmentSpec => ({
        start: address(i),
        end: address(i) + 64,
        flags: 6,
        origin: 'core',
        detail: 'c',
        provider: { kind: 'bytes', source, offset: i * 64 },
      }),
    );
    const memory = new MemoryReader(specs, model, cache);
    fc.assert(
      fc.property(fc.array(fc.nat(39), { minLength: 50, maxLength: 200 }), (order) => {
        for (const i of order) expect(memory.uint8(address(i) + 5)).toBe(fileBytes[i * 64 + 5]);
      }),
    );
  });

  test('what lies before a piece in its block is not the piece’s', () => {
    const cache = new PageCache();
    const memory = new MemoryReader(
      [
        {
          ...whole(cache),
          start: 0x10800,
          end: 0x10900,
          provider: { ...whole(cache).provider, offset: 100 } as SegmentSpec['provider'],
        },
      ],
      model,
      cache,
    );
    expect(memory.uint8(0x10800)).toBe(fileBytes[100]);
    expect([memory.uint8(0x107ff), memory.view(0x107ff, 2), memory.uint8(0x10900)]).toEqual([undefined, -1, undefined]);
  });

  test('byte order and pointer size are the model’s', () => {
    const cache = new PageCache();
    const big = new MemoryReader([whole(cache)], { pointerSize: 4, littleEndian: false }, cache);
    const view = new DataView(fileBytes.buffer);
    expect([big.uint16(0x1001), big.uint32(0x1001), big.word(0x1002), big.uint64(0x1003)]).toEqual([
      view.getUint16(1),
      view.getUint32(1),
      view.getUint32(2),
      view.getBigUint64(3),
    ]);
  });

  test('garbage addresses are unreadable, with a fault', () => {
    const cache = new PageCache();
    const memory = new MemoryReader([whole(cache)], model, cache);
    for (const at of [
      Number.NaN,
      -1,
      -(2 ** 40),
      0.5,
      2 ** 53,
      2 ** 60,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ]) {
      expect(memory.view(at, 8)).toBe(-1);
      expect(memory.uint8(at)).toBeUndefined();
      expect(memory.bytes(at, 8).bytes).toHaveLength(0);
      expect(memory.faultAt(at)?.why).toMatch(/not mapped|above 2\^53/);
    }
    expect(memory.view(0x1000, -1)).toBe(-1);
    expect(memory.view(0x1000, Number.NaN)).toBe(-1);
  });

  test('a length that no image can hold allocates nothing', () => {
    const cache = new PageCache();
    const { bytes, fault } = new MemoryReader([whole(cache)], model, cache).bytes(0x1000, 2 ** 52);
    expect(bytes).toHaveLength(3000);
    expect(fault).toEqual({ address: 0x1000 + 3000, why: 'not mapped' });
  });

  test('segments above 2^53 are listed as missing, and missing ones say why', () => {
    const cache = new PageCache();
    const missing = { flags: 0, origin: 'missing', provider: { kind: 'missing' } } as const;
    const memory = new MemoryReader(
      [
        { ...whole(cache), start: 2 ** 63, end: 2 ** 63 + 4096 },
        { ...missing, start: 0x5000, end: 0x6000, detail: 'not dumped' },
      ],
      model,
      cache,
    );
    expect(memory.segments).toEqual([
      { start: 0x5000, end: 0x6000, flags: 0, origin: 'missing', detail: 'not dumped' },
      { start: 2 ** 63, end: 2 ** 63 + 4096, flags: 6, origin: 'missing', detail: 'above 2^53' },
    ]);
    expect(memory.faultAt(0x5800)).toEqual({ address: 0x5800, why: 'not dumped' });
  });

  test('a source that refuses or shrinks is a fault, not an exception', () => {
    const cache = new PageCache({ blockBytes: 64, capBytes: 1024 });
    const shrinking: ByteSource = {
      name: 'shrinking',
      size: 1000,
      read(offset, target) {
        if (offset >= 512) throw new InspectError('read-failed', 'shrinking', 'input/output error');
        return Math.max(0, Math.min(target.length, 100 - offset));
      },
      close() {},
    };
    const spec: SegmentSpec = {
      start: 0x1000,
      end: 0x1000 + 1000,
      flags: 6,
      origin: 'core',
      detail: 'c',
      provider: { kind: 'bytes', source: cache.attach(shrinking), offset: 0 },
    };
    const memory = new MemoryReader([spec], model, cache);
    expect(memory.bytes(0x1000, 1000).bytes).toHaveLength(100);
    expect(memory.view(0x1000 + 60, 80)).toBe(-1);
    expect(memory.faultAt(0x1000 + 600)?.why).toBe('shrinking cannot be read there');
    expect(memory.faultAt(0x1000 + 50)).toBeUndefined();
  });
});
