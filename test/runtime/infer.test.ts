// Layouts told from an image alone, on the committed real images: what is told of mspan and mheap against the release's own table (which DWARF agrees with), and the
// spans that are read by it against the independent reader's rows.
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { spanRow } from '../../src/analysis/span-rows.js';
import { openSource } from '../../src/bytes/open-source.js';
import { ElfFile } from '../../src/elf/elf-file.js';
import { layoutFromTable, listTableFiles, loadTable } from '../../src/layout/load.js';
import { lineOf, requireRelease } from '../../src/layout/release.js';
import type { Layout } from '../../src/layout/types.js';
import type { Inference } from '../../src/runtime/infer/infer-structs.js';
import type { InferredStruct } from '../../src/runtime/infer/inference.js';
import { contradiction, inferredLayout } from '../../src/runtime/infer/inferred-layout.js';
import { infer, requestOf } from '../../src/runtime/layout-candidates.js';
import { type GoProcess, openProcess } from '../../src/runtime/process.js';
import { openTarget } from '../../src/target/open.js';
import type { Target } from '../../src/target/target.js';
import { expectedRow } from '../matrix/expected-row.js';
import { bounded, hostile } from '../support/costs.js';
import { withoutSections } from '../support/headerless.js';
import { root, sample, TempFolder } from '../support/run-cli.js';
import { truthRows } from '../support/truth-rows.js';

const folder = new TempFolder();
afterAll(() => folder.remove());

const images = [
  'go1.13-amd64',
  'go1.16-amd64',
  'go1.18-386',
  'go1.21-amd64-pie',
  'go1.22-s390x',
  'go1.23-arm64',
  'go1.25-amd64-nodwarf',
  'go1.27-amd64-mark',
];
const told: Readonly<Record<string, readonly string[]>> = {
  mspan: ['startAddr', 'npages', 'limit', 'freeindex', 'nelems', 'elemsize', 'allocCount', 'allocCache', 'allocBits', 'gcmarkBits', 'sweepgen', 'spanclass', 'state'],
  mheap: ['allspans', 'sweepgen', 'central', 'arenas', 'spanalloc'],
}; // biome-ignore format: lists of names

function open(name: string): Target {
  const server = folder.unpacked(`${name}.server`, 'images', name, 'server.gz');
  const core = folder.unpacked(`${name}.core`, 'images', name, 'core.sparse.gz');
  const files = [withoutSections(server, join(folder.path, `${name}.stripped`)), core];
  return openTarget({ files, options: {} });
}

function inferenceOf(target: Target): Inference {
  const inference = infer(target, requestOf(target, {})!, {});
  if ('why' in inference) throw new Error(inference.why);
  return inference;
}

/** Fields that are not where the table of the very release has them. */
function wrong(structs: readonly InferredStruct[], own: Layout) {
  return structs
    .filter(({ name }) => own.struct(name))
    .flatMap(({ name, fields }) =>
      fields
        .filter((field) => {
          const truth = own.struct(name)?.fields.get(field.name);
          return truth?.offset !== field.offset || truth.size !== field.size;
        })
        .map((field) => ({ struct: name, ...field })),
    );
}

const rowsOf = (process: GoProcess) => {
  const table = process.spans()!;
  const source = { memory: process.memory, layout: process.layout, table };
  return Array.from({ length: table.length }, (_, row) => spanRow(source, row, true));
};

/** Every line that tables know, but one. */
function allLinesBut(kept: string): string[] {
  const lines = listTableFiles().flatMap((file) => loadTable(file).table.releases);
  return [...new Set(lines.map((release) => lineOf(requireRelease(release))))].filter((line) => line !== kept);
}

