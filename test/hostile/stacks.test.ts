// Stacks that lie: cores of real programs whose registers, stacks, g's, m's, P's and mspans were rewritten, so that the way by the threads has no end of its own. It must end all
// the same, quickly and in little memory, and what it finds must be true. The rest of the data is wiped, so that nothing else can answer first.
import { afterAll, describe, expect, it } from 'vitest';
import { FileSource } from '../../src/bytes/file-source.js';
import { NT, PT } from '../../src/elf/constants.js';
import { ElfFile } from '../../src/elf/elf-file.js';
import { openProcess } from '../../src/runtime/process.js';
import { openTarget } from '../../src/target/open.js';
import { blanked } from '../support/blank-core.js';
import { bounded, hostile } from '../support/costs.js';
import { TempFolder } from '../support/run-cli.js';
import { smallImage } from '../support/small-images.js';
import { DamagedFile } from './damage.js';

const folder = new TempFolder();
afterAll(() => folder.remove());

const { server, core, copy } = smallImage(folder, 'go1.27-amd64-mark');
const whole = openTarget({ files: [server, core], options: {} });
const twin = openProcess(whole, {})!;
const truth = new Set(twin.spans()!.addr);
const { layout, memory } = twin;
const field = (struct: string, path: string) => layout.field(struct, path)!.offset;
const g0 = memory.word(memory.word(twin.address('runtime.allm')!)! + field('m', 'g0'))!;
const file = new DamagedFile(blanked(copy('wiped'), whole.dataRanges));
afterAll(() => file.close());
const elf = ElfFile.open(FileSource.open(core));
const loads = elf.programHeaders.filter(({ type }) => type === PT.LOAD);
const notes = elf.programHeaders.find(({ type }) => type === PT.NOTE)!;
elf.close();

const loadAt = (address: number) => loads.find(({ vaddr, filesz }) => address >= vaddr && address < vaddr + filesz);

/** Overwrites what the core has at an address; false where it has nothing. */
function write(address: number, bytes: Uint8Array): boolean {
  const load = loadAt(address);
  if (load) file.overwrite(load.offset + address - load.vaddr, bytes);
  return load !== undefined;
}

/** `count` words in the core's byte order, little-endian. */
function words(count: number, value: (i: number) => bigint): Uint8Array {
  const bytes = Buffer.alloc(count * 8);
  for (let i = 0; i < count; i += 1) bytes.writeBigUInt64LE(BigInt.asUintN(64, value(i)), i * 8);
  return bytes;
}

const writeWord = (address: number, value: number) =>
  expect(
    write(
      address,
      words(1, () => BigInt(value)),
    ),
  ).toBe(true);

/** Opens, reads all spans, and holds the time, the memory and the spans against what they may be; then mends the core. */
function measure(): number {
  const { spans, mheap } = bounded(hostile, () => {
    const target = openTarget({ files: [server, file.path], options: {} });
    const found = openProcess(target, {})!;
    const spans = found.spans();
    target.close();
    return { spans, mheap: found.roots.get('runtime.mheap_') };
  });
  file.mend();
  expect([...(spans?.addr.subarray(0, spans.length) ?? [])].filter((address) => !truth.has(address))).toEqual([]);
  expect(mheap?.state).not.toBe('confirmed');
  return spans?.length ?? 0;
}

