// Every row of the span table, the totals and single spans, against an independent reading of the same image and against what the
// program printed of itself.
import { beforeAll, describe, expect, it } from 'vitest';
import { openProcess, openTarget, spanDetail } from '../../src/index.js';
import { expectedRow, expectedSlots, heapSums, rowDifferences, stateOf } from './expected-row.js';
import {
  images,
  manifest,
  type PreparedImage,
  parseLines,
  spanscope,
  spanscopeJson,
  type TruthRow,
  truthGcPhase,
  truthRows,
} from './prepared.js';

type Row = Record<string, unknown>;

interface Overview {
  readonly go: { readonly version: string; readonly arch: string };
  readonly spans: Row;
  readonly roots: Readonly<Record<string, { readonly state: string; readonly detail: string }>>;
  readonly reconciliation: readonly { readonly what: string; readonly agrees: boolean }[];
}

/** `suspect` stands exactly where the slots do not add up to allocCount. */
function wronglySuspect(rows: readonly Row[]): Row[] {
  return rows.filter(
    (row) => (row.suspect !== undefined) !== (row.state === 'inuse' && row.allocated !== row.allocCount),
  );
}

/** A flattened value: atomics and one-field structs may stand for their only scalar; bool is 0 or 1; pointers `0x…`. */
function flatten(value: unknown, name: string, into: Map<string, bigint>): void {
  if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) flatten(inner, `${name}.${key}`, into);
  } else into.set(name, BigInt(value as string | number | boolean));
}

/** Fields of `span ADDR --json` that are not what truth read, and fields of truth that it does not show. */
function fieldDifferences(fields: Readonly<Record<string, { value: unknown }>>, truth: TruthRow): unknown[] {
  const ours = new Map<string, bigint>();
  for (const [name, field] of Object.entries(fields)) flatten(field.value, name, ours);
  const found: unknown[] = [];
  for (const [name, text] of Object.entries(truth.fields)) {
    let shown = name;
    while (!ours.has(shown) && shown.includes('.')) shown = shown.slice(0, shown.lastIndexOf('.'));
    const value = ours.get(shown);
    if (value !== BigInt(text)) found.push({ name, ours: value?.toString(), truth: text });
  }
  return found;
}

/** Every mspan through the library: fields and slot map against truth, the first few differences. */
function libraryDifferences(image: PreparedImage, layout: string | undefined, truth: readonly TruthRow[]): unknown[] {
  const files = image.core === undefined ? [image.server] : [image.server, image.core];
  const target = openTarget({ files, options: image.regions === undefined ? {} : { regions: image.regions } });
  try {
    const process = openProcess(target, layout === undefined ? {} : { layout });
    const table = process?.spans();
    if (process === undefined || table === undefined) throw new Error(`no span table: ${process?.whyNoSpans}`);
    const gcPhase = truthGcPhase(image);
    const found: unknown[] = [];
    for (let i = 0; i < truth.length && found.length < 5; i++) {
      const row = truth[i]!;
      const shown = spanDetail(process, table, i);
      found.push(...fieldDifferences(shown.fields, row).map((difference) => ({ addr: row.addr, difference })));
      const slots = expectedSlots(row, gcPhase);
      if (slots !== undefined && shown.slots !== slots) found.push({ addr: row.addr, ours: shown.slots, truth: slots });
    }
    return found;
  } finally {
    target.close();
  }
}

/** A span of each kind: scan, noscan, large, with inline marks, unswept, manual, free. */
function examples(rows: readonly TruthRow[]): TruthRow[] {
  const inuse = (row: TruthRow) => stateOf(row) === 'inuse';
  const spanclass = (row: TruthRow) => Number(row.fields.spanclass);
  const kinds: ((row: TruthRow) => boolean)[] = [
    (row) => inuse(row) && spanclass(row) > 1 && spanclass(row) % 2 === 0,
    (row) => inuse(row) && spanclass(row) > 1 && spanclass(row) % 2 === 1,
    (row) => inuse(row) && spanclass(row) < 2,
    (row) => inuse(row) && /[1-9a-f]/.test(row.inlineMarks),
    (row) => inuse(row) && Number(row.fields.sweepgen) === row.heapSweepgen - 2,
    (row) => inuse(row) && row.fields.specials !== '0x0',
    (row) => stateOf(row) === 'manual',
    (row) => stateOf(row) === 'free',
  ];
  return [...new Set(kinds.map((kind) => rows.findLast(kind)).filter((row) => row !== undefined))];
}

