// Function tables and moduledata that lie, in programs without section headers: each costs at most a second of CPU time and 200 MB, and what is then shown as confirmed
// is what the whole program says. Real images; each word is a lie in turn.
import { closeSync, copyFileSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { InspectError } from '../../src/bytes/errors.js';
import { FileSource } from '../../src/bytes/file-source.js';
import { PT } from '../../src/elf/constants.js';
import { ElfFile } from '../../src/elf/elf-file.js';
import { moduleChain } from '../../src/runtime/function-tables.js';
import { type GoProcess, openProcess } from '../../src/runtime/process.js';
import { openTarget } from '../../src/target/open.js';
import { bounded, hostile } from '../support/costs.js';
import { tablePlace, withoutSections } from '../support/damaged-binary.js';
import { TempFolder } from '../support/run-cli.js';

const folder = new TempFolder();
afterAll(() => folder.remove());

const words = [
  'next', 'pcHeader', 'funcnametab.array', 'funcnametab.len', 'cutab.array', 'pctab.array', 'pclntable.array', 'pclntable.len', 'ftab.array', 'ftab.len', 'ftab.cap',
  'text', 'etext', 'minpc', 'maxpc', 'noptrdata', 'enoptrdata', 'data', 'edata', 'bss', 'ebss', 'noptrbss', 'enoptrbss',
]; // biome-ignore format: a list

/** Where memory at `address` stands in the file of the core. */
function offsetIn(path: string, address: number): number {
  const elf = ElfFile.open(FileSource.open(path));
  const load = elf.programHeaders.find(
    ({ type, vaddr, filesz }) => type === PT.LOAD && address >= vaddr && address < vaddr + filesz,
  );
  elf.close();
  if (!load) throw new Error('not in the core');
  return load.offset + address - load.vaddr;
}

describe.each(['go1.13-amd64', 'go1.27-amd64-mark'])('%s', (name) => {
  const server = folder.unpacked(`${name}.server`, 'images', name, 'server.gz');
  const core = folder.plain(`${name}.core`, folder.unpacked(`${name}.packed`, 'images', name, 'core.sparse.gz'));
  const twin = openProcess(openTarget({ files: [server, core], options: {} }), {})!;
  const module = twin.address('runtime.firstmoduledata')!;
  const { pointerSize } = twin.memory;
  const [lyingServer, lyingCore] = [join(folder.path, `${name}.lying`), join(folder.path, `${name}.lying-core`)];
  copyFileSync(server, lyingServer);
  copyFileSync(core, lyingCore);
  withoutSections(lyingServer, lyingServer);

  /** The bytes of a word in the target's byte order. */
  const wordBytes = (value: bigint): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt.asUintN(8 * pointerSize, value));
    return bytes.subarray(0, pointerSize);
  };

  /** Writes, looks, and mends what it wrote. */
  const lie = (file: string, offset: number, bytes: Buffer, look: (process: GoProcess | undefined) => void) => {
    const before = Buffer.alloc(bytes.length);
    const handle = openSync(file, 'r+');
    readSync(handle, before, 0, before.length, offset);
    writeSync(handle, bytes, 0, bytes.length, offset);
    try {
      bounded(hostile, () => {
        const target = openTarget({ files: [lyingServer, lyingCore], options: {} });
        const opened = openProcess(target, {});
        opened?.allRoots();
        look(opened);
        target.close();
      });
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
    } finally {
      writeSync(handle, before, 0, before.length, offset);
      closeSync(handle);
    }
  };

  const nothingWrongIsConfirmed = (opened: GoProcess | undefined, but: readonly string[] = []) => {
    for (const [root, { state, address }] of opened?.allRoots() ?? [])
      if (state === 'confirmed' && !but.includes(root)) expect(address, root).toBe(twin.allRoots().get(root)?.address);
  };

  it('any word of moduledata', () => {
    let fields = 0;
    for (const path of words) {
      const field = twin.layout.field('moduledata', path);
      if (!field) continue;
      fields += 1;
      const offset = offsetIn(core, module + field.offset);
      const real = BigInt(twin.memory.word(module + field.offset)!);
      for (const value of [0n, BigInt(module), real + 64n, 2n ** 47n - 8n])
        lie(lyingCore, offset, wordBytes(value), (opened) => nothingWrongIsConfirmed(opened));
    }
    expect(fields).toBeGreaterThan(15);
  });

  it('a list of modules that leads to itself', () => {
    const next = twin.layout.field('moduledata', 'next')!;
    lie(lyingCore, offsetIn(core, module + next.offset), wordBytes(BigInt(module)), (opened) => {
      expect([...moduleChain(opened!, module)]).toEqual([module]);
      nothingWrongIsConfirmed(opened);
      expect(opened!.allRoots().get('runtime.mheap_')!.state).toBe('confirmed');
    });
  });

  it('hundreds of modules over the variables before the right one is met', () => {
    const { size } = twin.layout.struct('moduledata')!;
    const data = twin.layout.field('moduledata', 'noptrdata')!;
    const start = twin.memory.word(module + data.offset)!;
    const one = Buffer.from(twin.memory.bytes(module, size).bytes);
    const [ftab, next] = [twin.layout.field('moduledata', 'ftab')!, twin.layout.field('moduledata', 'next')!];
    // Since 1.26 the linker puts the module first: then they stand behind it.
    const room = module - start > 2 * size ? module - start : 64 * size;
    const at = module - start > 2 * size ? start : module + size;
    const count = Math.min(300, Math.floor(room / size));
    const many = Buffer.concat(
      Array.from({ length: count }, (_, i) => {
        const copy = Buffer.from(one);
        wordBytes(2n ** 21n - 1n).copy(copy, ftab.offset + pointerSize);
        wordBytes(2n ** 21n).copy(copy, ftab.offset + 2 * pointerSize);
        wordBytes(BigInt(at + ((i + 1) % count) * size)).copy(copy, next.offset);
        return copy;
      }),
    );
    expect(count).toBeGreaterThan(1);
    lie(lyingCore, offsetIn(core, at), many, (opened) => nothingWrongIsConfirmed(opened));
  });

  it('any word of the function table’s header', () => {
    const { offset, headerBytes } = tablePlace(server);
    for (let at = 0; at < headerBytes; at += 4)
      for (const value of [0, 0xffffffff, 64]) {
        const bytes = Buffer.alloc(4);
        bytes.writeUInt32LE(value);
        lie(lyingServer, offset + at, bytes, (opened) => {
          nothingWrongIsConfirmed(opened);
          expect(opened!.allRoots().get('runtime.firstmoduledata')).toMatchObject({
            state: 'confirmed',
            address: module,
          });
        });
      }
  });
});
