// Goroutines that lie: cores of real programs, 32 and 64 bits, both byte orders, in which fields of g's and m's, and the lists of them, were overwritten: numbers, stack bounds,
// saved registers, pointers that lead to each other in circles, statuses and reasons that no release has. Each is asked for all that stands on its stacks. Nothing but an
// InspectError may come out, quickly and in little memory.
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { GoroutineList } from '../../src/analysis/goroutines.js';
import { FileSource } from '../../src/bytes/file-source.js';
import { PT } from '../../src/elf/constants.js';
import { ElfFile } from '../../src/elf/elf-file.js';
import { listOfMs } from '../../src/runtime/goroutine-list.js';
import { openProcess } from '../../src/runtime/process.js';
import { openTarget } from '../../src/target/open.js';
import { bounded, hostile } from '../support/costs.js';
import { TempFolder } from '../support/run-cli.js';
import { smallImage } from '../support/small-images.js';
import { DamagedFile } from './damage.js';
import { harmful } from './questions.js';
import { askStacks } from './stack-questions.js';

const folder = new TempFolder();
afterAll(() => folder.remove());

const runs = 40;

const gFields = ['goid', 'atomicstatus', 'waitreason', 'waitsince', 'parentGoid', 'gopc', 'startpc', 'm', 'lockedm', 'labels', 'bubble', 'stack.lo', 'stack.hi', 'sched.pc', 'sched.sp', 'sched.lr', 'sched.bp', 'syscallpc', 'syscallsp'] as const; // biome-ignore format: a list of names
const mFields = ['alllink', 'g0', 'gsignal', 'curg', 'procid', 'id', 'vdsoSP', 'vdsoPC'] as const;
const roots = ['runtime.allgs', 'runtime.allm'] as const;

interface Field {
  readonly address: number;
  readonly size: number;
}

/** All of these fields of all g's and m's, the words of the lists that lead to them, and addresses that a pointer may be made to lead to. */
function fieldsOf(server: string, core: string): { fields: Field[]; pointers: number[] } {
  const target = openTarget({ files: [server, core], options: {} });
  const process = openProcess(target, {})!;
  const { layout, memory } = process;
  const { goroutines } = new GoroutineList(process);
  const ms = [...listOfMs(process)];
  const of = (struct: string, names: readonly string[], at: number): Field[] =>
    names.flatMap((name) => {
      const field = layout.field(struct, name);
      return field ? [{ address: at + field.offset, size: field.size }] : [];
    });
  const word = memory.pointerSize;
  const lists = roots.flatMap((name) =>
    [0, 1].map((i) => ({ address: process.address(name)! + i * word, size: word })),
  );
  const fields = [
    ...goroutines.flatMap(({ g }) => of('g', gFields, g)),
    ...ms.flatMap((m) => of('m', mFields, m)),
    ...lists,
  ];
  const pointers = [
    ...goroutines.flatMap(({ g, stack, sched, startpc }) => [g, stack.lo, stack.hi, sched.sp, sched.pc, startpc]),
    ...ms,
  ];
  target.close();
  return { fields, pointers };
}

/** What is written: any number, one of few bits, an address that something stands at, that with a bit more, ones. */
const change = fc.record({
  at: fc.nat(),
  kind: fc.constantFrom('any', 'small', 'pointer', 'beside', 'ones'),
  value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
});

it.each(['go1.13-amd64', 'go1.18-386', 'go1.22-s390x', 'go1.23-arm64', 'go1.27-amd64-mark'])('%s', (name) => {
  const { server, core, copy } = smallImage(folder, name);
  const { fields, pointers } = fieldsOf(server, core);
  expect(fields.length).toBeGreaterThan(100);
  const file = new DamagedFile(copy('damaged'));
  const elf = ElfFile.open(FileSource.open(core));
  const loads = elf.programHeaders.filter(({ type }) => type === PT.LOAD);
  const { littleEndian } = elf.header;
  elf.close();
  let [answered, changed] = [0, 0];
  const write = ({ address, size }: Field, value: bigint) => {
    const load = loads.find(({ vaddr, filesz }) => address >= vaddr && address < vaddr + filesz);
    if (!load) return;
    const bytes = Buffer.alloc(8);
    if (littleEndian) bytes.writeBigUInt64LE(value);
    else bytes.writeBigUInt64BE(BigInt.asUintN(64, value << BigInt(64 - 8 * size)));
    file.overwrite(load.offset + address - load.vaddr, bytes.subarray(0, size));
    changed += 1;
  };
  const property = fc.property(fc.array(change, { minLength: 1, maxLength: 24 }), (changes) => {
    try {
      for (const { at, kind, value } of changes) {
        const pointer = BigInt(pointers[Number(value % BigInt(pointers.length))]!);
        const chosen = {
          any: value,
          small: value % 64n,
          pointer,
          beside: BigInt.asUintN(64, pointer + (value % 512n) - 256n),
          ones: 2n ** 64n - 1n,
        };
        write(fields[at % fields.length]!, chosen[kind]);
      }
      const request = { files: [server, file.path], options: {} };
      answered += bounded(hostile, () => askStacks(request, harmful, false)).answered;
    } finally {
      file.mend();
    }
  });
  fc.assert(property, { seed: 6, numRuns: runs });
  file.close();
  expect(changed).toBeGreaterThan(runs);
  // All five questions of most: damaged g's are no reason to refuse.
  expect(answered).toBeGreaterThan(4 * runs);
});
