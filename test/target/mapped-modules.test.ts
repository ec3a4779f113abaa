// The Go runtime in a file that is not the image's program, and that nobody gave: a real core, told as one of a C program that has the Go program as a library. The twin is the same
// core with its binary.
import { closeSync, copyFileSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { overviewOf } from '../../src/analysis/overview.js';
import { InspectError } from '../../src/bytes/errors.js';
import { FileSource } from '../../src/bytes/file-source.js';
import { NT, PF, PT } from '../../src/elf/constants.js';
import type { MappedFile } from '../../src/elf/core.js';
import { ElfFile } from '../../src/elf/elf-file.js';
import { type GoProcess, openProcess } from '../../src/runtime/process.js';
import { openTarget } from '../../src/target/open.js';
import { withoutSegments } from '../support/blank-core.js';
import { note, pack, text, writeElf } from '../support/elf-writer.js';
import { asLibrary, type Told, toldBy, withTold } from '../support/mapped-core.js';
import { output, TempFolder } from '../support/run-cli.js';
import { untoldBytes } from '../support/untold.js';

const folder = new TempFolder();
afterAll(() => folder.remove());
const library = '/opt/lib/libgo.so';
let twin: GoProcess;
let plain = '';
let core = '';
let told: Told;

beforeAll(() => {
  const image = ['images', 'go1.21-amd64-pie'];
  const server = folder.unpacked('server', ...image, 'server.gz');
  plain = folder.plain('plain', folder.unpacked('packed', ...image, 'core.sparse.gz'));
  twin = openProcess(openTarget({ files: [server, plain], options: {} }), {})!;
  told = asLibrary(toldBy(plain), library);
  core = withTold(plain, join(folder.path, 'core'), told);
});

function look(path: string) {
  const target = openTarget({ files: [path], options: {} });
  const process = openProcess(target, {});
  const overview = overviewOf(process?.target ?? target, process, process?.spans());
  target.close();
  return { target: process?.target ?? target, process, overview };
}

function expectTwin(process: GoProcess | undefined) {
  expect(process?.check.ok).toBe(true);
  expect(process!.partial).toBeUndefined();
  const columns = (each: GoProcess) => {
    const { base, npages, allocCount, state } = each.spans()!;
    return { base, npages, allocCount, state };
  };
  expect(columns(process!)).toEqual(columns(twin));
  const roots = [...process!.roots.values()].filter(({ state }) => state === 'confirmed');
  expect(roots.length).toBeGreaterThan(5);
  for (const { name, address } of roots) expect(address, name).toBe(twin.roots.get(name)?.address);
}

/** A copy in which the first pages of files were not dumped. */
const withoutHeaders = (path: string, name: string) => {
  copyFileSync(path, join(folder.path, name));
  return withoutSegments(
    join(folder.path, name),
    told.files.filter(({ offset }) => offset === 0),
  );
};

describe('a core of a C program whose Go library is not here', () => {
  it('is read by the library’s headers in the image, and says which file is missing', () => {
    const { target, process, overview } = look(core);
    expectTwin(process);
    expect(target.binary).toBeUndefined();
    expect(target.holder).toMatchObject({ path: library, isProgram: false });
    expect(target.go).toMatchObject({ version: 'go1.21.13', source: 'build info in the image' });
    const { goBuildId } = twin.target.binary!.info;
    expect(overview.image!.goFile).toMatchObject({ path: library, goBuildId });
    expect(overview.warnings).toEqual([
      expect.stringMatching(
        /^there is no binary: .*; name the Go library, which was \/opt\/lib\/libgo\.so, as the binary/,
      ),
    ]);
    expect(output(['overview', core, '--no-cache']).replaceAll(/\s+/g, ' ')).toContain(
      `program ${library} (Go build ID ${goBuildId}), not given: addresses only`,
    );
  });

  it('is read by what the list of mapped files tells, where the image lacks their headers', () => {
    const { target, process } = look(withoutHeaders(core, 'no-headers'));
    expectTwin(process);
    expect(target.holder).toEqual({ path: library, ids: { go: undefined, gnu: undefined }, isProgram: false });
  });

  it('is read where nothing marks any file as Go’s, and says that the version is a guess', () => {
    const wiped = join(folder.path, 'wiped');
    const bytes = untoldBytes(core, 'go1.21.13');
    const id = Buffer.from(twin.target.binary!.info.goBuildId!);
    for (let at = bytes.indexOf(id); at >= 0; at = bytes.indexOf(id)) bytes.fill(0, at, at + id.length);
    writeFileSync(wiped, bytes);
    for (const path of [wiped, withoutHeaders(wiped, 'wiped-no-headers')]) {
      const { target, process, overview } = look(path);
      expectTwin(process);
      expect(target.holder).toMatchObject({ path: library, isProgram: false });
      expect(target.go?.guessed).toBeDefined();
      expect(overview.warnings.filter((line) => line.startsWith('there is'))).toHaveLength(1);
    }
  });
});

describe('another file', () => {
  const also = (path: string, start: number, end: number) => ({ path, start, end, offset: 0 });
  it('that is listed at the same place, or over the same memory, is no second runtime', () => {
    const [first] = told.files.filter(({ path }) => path === library);
    const end = Math.max(...told.files.filter(({ path }) => path === library).map((file) => file.end));
    const lies = [also('/opt/twin.so', first!.start, first!.end), also('/opt/all.so', first!.start + 4096, end)];
    for (const files of [
      [...told.files, ...lies],
      [...lies, ...told.files],
    ]) {
      const { process, overview } = look(withTold(plain, join(folder.path, 'lies'), { ...told, files }));
      expectTwin(process);
      expect(overview.warnings.filter((line) => line.includes('another Go runtime'))).toEqual([]);
    }
  });

  it('has the spans that are shown, where those were found by their shape beside a binary of another build', () => {
    const other = fileURLToPath(new URL('../../fixtures/sample/server', import.meta.url));
    const server = join(folder.path, 'server');
    const here = withTold(plain, join(folder.path, 'here'), asLibrary(toldBy(plain), server));
    const process = openProcess(openTarget({ files: [other, here], options: { force: true, go: 'go1.21.13' } }), {})!;
    expect(process.partial).toMatch(/allspans by its shape/);
    expect(process.warnings.filter((line) => line.includes('another Go runtime'))).toEqual([
      expect.stringMatching(/in \S+\/server \(.*\): the spans shown here are its; give that file/),
    ]);
  });

  it('is not taken for the program’s where that is Go’s and its file is missing', () => {
    const own = toldBy(plain);
    const files = [...own.files, also('/opt/lib/first.so', 0x1000, 0x2000)];
    const { target, process } = look(withTold(plain, join(folder.path, 'own'), { ...own, files }));
    expectTwin(process);
    expect(target.holder).toMatchObject({ path: '/srv/heapmix/server', isProgram: true });
  });
});

describe('a plugin of the program, given as the binary', () => {
  // No plugin is among the small images: the dynamic linker's file is given a note of Go's, and in its data a second moduledata is put, to which the program's leads.
  const offsetOf = (field: string) => twin.layout.field('moduledata', field)!.offset;
  const first = () => twin.address('runtime.firstmoduledata')!;
  const isData = ({ path, start }: MappedFile) =>
    path.includes('ld-linux') &&
    twin.memory.segments.some((each) => each.start === start && each.flags === (PF.R | PF.W));
  const written = (path: string, address: number, bytes: Uint8Array) => {
    const elf = ElfFile.open(FileSource.open(path));
    const segment = elf.programHeaders.find(
      ({ type, vaddr, filesz }) => type === PT.LOAD && address >= vaddr && address < vaddr + filesz,
    )!;
    const file = openSync(path, 'r+');
    writeSync(file, bytes, 0, bytes.length, segment.offset + address - segment.vaddr);
    closeSync(file);
    elf.close();
  };
  const scene = (name: string, isChained: boolean) => {
    const { files } = toldBy(plain);
    const data = files.find(isData)!;
    const base = files.find(({ path, offset }) => path === data.path && offset === 0)!;
    const image = join(folder.path, name);
    copyFileSync(plain, image);
    written(image, data.start, twin.memory.bytes(first(), offsetOf('next')).bytes);
    written(image, data.start + offsetOf('next'), new Uint8Array(8));
    if (isChained) written(image, first() + offsetOf('next'), pack({}, [[8, data.start]]));
    const segment = { type: PT.LOAD, flags: PF.R | PF.W, vaddr: data.start - base.start, memsz: data.end - data.start };
    const plugin = folder.file(basename(data.path), writeElf({
      type: 3, machine: 62,
      segments: [{ type: PT.LOAD, flags: PF.R, vaddr: 0, filesz: 64 }, { ...segment, filesz: 0 }, { type: PT.NOTE, data: note({}, 'Go', NT.GO_BUILD_ID, text('plugin')) }],
    })); // biome-ignore format: one line each
    return openProcess(openTarget({ files: [plugin, image], options: {} }), {});
  };

  it('shows the program’s heap and says so', () => {
    const shown = scene('chained', true);
    expectTwin(shown);
    expect(shown!.target.warnings[0]).toMatch(
      /ld-linux\S* is a plugin of the program \/srv\/heapmix\/server, .*: that program’s heap is shown, by what the image alone tells/,
    );
  });

  it('does not where no list of modules of the program has it', () => {
    expect(scene('alone', false)?.check.ok).not.toBe(true);
  });
});

it('a given program without Go that is not the image’s is refused', () => {
  const { code } = (() => {
    try {
      openTarget({ files: [folder.file('other', writeElf({ type: 3, machine: 62 })), core], options: {} });
    } catch (error) {
      if (error instanceof InspectError) return error;
      throw error;
    }
    throw new Error('was opened');
  })();
  expect(code).toBe('not-go');
});
