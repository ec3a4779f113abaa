// What differs in meaning between releases, at the releases where it changed. (Compared with Go's sources in test/matrix/go-sources.matrix.ts.)
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConstants } from '../../src/layout/constants.js';
import { layoutsFolder } from '../../src/layout/load.js';
import { loadTraits } from '../../src/layout/traits.js';

function traits(goVersion: string, goarch = 'amd64', experiments: string[] = [], goos = 'linux') {
  const pointerSize = ['386', 'arm', 'mips', 'mipsle'].includes(goarch) ? 4 : 8;
  return loadTraits(layoutsFolder()).at({ goVersion, goos, goarch, pointerSize, experiments });
}

describe('traits', () => {
  test('span states', () => {
    expect(traits('go1.13.15').spanStates).toEqual(['free', 'inuse', 'manual', 'free']);
    expect(traits('go1.14').spanStates).toEqual(['free', 'inuse', 'manual']);
  });

  test('size classes: 24 bytes since 1.16', () => {
    expect(traits('go1.15.15').sizeClasses).toHaveLength(67);
    expect(traits('go1.16').sizeClasses).toHaveLength(68);
    expect(traits('go1.16').sizeClasses.slice(0, 5)).toEqual([0, 8, 16, 24, 32]);
    expect(traits('go1.27.4').sizeClasses.at(-1)).toBe(32768);
  });

  test('mcentral, cached spans, the goal', () => {
    const of = (goVersion: string) => {
      const { mcentral, cachedSweepgen, heapGoal } = traits(goVersion);
      return [mcentral, cachedSweepgen, heapGoal];
    };
    expect(of('go1.11.13')).toEqual(['lists', false, 'stored']);
    expect(of('go1.12')).toEqual(['lists', true, 'stored']);
    expect(of('go1.15')).toEqual(['spanSets', true, 'stored']);
    expect(of('go1.19')).toEqual(['spanSets', true, 'computed']);
  });

  test('null is a value: no arguments are told in 1.17', () => {
    expect(traits('go1.16').argumentTables).toBe('words');
    expect(traits('go1.17').argumentTables).toBeUndefined();
    expect(traits('go1.18').argumentTables).toEqual({ info: 5, live: 6, liveIndex: 3 });
  });

  test('lines of what was preempted', () => {
    expect(traits('go1.20.14').exactBelow).toEqual(['sigpanic']);
    expect(traits('go1.21').exactBelow).toContain('asyncPreempt');
  });

  test('a variable that was renamed', () => {
    const of = (goVersion: string) => traits(goVersion).variableNames['runtime.class_to_size'];
    expect(of('go1.9')).toBe('runtime.class_to_size');
    expect(of('go1.24.13')).toBe('runtime.class_to_size');
    expect(of('go1.25.0')).toBe('internal/runtime/gc.SizeClassToSize');
    expect(of('go1.27.4')).toBe('internal/runtime/gc.SizeClassToSize');
  });

  test('heap bits in spans', () => {
    expect(traits('go1.21.13')).toMatchObject({ heapBitsInSpan: false, heapBitsMaxElemsize: 0 });
    expect(traits('go1.22')).toMatchObject({ heapBitsInSpan: true, heapBitsMaxElemsize: 512 });
    expect(traits('go1.22', '386').heapBitsMaxElemsize).toBe(128);
    expect(traits('go1.22', 'amd64', ['noallocheaders']).heapBitsInSpan).toBe(false);
  });

  test('inline marks: an experiment in 1.25, on from 1.26', () => {
    const on = { minElemsize: 16, maxElemsize: 512, reservedBytes: 128, marksOffset: 64, marksBytes: 63 };
    expect(traits('go1.24.13', 'amd64', ['greenteagc']).inlineMarks).toBeUndefined();
    expect(traits('go1.25.14').inlineMarks).toBeUndefined();
    expect(traits('go1.25.14', 'amd64', ['greenteagc']).inlineMarks).toEqual(on);
    expect(traits('go1.26rc1').inlineMarks).toEqual(on);
    expect(traits('devel go1.28-abc').inlineMarks).toEqual(on);
    expect(traits('go1.27.4', 'amd64', ['nogreenteagc']).inlineMarks).toBeUndefined();
    expect(traits('go1.27.4', 'arm').inlineMarks?.maxElemsize).toBe(128);
  });

  test.each([
    ['amd64', 'linux', 64 << 20, 0, 22, 2 ** 47],
    ['arm64', 'linux', 64 << 20, 0, 22, 0],
    ['s390x', 'linux', 64 << 20, 0, 22, 0],
    ['386', 'linux', 4 << 20, 0, 10, 0],
    ['mips', 'linux', 4 << 20, 0, 9, 0],
    ['amd64', 'windows', 4 << 20, 6, 20, 2 ** 47],
  ])('arenas of %s on %s', (goarch, goos, heapArenaBytes, l1Bits, l2Bits, addressOffset) => {
    expect(traits('go1.24', goarch, [], goos).arena).toEqual({ heapArenaBytes, l1Bits, l2Bits, addressOffset });
  });
});

describe('constants', () => {
  const { at } = loadConstants(layoutsFolder());

  test('numbers that moved', () => {
    expect(at('go1.25.0').waitReasons.get(9)).toBe('select');
    expect(at('go1.26.0').waitReasons.get(9)).toBe('GC scavenge wait');
    expect(at('go1.24.0').specialKinds.get(1)).toBe('finalizer');
    expect(at('go1.25.0').specialKinds.get(1)).toBe('tinyblock');
    expect(at('go1.13').statuses.get(9)).toBeUndefined();
    expect(at('go1.14').statuses.get(9)).toBe('preempted');
    expect(at('go1.16').funcIds.get(17)).toBe('debugCallV1');
    expect(at('go1.17').funcIds.get(17)).toBe('runfinq');
  });
});

test('a damaged file is named', () => {
  const folder = mkdtempSync(join(tmpdir(), 'spanscope-test-'));
  try {
    writeFileSync(join(folder, 'traits.json'), '{"pageSize": 8192}');
    expect(() => loadTraits(folder)).toThrow(
      expect.objectContaining({ code: 'malformed', subject: join(folder, 'traits.json') }),
    );
    writeFileSync(
      join(folder, 'constants.json'),
      '{"layoutNeutralExperiments": [], "statuses": {"idle": [["go1.9", "0"]]}}',
    );
    expect(() => loadConstants(folder).at('go1.24.0')).toThrow(/statuses\.idle/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('instructions of riscv64 have four bytes up to 1.25, two since', () => {
  const at = (goVersion: string, goarch: string) =>
    loadTraits(layoutsFolder()).at({ goVersion, goos: 'linux', goarch, pointerSize: 8, experiments: [] }).minLC;
  expect([at('go1.25.14', 'riscv64'), at('go1.26.0', 'riscv64')]).toEqual([4, 2]);
  expect([at('go1.20', 'amd64'), at('go1.20', 's390x'), at('go1.20', 'arm64')]).toEqual([1, 2, 4]);
});
