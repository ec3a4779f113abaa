// `layout infer` by the built program: its result, the file it writes and what that serves, the marks of numbers that were read by it, and what it refuses.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { layoutFromTable } from '../../src/layout/load.js';
import { withoutSections } from '../support/headerless.js';
import { expectRefusal, json, lines, output, run, sample, TempFolder } from '../support/run-cli.js';

const folder = new TempFolder();
afterAll(() => folder.remove());
const at = (...parts: string[]) => join(folder.path, ...parts);
const server = withoutSections(sample.server, at('server'));
const files = [server, sample.core];

interface Inferred {
  readonly goVersion: string;
  readonly arch: string;
  readonly source: string;
  readonly structs: Readonly<
    Record<
      string,
      {
        readonly size: number | null;
        readonly fields: Readonly<
          Record<string, { offset: number; size: number; type: string; confidence: number; alternatives: number[] }>
        >;
      }
    >
  >;
}
interface Overview {
  readonly layout: { readonly name: string; readonly source: string; readonly exact: boolean };
  readonly spans: unknown;
}

/** Hides every line but an old one, so that no table fits. */
const hideAll = Array.from({ length: 30 }, (_, i) => 9 + i)
  .filter((minor) => minor !== 12)
  .flatMap((minor) => ['--without', `go1.${minor}`]);

const inferred = json<Inferred>(['layout', 'infer', ...files]);
const plain = json<Overview>(['overview', ...files]);

describe('layout infer', () => {
  it('says where the fields are, as the table of the release does', () => {
    const own = layoutFromTable({ goVersion: inferred.goVersion, goarch: inferred.arch, experiments: [] })!;
    expect(own.exact).toBe(true);
    expect(inferred).toMatchObject({ source: 'inferred', arch: 'amd64', pointerSize: 8 });
    expect(inferred.structs.mspan?.size).toBe(own.struct('mspan')?.size);
    for (const struct of ['mspan', 'mheap']) {
      const { fields } = inferred.structs[struct]!;
      expect(Object.keys(fields).length).toBeGreaterThan(5);
      for (const [name, { offset, size }] of Object.entries(fields)) {
        const { offset: there, size: bytes } = own.field(struct, name)!;
        expect([struct, name, offset, size]).toEqual([struct, name, there, bytes]);
      }
    }
  });

  it('does not look at the table of the image’s own release, and so needs not be told to', () => {
    const [line] = /^go\d+\.\d+/.exec(inferred.goVersion)!;
    expect(json(['layout', 'infer', ...files, '--without', line])).toEqual(inferred);
  });

  it('is shown to people with what each field rests on, and its ties', () => {
    const text = output(['layout', 'infer', ...files]);
    expect(text).toContain('told from the image alone');
    expect(text).toMatch(/ 99% {2}allocCache /);
    const tie = Object.values(inferred.structs.mspan!.fields).find(({ alternatives }) => alternatives.length > 0);
    if (tie) expect(text).toContain(`or at ${tie.alternatives.join(', ')}`);
  });

  it('without an image, with an image without spans, of a file that can’t be written: says what is wrong', () => {
    expectRefusal(run(['layout', 'infer', server]), 2, /an image is missing/);
    expectRefusal(run(['layout', 'infer']), 2, /no file given/);
    expectRefusal(run(['layout', 'infer', ...files, '--format', 'csv']), 2);
    expectRefusal(run(['layout', 'infer', ...files, '--save', at('no', 'such', 'folder')]), 3, /can’t be written/);
    const empty = folder.file('empty.raw', new Uint8Array(65536));
    expectRefusal(run(['layout', 'infer', server, `${empty}@0xc000000000`]), 3, /looks like mheap_\.allspans/);
  });
});

