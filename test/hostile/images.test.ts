// Thousands of damaged images, each asked everything, in watched processes: nothing but an InspectError, and none costs more than a hostile image may (support/costs). Of the stripped ones the function table,
// moduledata, build info and notes are damaged too.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { sets } from './fuzz.mjs';

const fuzzer = fileURLToPath(new URL('fuzz.mjs', import.meta.url));
/** The fuzzer itself ends a run that hangs: this is for its own hanging, and dozens of times what an image costs (25 to 50 s of CPU time), so that no slow and busy machine meets it. */
const mostMs = 1_800_000;

describe.each([
  { set: 'symbols', each: 200 },
  { set: 'stripped', each: 250 },
] as const)('damaged images are shown or refused ($set)', ({ set, each }) => {
  const { images } = sets[set];
  const sums = { runs: 0, opened: 0, answered: 0, refused: 0 };

  it.each(images)(
    '%s',
    (image) => {
      const args = [fuzzer, '--runs', String(each), '--seed', '1', '--set', set, '--image', image];
      const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: mostMs });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      const said = JSON.parse(stdout) as typeof sums;
      expect(said.runs).toBe(each);
      for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += said[name];
    },
    mostMs,
  );

  it('most are still read, and some are not: else the damage would hit nothing, or all of it the door', () => {
    expect(sums.runs).toBe(each * images.length);
    expect(sums.opened).toBeGreaterThan(sums.runs / 2);
    expect(sums.answered).toBeGreaterThan(10 * sums.opened);
    expect(sums.refused).toBeGreaterThan(sums.runs / 20);
  });
});
