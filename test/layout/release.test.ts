import { describe, expect, test } from 'vitest';
import { InspectError } from '../../src/bytes/errors.js';
import {
  canonicalRelease,
  compareReleases,
  hasChange,
  lineDistance,
  parseLayoutName,
  parseRelease,
  requireRelease,
} from '../../src/layout/release.js';

const canonical = (text: string): string | undefined => {
  const release = parseRelease(text);
  return release && canonicalRelease(release);
};

describe('release names', () => {
  test.each([
    ['go1.20', 'go1.20.0'],
    ['go1.20.0', 'go1.20.0'],
    ['go1.22.5', 'go1.22.5'],
    ['go1.27rc1', 'go1.27rc1'],
    ['go1.9beta2', 'go1.9beta2'],
    ['go1.22.1 (Red Hat 1.22.1-1)', 'go1.22.1'],
    ['go1.25.3 X:greenteagc', 'go1.25.3'],
    ['go1.26.0-X:nogreenteagc', 'go1.26.0'],
    ['devel go1.28-abcdef Mon Jan 5', 'go1.28.0'],
  ])('%s is %s', (text, name) => {
    expect(canonical(text)).toBe(name);
  });

  test.each(['', 'go', 'go1', '1.22', 'go1.22.', 'go1.22x', 'devel +0123abc Mon', 'go1.99999', 'go1.2rc1.3'])(
    '%j is none',
    (text) => {
      expect(parseRelease(text)).toBeUndefined();
    },
  );

  test('only development trees are told as such', () => {
    expect(parseRelease('devel go1.28-abc')?.devel).toBe(true);
    expect(parseRelease('go1.28-abc')?.devel).toBe(true);
    expect(parseRelease('go1.26-X:a')?.devel).toBe(false);
    expect(parseRelease('go1.22.5-distro')?.devel).toBe(false);
  });

  test('order: betas, candidates, release, patches; numbers, not text', () => {
    const names = ['go1.9.7', 'go1.10beta1', 'go1.10rc1', 'go1.10rc2', 'go1.10', 'go1.10.2', 'go1.10.10', 'go2.0'];
    const shuffled = names.toReversed().sort((a, b) => compareReleases(requireRelease(a), requireRelease(b)));
    expect(shuffled).toEqual(names);
  });

  test('a candidate has what its line brings', () => {
    expect(hasChange(requireRelease('go1.26rc1'), requireRelease('go1.26'))).toBe(true);
    expect(hasChange(requireRelease('go1.25.9'), requireRelease('go1.26'))).toBe(false);
  });
});

test('the line nearest to one of another major version is the newest before it, or the oldest after', () => {
  const far = (a: string, b: string) => lineDistance(requireRelease(a), requireRelease(b));
  expect(far('go9.9', 'go1.27')).toBeLessThan(far('go9.9', 'go1.16'));
  expect(far('go2.0', 'go1.27')).toBeLessThan(far('go2.0', 'go1.11'));
  expect([far('go1.20', 'go1.22'), far('go1.22', 'go1.20')]).toEqual([2, 2]);
});

describe('names of layouts', () => {
  test('release, experiments and arch', () => {
    expect(parseLayoutName('go1.26+nogreenteagc,arenas/amd64')).toEqual({
      goVersion: 'go1.26.0',
      experiments: ['arenas', 'nogreenteagc'],
      arch: 'amd64',
    });
    expect(parseLayoutName('go1.22.5')).toEqual({ goVersion: 'go1.22.5', experiments: [], arch: undefined });
  });

  test.each(['', 'go1.22/', '/amd64', 'go1.22+A/amd64', 'go1.22+a+b/amd64', 'x/amd64', 'go1.22\n/amd64'])(
    '%j is refused',
    (text) => {
      expect(() => parseLayoutName(text)).toThrow(InspectError);
    },
  );
});
