// Sums over rows that pass by against the same over a whole table: nothing of an overview may depend on which way it was read.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { overviewOf } from '../../src/analysis/overview.js';
import { summedSpans } from '../../src/analysis/span-totals.js';
import { openProcess } from '../../src/runtime/process.js';
import { openTarget } from '../../src/target/open.js';
import type { Target } from '../../src/target/target.js';
import { type HeapSpec, type SpanSpec, writeHeap } from '../support/heap-writer.js';
import { sample } from '../support/run-cli.js';

fc.configureGlobal({ seed: 1 });

function bothWays(target: Target) {
  const passing = openProcess(target, {})!;
  const whole = openProcess(target, {})!;
  const rows = summedSpans(passing)!;
  return {
    kept: rows.rows.length,
    passing: overviewOf(target, passing, rows),
    whole: overviewOf(target, whole, whole.spans()),
  };
}

const span: fc.Arbitrary<SpanSpec> = fc.oneof(
  fc.record({
    state: fc.constantFrom('free' as const, 'inuse' as const, 'inuse' as const, 'manual' as const),
    sizeclass: fc.integer({ min: 0, max: 67 }),
    noscan: fc.boolean(),
    freeindex: fc.nat(40),
    sweep: fc.constantFrom(-2, -1, 0, 1, 3),
  }),
  fc.record({ freeindex: fc.constant(5), allocCount: fc.constantFrom(4, 5, 9), sweep: fc.constantFrom(-1, 0, 3) }),
  fc.constantFrom<SpanSpec>({ unreadable: true }, { state: 77 }, { lies: { nelems: 65535 } }, { lies: { npages: 2n ** 40n } }),
); // biome-ignore format: a table
const healthy: SpanSpec[] = Array.from({ length: 100 }, () => ({ freeindex: 1 }));

describe('an overview without a table', () => {
  it('is the same as with one, over any heap', () => {
    const heaps: fc.Arbitrary<HeapSpec> = fc
      .record({
        go: fc.constantFrom('go1.16.0', 'go1.20.0', 'go1.27.0'),
        odd: fc.array(span, { maxLength: 150 }),
        ps: fc.array(fc.array(fc.nat(99), { maxLength: 6 }), { maxLength: 3 }),
      })
      .map(({ go, odd, ps }) => ({ go, spans: [...healthy, ...odd], ps }));
    fc.assert(
      fc.property(heaps, (spec) => {
        const { passing, whole } = bothWays(writeHeap(spec).target());
        expect(passing).toEqual(whole);
      }),
      { numRuns: 40 },
    );
  });

  it('is the same over the sample, and over more rows than pass by at a time; few rows are kept', () => {
    const files = [sample.server, sample.core];
    const target = openTarget({ files, options: {} });
    const { passing, whole } = bothWays(target);
    expect(passing).toEqual(whole);
    expect(passing.spans?.total).toBeGreaterThan(100);
    target.close();
    const many = Array.from(
      { length: 20_000 },
      (_, i): SpanSpec => (i % 300 === 7 ? { freeindex: 3, allocCount: 4 } : { freeindex: 1 }),
    );
    const large = bothWays(writeHeap({ spans: many, ps: [[7, 8, 19_999]] }).target());
    expect(large.passing).toEqual(large.whole);
    expect(large.passing.spans).toMatchObject({ total: 20_000, suspect: { mismatch: 67 } });
    expect(large.kept).toBeLessThan(1000);
  });
});