describe('a saved inference', () => {
  const file = at('saved.json');
  json(['layout', 'infer', ...files, '--save', file]);

  it('serves the image, as the user’s, not as exact', () => {
    const { layout, spans } = json<Overview>(['overview', ...files, '--layout', file, '--quiet']);
    expect(layout).toMatchObject({ source: 'user', exact: false });
    expect(layout.name).toMatch(/^~/);
    expect(spans).toEqual(plain.spans);
  });

  it('serves though the tables of its own line are hidden, and its numbers are marked', () => {
    const shown = ['--layout', file, ...hideAll, '--quiet', ...files];
    expect(json<Overview>(['overview', ...shown]).spans).toEqual(plain.spans);
    expect(output(['overview', ...shown])).toMatch(
      /^heap in use +~[\d.]+ MiB in ~[\d,]+ spans \(HeapInuse ~[\d,]+\)$/m,
    );
    const gc = output(['gc', ...shown]);
    expect(gc).toMatch(/^heapLive +~/m);
    expect(gc).toMatch(/^HeapAlloc +~/m);
    const rows = output(['spans', ...shown])
      .split('\n')
      .slice(1, 4);
    expect(rows.filter((row) => row.includes('~'))).toHaveLength(3);
    const span = output(['span', /0x[0-9a-f]+/.exec(rows[0]!)![0], ...shown]);
    expect(span).toMatch(/freeindex ~\d+ +allocCount ~\d+/);
    expect(span).toMatch(/ nelems +~\d+ .* user$/m);
  });

  it('keeps how sure each field is', () => {
    const { goVersion, arch } = inferred;
    const layout = layoutFromTable({ goVersion, goarch: arch, experiments: [], file })!;
    for (const [name, { confidence, alternatives, offset }] of Object.entries(inferred.structs.mspan!.fields)) {
      expect(layout.field('mspan', name)).toMatchObject({ confidence, alternatives, offset, source: 'user' });
    }
    expect(layout.field('g', 'goid')?.confidence).toBeUndefined();
    expect(layout.field('mheap', 'central[3].mcentral.spanclass')).toBeDefined();
  });

  it.each([
    ['a confidence that is none', /"confidence": [\d.]+/, '"confidence": 7'],
    ['alternatives that are none', /"alternatives": \[[^\]]*\]/, '"alternatives": [-1]'],
    ['a list too long', /"alternatives": \[[^\]]*\]/, `"alternatives": [${Array(5000).fill(1).join(',')}]`],
    ['no structs', /"inferred": \{[\s\S]*\n \}/, '"inferred": 5'],
  ])('with %s is refused by name', (_, what, by) => {
    const text = readFileSync(file, 'utf8');
    // The last part of the file is what was inferred.
    const from = text.indexOf('"inferred"');
    const broken = text.slice(0, from) + text.slice(from).replace(what, by);
    expect(broken).not.toBe(text);
    const path = folder.file('broken.json', broken);
    const result = run(['spans', ...files, '--layout', path]);
    expectRefusal(result, 3, /broken\.json/);
  });
});

