// Lists of mapped files that lie, and headers of mapped files that do: thousands of entries, overlaps, places that are none, all of memory as one file's data. A real core, told as one of a C
// program with a Go library in it. Seeded; each costs a second of CPU time and 200 MB at most, and what is confirmed is what the core with its binary says.
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { InspectError } from '../../src/bytes/errors.js';
import { FileSource } from '../../src/bytes/file-source.js';
import { AT, PT } from '../../src/elf/constants.js';
import type { MappedFile } from '../../src/elf/core.js';
import { ElfFile } from '../../src/elf/elf-file.js';
import { type GoProcess, openProcess } from '../../src/runtime/process.js';
import { openTarget } from '../../src/target/open.js';
import { bounded, hostile } from '../support/costs.js';
import { asLibrary, type Told, toldBy, withTold } from '../support/mapped-core.js';
import { TempFolder } from '../support/run-cli.js';
import { DamagedFile } from './damage.js';

const folder = new TempFolder();
afterAll(() => folder.remove());
const library = '/opt/lib/libgo.so';
let twin: GoProcess;
let plain = '';
let told: Told;
let segments: readonly { readonly start: number; readonly end: number }[];

beforeAll(() => {
  const image = ['images', 'go1.21-amd64-pie'];
  const server = folder.unpacked('server', ...image, 'server.gz');
  plain = folder.plain('plain', folder.unpacked('packed', ...image, 'core.sparse.gz'));
  twin = openProcess(openTarget({ files: [server, plain], options: {} }), {})!;
  told = asLibrary(toldBy(plain), library);
  segments = twin.memory.segments;
});

/** Opens it and asks for warnings, within bounds. Whether the heap was read. */
function look(path: string): boolean {
  return bounded(hostile, () => {
    try {
      const target = openTarget({ files: [path], options: {} });
      const opened = openProcess(target, {});
      expect(opened?.warnings.length ?? 0).toBeLessThan(40);
      for (const [name, { state, address }] of opened?.roots ?? [])
        if (state === 'confirmed') expect(address, name).toBe(twin.allRoots().get(name)?.address);
      target.close();
      return opened?.check.ok === true;
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      return false;
    }
  });
}

const address = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.nat(1 << 20), fc.nat(64)).map(([at, pages]) => segments[at % segments.length]!.start + 4096 * pages) },
  { weight: 1, arbitrary: fc.constantFrom(0, 4096, 2 ** 32, 2 ** 47, 2 ** 53 - 4096) },
); // biome-ignore format: two lines
const entry = fc
  .record({
    start: address,
    pages: fc.constantFrom(1, 2, 100, 2 ** 14, 2 ** 30),
    offset: fc.constantFrom(0, 0, 0, 4096, 2 ** 40),
    path: fc.oneof(fc.constantFrom(library, '/opt/host', '', 'no path', '/opt/\u001b[31mred'), fc.nat(5000).map((n) => `/opt/${n}.so`)),
  })
  .map(({ start, pages, offset, path }): MappedFile => ({ start, end: start + pages * 4096, offset, path })); // biome-ignore format: one line each

it('lists of files that lie', () => {
  const core = withTold(plain, join(folder.path, 'lying'), told);
  let [rounds, read] = [0, 0];
  const scenario = fc.record({
    lies: fc.oneof(fc.array(entry, { maxLength: 20 }), fc.array(entry, { minLength: 3000, maxLength: 4000, size: 'max' })),
    // Which of the true entries are left, and whether they come first.
    kept: fc.constantFrom('all', 'all', 'first', 'none'),
    last: fc.boolean(),
    phdr: fc.option(address, { nil: undefined }),
  }); // biome-ignore format: one line each
  fc.assert(
    fc.property(scenario, ({ lies, kept, last, phdr }) => {
      const own = told.files.filter(({ offset }) => kept === 'all' || (kept === 'first' && offset === 0));
      const files = last ? [...lies, ...own] : [...own, ...lies];
      const auxv = new Map([...told.auxv, ...(phdr === undefined ? [] : [[AT.PHDR, BigInt(phdr)] as const])]);
      rounds += 1;
      if (look(withTold(core, core, { files, auxv }))) read += 1;
    }),
    { seed: 5, numRuns: 16, endOnFailure: true },
  );
  // Most are read all the same: else the lies would end all of it at the door.
  expect(rounds).toBe(16);
  expect(read).toBeGreaterThan(8);
});

it('headers of a mapped file that lie', () => {
  const core = withTold(plain, join(folder.path, 'headers'), told);
  const { start } = told.files.find(({ path }) => path === library)!;
  const elf = ElfFile.open(FileSource.open(core));
  const page = elf.programHeaders.find(({ type, vaddr }) => type === PT.LOAD && vaddr === start)!;
  elf.close();
  const damaged = new DamagedFile(core);
  let read = 0;
  const words = fc.tuple(
    fc.nat(127),
    fc.constantFrom(0n, 1n, 2n ** 21n, 2n ** 32n, 2n ** 47n, 2n ** 53n - 1n, 2n ** 64n - 1n),
  );
  fc.assert(
    fc.property(fc.array(words, { minLength: 1, maxLength: 3 }), (lies) => {
      for (const [word, value] of lies) {
        const bytes = Buffer.alloc(8);
        bytes.writeBigUInt64LE(value);
        damaged.overwrite(page.offset + 8 * word, bytes);
      }
      try {
        if (look(core)) read += 1;
      } finally {
        damaged.mend();
      }
    }),
    { seed: 6, numRuns: 30, endOnFailure: true },
  );
  expect(read).toBeGreaterThan(15);
  damaged.close();
});
