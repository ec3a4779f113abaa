import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BufferSource } from '../../src/bytes/buffer-source.js';
import { InspectError } from '../../src/bytes/errors.js';
import { PageCache } from '../../src/bytes/page-cache.js';
import { readCore } from '../../src/elf/core.js';
import { ElfFile } from '../../src/elf/elf-file.js';
import { loadBias } from '../../src/image/bias.js';
import { openBinaryImage } from '../../src/image/binary-image.js';
import { openCoreImage } from '../../src/image/core-image.js';
import { imageBuildIds, mainMapping } from '../../src/image/memory-source.js';
import { missingRanges } from '../../src/image/missing-ranges.js';
import { openRawImage, parseNumber, parseRawArgument, readRegionList } from '../../src/image/raw-image.js';
import { join as concat, type ElfSpec, note, pack, text, writeElf } from '../support/elf-writer.js';

function opened(spec: ElfSpec, name: string, cache: PageCache) {
  const source = cache.attach(new BufferSource(name, writeElf(spec)));
  return { source, elf: ElfFile.open(source) };
}

function errorOf(work: () => unknown): InspectError {
  try {
    work();
  } catch (error) {
    if (error instanceof InspectError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const PAGE = 4096;
const page = (char: string) => text(char.repeat(PAGE));

/** Text, read-only data and writable data with bss, at link-time addresses 0x1000, 0x3000 and 0x5000, each a page apart in the file. */
function program(type: 2 | 3, withHeaders = false): ElfSpec {
  return {
    type,
    entry: 0x1100,
    segments: [
      ...(withHeaders ? [{ type: 6, vaddr: 0x40, filesz: 0, offset: 0x40 }] : []),
      { type: 1, flags: 5, vaddr: 0x1000, data: page('t') },
      { type: 1, flags: 4, vaddr: 0x3000, data: page('r') },
      { type: 1, flags: 6, vaddr: 0x5000, data: page('d'), memsz: 2 * PAGE },
    ],
  };
}

function auxv(values: readonly (readonly [type: number, value: number])[]): Uint8Array {
  return note(
    {},
    'CORE',
    6,
    pack(
      {},
      values.flatMap(
        ([type, value]) =>
          [
            [8, type],
            [8, value],
          ] as const,
      ),
    ),
  );
}

function files(rows: readonly (readonly [start: number, end: number, pages: number, path: string])[]): Uint8Array {
  const numbers = rows.flatMap(
    ([start, end, pages]) =>
      [
        [8, start],
        [8, end],
        [8, pages],
      ] as const,
  );
  return note(
    {},
    'CORE',
    0x46494c45,
    concat([pack({}, [[8, rows.length], [8, PAGE], ...numbers]), text(rows.map((row) => `${row[3]}\0`).join(''))]),
  );
}

const chars = (memory: { bytes(at: number, length: number): { bytes: Uint8Array } }, at: number, length = 4) =>
  Buffer.from(memory.bytes(at, length).bytes).toString();

describe('a core with its binary', () => {
  const bias = 0x7f0000000000;
  const at = (vaddr: number) => bias + vaddr;
  const cache = new PageCache();
  const binary = opened(program(3), '/srv/app', cache);
  const core = opened(
    {
      type: 4,
      segments: [
        {
          type: 4,
          data: concat([
            files([
              [at(0x1000), at(0x2000), 1, '/srv/app'],
              [at(0x9000), at(0xa000), 0, '/lib/libc.so'],
            ]),
          ]),
        },
        { type: 1, flags: 5, vaddr: at(0x1000), data: text('TTTT'), memsz: PAGE },
        { type: 1, flags: 4, vaddr: at(0x3000), memsz: PAGE, filesz: 0 },
        { type: 1, flags: 6, vaddr: at(0x5000), data: text('DDDD'), memsz: 2 * PAGE },
        { type: 1, flags: 4, vaddr: at(0x9000), memsz: PAGE, filesz: 0 },
        { type: 1, flags: 0, vaddr: at(0x20000), memsz: PAGE, filesz: 0 },
        { type: 1, flags: 6, vaddr: at(0x30000), data: text('HEAP'), filesz: 100, memsz: 100, offset: 2 ** 30 },
        { type: 1, flags: 5, vaddr: 0xffffffffff600000n, memsz: PAGE, filesz: PAGE },
      ],
    },
    'core.1',
    cache,
  );
  const info = readCore(core.elf);
  const memory = openCoreImage({ ...core, info, binary: { ...binary, bias } });

  test('the core’s bytes come first, then the binary’s read-only ones', () => {
    expect(chars(memory, at(0x1000), 6)).toBe('TTTTtt');
    expect(chars(memory, at(0x3ffc))).toBe('rrrr');
  });

  test('writable memory that was not dumped is missing, whatever the binary holds', () => {
    expect(chars(memory, at(0x5000), 8)).toBe('DDDD');
    expect(memory.faultAt(at(0x5004))).toEqual({ address: at(0x5004), why: 'not dumped' });
    expect(memory.faultAt(at(0x6fff))?.why).toBe('not dumped');
  });

  test('every missing range has its reason', () => {
    expect(missingRanges(memory.segments)).toEqual([
      { start: at(0x5004), end: at(0x7000), why: 'not dumped' },
      { start: at(0x9000), end: at(0xa000), why: 'not dumped, mapped from /lib/libc.so' },
      { start: at(0x20000), end: at(0x21000), why: 'reserved, without access' },
      { start: at(0x30000), end: at(0x30000) + 100, why: 'core.1 ends before' },
      { start: 2 ** 64 - 0xa00000, end: 2 ** 64 - 0xa00000 + PAGE, why: 'above 2^53' },
    ]);
  });

  test('without the binary its text is missing, and says of which file', () => {
    const bare = openCoreImage({ ...core, info });
    expect(bare.faultAt(at(0x1004))?.why).toBe('not dumped, mapped from /srv/app');
    expect(bare.faultAt(at(0x3000))?.why).toBe('not dumped');
  });

  test('the list of missing ranges is bounded', () => {
    const segments = Array.from({ length: 50 }, (_, i) => ({
      start: i * 10,
      end: i * 10 + 5,
      flags: 0,
      origin: 'missing' as const,
      detail: 'x',
    }));
    const ranges = missingRanges(segments, 10);
    expect(ranges).toHaveLength(10);
    expect(ranges.at(-1)).toEqual({ start: 90, end: 495, why: '41 further missing ranges' });
  });
});

describe('a binary alone', () => {
  test('shows its data in its initial state and bss as zeros', () => {
    const { elf, source } = opened(program(2), 'app', new PageCache());
    const memory = openBinaryImage(elf, source);
    expect(chars(memory, 0x1000)).toBe('tttt');
    expect(chars(memory, 0x5ffe)).toBe('dd\0\0');
    expect(memory.faultAt(0x7000)?.why).toBe('not mapped');
  });
});

describe('loadBias', () => {
  const cache = new PageCache();
  const coreOf = (notes: Uint8Array) =>
    readCore(opened({ type: 4, segments: [{ type: 4, data: notes }] }, 'core', cache).elf);
  const pie = opened(program(3, true), '/some/where/app', cache).elf;
  const bias = 0x55550000000;

  test('is 0 for fixed addresses, unknown for a PIE without a core', () => {
    expect(loadBias(opened(program(2), 'app', cache).elf, undefined)).toEqual({
      known: true,
      bias: 0,
      from: 'fixed addresses',
    });
    expect(loadBias(pie, undefined)).toMatchObject({ known: false });
    expect(loadBias(opened({ type: 1 }, 'x.o', cache).elf, undefined)).toMatchObject({ known: false });
  });

  test.each([
    [
      'both',
      auxv([
        [3, bias + 0x40],
        [9, bias + 0x1100],
      ]),
      { known: true, bias, from: 'AT_PHDR' },
    ],
    ['entry only', auxv([[9, bias + 0x1100]]), { known: true, bias, from: 'AT_ENTRY' }],
  ])('comes from the auxiliary vector: %s', (_what, notes, expected) => {
    expect(loadBias(pie, coreOf(notes))).toEqual(expected);
  });

  test('comes from a mapped file of the same name', () => {
    const segments = [
      { type: 1, flags: 5, vaddr: 0x1000, offset: 0, filesz: PAGE },
      { type: 1, flags: 4, vaddr: 0x3000, offset: PAGE, filesz: PAGE },
    ];
    const elf = opened({ type: 3, segments }, '/some/where/app', cache).elf;
    const notes = files([
      [0x1000, 0x2000, 0, '/lib/ld.so'],
      [bias + 0x3000, bias + 0x4000, 1, '/old/place/app'],
    ]);
    expect(loadBias(elf, coreOf(notes))).toEqual({ known: true, bias, from: 'NT_FILE' });
    const odd = files([[bias + 0x3010, bias + 0x4000, 1, '/old/place/app']]);
    expect(loadBias(elf, coreOf(odd))).toMatchObject({ known: false, why: expect.stringMatching(/fits no segment/) });
  });

  test('is unknown where the core contradicts the binary', () => {
    expect(
      loadBias(
        pie,
        coreOf(
          auxv([
            [3, bias + 0x40],
            [9, bias + 0x5100],
          ]),
        ),
      ),
    ).toMatchObject({ known: false, why: expect.stringMatching(/another build/) });
    expect(loadBias(pie, coreOf(files([[0x1000, 0x2000, 0, '/bin/other']])))).toMatchObject({
      known: false,
      why: 'no file mapped in the core is called app',
    });
    expect(loadBias(pie, coreOf(new Uint8Array(0)))).toMatchObject({ known: false });
  });
});

describe('build IDs in the image', () => {
  test('are read from the first page that the core keeps of the program', () => {
    const cache = new PageCache();
    const inner = writeElf({ segments: [{ type: 4, data: note({}, 'Go', 4, text('x/y')), align: 4 }] });
    const base = 0x400000;
    const notes = concat([
      auxv([[3, base + 0x40]]),
      files([
        [0x1000, 0x2000, 0, '/lib/ld.so'],
        [base, base + PAGE, 0, '/srv/app'],
        [base + PAGE, base + 2 * PAGE, 1, '/srv/app'],
      ]),
    ]);
    const core = opened(
      {
        type: 4,
        segments: [
          { type: 4, data: notes },
          { type: 1, vaddr: base, data: inner },
        ],
      },
      'core',
      cache,
    );
    const info = readCore(core.elf);
    expect(mainMapping(info)).toMatchObject({ path: '/srv/app', start: base });
    expect(imageBuildIds(openCoreImage({ ...core, info }), info)).toEqual({ go: 'x/y', gnu: undefined });
    expect(imageBuildIds(openCoreImage({ ...core, info }), { ...info, auxv: new Map(), files: [] })).toEqual({
      go: undefined,
      gnu: undefined,
    });
  });
});

describe('raw images', () => {
  let folder = '';
  const path = (name: string) => join(folder, name);
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'spanscope-raw-'));
    mkdirSync(path('sub dir'));
    writeFileSync(path('a.bin'), page('a'));
    writeFileSync(path('sub dir/b.bin'), page('b'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const model = { pointerSize: 8, littleEndian: true } as const;

  test.each([
    ['0x10', 16],
    ['0XfF', 255],
    ['12', 12],
    ['0x1fffffffffffff', 2 ** 53 - 1],
    ['0x20000000000000', undefined],
    ['c000', undefined],
    ['', undefined],
    ['-1', undefined],
    ['1e3', undefined],
    ['0x', undefined],
    [' 1', undefined],
  ])('numbers: %s', (written, value) => {
    expect(parseNumber(written)).toBe(value);
  });

  test('FILE@ADDRESS', () => {
    expect(parseRawArgument('a@b@0xc000000000')).toEqual({ address: 0xc000000000, path: 'a@b', range: undefined });
    expect(parseRawArgument('plain')).toBeUndefined();
    expect(errorOf(() => parseRawArgument('heap.bin@garbage'))).toMatchObject({
      code: 'malformed',
      why: '"garbage" is not an address',
    });
    expect(errorOf(() => parseRawArgument('@0x10')).code).toBe('malformed');
  });

  test('lists: comments, quotes, places relative to the list', () => {
    const lines = [
      '# heap',
      '',
      '0x1000 a.bin # the first',
      '8192\t"sub dir/b.bin" 0x10 32',
      `0x9000 ${path('a.bin')}`,
      '',
    ];
    writeFileSync(path('list'), lines.join('\r\n'));
    expect(readRegionList(path('list'))).toEqual([
      { address: 0x1000, path: path('a.bin'), range: undefined },
      { address: 8192, path: path('sub dir/b.bin'), range: { offset: 16, length: 32 } },
      { address: 0x9000, path: path('a.bin'), range: undefined },
    ]);
  });

  test.each([
    ['c000 a.bin', /bad:1: "c000" is not an address/],
    ['0xffffffffff600000 a.bin', /bad:1: "0xffffffffff600000" is above 2\^53.*leave it out/],
    ['0x1000', /bad:1: 1 words, expected 2 or 4/],
    ['\n0x1000 a.bin 5', /bad:2: 3 words/],
    ['0x1000 a.bin 5 x', /OFFSET and LENGTH must be numbers/],
    ['0x1000 a.bin 5 0', /LENGTH above 0/],
    ['0x1000 a.bin 1 2 3', /5 words/],
    ['0x1000 ""', /the file name is empty/],
    ['# nothing', /lists no region/],
    ['\x7fELF\0\0\x01', /bad:1: /],
  ])('bad lists are one line that says where: %j', (content, message) => {
    writeFileSync(path('bad'), content);
    const error = errorOf(() => readRegionList(path('bad')));
    expect(error.code).toBe('malformed');
    expect(error.message).toMatch(message);
    expect(error.message).not.toMatch(/\n/);
  });

  test('regions over a binary: its text, no data of its own', () => {
    const cache = new PageCache();
    const binary = { ...opened(program(2), 'app', cache), bias: 0 };
    const regions = [
      { address: 0x5000, path: path('a.bin'), range: undefined },
      { address: 0xc000, path: path('sub dir/b.bin'), range: { offset: 4000, length: 200 } },
    ];
    const memory = openRawImage({ regions, model, cache, binary });
    expect([chars(memory, 0x1000), chars(memory, 0x5000), chars(memory, 0xc000)]).toEqual(['tttt', 'aaaa', 'bbbb']);
    expect(missingRanges(memory.segments)).toEqual([
      { start: 0x6000, end: 0x7000, why: 'writable data, not in the image' },
      { start: 0xc000 + 96, end: 0xc000 + 200, why: `${path('sub dir/b.bin')} ends before` },
    ]);
    memory.close();
  });

  test('overlapping regions, missing files and places above 2^53 are refused in one line', () => {
    const region = (address: number, name = 'a.bin') => ({ address, path: path(name), range: undefined });
    const error = (regions: Parameters<typeof openRawImage>[0]['regions']) =>
      errorOf(() => openRawImage({ regions, model, cache: new PageCache() }));
    expect(error([region(0x2000), region(0x2fff)])).toMatchObject({
      code: 'malformed',
      why: `its region at 0x2fff overlaps 0x2000–0x3000 (${path('a.bin')})`,
    });
    expect(error([region(0, 'none')]).code).toBe('not-found');
    expect(error([region(0, 'sub dir')]).code).toBe('not-a-file');
    expect(error([region(2 ** 53 - 100)]).why).toMatch(/ends above 2\^53/);
  });
});
