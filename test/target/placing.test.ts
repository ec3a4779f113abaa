// Where a binary and its libraries stand in an image: found by what relocation left in memory, told by saved /proc files, taken from --sysroot only where build IDs agree.
import { closeSync, mkdirSync, openSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BufferSource } from '../../src/bytes/buffer-source.js';
import { PageCache } from '../../src/bytes/page-cache.js';
import { readCore } from '../../src/elf/core.js';
import { ElfFile } from '../../src/elf/elf-file.js';
import { openCoreImage } from '../../src/image/core-image.js';
import { readEnvironment } from '../../src/runtime/environment.js';
import { openProcess } from '../../src/runtime/process.js';
import { namedLibraries } from '../../src/target/named-files.js';
import { openTarget } from '../../src/target/open.js';
import { join as concat, note, pack, text, writeElf } from '../support/elf-writer.js';
import { sample, TempFolder } from '../support/run-cli.js';
import { smallImage } from '../support/small-images.js';

const folder = new TempFolder();
afterAll(() => folder.remove());
let server = '';
let core = '';
let bare = '';
let regions = '';
let truth: ReturnType<typeof readCore>;

/** The loads of a 64-bit little-endian core, and its notes' header turned into nothing. */
function withoutNotes(path: string): { readonly vaddr: bigint; readonly offset: bigint; readonly filesz: bigint }[] {
  const fd = openSync(path, 'r+');
  const header = Buffer.alloc(64);
  readSync(fd, header, 0, 64, 0);
  const loads = [];
  for (let i = 0; i < header.readUInt16LE(56); i += 1) {
    const at = Number(header.readBigUInt64LE(32)) + 56 * i;
    const row = Buffer.alloc(56);
    readSync(fd, row, 0, 56, at);
    const [offset, vaddr, filesz] = [8, 16, 32].map((place) => row.readBigUInt64LE(place)) as [bigint, bigint, bigint];
    if (row.readUInt32LE(0) === 4) writeSync(fd, Buffer.alloc(4), 0, 4, at);
    else if (row.readUInt32LE(0) === 1 && filesz > 0n && vaddr < 2n ** 47n) loads.push({ vaddr, offset, filesz });
  }
  closeSync(fd);
  return loads;
}

beforeAll(() => {
  const image = ['images', 'go1.21-amd64-pie'];
  server = folder.unpacked('server', ...image, 'server.gz');
  const packed = folder.unpacked('packed', ...image, 'core.sparse.gz');
  core = folder.plain('core', packed);
  bare = folder.plain('bare', packed);
  const loads = withoutNotes(bare);
  const lines = loads.map(({ vaddr, offset, filesz }) => `0x${vaddr.toString(16)} bare ${offset} ${filesz}`);
  regions = folder.file('regions.txt', lines.join('\n'));
  truth = readCore(ElfFile.open(new BufferSource('core', readFileSync(core))));
});

const biasOf = (trace: readonly string[]) =>
  /^load bias (0x[0-9a-f]+), from (.*?)(:|$)/
    .exec(trace.find((line) => line.startsWith('load bias')) ?? '')
    ?.slice(1, 3);

describe('where nothing says where a PIE was loaded', () => {
  test('its relocated words do, in a core without notes and in a raw image', () => {
    const told = openTarget({ files: [server, core], options: {} });
    const [bias, from] = biasOf(told.trace)!;
    expect(from).toBe('AT_PHDR');
    expect(told.symbols(['runtime.mheap_']).size).toBe(1);
    for (const request of [
      { files: [server, bare], options: {} },
      { files: [server], options: { regions } },
    ]) {
      const target = openTarget(request);
      expect(biasOf(target.trace)).toEqual([bias, 'the image']);
      expect(target.symbols(['runtime.mheap_'])).toEqual(told.symbols(['runtime.mheap_']));
      target.close();
    }
    expect(biasOf(openTarget({ files: [server, bare], options: { bias: 0x1000 } }).trace)).toBeUndefined();
    told.close();
  });

  test('and where the image does not hold them, it is said', () => {
    const heap = readFileSync(regions, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('0xc000'));
    expect(heap.length).toBeGreaterThan(0);
    const { warnings, symbols } = openTarget({
      files: [server],
      options: { regions: folder.file('heap.txt', heap.join('\n')) },
    });
    expect(warnings.join('\n')).toMatch(/the load bias of .* is not known .*--bias tells it/);
    expect(symbols(['runtime.mheap_']).size).toBe(0);
  });
});