describe.each(images)('%s', (name) => {
  const target = open(name);
  const own = layoutFromTable(requestOf(target, {})!)!;
  const inference = inferenceOf(target);
  const truth = truthRows(join(root, 'fixtures', 'images', name, 'spans.expected.ndjson.gz'));

  it('tells the fields of mspan and mheap where they are', () => {
    expect(own.exact).toBe(true);
    expect(wrong(inference.structs, own)).toEqual([]);
    for (const [struct, fields] of Object.entries(told)) {
      const found = inference.structs.find((one) => one.name === struct)!;
      expect(found.fields.map((field) => field.name)).toEqual(expect.arrayContaining([...fields]));
    }
    expect(inference.structs[0]).toMatchObject({ name: 'mspan', size: own.struct('mspan')?.size });
  });

  it('says of ties that they are', () => {
    for (const { fields } of inference.structs) {
      for (const { confidence, alternatives } of fields) {
        expect(confidence).toBeLessThanOrEqual(1);
        if (alternatives.length > 0) expect(confidence).toBeLessThanOrEqual(0.9);
      }
    }
  });

  it.each([
    ['with the tables of its line hidden', [lineOf(requireRelease(own.goVersion))]],
    ['with all tables but those of a line far away hidden', allLinesBut(name === 'go1.13-amd64' ? 'go1.26' : 'go1.14')],
  ])('has every row as the independent reader has it, %s', (_, without) => {
    const process = openProcess(target, { without })!;
    expect(process.check).toMatchObject({ ok: true });
    if (without.length > 1)
      expect(process.layout).toMatchObject({ source: 'inferred', name: '~inferred', exact: false });
    const rows = rowsOf(process);
    expect(rows.length).toBe(truth.length);
    for (const [i, row] of rows.entries()) expect(row).toMatchObject(expectedRow(truth[i]!));
    expect(process.warnings.some((text) => text.includes('was not measured'))).toBe(true);
  });

  it('finds nothing against the table of its own release', () => {
    expect(contradiction(own, inference.structs)).toBeUndefined();
  });
});

describe('a table that does not fit', () => {
  const target = open('go1.21-amd64-pie');
  const inference = inferenceOf(target);
  const own = layoutFromTable(requestOf(target, {})!)!;
  const moved = (struct: string, field: string, by: number): Layout => ({
    ...own,
    field: (name, path) => {
      const found = own.field(name, path);
      return found && name === struct && path === field ? { ...found, offset: found.offset + by } : found;
    },
  });

  it.each(['go1.13.15', 'go1.20.14', 'go1.22.12'])('%s is refused, with what speaks against it', (goVersion) => {
    const other = layoutFromTable({ goVersion, goarch: 'amd64', experiments: [] })!;
    expect(contradiction(other, inference.structs)).toMatch(/^m(span|heap)/);
  });

  it.each([
    ['mspan', 'elemsize', 8],
    ['mspan', 'allocCount', 2],
    ['mheap', 'central', -64],
    ['mheap', 'sweepgen', 4],
    ['heapArena', 'spans', 8],
  ])('one in which %s.%s alone is off is refused', (struct, field, by) => {
    expect(contradiction(moved(struct, field, by), inference.structs)).toContain(`${struct}.${field}`);
  });

  it('where two places tie, one that is neither is refused and one of them is not', () => {
    const freeindex = inference.structs[0]!.fields.find(({ name }) => name === 'freeindex')!;
    expect(freeindex.alternatives.length).toBeGreaterThan(0);
    const [other = 0] = freeindex.alternatives;
    expect(contradiction(moved('mspan', 'freeindex', other - freeindex.offset), inference.structs)).toBeUndefined();
    expect(contradiction(moved('mspan', 'freeindex', -8), inference.structs)).toContain('mspan.freeindex');
  });

  it('though it is of the release that the image is said to be, gives way to one that fits, and that is said', () => {
    const said = openTarget({
      files: [join(folder.path, 'go1.16-amd64.stripped'), join(folder.path, 'go1.16-amd64.core')],
      options: { go: 'go1.22.12' },
    });
    const { layout, warnings, check } = openProcess(said, {})!;
    expect(layout.name).toMatch(/^table go1\.16\./);
    expect(check.ok).toBe(true);
    expect(warnings.join('\n')).toMatch(/table go1\.22\.12\/amd64 does not fit this image .*: is it go1\.22\.12\?/);
    said.close();
  });

  it('is passed over for one of another line that fits', () => {
    const { layout, trace } = openProcess(open('go1.27-amd64-mark'), { without: ['go1.27'] })!;
    expect(layout).toMatchObject({ source: 'table', exact: false });
    expect(trace.some((line) => /^inference: \d+ fields are sure/.test(line))).toBe(true);
    const far = openProcess(open('go1.13-amd64'), { without: ['go1.13'] })!;
    expect(far.layout.source).toBe('inferred');
    expect(far.trace.filter((line) => line.includes('not tried: ')).length).toBeGreaterThan(3);
  });
});