describe.each(images)('$name', (image) => {
  let truth: TruthRow[] = [];
  beforeAll(() => {
    truth = truthRows(image);
  });

  const spansOf = (...options: string[]) =>
    parseLines<Row>(spanscope(['spans', '--format', 'ndjson', '--bits', '--limit', '0', ...options, ...image.files]));

  it('shows every mspan as it stands', () => {
    expect(truth.length).toBeGreaterThan(100);
    expect(truth.filter((row) => row.missing)).toEqual([]);
    const rows = spansOf();
    expect(rowDifferences(rows, truth)).toEqual([]);
    expect(rows.filter((row) => row.missing)).toEqual([]);
    expect(wronglySuspect(rows)).toEqual([]);
  });

  it('reads the same through DWARF', () => {
    expect(rowDifferences(spansOf('--layout', 'dwarf'), truth)).toEqual([]);
  });

  it('adds up to what the runtime says', () => {
    const { go, spans, roots, reconciliation } = spanscopeJson<Overview>(['overview', ...image.files]);
    const { sums, manualBytes } = heapSums(truth);
    expect(String(image.printed.version).split(/[ -]/)[0]).toBe(go.version);
    expect(go.arch).toBe(image.goarch);
    expect(spans).toMatchObject(sums);
    // gcCPULimiter came with 1.19.
    const unsure = Object.values(roots).filter(({ state }) => state !== 'confirmed');
    expect(unsure.filter(({ detail }) => detail !== 'this release has none')).toEqual([]);
    expect(unsure.length).toBeLessThanOrEqual(1);
    // Every sampled span holds, and is found again by its address: the geometry of the arenas is right.
    expect(roots['runtime.mheap_']?.detail).toMatch(/; (\d+) of \1 sampled in-use spans .*, \1 are found again/);
    expect(reconciliation.map(({ what }) => what)).toEqual(['pages in use', 'HeapInuse', 'HeapAlloc', 'StackInuse']);
    expect(reconciliation.filter(({ agrees }) => !agrees)).toEqual([]);
    if (image.how === 'gdb') return;
    // After its report the program allocates next to nothing; a new thread would take stacks and a few objects.
    expect(spans.stackInuseBytes).toBe(manualBytes);
    const printed = image.printed as Record<string, number>;
    if (image.settled) {
      const { HeapAlloc, HeapObjects, HeapInuse, StackInuse } = printed;
      expect({ ...sums, manualBytes }).toMatchObject({
        heapAllocBytes: HeapAlloc,
        heapObjects: HeapObjects,
        heapInuseBytes: HeapInuse,
        manualBytes: StackInuse,
      });
    }
    expect(Math.abs(sums.heapObjects - printed.HeapObjects!)).toBeLessThanOrEqual(16);
    expect(Math.abs(sums.heapAllocBytes - printed.HeapAlloc!)).toBeLessThanOrEqual(16 << 10);
    expect(Math.abs(sums.heapInuseBytes - printed.HeapInuse!)).toBeLessThanOrEqual(32 << 10);
    expect(Math.abs(manualBytes - printed.StackInuse!)).toBeLessThanOrEqual(96 << 10);
  });

  it.each([undefined, 'dwarf'])('has every field and slot of every mspan (layout %s)', (layout) => {
    expect(libraryDifferences(image, layout, truth)).toEqual([]);
  });

  it('shows every field of single spans', () => {
    const chosen = examples(truth);
    expect(chosen.length).toBeGreaterThanOrEqual(5);
    for (const row of chosen) {
      const shown = spanscopeJson<Row & { fields: Record<string, { value: unknown }> }>([
        'span',
        row.addr,
        ...image.files,
      ]);
      expect(fieldDifferences(shown.fields, row), row.addr).toEqual([]);
      expect(shown).toMatchObject(expectedRow(row));
    }
  });
});

describe('skipped here', () => {
  for (const { name, why } of manifest.skipped) it.skip(`${name}: ${why}`, () => {});
  it('had something to compare', () => {
    expect(images.length + manifest.skipped.length).toBeGreaterThan(0);
  });
});
