// Going through stacks word by word: call instructions of each machine, kinds of words, bounds. The bytes of calls are those of assemblers; whether return addresses are
// found is measured on real stacks, against frames that the runtime itself wrote down (gobuf: g.sched.pc is one).
import { afterAll, describe, expect, it } from 'vitest';
import { BufferSource } from '../../src/bytes/buffer-source.js';
import { PageCache } from '../../src/bytes/page-cache.js';
import type { DataModel } from '../../src/image/memory.js';
import { MemoryReader } from '../../src/image/memory-reader.js';
import { followsCall } from '../../src/runtime/call-sites.js';
import { functionTable } from '../../src/runtime/function-tables.js';
import { openProcess } from '../../src/runtime/process.js';
import { scanStack, WordClassifier } from '../../src/runtime/stack-scan.js';
import { openTarget } from '../../src/target/open.js';
import { TempFolder } from '../support/run-cli.js';
import { smallImage, smallImageNames } from '../support/small-images.js';

const folder = new TempFolder();
afterAll(() => folder.remove());

const base = 0x400000;

function memoryOf(bytes: Uint8Array, model: Partial<DataModel> = {}, flags = 5, start = base): MemoryReader {
  const cache = new PageCache();
  const source = cache.attach(new BufferSource('stack', bytes));
  const segment = { start, end: start + bytes.length, flags, origin: 'core' as const, detail: 'stack' };
  return new MemoryReader(
    [{ ...segment, provider: { kind: 'bytes', source, offset: 0 } }],
    { pointerSize: 8, littleEndian: true, ...model },
    cache,
  );
}

describe('what ends before a return address', () => {
  const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
  const endsBefore = (arch: string, code: string, model: Partial<DataModel> = {}) => {
    const bytes = hex(code);
    const padded = Buffer.concat([Buffer.alloc(8), bytes, Buffer.alloc(8)]);
    return followsCall(memoryOf(padded, model), arch, base + 8 + bytes.length);
  };
  const bigEndian = { littleEndian: false };
  const narrow = { pointerSize: 4 } as const;

  // As GNU as writes them.
  it.each<[string, string, string, Partial<DataModel>?]>([
    ['amd64', 'call rel32', 'e8 11 22 33 44'],
    ['amd64', 'call rax', 'ff d0'],
    ['amd64', 'call r12', '41 ff d4'],
    ['amd64', 'call [rdx]', 'ff 12'],
    ['amd64', 'call [rsp]', 'ff 14 24'],
    ['amd64', 'call [rcx+0x18]', 'ff 51 18'],
    ['amd64', 'call [rsp+0x18]', 'ff 54 24 18'],
    ['amd64', 'call [rip+x]', 'ff 15 11 22 33 44'],
    ['amd64', 'call [rbx+0x118]', 'ff 93 18 01 00 00'],
    ['amd64', 'call [rsp+0x118]', 'ff 94 24 18 01 00 00'],
    ['amd64', 'call [rax*8+x]', 'ff 14 c5 11 22 33 44'],
    ['386', 'call rel32', 'e8 11 22 33 44', narrow],
    ['386', 'call ecx', 'ff d1', narrow],
    ['arm64', 'bl', '01 00 00 94'],
    ['arm64', 'blr x1', '20 00 3f d6'],
    ['arm', 'bl', '01 00 00 eb', narrow],
    ['arm', 'blx r1', '31 ff 2f e1', narrow],
    ['ppc64', 'bl', '48 00 00 11', bigEndian],
    ['ppc64le', 'bctrl', '21 04 80 4e'],
    ['riscv64', 'jal ra', 'ef 00 00 01'],
    ['riscv64', 'jalr ra, t1', 'e7 00 03 00'],
    ['riscv64', 'c.jalr a0', '02 95'],
    ['s390x', 'brasl r14', 'c0 e5 00 00 00 08', bigEndian],
    ['s390x', 'basr r14, r1', '0d e1', bigEndian],
    ['mips', 'jal, delay slot', '0c 00 00 04 00 00 00 00', { ...bigEndian, ...narrow }],
    ['mips64le', 'jalr t9, delay slot', '09 f8 20 03 00 00 00 00'],
    ['loong64', 'bl', '00 10 00 54'],
    ['loong64', 'jirl ra, t0, 0', '81 01 00 4c'],
  ])('%s: %s', (arch, _, code, model = {}) => {
    expect(endsBefore(arch, code, model)).toBe(true);
  });

  it.each<[string, string, string, Partial<DataModel>?]>([
    ['amd64', 'jmp rel32', 'e9 11 22 33 44'],
    ['amd64', 'jmp rax', 'ff e0'],
    ['amd64', 'inc [rdx]', 'ff 02'],
    ['amd64', 'ret', '90 90 90 90 90 90 90 c3'],
    ['arm64', 'b', '01 00 00 14'],
    ['arm64', 'ret', 'c0 03 5f d6'],
    ['ppc64', 'b', '48 00 00 10', bigEndian],
    ['riscv64', 'jal zero', '6f 00 00 01'],
    ['riscv64', 'ret', '67 80 00 00'],
    ['s390x', 'br r14', '07 fe', bigEndian],
    ['loong64', 'jr ra', '20 00 00 4c'],
  ])('%s: not %s', (arch, _, code, model = {}) => {
    expect(endsBefore(arch, code, model)).toBe(false);
  });

  it('is not known of other machines, and where nothing can be read', () => {
    expect(endsBefore('wasm', 'e8 11 22 33 44')).toBeUndefined();
    expect(followsCall(memoryOf(new Uint8Array(16)), 'amd64', 8)).toBeUndefined();
  });
});

