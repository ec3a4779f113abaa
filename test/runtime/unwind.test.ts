// Stacks of the committed real images. The symbol table says independently which function each pc lies in; with the tables that tell frames' sizes wiped from a
// copy of the binary, a scan must find the same frames.
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { GoroutineList } from '../../src/analysis/goroutines.js';
import type { GoroutineResult } from '../../src/analysis/results-goroutines.js';
import { threadResults } from '../../src/analysis/threads.js';
import { PageCache } from '../../src/bytes/page-cache.js';
import { PT } from '../../src/elf/constants.js';
import { readPclntabHeader } from '../../src/gosym/pclntab.js';
import { openProcess } from '../../src/runtime/process.js';
import { readFunctions } from '../../src/runtime/unwind/program-functions.js';
import { openElf } from '../../src/target/classify.js';
import { openTarget } from '../../src/target/open.js';
import { TempFolder } from '../support/run-cli.js';
import { smallImage, smallImageNames } from '../support/small-images.js';

const folder = new TempFolder();
afterAll(() => folder.remove());

/** The goroutines that have a stack. */
function goroutinesOf(
  server: string,
  core: string,
): { results: GoroutineResult[]; symbolAt: (pc: number) => string | undefined } {
  const target = openTarget({ files: [server, core], options: {} });
  const list = new GoroutineList(openProcess(target, {})!);
  const results = list.goroutines
    .map((goroutine) => list.result(goroutine))
    .filter(({ status }) => !['dead', 'idle', 'deadextra'].includes(status));
  return { results, symbolAt: (pc) => target.symbolAt(pc)?.name };
}

/** Binary and core with every pc table zeroed (pcsp, pcfile, pcln, pcdata); undefined before 1.16, where names stand among them. */
function withoutPcTables(server: string, core: string, name: string): readonly [string, string] | undefined {
  const process = openProcess(openTarget({ files: [server, core], options: {} }), {})!;
  const module = process.address('runtime.firstmoduledata')!;
  const at = process.layout.field('moduledata', 'pcHeader');
  const header = at && readPclntabHeader(process.memory, process.memory.word(module + at.offset)!);
  if (!header) return undefined;
  const wipe = (path: string, address: number, copy: string): string => {
    const bytes = readFileSync(path);
    for (const { type, vaddr, filesz, offset } of openElf(path, new PageCache()).elf.programHeaders) {
      if (type !== PT.LOAD) continue;
      const [start, end] = [
        Math.max(vaddr, address),
        Math.min(vaddr + filesz, address + header.pclntable - header.pctab),
      ];
      if (start < end) bytes.fill(0, offset + start - vaddr, offset + end - vaddr);
    }
    return folder.file(copy, bytes);
  };
  const { elf } = openElf(server, new PageCache());
  const section = elf.section('.gopclntab') ?? elf.section('.data.rel.ro.gopclntab');
  return [
    wipe(server, section!.addr + header.pctab - header.address, `${name}.wiped`),
    wipe(core, header.pctab, `${name}.core.wiped`),
  ];
}

/** Physical frames; those of inlined calls repeat a pc. */
const framesOf = ({ frames }: GoroutineResult) => frames.filter(({ inlined }) => !inlined).map(({ pc }) => pc);

