// The diagnosis of programs whose collectors were brought into a known state, and of every other image, where there is nothing to find.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Finding, GcResult } from '../../src/analysis/results.js';
import { images, manifest, spanscopeJson } from './prepared.js';

interface Diagnosis {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly findings: readonly string[];
}

const found = (files: readonly string[]) => spanscopeJson<{ findings: Finding[] }>(['findings', ...files]).findings;

describe.each((manifest.diagnoses ?? []).map((folder) => ({ name: basename(folder), folder })))(
  '$name',
  ({ folder }) => {
    const files = [join(folder, 'server'), join(folder, 'core')];
    const { args, env, findings } = JSON.parse(readFileSync(join(folder, 'diagnosis.json'), 'utf8')) as Diagnosis;
    const printed = JSON.parse(readFileSync(join(folder, 'stdout.json'), 'utf8')) as Record<string, number>;

    it('finds what was done, and nothing else', () => {
      expect(found(files).map(({ id }) => id)).toEqual(findings);
      const failing = spawnSync(process.execPath, ['dist/cli.js', 'findings', ...files, '--fail-on', 'medium']);
      expect(failing.status).toBe(findings.length > 0 ? 1 : 0);
    });

    it('knows the settings in force, and who set them', () => {
      const { settings, environment, environmentRead, derived } = spanscopeJson<GcResult>(['gc', ...files]);
      expect(environmentRead).toBe(true);
      const { GOTRACEBACK: _, ...asked } = { GOTRACEBACK: '', ...env };
      expect(environment).toEqual(asked);
      const gogc = settings.find(({ name }) => name === 'GOGC')!;
      const percent = args[0] === 'percent' ? Number(args[1]) : undefined;
      if (percent !== undefined) {
        expect(gogc.inForce).toBe(percent < 0 ? 'off' : percent);
        expect(gogc.origin).toMatch(/^set by debug.SetGCPercent/);
      } else {
        expect(String(gogc.inForce)).toBe(env.GOGC ?? '100');
        expect(gogc.origin).toBe(env.GOGC === undefined ? 'the default' : 'set by the environment');
      }
      const limit = settings.find(({ name }) => name === 'GOMEMLIMIT');
      if (limit && env.GOMEMLIMIT !== undefined)
        expect(limit).toMatchObject({
          inForce: Number.parseInt(env.GOMEMLIMIT, 10) * 2 ** 20,
          origin: 'set by the environment',
        });
      expect(derived.gomaxprocs).toBe(printed.GOMAXPROCS);
      // The cycle that ran while it printed may have ended since.
      expect([0, 1]).toContain(Number(derived.numGC) - printed.NumGC!);
    });
  },
);

describe('no false alarm', () => {
  it.each(images)('$name', (image) => {
    expect(found(image.files)).toEqual([]);
  });
});
