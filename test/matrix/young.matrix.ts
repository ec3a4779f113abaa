// Programs that have not collected yet, with symbols and in all the ways in which binaries are stripped: every root stands where the debug info says, and each is confirmed. Only mbuckets
// can't be in a stripped one, while it is nil.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeVariant, variantObstacle, variants } from '../../fixtures/stripped.mjs';
import { gcOf } from '../../src/analysis/gc.js';
import { openProcess, openTarget, overviewOf, sumSpans } from '../../src/index.js';
import { rootNames } from '../../src/runtime/roots/find.js';
import { manifest, truthGlobals, youngImages } from './prepared.js';

const chosen = manifest.quick ? ['strip', 'all'] : Object.keys(variants);

function look(files: readonly string[]) {
  const target = openTarget({ files, options: {} });
  try {
    const process = openProcess(target, {})!;
    const table = process.spans()!;
    process.allRoots();
    const { roots, reconciliation, warnings } = overviewOf(target, process, table);
    return { roots, reconciliation, warnings, gc: gcOf(process, sumSpans(process.layout, table).totals) };
  } finally {
    target.close();
  }
}

describe.each(youngImages)('$name before its first collection', (image) => {
  const folder = mkdtempSync(join(tmpdir(), 'spanscope-young-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const truth = truthGlobals(image, [...rootNames.map((name) => name.replace('runtime.', '')), 'mbuckets']);
  const twin = look(image.files);

  it('is that, and has every root confirmed', () => {
    expect(truth.memstats?.numgc).toBe('0');
    for (const [name, { state, address }] of Object.entries(twin.roots))
      expect(state, name).toBe(address === undefined ? 'absent' : 'confirmed');
    for (const name of rootNames)
      expect(twin.roots[name]?.address, name).toBe(truth[name.replace('runtime.', '')]?.['&']);
    expect(twin.warnings).toEqual([]);
    expect(twin.reconciliation.filter(({ agrees }) => !agrees)).toEqual([]);
  });

  it.each(chosen.filter((variant) => variantObstacle(variant) === undefined))('%s: says the same', (variant) => {
    const made = makeVariant(variant, { binary: image.server, image: image.core! }, join(folder, variant));
    const shown = look([made.binary, made.image]);
    for (const [name, { state, address }] of Object.entries(shown.roots)) {
      expect(address, name).toBe(twin.roots[name]?.address);
      const nil = name === 'runtime.mbuckets' && Number(truth.mbuckets?.['']) === 0;
      expect(state, name).toBe(address === undefined ? 'absent' : nil ? 'unconfirmed' : 'confirmed');
    }
    expect(shown.gc).toEqual(twin.gc);
    expect(shown.reconciliation).toEqual(twin.reconciliation);
    expect(shown.warnings).toEqual([]);
  });
});

it('had something to look at', () => {
  expect(youngImages.length).toBeGreaterThan(0);
});
