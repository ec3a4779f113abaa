// `--format traceback` read by a parser that others wrote for the runtime's own dumps (github.com/maruel/panicparse): it finds the goroutines, states, functions,
// places and creators that the JSON has.
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { shownFrames } from '../../src/analysis/goroutine-query.js';
import type { GoroutinesResult } from '../../src/analysis/results-goroutines.js';
import { layoutsFolder } from '../../src/layout/load.js';
import { loadTraits } from '../../src/layout/traits.js';
import { images, manifest, shapes, spanscope, spanscopeJson } from './prepared.js';

interface Parsed {
  readonly id: number;
  readonly state: string;
  readonly minutes: number;
  readonly locked: boolean;
  readonly funcs: readonly string[] | null;
  readonly places: readonly string[] | null;
  readonly createdBy: string;
  readonly elided: boolean;
}

const { panicparse } = manifest;

function parsed(text: string): Map<number, Parsed> {
  const { stdout, stderr } = spawnSync(panicparse!, [], { input: text, encoding: 'utf8', maxBuffer: 1 << 30 });
  if (stdout === '') throw new Error(stderr);
  return new Map((JSON.parse(stdout) as Parsed[]).map((one) => [one.id, one]));
}

interface Overview {
  readonly go: { readonly version: string; readonly arch: string };
}

const rulesOf = ({ version, arch }: Overview['go']) =>
  loadTraits(layoutsFolder()).at({ goVersion: version, goos: 'linux', goarch: arch, pointerSize: 8, experiments: [] })
    .traceback;

/** Some images of each kind, and all hard ones. */
const some = [...images.filter((_, i) => i % 8 === 0), ...shapes];

describe.each(some.map((image) => ({ name: image.name, image })))('$name', ({ image }) => {
  // Built by fixtures/panicparse.mjs, where its sources can be had.
  it.skipIf(panicparse === undefined)('is understood by a parser of Go’s dumps', () => {
    const { goroutines } = spanscopeJson<GoroutinesResult>(['goroutines', ...image.files, '--user']);
    const dump = parsed(spanscope(['goroutines', ...image.files, '--format', 'traceback']));
    const rules = rulesOf(spanscopeJson<Overview>(['overview', ...image.files]).go);
    // It does not know the labels of 1.26 and later.
    const understood = goroutines.filter(({ labels }) => labels === undefined);
    if (understood.length === goroutines.length) expect(dump.size).toBe(goroutines.length);
    for (const {
      goid,
      status,
      waitReason,
      waitSinceAtLeast,
      lockedToThread,
      frames,
      createdBy,
      bubble,
    } of understood) {
      const one = dump.get(Number(goid))!;
      const own = shownFrames(frames, rules);
      const shown = own.length > 0 ? own : frames;
      expect(one).toMatchObject({
        state: `${waitReason ?? status}${bubble?.durable ? ' (durable)' : ''}`,
        minutes: Math.floor((waitSinceAtLeast ?? 0) / 60e9),
        locked: lockedToThread,
      });
      const by = createdBy?.func?.startsWith('runtime.') === false ? createdBy : undefined;
      expect(one.createdBy.replace(/ in goroutine \d+$/, '')).toBe(by?.func ?? '');
      if (shown.length > 100) {
        // Up to 1.20 it knows what is left out by the runtime's word for it, since then it counts.
        expect(one.funcs!.slice(0, 50)).toEqual(shown.slice(0, 50).map(({ func }) => func));
        continue;
      }
      expect(one.elided).toBe(false);
      expect(one.funcs ?? []).toEqual(shown.map(({ func }) => (func === 'runtime.gopanic' ? 'panic' : func)));
      expect(one.places ?? []).toEqual(shown.map(({ file, line }) => `${file}:${line}`));
    }
  });
});
