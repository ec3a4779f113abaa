// gc: goal, trigger, cycles and clocks of real images against what the programs printed of runtime.MemStats just before.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { gcOf } from '../../src/analysis/gc.js';
import type { GcResult } from '../../src/analysis/results.js';
import { summedSpans } from '../../src/analysis/span-totals.js';
import { openProcess, openTarget } from '../../src/index.js';
import { gcText } from '../../src/output/gc-text.js';
import type { GoProcess } from '../../src/runtime/process.js';
import type { RootName } from '../../src/runtime/roots/find.js';
import { fieldRows } from '../../tui/components/gc-view.js';

const images = ['go1.16-amd64', 'go1.21-amd64-pie', 'go1.23-arm64', 'go1.25-amd64-nodwarf', 'go1.27-amd64-mark'];

function gcOfImage(name: string, lost: readonly string[] = [], sums = true, without: readonly string[] = []): GcResult {
  const folder = mkdtempSync(join(tmpdir(), 'spanscope-gc-'));
  try {
    const files = ['server', 'core.sparse'].map((file) => {
      const path = join(folder, file);
      writeFileSync(path, gunzipSync(readFileSync(join('fixtures/images', name, `${file}.gz`))));
      return path;
    });
    const target = openTarget({ files, options: {} });
    const process = openProcess(target, { without });
    if (!process) throw new Error('no Go runtime');
    const address = (root: RootName) => (lost.includes(root) ? undefined : process.address(root));
    const lessRoots: GoProcess = Object.create(process, { address: { value: address } });
    const result = gcOf(lessRoots, sums ? summedSpans(process)?.sums.totals : undefined);
    target.close();
    return result;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Numbers above 2^53 keep their digits. */
function printed(name: string, field: string): string {
  const text = readFileSync(join('fixtures/images', name, 'stdout.json'), 'utf8');
  return new RegExp(`"${field}":(\\d+)`).exec(text)?.[1] ?? `no ${field} printed`;
}

describe.each(images)('gc of %s', (name) => {
  const result = gcOfImage(name);
  const { gcController, memstats, derived } = result;

  it('has the goal, the cycles and the clock that the program printed', () => {
    // The image in the middle of a mark was taken later: it went on after its report.
    const later = name.endsWith('-mark');
    if (!later) {
      expect(String(derived.heapGoal)).toBe(printed(name, 'NextGC'));
      expect(String(derived.numGC)).toBe(printed(name, 'NumGC'));
      expect(String(derived.lastGC)).toBe(printed(name, 'LastGC'));
    }
    expect(derived.phase).toBe(later ? 'mark' : 'off');
  });

  it('has a trigger between what was marked and the goal', () => {
    expect(Number(derived.trigger)).toBeGreaterThan(Number(derived.heapMarked));
    expect(Number(derived.trigger)).toBeLessThanOrEqual(Number(derived.heapGoal));
  });

  it('shows the fields by the names of that release', () => {
    const old = name.startsWith('go1.16');
    expect(Object.hasOwn(gcController.fields, 'heapLive')).toBe(!old);
    expect(Object.hasOwn(memstats.fields, 'heap_live')).toBe(old);
    expect(memstats.fields.numgc).toBe(derived.numGC);
    expect(memstats.fields.pause_ns).toHaveLength(256);
  });

  it('has the last cycles, newest first, and their pauses', () => {
    const { history } = result;
    expect(history.map(({ cycle }) => cycle)).toEqual(history.map((_, i) => Number(derived.numGC) - i));
    expect(history[0]?.end).toBe(derived.lastGC);
    expect(history.at(-1)?.sincePrevious).toBeNull();
    expect(history.every(({ sincePrevious }) => sincePrevious === null || Number(sincePrevious) > 0)).toBe(true);
    if (name.endsWith('-mark')) return;
    expect(String(history[0]?.pauseNs)).toBe(printed(name, 'LastPauseNs'));
    expect(String(history.reduce((sum, { pauseNs }) => sum + Number(pauseNs), 0))).toBe(printed(name, 'PauseTotalNs'));
  });

  it('computes again what the pacer keeps', () => {
    expect(result.checks.length).toBeGreaterThan(0);
    expect(result.checks.filter(({ agrees }) => !agrees)).toEqual([]);
  });

  it('knows where the program could see a number, in that release', () => {
    const old = name.startsWith('go1.16');
    expect(result.visibleAs['derived.heapGoal']).toEqual(['NextGC', '/gc/heap/goal:bytes']);
    expect(result.visibleAs['gcController.heapLive']).toBeUndefined();
    expect(result.visibleAs['gcController.heapMarked']).toEqual(old ? undefined : ['/gc/heap/live:bytes']);
    expect(result.visibleAs['memstats.heap_objects']).toEqual(
      old ? ['HeapObjects', '/gc/heap/objects:objects'] : undefined,
    );
  });

  it('is said in words', () => {
    const text = gcText(result);
    expect(text).toMatch(new RegExp(`^phase +${derived.phase}$`, 'm'));
    expect(text).toContain('pause_end');
  });
});

describe('gc without a variable', () => {
  const both = ['runtime.memstats', 'runtime.gcController'];

  it('still has what the other and the spans tell, and says what is missing', () => {
    const result = gcOfImage('go1.23-arm64', ['runtime.memstats']);
    expect(result.memstats).toMatchObject({ address: null, fields: {}, missing: expect.stringMatching(/./) });
    expect(String(result.derived.heapGoal)).toBe(printed('go1.23-arm64', 'NextGC'));
    expect(result.derived).toMatchObject({ numGC: null, lastGC: null, heapAlloc: expect.any(Number) });
    expect(result.history).toEqual([]);
    const text = gcText(result);
    expect(text).toContain('memstats was not found: ');
    expect(text).toMatch(/^cycles ended +\?$/m);
    const rows = fieldRows(result, '', 80).map(({ about }) => about);
    expect(rows.filter((about) => about.startsWith('runtime.memstats was not found'))).toHaveLength(1);
  });

  it('has the sums over the spans where both are lost, and is refused only without them', () => {
    const result = gcOfImage('go1.16-amd64', both);
    expect(result.derived).toMatchObject({ heapGoal: null, trigger: null, heapAlloc: expect.any(Number) });
    expect(gcText(result)).toContain('gcController was not found: ');
    expect(() => gcOfImage('go1.16-amd64', both, false)).toThrow(/gcController/);
  });
});

describe('gc by the table of another release', () => {
  const numbers = /^(?:heapLive|heapMarked|trigger|heapGoal) +(\S)|^ {2}(?:heap_live|next_gc|scanWork) +(\S)/gm;
  const marks = (result: GcResult) => [...gcText(result).matchAll(numbers)].map(([, now, field]) => now ?? field);

  it('is marked on every number: memstats of 1.12 has heap_live one word before that of 1.13', () => {
    const result = gcOfImage('go1.13-amd64', [], true, ['go1.13']);
    const right = gcOfImage('go1.13-amd64');
    expect(result.memstats.fields.heap_live).not.toBe(right.memstats.fields.heap_live);
    expect(result).toMatchObject({ controllerBy: 'stand-in', memstatsBy: 'stand-in' });
    expect(marks(result)).toEqual(Array(7).fill('~'));
    expect(gcText(result)).toMatch(/^heapLive .*,\s+~\d+%\s+of\s+the\s+trigger$/m);
    const shown = fieldRows(result, 'heap_live', 80).find(
      ({ name, about }) => about.startsWith('heap_live') || name === 'heap_live',
    );
    expect(shown?.about).toMatch(/heap_live = ~/);
  });

  it('is not marked where the release was measured', () => {
    const right = gcOfImage('go1.13-amd64');
    expect(right).not.toHaveProperty('controllerBy');
    expect(right).not.toHaveProperty('memstatsBy');
    expect(marks(right)).toHaveLength(7);
    expect(marks(right)).not.toContain('~');
  });
});
