// g, m, p and mcache told from real images, against the exact tables (which debug/dwarf proved): 32 and 64 bits, both byte orders, PIE, in the middle of a
// mark. And from the same images with words damaged: nothing may be wrong that is said to be sure.
import { afterAll, describe, expect, it } from 'vitest';
import type { Memory } from '../../src/image/memory.js';
import { findGcController } from '../../src/runtime/infer/find-gc-controller.js';
import { inferGcController } from '../../src/runtime/infer/infer-gc-controller.js';
import { inferScheduler } from '../../src/runtime/infer/infer-scheduler.js';
import { openProcess } from '../../src/runtime/process.js';
import { openTarget } from '../../src/target/open.js';
import { sample, TempFolder } from '../support/run-cli.js';
import { judge, pacerScene, schedulerScene } from '../support/scheduler-scene.js';

const folder = new TempFolder();
afterAll(() => folder.remove());

const names = ['go1.13-amd64', 'go1.16-amd64', 'go1.18-386', 'go1.21-amd64-pie', 'go1.22-s390x', 'go1.23-arm64', 'go1.25-amd64-nodwarf', 'go1.27-amd64-mark']; // biome-ignore format: a list of names
const cases = [
  { name: 'sample', files: () => [sample.server, sample.core] as const },
  ...names.map((name) => ({
    name,
    files: () =>
      [
        folder.unpacked(`${name}.server`, 'images', name, 'server.gz'),
        folder.unpacked(`${name}.core`, 'images', name, 'core.sparse.gz'),
      ] as const,
  })),
];

/** What every image decides: it has goroutines, threads and Ps. */
const decided = ['g.stack.lo', 'g.stack.hi', 'g.sched.sp', 'g.sched.pc', 'g.sched.g', 'g.atomicstatus', 'g.goid', 'g.m', 'm.g0', 'm.procid', 'm.alllink', 'p.mcache', 'mcache.alloc']; // biome-ignore format: a list of names

describe.each(cases)('$name', ({ files }) => {
  const [server, core] = files();
  const process = openProcess(openTarget({ files: [server, core], options: {} }), {})!;
  const scene = schedulerScene(process, core);
  const inferred = inferScheduler(scene);
  const judged = judge(process, inferred.structs);

  it('tells the fields that matter, and is sure of them', () => {
    expect(process.layout).toMatchObject({ source: 'table', exact: true });
    const sure = judged.filter(({ verdict, confidence }) => verdict === 'right' && confidence > 0.9);
    expect(sure.map(({ field }) => field)).toEqual(expect.arrayContaining(decided));
  });

  it('is never sure of what is wrong, and names ties', () => {
    expect(judged.filter(({ verdict, confidence }) => verdict !== 'right' && confidence > 0.9)).toEqual([]);
    for (const { field, exact, alternatives, offset, confidence } of judged) {
      if (offset !== exact) expect(alternatives, field).toContain(exact);
      if (alternatives.length > 0) expect(confidence, field).toBeLessThanOrEqual(0.9);
    }
  });

  it('finds the lists themselves', () => {
    expect(inferred).toMatchObject({ allgs: process.address('runtime.allgs'), allp: process.address('runtime.allp') });
  });

  it('finds gcController and tells what its numbers are bound to', () => {
    const pacer = pacerScene(process)!;
    const told = judge(process, [inferGcController(pacer)!]);
    expect(told.filter(({ verdict, confidence }) => verdict !== 'right' && confidence > 0.9)).toEqual([]);
    if (!process.layout.field('gcControllerState', 'gcPercent')) {
      expect(told.filter(({ field }) => field.endsWith('gcPercent'))).toEqual([]);
      return;
    }
    const right = told.filter(({ verdict }) => verdict === 'right').map(({ field }) => field.split('.')[1]);
    expect(right).toEqual(expect.arrayContaining(['gcPercent', 'heapMinimum']));
    if (process.layout.field('gcControllerState', 'memoryLimit'))
      expect(right).toEqual(expect.arrayContaining(['memoryLimit', 'heapInUse']));
    const found = findGcController({ memory: scene.memory, layout: process.layout }, scene.data);
    if (['amd64', 'arm64'].includes(process.layout.goarch)) expect(found).toBe(pacer.address);
    else expect([undefined, pacer.address]).toContain(found);
  });

  it.each([30, 1000])('is not sure of what is wrong where one word in %i is damaged', (rate) => {
    for (let seed = 1; seed <= 2; seed += 1) {
      const damaged = inferScheduler({ ...scene, memory: withDamage(scene.memory, rate, seed) });
      const wrong = judge(process, damaged.structs).filter(
        ({ verdict, confidence }) => verdict !== 'right' && confidence > 0.9,
      );
      expect(wrong, `seed ${seed}`).toEqual([]);
    }
  });
});

/** The same memory, where one aligned word in `rate` is another: zero, all ones, its neighbour's address or anything. */
function withDamage(memory: Memory, rate: number, seed: number): Memory {
  const { pointerSize, littleEndian } = memory;
  const mask = pointerSize === 8 ? 2 ** 53 - 1 : 2 ** 32 - 1;
  /** What stands at an aligned word instead of what is there; undefined where that is left. */
  const instead = (word: number): number | undefined => {
    const hash = Math.imul((word / 4) ^ Math.imul(seed, 0x9e3779b1), 0x85ebca6b);
    const mixed = (hash ^ (hash >>> 15)) >>> 0;
    if (mixed % rate !== 0) return undefined;
    const kind = (mixed >>> 12) & 3;
    return kind === 0 ? 0 : kind === 1 ? mask : kind === 2 ? word + pointerSize : mixed;
  };
  const damage = (address: number, bytes: Uint8Array) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const first = Math.ceil(address / pointerSize) * pointerSize;
    for (let word = first; word + pointerSize <= address + bytes.length; word += pointerSize) {
      const value = instead(word);
      if (value === undefined) continue;
      if (pointerSize === 4) view.setUint32(word - address, value, littleEndian);
      else view.setBigUint64(word - address, BigInt(value), littleEndian);
    }
  };
  const bytes: Memory['bytes'] = (address, length) => {
    const read = memory.bytes(address, length);
    damage(address, read.bytes);
    return read;
  };
  const at = (address: number) => instead(Math.floor(address / pointerSize) * pointerSize);
  return {
    pointerSize,
    littleEndian,
    segments: memory.segments,
    window: memory.window,
    view: (address, length) => memory.view(address, length),
    faultAt: (address) => memory.faultAt(address),
    close: () => {},
    bytes,
    copy(address, target, targetOffset, length) {
      const read = bytes(address, length).bytes;
      target.set(read, targetOffset);
      return read.length;
    },
    uint8: (address) => memory.uint8(address),
    uint16: (address) => memory.uint16(address),
    uint32(address) {
      const value = memory.uint32(address);
      const other = value === undefined ? undefined : at(address);
      if (other === undefined) return value;
      const high = pointerSize === 8 && address % 8 === (littleEndian ? 4 : 0);
      return high ? Math.floor(other / 2 ** 32) : other % 2 ** 32;
    },
    uint64: (address) => memory.uint64(address),
    word(address) {
      const value = memory.word(address);
      return value === undefined ? undefined : (at(address) ?? value);
    },
  };
}
