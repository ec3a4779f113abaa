// The sample's core with one of its waiting goroutines made runnable, as one is that was woken and has not run yet: it keeps waitsince, and waits no more.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { GoroutineResult, GoroutinesResult } from '../../src/analysis/results-goroutines.js';
import { layoutNamed } from '../../src/layout/show.js';
import { json, sampleFiles } from '../support/run-cli.js';

/** A g begins with the bounds of its stack; the sample's core keeps memory as it is. */
function placeOf(core: Buffer, { stack }: GoroutineResult): number {
  const bounds = Buffer.alloc(16);
  bounds.writeBigUInt64LE(BigInt(stack.start), 0);
  bounds.writeBigUInt64LE(BigInt(stack.end), 8);
  const at = core.indexOf(bounds);
  expect(at).toBeGreaterThan(0);
  return at;
}

it('does not wait any more', () => {
  const goroutine = (files: readonly string[]) =>
    json<GoroutinesResult>(['goroutines', ...files]).goroutines.find(({ goid }) => goid === 20)!;
  const before = goroutine(sampleFiles);
  expect(before).toMatchObject({ status: 'waiting', waitSinceAtLeast: expect.any(Number) });
  const [binary, image] = sampleFiles as [string, string];
  const core = readFileSync(image);
  const { version } = json<{ go: { version: string } }>(['overview', ...sampleFiles]).go;
  const status = layoutNamed(`${version}/amd64`).field('g', 'atomicstatus')!;
  core.writeUInt32LE(1, placeOf(core, before) + status.offset);
  const folder = mkdtempSync(join(tmpdir(), 'spanscope-'));
  try {
    writeFileSync(join(folder, 'core.sparse'), core);
    expect(goroutine([binary, join(folder, 'core.sparse')])).toMatchObject({
      status: 'runnable',
      waitSinceAtLeast: null,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
