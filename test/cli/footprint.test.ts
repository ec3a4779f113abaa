// `overview`, `find` and `memory` with what Linux says of the process' memory: saved beside an image, and of a process that lives.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { FindResult, MemoryResult, OverviewResult } from '../../src/analysis/results.js';
import { LivePrograms } from '../support/live-programs.js';
import { json, lines, output, root, run, sampleFiles, TempFolder } from '../support/run-cli.js';
import { smallImage, smallImageNames } from '../support/small-images.js';

const folder = new TempFolder();
const programs = new LivePrograms(folder);
afterEach(() => programs.kill());
afterAll(() => folder.remove());

/** The others ran on after they had printed, or printed nothing. */
const settled = smallImageNames.filter((name) => name !== 'sample' && !name.endsWith('-mark'));
const saved = join(folder.path, 'saved');
mkdirSync(saved);
const heap =
  'c000000000-c000400000 rw-p 00000000 00:00 0 \nRss:                2052 kB\nSwap:                  8 kB\nVmFlags: rd wr\n';
const files = {
  status: 'Name:\tserver\nTgid:\t1\nVmRSS:\t    5120 kB\nRssAnon:\t    4096 kB\nVmSwap:\t      64 kB\n',
  cgroup: '0::/kubepods/\u001b[2Jpod\n',
  'memory.max': '8388608\n',
  'memory.current': '6291456\n',
  smaps: heap,
};
for (const [name, text] of Object.entries(files)) writeFileSync(join(saved, name), text);

describe('saved beside an image', () => {
  const args = [...sampleFiles, '--proc', saved];
  it('overview tells RSS, swap and the cgroup’s limit', () => {
    const { stdout, stderr } = run(['overview', ...args]);
    const text = stdout.replaceAll(/\n {16}/g, ' ');
    expect(text).toMatch(
      /^process {9}RSS 5\.00 MiB \(4\.00 MiB anonymous\); swap 64\.0 KiB; heap .* mapped, .* of it released; by /m,
    );
    expect(text).toMatch(/^cgroup {10}\/kubepods\/.*pod: memory limit 8\.00 MiB, in use 6\.00 MiB \(75%\)$/m);
    expect(stdout + stderr).not.toContain('\u001b');
    expect(stdout + stderr).toMatch(/saved files of --proc are of process 1, the core is of process \d+/);
    expect(json<OverviewResult>(['overview', ...args]).footprint).toMatchObject({
      source: saved,
      rss: 5_242_880,
      rssAnon: 4_194_304,
      rssFile: null,
      swap: 65_536,
      cgroup: { limit: 8_388_608, current: 6_291_456 },
    });
    expect(json<OverviewResult>(['overview', ...sampleFiles]).footprint).toBeNull();
  });
  it('find and memory tell what was resident of a mapping', () => {
    const resident = {
      start: '0xc000000000',
      end: '0xc000400000',
      rss: 2_101_248,
      swap: 8192,
      anonymous: null,
      hugePages: null,
    };
    expect(json<FindResult>(['find', '0xc000002000', ...args])).toMatchObject({ resident });
    expect(json<MemoryResult>(['memory', '0xc000002000', '16', ...args])).toMatchObject({ resident });
    expect(output(['find', '0xc000002000', ...args])).toMatch(
      /^resident {2}2\.00 MiB of 4\.00 MiB mapped, 8\.00 KiB swapped \(smaps\)$/m,
    );
    expect(output(['memory', '0xc000002000', '16', ...args])).toMatch(
      /^mapping 0xc000000000–0xc000400000: 2\.00 MiB of 4\.00 MiB mapped/,
    );
    expect(json<FindResult>(['find', '0xc000402000', ...args]).resident).toBeNull();
    expect(output(['find', '0xc000002000', ...sampleFiles])).not.toContain('resident');
  });
});

describe.each(settled.map((name) => ({ name })))('$name', ({ name }) => {
  it('has as much mapped for its heap as the program printed', () => {
    const { server, core } = smallImage(folder, name);
    const printed = JSON.parse(readFileSync(join(root, 'fixtures/images', name, 'stdout.json'), 'utf8')) as {
      HeapSys: number;
    };
    const { footprint } = json<OverviewResult>(['overview', server, core, '--proc', saved]);
    expect(footprint!.heapMapped).toBe(printed.HeapSys);
    expect(Number(footprint!.heapReleased)).toBeLessThan(printed.HeapSys);
  });
});

it.runIf(process.platform === 'linux' && process.arch === 'x64')('of a live process, what Linux says', async () => {
  const { pid } = await programs.go('go1.27-amd64-mark', 'block');
  const { footprint } = json<OverviewResult>(['overview', `pid:${pid}`]);
  const said = Number(/^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))![1]) * 1024;
  expect(footprint!.source).toBe(`/proc/${pid}`);
  expect(Math.abs(footprint!.rss! - said)).toBeLessThan(said / 2);
  const [{ base } = { base: '' }] = lines<{ base: string }>(
    output(['spans', `pid:${pid}`, '--state', 'inuse', '--limit', '1', '--format', 'ndjson']),
  );
  expect(json<FindResult>(['find', base, `pid:${pid}`]).resident!.rss).toBeGreaterThan(4096);
});
