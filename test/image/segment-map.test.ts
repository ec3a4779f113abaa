import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { overlay, SegmentMap } from '../../src/image/segment-map.js';

fc.configureGlobal({ seed: 1 });

describe('overlay', () => {
  test('later ranges cover earlier ones and split them', () => {
    expect(
      overlay([
        { start: 0, end: 100, value: 'a' },
        { start: 40, end: 60, value: 'b' },
        { start: 50, end: 50, value: 'empty' },
        { start: 90, end: 120, value: 'c' },
      ]),
    ).toEqual([
      { start: 0, end: 40, value: 'a' },
      { start: 40, end: 60, value: 'b' },
      { start: 60, end: 90, value: 'a' },
      { start: 90, end: 120, value: 'c' },
    ]);
  });

  test('equals painting address by address', () => {
    const range = fc.tuple(fc.nat(60), fc.nat(20));
    fc.assert(
      fc.property(fc.array(range, { maxLength: 20 }), (pairs) => {
        const ranges = pairs.map(([start, length], i) => ({ start, end: start + length, value: i }));
        const painted = new Map<number, number>();
        for (const { start, end, value } of ranges) for (let at = start; at < end; at++) painted.set(at, value);
        const map = new SegmentMap(ranges);
        for (let at = -1; at < 90; at++) {
          const index = map.find(at);
          expect(index < 0 ? undefined : map.ranges[index]!.value).toBe(painted.get(at));
        }
        for (const [i, piece] of map.ranges.entries()) {
          const before = map.ranges[i - 1];
          expect(piece.start).toBeLessThan(piece.end);
          if (before !== undefined) expect(before.end).toBeLessThanOrEqual(piece.start);
          if (before?.end === piece.start) expect(before.value).not.toBe(piece.value);
        }
      }),
    );
  });

  test('many ranges over each other are looked at n log n times', () => {
    const looks = (count: number): number => {
      let looked = 0;
      const nested = Array.from({ length: count }, (_, i) => ({
        get start() {
          looked += 1;
          return i;
        },
        get end() {
          looked += 1;
          return 2 * count - i;
        },
        value: i,
      }));
      expect(overlay(nested).length).toBe(2 * count - 1);
      expect(overlay(nested.toReversed()).length).toBe(1);
      return looked;
    };
    const [few, many] = [looks(2 ** 8), looks(2 ** 12)];
    // Sixteen times as many, and log n grows from 8 to 12; looks at each pair would be 256 times as many.
    expect(many / few).toBeLessThan((16 * 12) / 8);
  });
});