describe('saved /proc files', () => {
  const saved = (name: string, files: Readonly<Record<string, string | Uint8Array>>) => {
    const path = join(folder.path, name);
    mkdirSync(path, { recursive: true });
    for (const [file, contents] of Object.entries(files)) writeFileSync(join(path, file), contents);
    return path;
  };
  const maps = () =>
    truth.files
      .map(
        ({ start, end, offset, path }) =>
          `${start.toString(16)}-${end.toString(16)} r--p ${offset.toString(16).padStart(8, '0')} 08:01 7    ${path}\n`,
      )
      .join('');
  const auxv = () =>
    pack(
      {},
      [...truth.auxv].flatMap(
        ([type, value]) =>
          [
            [8, type],
            [8, value],
          ] as const,
      ),
    );

  test('auxv and maps give the bias of a raw image, and maps name what it lacks', () => {
    const heap = folder.file(
      'some.txt',
      readFileSync(regions, 'utf8')
        .split('\n')
        .filter((line) => line.startsWith('0xc000'))
        .join('\n'),
    );
    const [bias] = biasOf(openTarget({ files: [server, core], options: {} }).trace)!;
    const byAuxv = openTarget({ files: [server], options: { regions: heap, proc: saved('auxv', { auxv: auxv() }) } });
    expect(biasOf(byAuxv.trace)).toEqual([bias, 'AT_PHDR']);
    const anonymous = 'c100000000-c100001000 rw-p 00000000 00:00 0 \n';
    const named = openTarget({
      files: [server],
      options: { regions: heap, proc: saved('maps', { maps: anonymous + maps() }) },
    });
    expect(biasOf(named.trace)).toEqual([bias, 'NT_FILE']);
    expect(named.image?.missing.find(({ start }) => start === 0xc100000000)?.why).toBe('not in the image, mapped then');
    const both = openTarget({
      files: [server],
      options: { regions: heap, proc: saved('both', { smaps: maps(), auxv: auxv() }) },
    });
    expect(both.image?.program).toBe(truth.files.find(({ offset }) => offset === 0)?.path);
    for (const target of [byAuxv, named, both]) target.close();
  });

  test('serve a core that has no notes of its own; damaged ones are said', () => {
    const proc = saved('damaged', { maps: `${maps()}rubbish\n`, auxv: auxv().subarray(0, 3) });
    const target = openTarget({ files: [server, bare], options: { proc } });
    expect(biasOf(target.trace)?.[1]).toBe('NT_FILE');
    expect(target.warnings.join('\n')).toMatch(/maps: 1 lines make no sense/);
    target.close();
  });

  test('environ tells what was asked of the collector where the image does not', () => {
    const proc = saved('environ', { auxv: auxv(), environ: 'HOME=/\0GOGC=37\0GOGC=38\0GODEBUG=madvdontneed=1' });
    const heap = readFileSync(regions, 'utf8').split('\n').filter((line) => line.startsWith('0xc000')); // biome-ignore format: short
    const target = openTarget({
      files: [server],
      options: { regions: folder.file('no-stack.txt', heap.join('\n')), proc },
    });
    const asked = readEnvironment(openProcess(target, {})!, new Set(['GOGC', 'GODEBUG']));
    target.close();
    expect(asked?.get('GOGC')).toBe('37');
    expect(asked?.get('GODEBUG')).toBe('madvdontneed=1');
  });

  test('a folder that is none, or holds nothing of use, is refused', () => {
    const open = (proc: string) => () => openTarget({ files: [server, bare], options: { proc } });
    expect(open(join(folder.path, 'nothing'))).toThrow(/--proc .*: is no folder/);
    expect(open(saved('useless', { cmdline: 'x' }))).toThrow(
      /holds neither maps, smaps, auxv, environ, status nor cgroup/,
    );
  });
});