describe('spans that contradict themselves', () => {
  /** The image with `bytes` at `offset` in every mspan. */
  function damaged(name: string, offset: number, bytes: Uint8Array): Target {
    const core = folder.unpacked(`${name}.damaged`, 'images', name, 'core.sparse.gz');
    const plain = folder.plain(`${name}.damaged.core`, core);
    const elf = ElfFile.open(openSource(plain));
    const segments = elf.programHeaders.filter(({ type }) => type === 1);
    elf.close();
    const whole = open(name);
    const { addr } = openProcess(whole, {})!.spans()!;
    whole.close();
    const file = openSync(plain, 'r+');
    for (const address of addr) {
      const segment = segments.find(({ vaddr, filesz }) => address >= vaddr && address < vaddr + filesz)!;
      writeSync(file, bytes, 0, bytes.length, segment.offset + address - segment.vaddr + offset);
    }
    closeSync(file);
    return openTarget({ files: [join(folder.path, `${name}.stripped`), plain], options: {} });
  }

  it.each([
    ['allocCache', /equation/],
    ['state', /state/],
    ['limit', /limit/],
    ['elemsize', /elemsize/],
    ['startAddr', /allspans/],
  ])('all %s wiped: nothing is told, and it is said why', (field, why) => {
    const own = layoutFromTable({ goVersion: 'go1.23.12', goarch: 'arm64', experiments: [] })!;
    const { offset, size } = own.field('mspan', field)!;
    const target = damaged('go1.23-arm64', offset, new Uint8Array(size));
    expect(infer(target, requestOf(target, {})!, {})).toEqual({ why: expect.stringMatching(why) });
    const process = openProcess(target, { without: ['go1.23'] })!;
    expect(process.layout.source).toBe('table');
    target.close();
  });

  it('a sweepgen wiped is left out, or not sure', () => {
    const own = layoutFromTable({ goVersion: 'go1.23.12', goarch: 'arm64', experiments: [] })!;
    const target = damaged('go1.23-arm64', own.field('mspan', 'sweepgen')!.offset, new Uint8Array(4));
    const inference = inferenceOf(target);
    for (const { confidence } of wrong(inference.structs, own)) expect(confidence).toBeLessThanOrEqual(0.9);
    expect(inference.structs[0]?.fields.find(({ name }) => name === 'sweepgen')?.confidence ?? 0).toBeLessThanOrEqual(
      0.9,
    );
    target.close();
  });
});

describe('the sample', () => {
  const server = withoutSections(sample.server, join(folder.path, 'sample.stripped'));
  const target = openTarget({ files: [server, sample.core], options: {} });
  const inference = inferenceOf(target);

  it('never mixes what was told with a table in one struct', () => {
    const layout = inferredLayout(inference, target.go!.version);
    for (const name of layout.structNames()) {
      const struct = layout.struct(name)!;
      const sources = new Set([...struct.fields.values()].map(({ source }) => source));
      expect(sources.size, name).toBeLessThanOrEqual(1);
      if (sources.size > 0) expect([...sources][0], name).toBe(struct.source);
    }
    expect(layout.struct('mspan')?.source).toBe('inferred');
    expect(layout.struct('g')?.source).toBe('table');
    expect(layout.field('mspan', 'state')).toMatchObject({ source: 'inferred', alternatives: [] });
  });

  it('is not inferred where its table is there', () => {
    const process = openProcess(target, {})!;
    expect(process.layout).toMatchObject({ source: 'table', exact: true });
    expect(process.trace.join('\n')).not.toContain('inference');
  });

  it('tells nothing where nothing is told, and says so', () => {
    const alone = openTarget({ files: [server], options: {} });
    expect(infer(alone, requestOf(alone, {})!, {})).toEqual({ why: expect.stringMatching(/allspans/) });
    alone.close();
  });

  it('costs no more than a hostile image may', () => {
    bounded(hostile, () => inferenceOf(target));
  });
});
