// What Linux says of a process' memory: texts of the kernel, texts that make no sense, a saved folder, and real processes.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  liveFootprint,
  liveSmaps,
  parseCgroup,
  parseResident,
  parseSmaps,
  pidsOf,
  savedFootprint,
} from '../../src/image/proc-footprint.js';
import { TempFolder } from '../support/run-cli.js';

const folder = new TempFolder();
afterAll(() => folder.remove());

const status = [
  'Name:\tserver',
  'Tgid:\t4711',
  'NStgid:\t4711\t7',
  'VmHWM:\t   20480 kB',
  'VmRSS:\t   10240 kB',
  'RssAnon:\t    8192 kB',
  'RssFile:\t    2048 kB',
  'VmSwap:\t      12 kB',
].join('\n');

describe('status', () => {
  it('tells what is resident and swapped', () => {
    expect(parseResident(status)).toEqual({
      rss: 10_485_760,
      anonymous: 8_388_608,
      file: 2_097_152,
      shared: undefined,
      swap: 12_288,
      peak: 20_971_520,
    });
    expect(pidsOf(status)).toEqual([4711, 7]);
  });
  it.each(['', 'VmRSS:\t-1 kB', 'VmRSS:\t9999999999999999 kB', 'VmRSS:\t1 MB', 'Name:\tVmRSS: 1 kB'])(
    '%j tells nothing',
    (text) => {
      expect(parseResident(text)).toBeUndefined();
      expect(pidsOf(text)).toEqual([]);
    },
  );
});

describe('smaps', () => {
  const block = (head: string, ...sizes: string[]) => [head, ...sizes, 'VmFlags: rd wr mr mw me ac'].join('\n');
  it('tells it by mapping', () => {
    const text = [
      block(
        '00400000-00452000 r-xp 00000000 08:02 5   /a',
        'Size:       328 kB',
        'Rss:       100 kB',
        'Swap:         0 kB',
      ),
      block(
        'c000000000-c000400000 rw-p 00000000 00:00 0 ',
        'Rss:      2048 kB',
        'Anonymous:      2044 kB',
        'AnonHugePages:    2048 kB',
        'Swap:         8 kB',
      ),
    ].join('\n');
    expect(parseSmaps(text)).toEqual([
      { start: 0x400000, end: 0x452000, rss: 102_400, swap: 0, anonymous: undefined, hugePages: undefined },
      {
        start: 0xc000000000,
        end: 0xc000400000,
        rss: 2_097_152,
        swap: 8192,
        anonymous: 2_093_056,
        hugePages: 2_097_152,
      },
    ]);
    for (let cut = 0; cut < text.length; cut += 7) expect(parseSmaps(text.slice(0, cut)).length).toBeLessThan(3);
  });
  it('leaves out what makes no sense', () => {
    expect(parseSmaps('Rss: 5 kB\n')).toEqual([]);
    expect(parseSmaps(block('00400000-00452000 r-xp 00000000 08:02 5', 'Rss:   x kB'))).toEqual([]);
    expect(parseSmaps(block('00452000-00400000 r-xp 00000000 08:02 5', 'Rss:   4 kB'))).toEqual([]);
  });
});

describe('cgroup', () => {
  it('names the group that accounts for memory', () => {
    expect(parseCgroup('0::/kubepods/pod1/c\n')).toEqual({ path: '/kubepods/pod1/c', legacy: false });
    expect(parseCgroup('11:cpu,cpuacct:/x\n9:memory:/docker/1\n0::/x\n')).toEqual({ path: '/docker/1', legacy: true });
    for (const text of ['', 'memory', '1:cpu:/x', '0::x']) expect(parseCgroup(text), text).toBeUndefined();
  });
});

describe('a saved folder', () => {
  const saved = (name: string, files: Record<string, string>) => {
    const path = join(folder.path, name);
    mkdirSync(path);
    for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text);
    return path;
  };
  it('holds what was copied, of both kinds of cgroup', () => {
    const both = saved('both', {
      status,
      cgroup: '0::/a\n',
      'memory.max': '536870912\n',
      'memory.current': '268435456\n',
    });
    expect(savedFootprint(both)).toMatchObject({
      resident: { rss: 10_485_760 },
      cgroup: { path: '/a', limit: 536_870_912, current: 268_435_456 },
      source: both,
    });
    const old = saved('old', { 'memory.limit_in_bytes': '9223372036854771712\n', 'memory.usage_in_bytes': '4096\n' });
    expect(savedFootprint(old)?.cgroup).toEqual({ path: undefined, limit: null, current: 4096 });
    expect(savedFootprint(saved('max', { 'memory.max': 'max\n' }))?.cgroup?.limit).toBeNull();
  });
  it('that holds rubbish tells nothing', () => {
    expect(
      savedFootprint(
        saved('rubbish', { status: '\0'.repeat(1000), cgroup: 'x', 'memory.max': '-5', 'memory.current': '1e99' }),
      ),
    ).toBeUndefined();
    expect(savedFootprint(saved('large', { status: `${status}\n${' '.repeat(2 ** 21)}` }))).toBeUndefined();
    const odd = saved('odd', {});
    mkdirSync(join(odd, 'status'));
    expect(savedFootprint(odd)).toBeUndefined();
    expect(savedFootprint(join(folder.path, 'none'))).toBeUndefined();
  });
});

describe.runIf(existsSync('/proc/self/smaps'))('this very process', () => {
  it('agrees with what Node says of it', () => {
    // It may grow or shrink while it is looked at.
    const before = process.memoryUsage().rss;
    const { resident } = liveFootprint(process.pid)!;
    const sum = liveSmaps(process.pid).reduce((all, mapping) => all + mapping.rss, 0);
    const after = process.memoryUsage().rss;
    for (const rss of [resident!.rss, sum]) {
      expect(rss).toBeGreaterThan(Math.min(before, after) / 2);
      expect(rss).toBeLessThan(Math.max(before, after) * 2);
    }
    expect(liveFootprint(2 ** 22)).toBeUndefined();
    expect(liveSmaps(2 ** 22)).toEqual([]);
  });
  // The root has no limit file; where only its parts of cgroup 1 are mounted, none stands there.
  const own = existsSync('/proc/self/cgroup') ? parseCgroup(readFileSync('/proc/self/cgroup', 'latin1')) : undefined;
  const limitFile = `/sys/fs/cgroup${own?.path}/memory.max`;
  it.runIf(own?.legacy === false && existsSync(limitFile))('has the limit of the groups around it', () => {
    const limit = readFileSync(limitFile, 'latin1').trim();
    const { cgroup } = liveFootprint(process.pid)!;
    expect(cgroup!.path).toBe(own!.path);
    if (limit !== 'max') expect(cgroup!.limit).toBeLessThanOrEqual(Number(limit));
    expect(cgroup!.current).toBeGreaterThan(0);
  });
});
