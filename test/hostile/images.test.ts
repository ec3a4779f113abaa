// Thousands of damaged images, each asked everything, in watched processes: nothing but an InspectError. With symbols none costs more than 5 s of CPU time, all are
// within 300 MiB; stripped ones, whose function table, moduledata, build info and notes are damaged too, cost 1 s and 200 MiB at most.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const fuzzer = fileURLToPath(new URL('fuzz.mjs', import.meta.url));

it.each([
  { set: 'symbols', least: 800 },
  { set: 'stripped', least: 2200 },
])(
  'damaged images are shown or refused ($set)',
  ({ set, least }) => {
    const args = [fuzzer, '--runs', String(least), '--seed', '1', '--set', set];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 500_000 });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const { runs, opened, answered, refused } = JSON.parse(stdout) as Record<string, number>;
    expect(runs).toBeGreaterThanOrEqual(least);
    // Most are still read, and some are not: else the damage would hit nothing, or all of it the door.
    expect(opened).toBeGreaterThan(runs! / 2);
    expect(answered).toBeGreaterThan(10 * opened!);
    expect(refused).toBeGreaterThan(least / 20);
  },
  600_000,
);
