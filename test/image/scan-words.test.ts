// Searches through words against a walk that reads one word after the other: any word size and byte order, ranges that are not aligned, holes, and blocks that end between two words.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BufferSource } from '../../src/bytes/buffer-source.js';
import { PageCache } from '../../src/bytes/page-cache.js';
import type { DataModel, Memory } from '../../src/image/memory.js';
import { MemoryReader, type SegmentSpec } from '../../src/image/memory-reader.js';
import { type AddressRange, headersOfLength, matchingWords } from '../../src/image/scan-words.js';

const base = 0x10000;
/** More than one block of a search. */
const length = 2 ** 18 + 2 ** 14;

const models: readonly DataModel[] = [
  { pointerSize: 8, littleEndian: true },
  { pointerSize: 8, littleEndian: false },
  { pointerSize: 4, littleEndian: true },
  { pointerSize: 4, littleEndian: false },
];

/** Headers `{pointer, length}` at `places`, zeros around, `hole` unmapped. */
function memoryOf(model: DataModel, places: readonly Place[], hole: AddressRange): Memory {
  const view = new DataView(new ArrayBuffer(length));
  const put = (at: number, value: number) => {
    const { pointerSize, littleEndian } = model;
    if (at < 0 || at + pointerSize > length) return;
    if (pointerSize === 4) view.setUint32(at, value % 2 ** 32, littleEndian);
    else view.setBigUint64(at, BigInt(value), littleEndian);
  };
  for (const { at, pointer, count } of places) {
    put(at, pointer);
    put(at + model.pointerSize, count);
  }
  const cache = new PageCache();
  const source = cache.attach(new BufferSource('file', new Uint8Array(view.buffer)));
  const piece = (start: number, end: number): SegmentSpec => ({
    start: base + start,
    end: base + end,
    flags: 6,
    detail: 'data',
    origin: 'core',
    provider: { kind: 'bytes', source, offset: start },
  });
  return new MemoryReader([piece(0, hole.start), piece(hole.end, length)], model, cache);
}

interface Place {
  readonly at: number;
  readonly pointer: number;
  readonly count: number;
}

const place = fc.record({
  // Next to where a block ends, too.
  at: fc.oneof(fc.nat(length), fc.integer({ min: 2 ** 18 - 24, max: 2 ** 18 + 8 })),
  pointer: fc.constantFrom(0, 0xfff, 0x1000, 0xffffffff, 2 ** 32, 0xc000000000),
  count: fc.constantFrom(0, 4, 5, 6, 127, 128, 129, 2 ** 32 + 5, 0x05000000),
});
const aligned = place.map(({ at, ...rest }) => ({ ...rest, at: at - (at % 8) }));

test('headers of a length are those that a walk finds word by word', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...models),
      fc.array(fc.oneof(aligned, aligned, place), { maxLength: 40 }),
      fc.nat(length),
      fc.nat(5000),
      fc.nat(64),
      (model, places, holeAt, holeBytes, skew) => {
        const hole = { start: holeAt, end: Math.min(length, holeAt + holeBytes) };
        const memory = memoryOf(model, places, hole);
        const { pointerSize } = model;
        const range = { start: base + skew, end: base + length - skew };
        // As far as a number has it: two headers may lie over each other.
        const number = (at: number) => {
          const value = pointerSize === 4 ? memory.uint32(at) : memory.uint64(at);
          return value === undefined ? undefined : Number(value);
        };
        const expected: number[] = [];
        const first = Math.ceil(range.start / pointerSize) * pointerSize;
        for (let at = first; at + pointerSize <= range.end; at += pointerSize) {
          const [pointer, count] = [number(at), number(at + pointerSize)];
          if (pointer !== undefined && count !== undefined && pointer >= 0x1000 && count >= 5 && count <= 128)
            expected.push(at);
        }
        const found: number[] = [];
        for (const { address, pointer, length: count } of headersOfLength({ memory }, [range], 5, 128)) {
          found.push(address);
          expect([pointer, count]).toEqual([number(address), number(address + pointerSize)]);
        }
        expect(found).toEqual(expected);
        // The search for anything that a function knows, asked for the same.
        const isHeader = matchingWords(
          { memory },
          [range],
          2 * pointerSize,
          (words) => words.at(0) >= 0x1000 && words.at(pointerSize) >= 5 && words.at(pointerSize) <= 128,
          0,
        );
        expect([...isHeader]).toEqual(expected);
      },
    ),
    { numRuns: 60 },
  );
}, 60_000);
