// What is deployed: the images of test/matrix with their binaries stripped, without section headers, without build info, with the pclntab's magic overwritten,
// and images of programs built with -s -w. Roots, every field of every span and every number of the collector are those of the symbol-rich twin, whose symbols
// and DWARF an independent reader reads; and nothing is warned of that is not so.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeVariant, variantObstacle } from '../../fixtures/stripped.mjs';
import { gcOf } from '../../src/analysis/gc.js';
import type { GcResult, OverviewResult, SpanRow } from '../../src/analysis/results.js';
import { openProcess, openTarget, overviewOf, spanRow, sumSpans } from '../../src/index.js';
import { rootNames } from '../../src/runtime/roots/find.js';
import { rowDifferences } from './expected-row.js';
import { scalarDifferences } from './gc-scalars.js';
import { images, manifest, strippedImages, type TruthRow, truthGlobals, truthRows } from './prepared.js';

declare module 'vitest' {
  interface TaskMeta {
    /** Roots that were right and not proved; scripts/support-table.mjs counts them. */
    unconfirmed?: readonly string[];
  }
}

interface Shown {
  readonly overview: OverviewResult;
  readonly gc: GcResult;
  readonly rows: readonly SpanRow[];
}

/** All that the commands say of a binary and its image, read in this process. */
function show(binary: string, { core, regions }: { core?: string; regions?: string }, force = false): Shown {
  const target = openTarget({
    files: core === undefined ? [binary] : [binary, core],
    options: { force, ...(regions === undefined ? {} : { regions }) },
  });
  try {
    const process = openProcess(target, {});
    const table = process?.spans();
    if (process === undefined || table === undefined) throw new Error(`no span table: ${process?.whyNoSpans}`);
    const source = { memory: process.memory, layout: process.layout, table };
    return {
      overview: overviewOf(target, process, table),
      gc: gcOf(process, sumSpans(process.layout, table).totals),
      rows: Array.from({ length: table.length }, (_, row) => spanRow(source, row, true)),
    };
  } finally {
    target.close();
  }
}

/** Each is looked at as if it were the first: what is remembered of a build ID is another folder's. */
function withCache<T>(folder: string, work: () => T): T {
  const before = process.env.XDG_CACHE_HOME;
  process.env.XDG_CACHE_HOME = folder;
  try {
    return work();
  } finally {
    if (before === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = before;
  }
}

/** Other runs than quick ones also try each damage by itself; a program built with -s -w comes stripped. */
const chosen = manifest.quick ? ['strip', 'all'] : ['strip', 'headers', 'info', 'magic', 'headers-info', 'all'];
const cases = [
  ...images.flatMap((image) => chosen.map((variant) => ({ image, variant }))),
  ...strippedImages.flatMap((image) => ['as built', 'headers-info', 'all'].map((variant) => ({ image, variant }))),
];

const counts = { roots: 0, unconfirmed: [] as string[], skipped: [] as string[] };
const whole = ['runtime.gcController', 'runtime.memstats'];
const wordOf = (name: string) => name.replace(/^runtime\./, '');

describe.each([...new Set(cases.map(({ image }) => image))])('$name stripped', (image) => {
  let truth: readonly TruthRow[] = [];
  let globals: Readonly<Record<string, Readonly<Record<string, string>>>> = {};
  let twin: Shown;
  beforeAll(() => {
    truth = truthRows(image);
    globals = truthGlobals(image, rootNames.map(wordOf));
    twin = show(image.twin, image, true);
  });

  describe.each(cases.filter((one) => one.image === image).map(({ variant }) => ({ variant })))(
    '$variant',
    ({ variant }) => {
      const why = variant === 'as built' ? undefined : variantObstacle(variant);
      if (why !== undefined) {
        it.skip(`${variant}: ${why}`, () => {});
        return;
      }
      const folder = mkdtempSync(join(tmpdir(), 'spanscope-stripped-'));
      afterAll(() => rmSync(folder, { recursive: true, force: true }));
      let looked: Shown | undefined;
      const look = () =>
        (looked ??= withCache(join(folder, 'cache'), () => {
          const where = { binary: image.server, image: image.core ?? image.regions! };
          const made = variant === 'as built' ? where : makeVariant(variant, where, folder);
          return show(made.binary, image.core === undefined ? { regions: made.image } : { core: made.image });
        }));

      it('gives every root the address that the twin’s debug info has', ({ task }) => {
        const { roots } = look().overview;
        const addresses = Object.fromEntries(rootNames.map((name) => [name, roots[name]?.address]));
        expect(addresses).toEqual(Object.fromEntries(rootNames.map((name) => [name, globals[wordOf(name)]?.['&']])));
        const unconfirmed = rootNames.filter((name) => roots[name]?.state !== 'confirmed');
        counts.roots += rootNames.length;
        counts.unconfirmed.push(...unconfirmed.map((name) => `${image.name} ${variant}: ${name}`));
        task.meta.unconfirmed = unconfirmed;
        expect(unconfirmed.filter((name) => roots[name]?.state !== 'unconfirmed')).toEqual([]);
        // mheap_ is proved, or nothing is read of the heap.
        expect(unconfirmed).not.toContain('runtime.mheap_');
      });

      it('shows every field of every mspan', () => {
        expect(truth.length).toBeGreaterThan(100);
        const shown = look();
        expect(rowDifferences(shown.rows as unknown as Record<string, unknown>[], truth)).toEqual([]);
        expect(shown.rows).toEqual(twin.rows);
      });

      it('has every number of the collector', () => {
        const shown = look();
        expect(shown.gc).toEqual(twin.gc);
        for (const name of whole) expect(globals[wordOf(name)]).toBeDefined();
        expect(scalarDifferences(shown.gc.gcController, globals.gcController!)).toEqual([]);
        expect(scalarDifferences(shown.gc.memstats, globals.memstats!)).toEqual([]);
      });

      it('knows its Go, and warns of nothing', () => {
        const { go, layout, warnings, reconciliation } = look().overview;
        expect(go?.version).toBe(twin.overview.go?.version);
        expect(go?.experiments).toEqual(twin.overview.go?.experiments);
        expect(layout.name).toBe(twin.overview.layout.name);
        expect(warnings).toEqual([]);
        expect(reconciliation.filter(({ agrees }) => !agrees)).toEqual([]);
      });
    },
  );
});

describe('stripped, all together', () => {
  it('had something to compare', ({ task }) => {
    task.meta.unconfirmed = counts.unconfirmed;
    process.stdout.write(
      `${counts.roots} roots of stripped binaries compared; unconfirmed, and shown so: ${counts.unconfirmed.length}\n`,
    );
    for (const line of counts.unconfirmed) process.stdout.write(`  ${line}\n`);
    expect(counts.roots).toBeGreaterThan(0);
  });
});
