// Two thousand damaged images, each asked everything, in one watched process: nothing but an InspectError, none above 5 s of CPU time, all within 300 MiB.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const fuzzer = fileURLToPath(new URL('fuzz.mjs', import.meta.url));

it('damaged images are shown or refused', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [fuzzer, '--runs', '2400', '--seed', '1'], {
    encoding: 'utf8',
    timeout: 500_000,
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const { runs, opened, answered, refused } = JSON.parse(stdout) as Record<string, number>;
  expect(runs).toBeGreaterThanOrEqual(2000);
  // Most are still read, and some are not: else the damage would hit nothing, or all of it the door.
  expect(opened).toBeGreaterThan(runs! / 2);
  expect(answered).toBeGreaterThan(10 * opened!);
  expect(refused).toBeGreaterThan(100);
}, 600_000);