describe('a core whose data is wiped', () => {
  it('as it is: the spans are there', () => {
    expect(measure()).toBe(truth.size);
  });

  it('m’s that follow themselves, and each other in a circle', () => {
    const head = memory.word(twin.address('runtime.allm')!)!;
    const next = memory.word(head + field('m', 'alllink'))!;
    for (const [from, to] of [
      [head, head],
      [next, head],
    ] as const) {
      writeWord(from + field('m', 'alllink'), to);
      measure();
    }
  });

  it.each([
    ['itself', g0, g0 + 4096],
    ['all of memory', 65_536, 2 ** 31],
    ['all of the heap', 0xc0_0000_0000, 0xc0_7fff_ffff],
    ['the end of the address space', 2 ** 53 - 8, 2 ** 53],
    ['upside down', 10, 5],
  ])('a g whose stack is %s', (_, lo, hi) => {
    writeWord(g0 + field('g', 'stack.lo'), lo);
    writeWord(g0 + field('g', 'stack.hi'), hi);
    measure();
  });

  const stack = {
    start: memory.word(g0 + field('g', 'stack.lo'))!,
    end: memory.word(g0 + field('g', 'stack.hi'))!,
  };
  const spans = [...truth];
  it.each<[string, (i: number) => bigint]>([
    ['to itself', (i) => BigInt(stack.start + i * 8)],
    ['to g0', () => BigInt(g0)],
    ['to mspans', (i) => BigInt(spans[i % spans.length]!)],
    ['into an mspan and on', (i) => BigInt(spans[0]! + i * 8)],
    ['into the heap and on', (i) => BigInt(g0 + i * 8)],
    ['anywhere', (i) => BigInt(i) * 0x9e37_79b9_7f4a_7c15n],
  ])('every word of a stack a pointer %s', (_, value) => {
    expect(write(stack.start, words((stack.end - stack.start) / 8, value))).toBe(true);
    measure();
  });

  it.each<[string, (i: number) => bigint]>([
    ['lists of mspans and what is beside them', (i) => BigInt(spans[0]! + i * 8)],
    ['lists of mspans that never end', (i) => BigInt(spans[i % spans.length]!)],
  ])('memory full of %s', (_, value) => {
    const used = new Set(spans.map((span) => loadAt(span)));
    const others = loads.filter((load) => load.flags === 6 && load.filesz > 2 ** 16 && !used.has(load));
    const lists = others.filter(({ vaddr }) => vaddr > 0xd0_0000_0000);
    expect(lists.length).toBeGreaterThan(0);
    for (const { vaddr, filesz } of lists) write(vaddr, words(Math.min(filesz, 2 ** 23) / 8, value));
    measure();
  });

  it('a heap full of mspans of a page whose bitmaps are long', () => {
    const load = loadAt(g0)!;
    const mspan = layout.struct('mspan')!;
    const some = memory.bytes(
      spans.find((span) => memory.uint8(span + field('mspan', 'state')) === 1)!,
      mspan.size,
    ).bytes;
    const bytes = Buffer.alloc(Math.min(2 ** 22, load.filesz));
    for (let at = 0; at + mspan.size <= bytes.length; at += mspan.size) {
      bytes.set(some, at);
      bytes.writeUInt16LE(65_000, at + field('mspan', 'nelems'));
      bytes.writeUInt16LE(at & 0x7fff, at + field('mspan', 'freeindex'));
      bytes.writeBigUInt64LE(4096n, at + field('mspan', 'npages'));
    }
    write(load.vaddr, bytes);
    write(
      stack.start,
      words((stack.end - stack.start) / 8, (i) => BigInt(load.vaddr + i * mspan.size)),
    );
    measure();
  });

  it('a heap full of g’s that lead back to themselves, each with a stack of 2 GiB', () => {
    const size = layout.struct('g')!.size;
    const { vaddr, filesz } = loadAt(g0)!;
    const bytes = Buffer.alloc(Math.min(2 ** 21, filesz));
    for (let at = 0; at + size <= bytes.length; at += size) {
      bytes.writeBigUInt64LE(BigInt(vaddr + at), at + field('g', 'sched.g'));
      bytes.writeBigUInt64LE(BigInt(vaddr), at + field('g', 'stack.lo'));
      bytes.writeBigUInt64LE(BigInt(vaddr + 2 ** 31 - 8), at + field('g', 'stack.hi'));
      bytes.writeUInt32LE(4, at + field('g', 'atomicstatus'));
    }
    write(vaddr, bytes);
    measure();
  });
});

describe('registers that lie', () => {
  /** Offsets in the file of each thread's register set. */
  const places: number[] = [];
  const bytes = file.read(notes.offset, notes.filesz);
  for (let at = 0; at + 12 <= bytes.length; ) {
    const [name, desc, type] = [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4), bytes.readUInt32LE(at + 8)];
    const start = at + 12 + Math.ceil(name / 4) * 4;
    // pr_reg stands 112 bytes into elf_prstatus on amd64.
    if (type === NT.PRSTATUS && desc === 336) places.push(notes.offset + start + 112);
    at = start + Math.ceil(desc / 4) * 4;
  }

  it.each<[string, bigint]>([
    ['zero', 0n],
    ['ones', -1n],
    ['the end of the address space', 2n ** 53n - 8n],
    ['an odd address', 0xc0_0000_0001n],
    ['g0', BigInt(g0)],
  ])('all %s', (_, value) => {
    expect(places.length).toBeGreaterThan(3);
    for (const place of places)
      file.overwrite(
        place,
        words(27, () => value),
      );
    measure();
  });
});