describe('libraries that the image names', () => {
  const base = 0x7f0000000000;
  const library = (id: string | undefined) => {
    const ids = id === undefined ? undefined : note({}, 'GNU', 3, text(id));
    const bytes = new Uint8Array(0x2000).fill(0x5a);
    bytes.set(
      writeElf({
        type: 3,
        segments: [
          { type: 1, flags: 4, vaddr: 0, offset: 0, filesz: 0x2000 },
          ...(ids ? [{ type: 4, data: ids, align: 4 }] : []),
        ],
      }),
    );
    return bytes;
  };

  function open(path: string, sysroot: string) {
    const files = concat([
      pack({}, [
        [8, 1],
        [8, 4096],
        [8, base],
        [8, base + 0x2000],
        [8, 0],
      ]),
      text(`${path}\0`),
    ]);
    const bytes = writeElf({
      type: 4,
      segments: [
        { type: 4, data: note({}, 'CORE', 0x46494c45, files), align: 4 },
        { type: 1, flags: 4, vaddr: base, data: library('right build').subarray(0, 0x1000), memsz: 0x2000 },
      ],
    });
    const cache = new PageCache();
    const source = cache.attach(new BufferSource('core', bytes));
    const elf = ElfFile.open(source);
    const info = readCore(elf);
    const warnings: string[] = [];
    const memory = openCoreImage({ elf, source, info });
    const libraries = namedLibraries({ core: info, memory, cache, sysroot, trace: [], warnings });
    return { memory: openCoreImage({ elf, source, info, libraries }), warnings };
  }

  test('give the pages that were not dumped, where their build is the same, and never else', () => {
    const sysroot = join(folder.path, 'root');
    mkdirSync(join(sysroot, 'lib'), { recursive: true });
    writeFileSync(join(sysroot, 'lib', 'right.so'), library('right build'));
    writeFileSync(join(sysroot, 'lib', 'wrong.so'), library('other build'));
    const right = open('/lib/right.so', sysroot);
    expect([right.memory.uint8(base + 0x1800), right.warnings]).toEqual([0x5a, []]);
    const wrong = open('/lib/wrong.so', sysroot);
    expect(wrong.memory.uint8(base + 0x1800)).toBeUndefined();
    expect(wrong.warnings.join()).toMatch(
      /wrong\.so, which the image names, is another build now and not used: --sysroot/,
    );
    // The image has a build ID, the file has none: nobody says that it is another build.
    writeFileSync(join(sysroot, 'lib', 'untold.so'), library(undefined));
    const untold = open('/lib/untold.so', sysroot);
    expect([untold.memory.uint8(base + 0x1800), untold.warnings.length]).toEqual([undefined, 1]);
    expect(untold.warnings[0]).toMatch(/untold\.so, which the image names, is not used: without a build ID in both/);
    expect(open('/lib/none.so', sysroot).memory.faultAt(base + 0x1800)?.why).toBe(
      'not dumped, mapped from /lib/none.so',
    );
    // A path in an image does not lead out of the sysroot.
    writeFileSync(join(folder.path, 'outside.so'), library('right build'));
    expect(open('/../outside.so', sysroot).memory.uint8(base + 0x1800)).toBeUndefined();
    expect(open('/../lib/right.so', sysroot).memory.uint8(base + 0x1800)).toBe(0x5a);
    // A slip in its name is not passed over.
    const slip = join(folder.path, 'rooot');
    expect(() => openTarget({ files: [], options: { sysroot: slip } })).toThrow(/is no folder/);
  });
});

test.each([0x8, 0x1000, 0x3000])(
  'under the wrong bias %i no name leads to a confirmed root that is another',
  (bias) => {
    const files = [sample.server, sample.core];
    const open = (options: { bias?: number }) => openProcess(openTarget({ files, options }), {})!;
    const truth = open({}).allRoots();
    const roots = open({ bias }).allRoots();
    for (const [name, { state, address }] of roots)
      if (state === 'confirmed') expect(address, name).toBe(truth.get(name)!.address);
    // The heap is found all the same, and most words beside gcphase are 0 too.
    expect(roots.get('runtime.mheap_')!.state).toBe('confirmed');
    expect(roots.get('runtime.gcphase')).toMatchObject({ state: 'unconfirmed', method: 'symtab' });
  },
);

test.each(['go1.13-amd64', 'go1.16-amd64', 'go1.21-amd64-pie', 'go1.22-s390x', 'go1.23-arm64', 'go1.25-amd64-nodwarf'])(
  'under no wrong bias a root of %s that is another is confirmed',
  (name) => {
    const { server, core } = smallImage(folder, name);
    const open = (options: { bias?: number }) => openProcess(openTarget({ files: [server, core], options }), {})!;
    const right = open({});
    const truth = right.allRoots();
    for (const wrong of [0x1000, 0x2000, 0x3000, 0x10000, -0x1000]) {
      const bias = right.target.program?.bias;
      for (const [root, { state, address }] of open({ bias: (bias ?? 0) + wrong }).allRoots())
        if (state === 'confirmed') expect(address, `${root} under ${wrong}`).toBe(truth.get(root)!.address);
    }
  },
);
