import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseProcMaps } from '../../src/image/proc-maps.js';

describe('parseProcMaps', () => {
  test('files, the kernel’s own names, anonymous memory, deleted files, blanks and newlines in names', () => {
    const { mappings, badLines } = parseProcMaps(
      [
        '00400000-00452000 r-xp 00001000 08:02 173521                             /srv/my server (deleted)',
        '00e03000-00e24000 rw-p 00000000 00:00 0                                  [heap]',
        'c000000000-c000400000 rw-p 00000000 00:00 0                              [anon: Go: heap]',
        'c000400000-c004000000 ---p 00000000 00:00 0 ',
        '7f0000000000-7f0000001000 rw-s 00000000 00:05 77 /dev/zero\\012x',
        'ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]',
        '',
      ].join('\n'),
    );
    expect(badLines).toBe(0);
    expect(mappings).toEqual([
      {
        start: 0x400000,
        end: 0x452000,
        flags: 5,
        shared: false,
        offset: 0x1000,
        device: '08:02',
        inode: 173521,
        path: '/srv/my server',
        deleted: true,
      },
      {
        start: 0xe03000,
        end: 0xe24000,
        flags: 6,
        shared: false,
        offset: 0,
        device: '00:00',
        inode: 0,
        path: '[heap]',
        deleted: false,
      },
      expect.objectContaining({ start: 0xc000000000, path: '[anon: Go: heap]' }),
      expect.objectContaining({ start: 0xc000400000, flags: 0, path: '' }),
      expect.objectContaining({ shared: true, inode: 77, path: '/dev/zero\nx' }),
    ]);
  });

  test('the head lines of smaps are the same', () => {
    const text = '00400000-00452000 r-xp 00000000 08:02 5   /a\nSize:       328 kB\nVmFlags: rd ex\n';
    expect(parseProcMaps(text)).toEqual({ mappings: [expect.objectContaining({ path: '/a' })], badLines: 0 });
  });

  test('what makes no sense is left out and counted', () => {
    const good = '00400000-00452000 r-xp 00000000 08:02 5   /a';
    const bad = [
      'rubbish',
      '00500000-00500000 r-xp 00000000 08:02 5',
      '00300000-00310000 r-xp 00000000 08:02 5',
      '006000',
    ];
    const { mappings, badLines } = parseProcMaps([good, ...bad].join('\n'));
    expect(mappings).toHaveLength(1);
    expect(badLines).toBe(bad.length);
    for (let i = 0; i < good.length; i += 1) parseProcMaps(good.slice(0, i));
  });

  test.skipIf(!existsSync('/proc/self/maps'))('this very process', () => {
    const { mappings, badLines } = parseProcMaps(readFileSync('/proc/self/maps', 'utf8'));
    expect(badLines).toBe(0);
    expect(mappings.some(({ path }) => path === process.execPath)).toBe(true);
    expect(mappings.some(({ path }) => path === '[stack]')).toBe(true);
  });
});
