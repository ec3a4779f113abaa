// The batch's tight loops against plain reads of the same memory: any place, alignment, field size and byte order, with holes.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BufferSource } from '../../src/bytes/buffer-source.js';
import { PageCache } from '../../src/bytes/page-cache.js';
import type { DataModel, Memory } from '../../src/image/memory.js';
import { MemoryReader, type SegmentSpec } from '../../src/image/memory-reader.js';
import { type FieldPlace, StructBatch } from '../../src/runtime/struct-batch.js';

fc.configureGlobal({ seed: 1 });

const base = 0xc000000000;
const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => (i * 167 + (i >> 8) * 31) & 0xff);

/** `bytes` at `base`, without the holes. */
function memoryOf(model: DataModel, holes: readonly { start: number; length: number }[]): Memory {
  const cache = new PageCache({ blockBytes: 1024, capBytes: 2 ** 16 });
  const source = cache.attach(new BufferSource('bytes', bytes));
  const whole: SegmentSpec = {
    start: base,
    end: base + bytes.length,
    flags: 6,
    origin: 'core',
    detail: 'bytes',
    provider: { kind: 'bytes', source, offset: 0 },
  };
  const missing = holes.map(
    ({ start, length }): SegmentSpec => ({
      start: base + start,
      end: base + start + length,
      flags: 6,
      origin: 'missing',
      detail: 'hole',
      provider: { kind: 'missing' },
    }),
  );
  return new MemoryReader([whole, ...missing], model, cache);
}

/** What the batch should give: by address, the field as a number, or undefined where the struct has an unreadable byte. */
function plain(memory: Memory, address: number, structBytes: number, { offset, size }: FieldPlace): number | undefined {
  if (memory.bytes(address, structBytes).bytes.length < structBytes) return undefined;
  const at = address + offset;
  if (size === 8) return Number(memory.uint64(at));
  return size === 4 ? memory.uint32(at) : size === 2 ? memory.uint16(at) : memory.uint8(at);
}

const models = fc.constantFrom<DataModel>(
  { pointerSize: 8, littleEndian: true },
  { pointerSize: 8, littleEndian: true },
  { pointerSize: 8, littleEndian: false },
  { pointerSize: 4, littleEndian: true },
);
const holes = fc.array(fc.record({ start: fc.nat(69_000), length: fc.integer({ min: 1, max: 400 }) }), {
  maxLength: 12,
});
const places = fc.array(fc.record({ offset: fc.nat(152), size: fc.constantFrom(1, 2, 4, 8) }), {
  minLength: 1,
  maxLength: 8,
});

describe('StructBatch', () => {
  it('reads every field of structs anywhere as plain reads do', () => {
    // Ascending neighbours as the runtime makes them, with jumps of any size and direction, and garbage, in between.
    const step = fc.oneof(
      { weight: 20, arbitrary: fc.constant(160) },
      { weight: 2, arbitrary: fc.constantFrom(224, 4320, 0, -160, 161, 164, 20_000, 2 ** 45) },
      { weight: 1, arbitrary: fc.integer({ min: -70_000, max: 70_000 }) },
    );
    fc.assert(
      fc.property(models, holes, fc.array(step, { maxLength: 200 }), places, (model, gaps, steps, fields) => {
        const memory = memoryOf(model, gaps);
        const addresses = [base + 64];
        for (const n of steps) {
          const next = addresses.at(-1)! + n;
          addresses.push(next < base - 1000 || next > base + 80_000 ? (n > 2 ** 40 ? 2 ** 53 - 8 : base + 64) : next);
        }
        const list = Float64Array.from(addresses);
        const batch = new StructBatch(memory, 160, 50);
        for (let from = 0; from < list.length; from += batch.count) {
          batch.take(list, from, list.length);
          expect(batch.count).toBeGreaterThan(0);
          for (const place of fields) {
            const values = batch.read(place);
            for (let i = 0; i < batch.count; i += 1) {
              const wanted = plain(memory, list[from + i]!, 160, place);
              expect(batch.addressOf(i)).toBe(list[from + i]);
              expect(batch.unreadable.includes(i)).toBe(wanted === undefined);
              expect(values[i]).toBe(wanted ?? 0);
            }
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  it('reads arrays of words, and says which can’t be read', () => {
    fc.assert(
      fc.property(models, holes, fc.nat(60_000), fc.integer({ min: 1, max: 900 }), (model, gaps, start, count) => {
        const memory = memoryOf(model, gaps);
        const { pointerSize } = model;
        const batch = new StructBatch(memory, pointerSize, 300);
        const place = { offset: 0, size: pointerSize };
        for (let done = 0; done < count; done += batch.count) {
          batch.takeArray(base + start + done * pointerSize, count - done);
          const values = batch.read(place);
          for (let i = 0; i < batch.count; i += 1) {
            const wanted = plain(memory, base + start + (done + i) * pointerSize, pointerSize, place);
            expect(batch.unreadable.includes(i)).toBe(wanted === undefined);
            expect(values[i]).toBe(wanted ?? 0);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});
