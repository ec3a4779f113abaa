import { describe, expect, test } from 'vitest';
import { parseGoVersion } from '../../src/gosym/go-version.js';

describe('parseGoVersion', () => {
  test.each([
    ['go1.26.1-X:nogreenteagc', 'go1.26.1', ['nogreenteagc'], ''],
    ['go1.25.3 X:greenteagc,jsonv2', 'go1.25.3', ['greenteagc', 'jsonv2'], ''],
    ['go1.18', 'go1.18', [], ''],
    ['go1.27rc1', 'go1.27rc1', [], ''],
    ['go1.26rc2-X:nogreenteagc', 'go1.26rc2', ['nogreenteagc'], ''],
    ['go1.9beta2', 'go1.9beta2', [], ''],
    ['go1.22.5 (Red Hat 1.22.5-1.el9)', 'go1.22.5', [], '(Red Hat 1.22.5-1.el9)'],
    ['go1.20.12-fips X:boringcrypto', 'go1.20.12', ['boringcrypto'], 'fips'],
    ['go1.18.5b7', 'go1.18.5', [], 'b7'],
    [
      'go1.21.3 cl/563128 +abcdef X:fieldtrack,boringcrypto',
      'go1.21.3',
      ['fieldtrack', 'boringcrypto'],
      'cl/563128 +abcdef',
    ],
    ['devel +a1b2c3 Mon Jan 2 15:04:05 2020 +0000', 'devel +a1b2c3', [], 'Mon Jan 2 15:04:05 2020 +0000'],
    ['devel go1.20-abcdef Mon Jan 2 X:loopvar', 'devel go1.20-abcdef', ['loopvar'], 'Mon Jan 2'],
    ['go1.27-devel_0123abc Mon Jan 2 15:04:05 2026', 'devel go1.27-0123abc', [], 'Mon Jan 2 15:04:05 2026'],
    ['  go1.24.0\n', 'go1.24.0', [], ''],
  ])('%s', (text, release, experiments, suffix) => {
    expect(parseGoVersion(text)).toEqual({ release, experiments, suffix });
  });

  test.each(['', 'go', 'go1', 'gopher1.2', '1.22.5', 'xgo1.22', 'go1.22.5.6', 'go1.x', '\0\0', 'unknown'])(
    '%j is none',
    (text) => {
      expect(parseGoVersion(text)).toBeUndefined();
    },
  );
});
