// Tables of values by pc: what an encoder of the same rules wrote is read back, and damage ends in nothing.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pcValue } from '../../src/gosym/pcvalue.js';
import type { Memory } from '../../src/image/memory.js';

fc.configureGlobal({ seed: 1 });

const base = 0x1000;
const entry = 0x400000;

/** Memory that holds `bytes` at `base` and nothing else. */
const memoryOf = (bytes: Uint8Array): Memory =>
  ({
    bytes: (address: number, length: number) => ({
      bytes: bytes.slice(address - base, address - base + length),
      fault: undefined,
    }),
  }) as Memory;

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return [...bytes, rest];
}

/** cmd/link/internal/ld/pcln.go: [value, length in instructions] pairs, values that differ from the one before. */
function encode(steps: readonly (readonly [value: number, length: number])[]): Uint8Array {
  const bytes: number[] = [];
  let value = -1;
  for (const [next, length] of steps) {
    const step = next - value;
    bytes.push(...varint(step < 0 ? -step * 2 - 1 : step * 2), ...varint(length));
    value = next;
  }
  return Uint8Array.from([...bytes, 0]);
}

const steps = fc
  .array(fc.tuple(fc.integer({ min: -1, max: 100_000 }), fc.integer({ min: 1, max: 70_000 })), {
    minLength: 1,
    maxLength: 60,
  })
  .map((list) => list.filter(([value], i) => value !== (i === 0 ? -1 : list[i - 1]![0])));

describe('pcValue', () => {
  it('gives for each pc the value that was written', () => {
    fc.assert(
      fc.property(steps, fc.constantFrom(1, 2, 4), (list, minLC) => {
        const memory = memoryOf(encode(list));
        let pc = entry;
        for (const [value, length] of list) {
          const end = pc + length * minLC;
          for (const at of [pc, end - 1]) expect(pcValue(memory, { address: base, entry, minLC }, at)).toBe(value);
          pc = end;
        }
        expect(pcValue(memory, { address: base, entry, minLC }, pc)).toBeUndefined();
      }),
    );
  });

  it('gives nothing of bytes that are no table, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.nat(100_000), (bytes, offset) => {
        const value = pcValue(memoryOf(bytes), { address: base, entry, minLC: 1 }, entry + offset);
        expect(value === undefined || Number.isSafeInteger(value)).toBe(true);
      }),
    );
  });

  it('reads no more than a table can have', () => {
    let read = 0;
    const endless = {
      bytes(_address: number, length: number) {
        read = Math.max(read, length);
        // A step of the value by one, a step of the pc by none.
        return { bytes: new Uint8Array(length).map((_, i) => (i % 2 === 0 ? 2 : 0)), fault: undefined };
      },
    } as unknown as Memory;
    expect(pcValue(endless, { address: base, entry, minLC: 1 }, entry + 10)).toBeUndefined();
    expect(read).toBeLessThanOrEqual(2 ** 18);
  });
});