describe('a scan', () => {
  const words = (...values: readonly bigint[]) => new Uint8Array(BigUint64Array.from(values).buffer);
  const bytes = words(0n, 0xffff_ffff_ffff_ffffn, BigInt(base + 16), 0x7000n, BigInt(base + 1));
  const memory = memoryOf(bytes, {}, 6);
  const places = { memory, goarch: 'amd64', data: [{ start: base, end: base + 8 }] };

  it('says what each word may be', () => {
    expect([...scanStack(places, new WordClassifier(places), base)]).toEqual([
      { at: base + 16, value: base + 16, kind: 'memory' },
      { at: base + 32, value: base + 1, kind: 'data' },
    ]);
  });

  it('ends where told, where memory ends, and after a MiB', () => {
    const classifier = new WordClassifier(places);
    expect([...scanStack(places, classifier, base, base + 24)]).toHaveLength(1);
    expect([...scanStack(places, classifier, base + 25)]).toHaveLength(1);
    expect([...scanStack(places, classifier, base - 64)]).toHaveLength(0);
    const long = memoryOf(new Uint8Array(2 ** 22).fill(1), { pointerSize: 4 }, 6, 0x1010000);
    const many = { memory: long, goarch: '386', data: [] };
    expect([...scanStack(many, new WordClassifier(many), 0x1010000)]).toHaveLength(2 ** 18);
  });
});

describe.each(smallImageNames)('stacks of %s', (name) => {
  const { server, core } = smallImage(folder, name);
  const target = openTarget({ files: [server, core], options: {} });
  const process = openProcess(target, {})!;
  const { memory, layout } = process;
  const module = process.address('runtime.firstmoduledata')!;
  const functions = functionTable({ memory, layout }, module)!;
  const field = (path: string) => layout.field('g', path)!.offset;
  const allgs = process.address('runtime.allgs')!;
  const waiting = Array.from(
    { length: memory.word(allgs + memory.pointerSize)! },
    (_, i) => memory.word(memory.word(allgs)! + i * memory.pointerSize)!,
  ).filter((g) => memory.uint32(g + field('atomicstatus')) === 4);

  it('go up to where the goroutine began: every one that waits, with and without a function table', () => {
    expect(waiting.length).toBeGreaterThan(3);
    for (const known of [functions, undefined]) {
      const places = { memory, goarch: layout.goarch, data: target.dataRanges, functions: known };
      const classifier = new WordClassifier(places);
      for (const g of waiting) {
        const [sp, hi] = [memory.word(g + field('sched.sp'))!, memory.word(g + field('stack.hi'))!];
        const returns = [...scanStack(places, classifier, sp, hi)].filter(({ kind }) => kind === 'return');
        const began = memory.word(g + field('startpc'))!;
        expect(
          returns.some(({ value }) => functions.functionOf(value - 1)?.entry === began),
          `g 0x${g.toString(16)}`,
        ).toBe(true);
      }
    }
  });
});
