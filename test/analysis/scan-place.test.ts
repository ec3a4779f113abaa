// A scanned return address in a call that was inlined: the place is that of the function named, as its exact frame has it.
import { expect, it } from 'vitest';
import type { GoroutinesResult, ScanResult } from '../../src/analysis/results-goroutines.js';
import { json, sampleFiles } from '../support/run-cli.js';

it('is in the file of the function that is named', () => {
  const exact = new Map<string, string>();
  let inlined = 0;
  for (const { frames } of json<GoroutinesResult>(['goroutines', ...sampleFiles]).goroutines)
    for (const frame of frames) {
      if (frame.inlined) inlined += 1;
      else exact.set(frame.pc, `${frame.func} ${frame.file}:${frame.line}`);
    }
  expect(inlined).toBeGreaterThan(0);
  const { stacks } = json<{ stacks: readonly ScanResult[] }>(['stacks', ...sampleFiles, '--scan']);
  const seen = stacks.flatMap(({ candidates }) => candidates).filter(({ pc }) => exact.has(pc));
  expect(seen.length).toBeGreaterThan(5);
  expect(seen.map(({ func, file, line }) => `${func} ${file}:${line}`)).toEqual(seen.map(({ pc }) => exact.get(pc)));
});