describe('numbers read by an inferred layout', () => {
  it('are the same, and marked wherever they show', () => {
    const shown = json<Overview & { warnings: string[] }>(['overview', ...files, ...hideAll, '--quiet']);
    expect(shown.layout).toMatchObject({ name: '~inferred', source: 'inferred', exact: false });
    expect(shown.spans).toEqual(plain.spans);
    expect(shown.warnings.join('\n')).toContain('numbers marked ~');
    const text = output(['overview', ...files, ...hideAll, '--quiet']);
    expect(text).toMatch(/^layout +~inferred/m);
    expect(text).toMatch(/^heap in use +~[\d.]+ MiB in ~[\d,]+ spans \(HeapInuse ~[\d,]+\)$/m);
    expect(output(['overview', ...files, '--quiet'])).not.toContain('~');

    const table = output(['spans', ...files, ...hideAll, '--limit', '5', '--quiet']).split('\n');
    for (const row of table.slice(1, 6))
      expect(row).toMatch(/^ *~0x[0-9a-f]+ +0x[0-9a-f]+ +(~\d+n?|–) +(~[\d,]+ +){6}~\w+/);
    const [first] = lines<{ addr: string }>(output(['spans', ...files, '--limit', '1', '--format', 'ndjson']));
    const span = output(['span', first!.addr, ...files, ...hideAll, '--quiet']);
    expect(span).toMatch(/freeindex ~\d+ +allocCount ~\d+/);
    expect(span).toMatch(/ nelems +~\d+ .* inferred$/m);
    const detail = json<{ fields: Record<string, { source: string }> }>([
      'span',
      first!.addr,
      ...files,
      ...hideAll,
      '--quiet',
    ]);
    expect(Object.values(detail.fields).every(({ source }) => source === 'inferred')).toBe(true);
  });

  /** The image's own line and its neighbours are hidden: the nearest that is left has another g. */
  const hideLater = Array.from({ length: 20 }, (_, i) => ['--without', `go1.${22 + i}`]).flat();

  it('are marked of goroutines, threads, and what an address is, and JSON tells of it', () => {
    const text = (...words: string[]) => output([...words, ...files, ...hideLater, '--quiet']);
    expect(text('overview')).toMatch(/^goroutines +14 in allgs: ~9 waiting, ~4 runnable, ~1 running$/m);
    expect(text('goroutines')).toMatch(/^4 goroutines \[~waiting\] {2}~20 ~21 ~22 ~23$/m);
    expect(text('goroutines', '--flat')).toMatch(/^ +~1 {2}~waiting /m);
    expect(text('goroutine', '20')).toMatch(
      /^goroutine ~20 \[~waiting[\s\S]*stack ~0x[0-9a-f]+–~0x[0-9a-f]+, ~[\d,]+ of ~[\d,]+ bytes/,
    );
    expect(text('threads')).toMatch(/^thread \d+ {2}m ~\d+ 0x/m);
    expect(text('gc')).toMatch(/^GOGC +~100, /m);
    const { spans, source } = json<{ source: string; spans: { base: string; npages: number }[] }>([
      'spans',
      ...files,
      ...hideLater,
      '--state',
      'inuse',
      '--limit',
      '1',
      '--quiet',
    ]);
    const { base, npages } = spans[0]!;
    expect(source).toBe('inferred');
    const found = text('find', base);
    expect(found).toMatch(new RegExp(`^span +~${base} \\(mspan 0x[0-9a-f]+\\), ~inuse, ~${npages} page`, 'm'));
    expect(found).toContain(`of span ~${base} (~`);
    expect(json(['find', base, ...files, ...hideLater, '--quiet'])).toMatchObject({ told: ['mspan'] });
    expect(json(['goroutines', ...files, ...hideLater, '--quiet'])).toMatchObject({ source: 'inferred' });
    // A dump is in the runtime's own form.
    expect(text('goroutines', '--format', 'traceback')).not.toContain('~');
  });

  it('are marked where a saved inference is read, and nothing is compared that it does not tell', () => {
    const file = at('again.json');
    run(['layout', 'infer', ...files, '--save', file]);
    const text = output(['overview', ...files, '--layout', file, '--quiet']);
    expect(text).toMatch(/✓ HeapInuse ~[\d,]+ = /);
    expect(text).not.toContain('✗');
    expect(json(['spans', ...files, '--layout', file, '--limit', '1', '--quiet'])).toMatchObject({
      source: 'inferred',
    });
    expect(json(['spans', ...files, '--limit', '1'])).not.toHaveProperty('source');
    expect(json(['goroutines', ...files])).not.toHaveProperty('source');
  });
});

describe('overrides that can’t be right', () => {
  it('are told in a line', () => {
    expectRefusal(run(['overview', ...files, '--layout', 'dwarf']), 3, /has no DWARF[\s\S]*without --layout dwarf/);
    const { warnings } = json<{ warnings: string[] }>(['overview', ...files, '--bias', '0x1000', '--quiet']);
    expect(warnings).toContain('--bias says 0x1000, by fixed addresses it is 0x0');
    expect(json<{ warnings: string[] }>(['overview', ...files, '--bias', '0', '--quiet']).warnings).toEqual([]);
  });
});
