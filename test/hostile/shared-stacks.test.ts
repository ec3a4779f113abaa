// Goroutines that all claim one stack of 1 GiB, of which the image has 33 MiB that are full of return addresses: frames without end, or words without end that may be frames. A real core; the stacks of true
// ones are disjoint, so that this costs what one stack does, and it is told what was not read.
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { allocations } from '../../src/analysis/allocation.js';
import { GoroutineList } from '../../src/analysis/goroutines.js';
import { scanResults } from '../../src/analysis/stack-results.js';
import { FileSource } from '../../src/bytes/file-source.js';
import { PT } from '../../src/elf/constants.js';
import { ElfFile } from '../../src/elf/elf-file.js';
import type { Goroutine } from '../../src/runtime/goroutines.js';
import { openProcess } from '../../src/runtime/process.js';
import { openTarget } from '../../src/target/open.js';
import { bounded, hostile } from '../support/costs.js';
import { run, TempFolder } from '../support/run-cli.js';
import { smallImage } from '../support/small-images.js';
import { DamagedFile } from './damage.js';

const folder = new TempFolder();
afterAll(() => folder.remove());

const { server, core, copy } = smallImage(folder, 'go1.27-amd64-mark');
const twin = openProcess(openTarget({ files: [server, core], options: {} }), {})!;
const truth = new GoroutineList(twin);
const parked = truth.goroutines.filter(({ status }) => status === 'waiting');
const file = new DamagedFile(copy('damaged'));
afterAll(() => file.close());
const elf = ElfFile.open(FileSource.open(core));
const loads = elf.programHeaders.filter(({ type }) => type === PT.LOAD);
elf.close();
/** Memory that the runtime has mapped for later, 33 MiB: nothing else stands there. */
const room = loads.filter(({ flags }) => flags === 6).toSorted((a, b) => b.filesz - a.filesz)[0]!;

function write(address: number, values: readonly number[]): void {
  const load = loads.find(({ vaddr, filesz }) => address >= vaddr && address < vaddr + filesz)!;
  const bytes = Buffer.alloc(8 * values.length);
  for (const [i, value] of values.entries()) bytes.writeBigUInt64LE(BigInt(value), 8 * i);
  file.overwrite(load.offset + address - load.vaddr, bytes);
}
const set = ({ g }: Goroutine, field: string, value: number) =>
  write(g + twin.layout.field('g', field)!.offset, [value]);

beforeEach(() => file.mend());

const open = () => openProcess(openTarget({ files: [server, file.path], options: {} }), {})!;
const without = /^its stack overlaps another goroutine’s: of such stacks no more than 256 KiB are read$/;

it('no true goroutine has a stack that is not read', () => {
  expect(truth.goroutines.length).toBeGreaterThan(20);
  expect(truth.unread.size).toBe(0);
});

describe('all share one stack', () => {
  const calls = truth.result(parked[0]!).frames.filter(({ inlined }) => !inlined);
  const [caller, last] = [Number(calls[1]!.pc), Number(calls.at(-1)!.pc)];
  it.each([
    ['of frames without end', caller, caller],
    ['of what may be frames', 0x1234, caller],
    ['of ends', 0x1234, last],
  ])('%s', (_, pc, word) => {
    const size = Math.floor(room.filesz / 8);
    write(room.vaddr, new Array<number>(size).fill(word));
    for (const goroutine of parked) {
      set(goroutine, 'stack.lo', room.vaddr);
      set(goroutine, 'stack.hi', room.vaddr + 2 ** 30);
      set(goroutine, 'sched.sp', room.vaddr + 64);
      set(goroutine, 'sched.pc', pc);
    }
    const damaged = open();
    const list = new GoroutineList(damaged);
    const shown = bounded(hostile, () => list.goroutines.map((each) => list.result(each)));
    const left = shown.filter(({ stoppedBecause }) => without.test(stoppedBecause ?? ''));
    expect(left).toHaveLength(parked.length - 1);
    expect(left.every(({ frames, complete }) => frames.length === 0 && !complete)).toBe(true);
    bounded(hostile, () => allocations(damaged));
    const lacks = bounded(hostile, () => {
      const said: string[] = [];
      for (const _ of scanResults(damaged.target, damaged, {}, (what) => said.push(what)));
      return said;
    });
    expect(lacks).toHaveLength(parked.length - 1);
    damaged.target.close();
  });

  it('is said on the command line', () => {
    for (const goroutine of parked) {
      set(goroutine, 'stack.lo', room.vaddr);
      set(goroutine, 'stack.hi', room.vaddr + 2 ** 30);
      set(goroutine, 'sched.sp', room.vaddr + 64);
    }
    const { status, stdout, stderr } = run(['goroutines', server, file.path, '--all']);
    expect(status).toBe(0);
    expect(stdout).toContain('no stack: its stack overlaps another');
    expect(stderr).toMatch(
      /: \d+ goroutines have stacks that are not read: they overlap others’, or SP lies below them\n$/,
    );
  });
});

it('one that claims everybody’s stack takes none from the others', () => {
  const [liar] = parked;
  set(liar!, 'stack.lo', 65_536);
  set(liar!, 'stack.hi', 2 ** 47);
  const damaged = open();
  const list = new GoroutineList(damaged);
  for (const [i, each] of list.goroutines.entries())
    if (each.g !== liar!.g) expect(list.result(each)).toEqual(truth.result(truth.goroutines[i]!));
  expect(list.unread.get(list.goroutines.find(({ g }) => g === liar!.g)!)).toMatch(without);
  damaged.target.close();
});

it('an SP below the stack leads a scan through no more than that', () => {
  write(room.vaddr, new Array<number>(2 ** 18).fill(Number(truth.result(parked[0]!).frames[1]!.pc)));
  for (const [i, goroutine] of parked.entries()) {
    set(goroutine, 'stack.lo', room.vaddr + 2 ** 22 + i * 4096);
    set(goroutine, 'stack.hi', room.vaddr + 2 ** 22 + (i + 1) * 4096);
    set(goroutine, 'sched.sp', room.vaddr);
    set(goroutine, 'sched.pc', 0x1234);
  }
  const damaged = open();
  const list = new GoroutineList(damaged);
  bounded(hostile, () => list.goroutines.map((each) => list.result(each)));
  expect([...list.unread.values()].every((why) => why.startsWith('its SP lies below its stack'))).toBe(true);
  expect(list.unread.size).toBe(parked.length);
  damaged.target.close();
});
