// Rows written from columns against the rows written one by one: the same bytes, over real images and heaps of any garbage.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type SpanSource, spanRow } from '../../src/analysis/span-rows.js';
import { openProcess, openTarget } from '../../src/index.js';
import { spanRowJson } from '../../src/output/span-json.js';
import { SpanLines } from '../../src/output/span-lines.js';
import { type SpanSpec, writeHeap } from '../support/heap-writer.js';
import { sample } from '../support/run-cli.js';

fc.configureGlobal({ seed: 1 });

function compare(source: SpanSource): number {
  const { table } = source;
  const pieces: Buffer[] = [];
  const lines = new SpanLines(source, (bytes) => pieces.push(Buffer.from(bytes)));
  let wanted = '';
  for (let row = 0; row < table.length; row += 1) {
    lines.add(row);
    wanted += `${spanRowJson(spanRow(source, row, false))}\n`;
  }
  lines.flush();
  expect(Buffer.concat(pieces).toString('utf8')).toBe(wanted);
  return pieces.length;
}

describe('SpanLines', () => {
  it('writes the rows of the sample', () => {
    const target = openTarget({ files: [sample.server, sample.core], options: {} });
    const process = openProcess(target, {})!;
    expect(compare({ memory: process.memory, layout: process.layout, table: process.spans()! })).toBeGreaterThan(1);
    target.close();
  });

  it('writes any row', () => {
    const word = fc.oneof(
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      fc.nat(64).map((n) => 2n ** BigInt(n) - 1n),
      fc.nat(63).map((n) => 2n ** BigInt(n)),
      fc.nat(19).map((n) => 10n ** BigInt(n) - 1n),
    );
    const names = [
      'startAddr',
      'npages',
      'limit',
      'elemsize',
      'nelems',
      'freeindex',
      'allocCount',
      'spanclass',
      'sweepgen',
    ];
    const lies = fc.record(Object.fromEntries(names.map((name) => [name, word])), { requiredKeys: [] });
    const span: fc.Arbitrary<SpanSpec> = fc
      .tuple(lies, fc.constantFrom(0, 1, 2, 3, 200))
      .map(([own, state]): SpanSpec => ({ lies: own as Record<string, bigint>, state, freeindex: 1 }));
    fc.assert(
      fc.property(fc.array(fc.oneof(span, fc.constant<SpanSpec>({ unreadable: true })), { maxLength: 30 }), (odd) => {
        const healthy = Array.from({ length: 40 }, (): SpanSpec => ({ freeindex: 1 }));
        const target = writeHeap({
          spans: [...healthy, ...odd, ...odd.map((spec) => ({ ...spec, state: 1 }))],
        }).target();
        const process = openProcess(target, {})!;
        const table = process.spans();
        if (table) compare({ memory: process.memory, layout: process.layout, table });
      }),
      { numRuns: 80 },
    );
  });
});