describe.each(smallImageNames.map((name) => ({ name })))('$name', ({ name }) => {
  const { server, core } = smallImage(folder, name);
  const { results, symbolAt } = goroutinesOf(server, core);

  it('has every stack to its end', () => {
    expect(results.length).toBeGreaterThan(3);
    expect(
      results.filter(({ complete }) => !complete).map(({ goid, stoppedBecause }) => `${goid}: ${stoppedBecause}`),
    ).toEqual([]);
    for (const { frames } of results) expect(frames.at(-1)?.func).toBe('runtime.goexit');
    expect(results.find(({ goid }) => goid === 1)?.frames.map(({ func }) => func)).toContain('runtime.main');
  });

  it('names the function of each frame as the symbol table does', () => {
    const physical = results.flatMap(({ frames }) => frames.filter(({ inlined }) => !inlined));
    const wrong = physical.filter(({ pc, func }) => symbolAt(Number(pc))?.replace(/\.abi[0i]\w*$/, '') !== func);
    expect(symbolAt(Number(physical[0]!.pc))).toBeDefined();
    expect(wrong.map(({ pc, func }) => `${pc} ${func} ${symbolAt(Number(pc))}`)).toEqual([]);
  });

  it('by SP and PC alone, as a live process tells them: the same frames, or what the link register hides', () => {
    const target = openTarget({ files: [server, core], options: {} });
    const bare = target.threads().map((thread) => ({ ...thread, registers: new Map(), lr: undefined }));
    const stacksOf = (threads: typeof bare | undefined) => {
      const process = openProcess(threads ? { ...target, threads: () => threads } : target, {})!;
      return threadResults(process).map(({ frames, complete, stoppedBecause }) => ({
        pcs: frames.map(({ pc }) => pc),
        complete,
        stoppedBecause,
      }));
    };
    const truth = stacksOf(undefined);
    const known = stacksOf(bare);
    expect(known).toHaveLength(truth.length);
    for (const [i, { pcs, complete, stoppedBecause }] of known.entries()) {
      if (complete || !stoppedBecause?.includes('link register')) expect(pcs).toEqual(truth[i]!.pcs);
      else {
        expect(stoppedBecause).toMatch(/^the caller of \S+ is in the link register, which is not known here$/);
        expect(/arm64|s390x/.test(name)).toBe(true);
        // In a signal's handler what follows is found all the same.
        expect(pcs[0]).toBe(truth[i]!.pcs[0]);
        let at = -1;
        for (const pc of pcs) {
          at = truth[i]!.pcs.indexOf(pc, at + 1);
          expect(at, pc).toBeGreaterThan(-1);
        }
      }
    }
  });

  const wiped = withoutPcTables(server, core, name);
  // Before 1.16 names stand among the tables.
  it.skipIf(wiped === undefined)('finds nearly the same frames where no table tells their sizes', () => {
    const truth = new Map(results.map((one) => [one.goid, framesOf(one)]));
    const blind = goroutinesOf(...wiped!).results;
    let [frames, found, wrong] = [0, 0, 0];
    for (const one of blind) {
      expect(one.method, `goroutine ${one.goid}`).toBe('scan');
      const expected = truth.get(one.goid)!;
      const scanned = framesOf(one);
      frames += expected.length;
      found += expected.filter((pc) => scanned.includes(pc)).length;
      wrong += scanned.filter((pc) => !expected.includes(pc)).length;
    }
    expect(blind.length).toBe(results.length);
    expect(found / frames).toBeGreaterThan(0.95);
    expect(wrong / frames).toBeLessThan(0.1);
  });
});

it('goes on at what gogo is about to jump to, where it has loaded SP and not jumped yet', () => {
  const { server, core } = smallImage(folder, 'go1.27-amd64-mark');
  const target = openTarget({ files: [server, core], options: {} });
  const process = openProcess(target, {})!;
  const list = new GoroutineList(process);
  const running = list.goroutines.filter(({ status, sched }) => status === 'running' && sched.pc !== 0);
  expect(running.length).toBeGreaterThan(0);
  // The first by address is its second half, which loads SP in its first 15 bytes (asm_amd64.s, gogo<>).
  const gogo = [...readFunctions(process)!.all()].find(({ name }) => /^(runtime\.)?gogo$/.test(name))!;
  for (const goroutine of running) {
    const { thread } = list.result(goroutine);
    const sp = goroutine.stack.hi - 256;
    const threads = target
      .threads()
      .map((one) =>
        one.tid === thread ? { ...one, registers: new Map(), pc: BigInt(gogo.entry + 15), sp: BigInt(sp) } : one,
      );
    const switched = new GoroutineList(openProcess({ ...target, threads: () => threads }, {})!);
    const [first] = switched.result(switched.goroutines.find(({ g }) => g === goroutine.g)!).frames;
    expect(first).toMatchObject({
      pc: `0x${goroutine.sched.pc.toString(16)}`,
      sp: `0x${sp.toString(16)}`,
      how: 'gobuf',
    });
  }
});
