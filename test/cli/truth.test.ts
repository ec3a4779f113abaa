// The sample and the small images against what an independent reader (Go's debug/dwarf) found in them and what the programs printed of themselves.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectedRow } from '../matrix/expected-row.js';
import type { TruthRow } from '../matrix/prepared.js';
import { json, lines, output, root, sample, TempFolder } from '../support/run-cli.js';
import { truthRows } from '../support/truth-rows.js';

interface Overview {
  readonly go: { readonly version: string; readonly arch: string };
  readonly roots: Readonly<Record<string, { readonly state: string; readonly detail: string }>>;
  readonly layout: { readonly source: string; readonly validated: { readonly ok: boolean } };
  readonly spans: Readonly<Record<string, unknown>>;
  readonly gc: { readonly lastGC: string | number; readonly numGC: number; readonly phase: string };
  readonly reconciliation: readonly { readonly what: string; readonly agrees: boolean }[];
  readonly findings: readonly unknown[];
}

const images = join(root, 'fixtures', 'images');
const folder = new TempFolder();
afterAll(() => folder.remove());

/** Files of each case, unpacked when they are first asked for. */
const cases = [
  { name: 'sample', files: () => [sample.server, sample.core], truth: join(root, 'fixtures/sample/spans.expected.ndjson.gz'), printed: join(root, 'fixtures/sample/truth.json') },
  ...readdirSync(images).map((name) => ({
    name,
    files: () => [
      folder.unpacked(`${name}.server`, 'images', name, 'server.gz'),
      folder.unpacked(`${name}.core`, 'images', name, 'core.sparse.gz'),
    ],
    truth: join(images, name, 'spans.expected.ndjson.gz'),
    printed: join(images, name, 'stdout.json'),
  })),
]; // biome-ignore format: short

it('there are images to compare', () => {
  expect(cases.length).toBeGreaterThan(5);
});

describe.each(cases)('$name', ({ name, files: make, truth: truthFile, printed: printedFile }) => {
  const printed = JSON.parse(readFileSync(printedFile, 'utf8')) as Record<string, number> & { version: string };
  let files: string[] = [];
  let truth: TruthRow[] = [];
  beforeAll(() => {
    files = make();
    truth = truthRows(truthFile);
  });

  it('every field of every mspan', () => {
    const rows = lines<Record<string, unknown>>(output(['spans', ...files, '--format', 'ndjson', '--bits']));
    expect(rows.length).toBe(truth.length);
    expect(rows.length).toBeGreaterThan(100);
    for (const [i, row] of truth.entries()) {
      const { suspect, ...fields } = rows[i]!;
      const expected = expectedRow(row);
      expect(fields).toEqual(expected);
      const differs = expected.state === 'inuse' && expected.allocated !== expected.allocCount;
      expect(suspect !== undefined, row.addr).toBe(differs);
    }
  });

  it('every field of single spans', () => {
    const chosen = [
      truth.findLast((row) => expectedRow(row).state === 'inuse')!,
      truth.find((row) => expectedRow(row).state === 'manual')!,
    ];
    for (const row of chosen) {
      const { fields, ...shown } = json<{ fields: Record<string, { value: unknown; source: string }> }>([
        'span',
        row.addr,
        ...files,
      ]);
      expect(shown).toMatchObject(expectedRow(row));
      for (const [field, value] of Object.entries(row.fields)) {
        if (field.includes('.')) continue;
        expect(BigInt(fields[field]!.value as string | number | boolean), field).toBe(BigInt(value));
        expect(fields[field]!.source).toBe('table');
      }
    }
  });

  it('the totals that the program printed', () => {
    const { go, roots, layout, spans, reconciliation, findings, gc } = json<Overview>(['overview', ...files]);
    expect(printed.version.split(/[ -]/)[0]).toBe(go.version);
    expect(layout).toMatchObject({ source: 'table', validated: { ok: true } });
    // gcCPULimiter came with 1.19.
    const missing = Object.values(roots).filter(({ detail }) => detail === 'this release has none');
    expect(Object.values(roots).filter(({ state }) => state !== 'confirmed')).toEqual(missing);
    expect(missing.length).toBeLessThanOrEqual(1);
    expect(reconciliation.filter(({ agrees }) => !agrees)).toEqual([]);
    expect(reconciliation.map(({ what }) => what)).toEqual(['pages in use', 'HeapInuse', 'HeapAlloc', 'StackInuse']);
    expect(findings).toEqual([]);
    // Images taken in the middle of a mark phase ran on after they had printed.
    if (name.endsWith('-mark')) {
      expect(gc.phase).toBe('mark');
      return;
    }
    const near = (ours: unknown, theirs: number | undefined, within: number) =>
      expect(Math.abs(Number(ours) - theirs!)).toBeLessThanOrEqual(within);
    near(spans.heapObjects, printed.HeapObjects, name === 'sample' ? 0 : 16);
    near(spans.heapAllocBytes, printed.HeapAlloc, name === 'sample' ? 0 : 16 << 10);
    near(spans.heapInuseBytes, printed.HeapInuse, name === 'sample' ? 0 : 32 << 10);
    near(spans.stackInuseBytes, printed.StackInuse, name === 'sample' ? 0 : 96 << 10);
    if (name === 'sample')
      expect(gc).toMatchObject({
        numGC: printed.NumGC,
        lastGC: /"LastGC":(\d+)/.exec(readFileSync(printedFile, 'utf8'))![1],
      });
  });
});

it('DWARF gives the same rows as the table', () => {
  const args = ['spans', sample.server, sample.core, '--format', 'ndjson', '--bits'];
  expect(output([...args, '--layout', 'dwarf'])).toBe(output(args));
});
