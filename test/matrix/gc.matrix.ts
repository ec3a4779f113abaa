// gcController and memstats of every image: each scalar against an independent reading, the totals against what the program printed of runtime.MemStats, and
// the pacer's numbers against the same computed again.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { GcResult } from '../../src/analysis/results.js';
import { scalarDifferences } from './gc-scalars.js';
import { images, type PreparedImage, spanscopeJson, truthGlobals } from './prepared.js';

/** Digits that JSON.parse would round. */
function printed({ server }: PreparedImage, field: string): string {
  const text = readFileSync(join(dirname(server), 'stdout.json'), 'utf8');
  return new RegExp(`"${field}":(\\d+)`).exec(text)?.[1] ?? `no ${field} printed`;
}

describe.each(images)('gc of $name', (image) => {
  const result = spanscopeJson<GcResult>(['gc', ...image.files]);
  const { derived } = result;

  it('has every scalar of gcController and memstats', () => {
    const truth = truthGlobals(image, ['gcController', 'memstats']);
    expect(Object.keys(truth.gcController!).length).toBeGreaterThan(10);
    expect(Object.keys(truth.memstats!).length).toBeGreaterThan(500);
    expect(result.gcController.address).toBe(truth.gcController!['&']);
    expect(scalarDifferences(result.gcController, truth.gcController!)).toEqual([]);
    expect(scalarDifferences(result.memstats, truth.memstats!)).toEqual([]);
  });

  it('has the totals that the program printed', () => {
    // Images taken with gdb in the middle of a mark or a sweep went on after their report.
    if (image.how === 'gdb') return;
    for (const [ours, theirs] of [
      ['heapGoal', 'NextGC'],
      ['numGC', 'NumGC'],
      ['lastGC', 'LastGC'],
    ] as const)
      expect(String(derived[ours]), theirs).toBe(printed(image, theirs));
    // What the program allocates while it prints, and stops: a few objects, a thread's stacks.
    for (const [ours, theirs, slack] of [
      ['heapAlloc', 'HeapAlloc', 16 << 10],
      ['heapObjects', 'HeapObjects', 16],
      ['heapInuse', 'HeapInuse', 32 << 10],
      ['stackInuse', 'StackInuse', 96 << 10],
    ] as const)
      expect(Math.abs(Number(derived[ours]) - Number(printed(image, theirs))), theirs).toBeLessThanOrEqual(slack);
  });

  it('has the processors that the runtime has', () => {
    expect(String(derived.gomaxprocs)).toBe(truthGlobals(image, ['gomaxprocs']).gomaxprocs?.['']);
  });

  it('reads the same through the table and through DWARF', () => {
    const { layout } = spanscopeJson<{ layout: { source: string; exact: boolean } }>(['overview', ...image.files]);
    expect(layout).toMatchObject({ source: 'table', exact: true });
    expect(spanscopeJson<GcResult>(['gc', '--layout', 'dwarf', ...image.files])).toEqual(result);
  });

  it('finds the pacer’s numbers again by its formulas', () => {
    const what = result.checks.map(({ what }) => what);
    expect(what).toContain('heapMinimum');
    if (derived.phase === 'off')
      expect(what).toContain(derived.heapGoalIs === 'stored' ? 'heapGoal' : 'gcPercentHeapGoal');
    expect(result.checks.filter(({ agrees }) => !agrees)).toEqual([]);
  });

  it('has the pauses that the program printed, newest first', () => {
    expect(result.history).toHaveLength(Math.min(256, Number(derived.numGC)));
    expect(result.history.map(({ cycle }) => cycle)).toEqual(result.history.map((_, i) => Number(derived.numGC) - i));
    if (image.how === 'gdb') return;
    expect(String(result.history[0]?.pauseNs)).toBe(printed(image, 'LastPauseNs'));
    expect(String(result.history[0]?.end)).toBe(printed(image, 'LastGC'));
    const total = result.history.reduce((sum, { pauseNs }) => sum + Number(pauseNs), 0);
    expect(String(total)).toBe(printed(image, 'PauseTotalNs'));
  });
});
