// Programs whose function table was damaged as tools that hide names do it, whose names are gone, or whose file is cut, each without section headers, beside the
// whole program: the same roots, and what only one way can tell says so. Real images of real programs.
import { copyFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { BufferSource } from '../../src/bytes/buffer-source.js';
import { ElfFile } from '../../src/elf/elf-file.js';
import { type GoProcess, openProcess } from '../../src/runtime/process.js';
import type { RootName } from '../../src/runtime/roots/names.js';
import { readFunctions } from '../../src/runtime/unwind/program-functions.js';
import { openTarget } from '../../src/target/open.js';
import {
  garbled,
  garbledRuntime,
  overwrite,
  type TablePlace,
  tablePlace,
  withoutSections,
} from '../support/damaged-binary.js';
import { TempFolder } from '../support/run-cli.js';

const folder = new TempFolder();
afterAll(() => folder.remove());

const names = ['go1.13-amd64', 'go1.16-amd64', 'go1.18-386', 'go1.21-amd64-pie', 'go1.22-s390x', 'go1.23-arm64', 'go1.25-amd64-nodwarf', 'go1.27-amd64-mark']; // biome-ignore format: a list

/** Every hundredth function as unwinding sees it: by the table that the damage was done to. */
const functionsOf = (process: GoProcess) => {
  const functions = readFunctions(process);
  return [...(functions?.all() ?? [])]
    .filter((_, i) => i % 100 === 0)
    .map(({ name, entry, end }) => [name, entry, end, functions!.at(entry)?.name]);
};

type Change = (files: readonly [server: string, core: string], original: string, place: TablePlace) => void;

describe.each(names)('%s', (name) => {
  const server = folder.unpacked(`${name}.server`, 'images', name, 'server.gz');
  const core = folder.unpacked(`${name}.core`, 'images', name, 'core.sparse.gz');
  const twin = openProcess(openTarget({ files: [server, core], options: {} }), {})!;
  const place = tablePlace(server);

  const damaged = (what: string, change: Change): GoProcess => {
    const files = [join(folder.path, `${name}.${what}`), join(folder.path, `${name}.${what}-core`)] as const;
    copyFileSync(server, files[0]);
    copyFileSync(core, files[1]);
    change(files, server, place);
    withoutSections(files[0], files[0]);
    const target = openTarget({ files: [...files], options: {} });
    expect(target.symbols(['runtime.mheap_']).size).toBe(0);
    return openProcess(target, {})!;
  };

  const expectAllConfirmed = (process: GoProcess) => {
    const all = process.allRoots();
    for (const [root, { address }] of twin.allRoots())
      expect(all.get(root), root).toMatchObject({ state: address === undefined ? 'absent' : 'confirmed', address });
    expect(process.warnings.filter((warning) => !warning.includes('file at'))).toEqual([]);
    expect(process.spans()!.base).toEqual(twin.spans()!.base);
    expect(process.spans()!.allocated).toEqual(twin.spans()!.allocated);
    expect(functionsOf(process)).toEqual(functionsOf(twin));
  };

  it('with another magic', () => {
    expectAllConfirmed(
      damaged('magic', (files, original, { offset }) => {
        const changed = overwrite(files, original, [offset, offset + 4096], (bytes) => {
          bytes.writeUInt32LE(0xdeadbeef, 0);
          return bytes;
        });
        expect(changed).toBeGreaterThan(0);
      }),
    );
  });

  it('with zeros for a header', () => {
    expectAllConfirmed(
      damaged('header', (files, original, { offset, headerBytes }) => {
        const changed = overwrite(files, original, [offset, offset + 4096], (bytes) => bytes.fill(0, 0, headerBytes));
        expect(changed).toBeGreaterThan(0);
      }),
    );
  });

  it('cut before its section headers, which still say where they would be', () => {
    const files = [join(folder.path, `${name}.cut`), core];
    copyFileSync(server, files[0]!);
    truncateSync(files[0]!, Math.max(place.sectionHeaders, place.lastSegment[1]));
    expectAllConfirmed(openProcess(openTarget({ files, options: {} }), {})!);
  });

  it('cut inside its last segment, whose data the core has', () => {
    expectAllConfirmed(
      damaged('cut-data', ([file], _, { lastSegment: [start, end] }) =>
        truncateSync(file, Math.floor((start + end) / 2)),
      ),
    );
  });

  describe('with garbage for names', () => {
    const process = damaged('garbled', (files, original, { names: range, namesAlone }) => {
      expect(overwrite(files, original, range, namesAlone ? garbled : garbledRuntime)).toBeGreaterThan(0);
    });
    const led = ['firstmoduledata', 'allgs', 'allp', 'allm', 'sched'] as const;
    const expectUnconfirmed = (all: ReturnType<GoProcess['allRoots']>, roots: readonly string[]) => {
      for (const root of roots)
        expect(all.get(`runtime.${root}` as RootName), root).toMatchObject({
          state: 'unconfirmed',
          method: 'structure',
          confirmedBy: [],
        });
      for (const root of ['mheap_', 'memstats', 'work', 'm0', 'g0'] as const)
        expect(all.get(`runtime.${root}`)!.state, root).toBe('confirmed');
      // Where the code that sets it can be read it needs no names.
      const byCode = ['amd64', 'arm64'].includes(process.layout.goarch);
      expect(all.get('runtime.gcphase')).toMatchObject(
        byCode ? { state: 'confirmed', method: 'code', confirmedBy: ['value'] } : { state: 'absent' },
      );
      for (const [root, { address }] of all)
        if (byCode || root !== 'runtime.gcphase') expect(address, root).toBe(twin.allRoots().get(root)!.address);
    };

    it('what the threads lead to is confirmed by them, the rest is not', () => {
      const all = process.allRoots();
      for (const root of led)
        expect(all.get(`runtime.${root}`), root).toMatchObject({
          state: 'confirmed',
          method: 'structure',
          confirmedBy: ['stack'],
        });
      expectUnconfirmed(all, ['gcController', 'class_to_size', 'mbuckets']);
      expect(process.warnings).toEqual([]);
      expect(process.spans()!.base).toEqual(twin.spans()!.base);
      expect(process.spans()!.allocated).toEqual(twin.spans()!.allocated);
    });

    it('and without threads: structure and values give what they can, and say so', () => {
      const alone = openProcess({ ...process.target, threads: () => [] }, {})!;
      expectUnconfirmed(alone.allRoots(), [...led, 'gcController', 'class_to_size', 'mbuckets']);
      expect(alone.warnings).toEqual([]);
      expect(alone.spans()!.base).toEqual(twin.spans()!.base);
    });
  });
});

/** mheap_'s allocators that point to their counters in memstats (runtime/mheap.go, init). */
const allocators = ['spanalloc', 'cachealloc', 'specialfinalizeralloc', 'specialprofilealloc'] as const;

/**
 * Nameless unless `named`, and with a copy of memstats in variables of the program's own before it, where `change` may write. `misled`: allocators of mheap_ that are made to count in the
 * copy.
 */
function withTwoMemstats(
  name: string,
  change: (copy: DataView, at: (field: string) => number) => void,
  misled: readonly string[] = [],
  named = false,
): {
  readonly process: GoProcess;
  readonly files: readonly string[];
  readonly original: number;
  readonly copy: number;
} {
  const server = folder.unpacked(`${name}.two`, 'images', name, 'server.gz');
  const core = folder.plain(
    `${name}.two-core`,
    folder.unpacked(`${name}.two-packed`, 'images', name, 'core.sparse.gz'),
  );
  const files = [server, core];
  const target = openTarget({ files, options: {} });
  const { layout, address } = openProcess(target, {})!;
  const [original, copy] = [address('runtime.memstats')!, target.symbols(['main.stats']).get('main.stats')!];
  const { size } = layout.struct('mstats')!;
  expect(copy + size).toBeLessThanOrEqual(original);
  const bytes = readFileSync(core);
  const segments = ElfFile.open(new BufferSource('core', bytes)).programHeaders;
  const inFile = (at: number) => {
    const { offset, vaddr } = segments.find(({ vaddr, filesz }) => at >= vaddr && at < vaddr + filesz)!;
    return at - vaddr + offset;
  };
  bytes.copy(bytes, inFile(copy), inFile(original), inFile(original) + size);
  change(
    new DataView(bytes.buffer, bytes.byteOffset + inFile(copy), size),
    (field) => layout.field('mstats', field)!.offset,
  );
  for (const allocator of misled) {
    const at = inFile(address('runtime.mheap_')! + layout.field('mheap', `${allocator}.stat`)!.offset);
    bytes.writeBigUInt64LE(bytes.readBigUInt64LE(at) + BigInt(copy - original), at);
  }
  writeFileSync(core, bytes);
  if (!named) expect(overwrite([server], server, tablePlace(server).names, garbled)).toBeGreaterThan(0);
  withoutSections(server, server);
  return { process: openProcess(openTarget({ files, options: {} }), {})!, files, original, copy };
}

describe.each(['go1.25-amd64-nodwarf', 'go1.27-amd64-mark'])('%s without names and with two memstats', (name) => {
  it('believes the one that counts as many cycles as the heap does', () => {
    const { process, files, original, copy } = withTwoMemstats(name, (copy, at) => {
      const numgc = copy.getUint32(at('numgc'), true);
      const before = at('pause_end') + ((numgc + 254) % 256) * 8;
      copy.setUint32(at('numgc'), numgc - 1, true);
      copy.setBigUint64(at('last_gc_unix'), copy.getBigUint64(before, true), true);
      copy.setBigUint64(at('pause_end') + ((numgc + 255) % 256) * 8, 0n, true);
    });
    expect(process.roots.get('runtime.memstats')).toMatchObject({ state: 'confirmed', address: original });
    expect(process.warnings).toEqual([]);
    // What is remembered of another image says no more than the shape does.
    const cache = join(folder.path, `${name}.cache`);
    const again = () => openProcess(openTarget({ files, options: {} }), { cache })!;
    again().allRoots();
    const kept = join(cache, 'roots', readdirSync(join(cache, 'roots'))[0]!);
    const entry = JSON.parse(readFileSync(kept, 'utf8')) as { roots: Record<string, { offset: number }> };
    const memstats = entry.roots['runtime.memstats']!;
    memstats.offset += copy - original;
    writeFileSync(kept, JSON.stringify(entry));
    expect(again().roots.get('runtime.memstats')!.address).toBe(original);
  });

  it('believes the one that mheap_’s allocators count in, of two that say the same', () => {
    const { process, original } = withTwoMemstats(name, () => {});
    expect(process.roots.get('runtime.memstats')).toMatchObject({
      state: 'confirmed',
      method: 'structure',
      address: original,
      confirmedBy: ['value'],
    });
    expect(process.warnings).toEqual([]);
  });

  it('believes none where all of these are made to count in the copy, and the code does not', () => {
    const { process, copy } = withTwoMemstats(name, () => {}, allocators, true);
    const { state, address, confirmedBy } = process.roots.get('runtime.memstats')!;
    expect({ state, address, confirmedBy }).toEqual({ state: 'unconfirmed', address: copy, confirmedBy: [] });
    expect(process.address('runtime.memstats')).toBeUndefined();
  });

  it('reads neither of two that say the same, where the allocators count in both', () => {
    const { process, original, copy } = withTwoMemstats(name, () => {}, ['cachealloc']);
    expect(process.roots.get('runtime.memstats')).toMatchObject({
      state: 'unconfirmed',
      address: copy,
      rival: original,
      confirmedBy: [],
    });
    expect(process.address('runtime.memstats')).toBeUndefined();
    expect(process.warnings).toEqual([
      `runtime.memstats: 0x${copy.toString(16)} and 0x${original.toString(16)} look the same, and nothing tells which of them is used: neither is read`,
    ]);
  });
});
