// Programs that have not collected yet: no ring of pauses, no clock, and up to 1.16 a gcController of zeros. What is told of them is what their symbol tables say, each root by two ways, and
// where one way is all there is, that is said. Real images (fixtures/young).
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { overviewOf } from '../../src/analysis/overview.js';
import { overviewText } from '../../src/output/overview-text.js';
import { type GoProcess, openProcess } from '../../src/runtime/process.js';
import { fieldsBearOut } from '../../src/runtime/roots/code-fields.js';
import { memstatsLedTo } from '../../src/runtime/roots/memstats-evidence.js';
import { allRootNames, type RootName } from '../../src/runtime/roots/names.js';
import { openTarget } from '../../src/target/open.js';
import { garbled, overwrite, tablePlace, withoutSections } from '../support/damaged-binary.js';
import { TempFolder } from '../support/run-cli.js';

const folder = new TempFolder();
afterAll(() => folder.remove());

const open = (files: readonly string[]): GoProcess => openProcess(openTarget({ files, options: {} }), {})!;
const reconciliation = (process: GoProcess) =>
  overviewOf(process.target, process, process.spans()).reconciliation.map(({ what, counter, agrees }) => [
    what,
    counter,
    agrees,
  ]);

describe.each(['go1.14-amd64', 'go1.16-arm64', 'go1.18-386'])('%s before its first collection', (name) => {
  const server = folder.unpacked(`${name}.server`, 'young', name, 'server.gz');
  const core = folder.unpacked(`${name}.core`, 'young', name, 'core.sparse.gz');
  const symbols = openTarget({ files: [server, core], options: {} }).symbols(allRootNames);
  const twin = open([server, core]);
  const stripped = open([withoutSections(server, join(folder.path, `${name}.stripped`)), core]);
  const scene = { memory: twin.memory, layout: twin.layout };
  const at = (root: RootName) => twin.allRoots().get(root)!.address!;

  it('has not collected', () => {
    const { offset } = twin.layout.field('mstats', 'numgc')!;
    expect(twin.memory.uint32(symbols.get('runtime.memstats')! + offset)).toBe(0);
  });

  it('says nothing of what a last cycle has marked', () => {
    const overview = overviewOf(twin.target, twin, twin.spans());
    expect(overview.gc?.heapMarked).not.toBeNull();
    const text = overviewText(overview);
    expect(text).toContain('cycle 0, phase off, never ended');
    expect(text).not.toContain('marked by');
  });

  it('with symbols: every root is confirmed', () => {
    for (const [root, { state, address }] of twin.allRoots()) {
      expect(address, root).toBe(symbols.get(root));
      expect(state, root).toBe(address === undefined ? 'absent' : 'confirmed');
    }
    expect(twin.warnings).toEqual([]);
  });

  it('stripped: the same, each by two ways', () => {
    for (const [root, { state, address, method, confirmedBy }] of stripped.allRoots()) {
      expect(address, root).toBe(symbols.get(root));
      if (address === undefined) continue;
      // Nil until the first allocation is sampled: nothing but the code tells it then, and nothing bears that out.
      const nil = root === 'runtime.mbuckets' && twin.memory.word(address) === 0;
      expect(state, root).toBe(nil ? 'unconfirmed' : 'confirmed');
      const others = confirmedBy.filter((way) => way !== method || root === 'runtime.mheap_');
      expect(others.length > 0, root).toBe(!nil);
    }
    expect(stripped.allRoots().get('runtime.memstats')).toMatchObject({
      method: 'structure',
      confirmedBy: ['value', 'code'],
    });
    expect(stripped.warnings).toEqual([]);
    expect(reconciliation(stripped)).toEqual(reconciliation(twin));
    expect(reconciliation(stripped).length).toBeGreaterThan(1);
    expect(reconciliation(stripped).filter(([, , agrees]) => !agrees)).toEqual([]);
  });

  it('without names: memstats by what points to it and what it counts, work by its shape alone', () => {
    const files = [join(folder.path, `${name}.nameless`), join(folder.path, `${name}.nameless-core`)] as const;
    copyFileSync(server, files[0]);
    copyFileSync(core, files[1]);
    overwrite(files, server, tablePlace(server).names, garbled);
    withoutSections(files[0], files[0]);
    const roots = open(files).allRoots();
    expect(roots.get('runtime.memstats')).toMatchObject({
      state: 'confirmed',
      method: 'structure',
      address: symbols.get('runtime.memstats'),
      confirmedBy: ['value'],
    });
    expect(roots.get('runtime.work')).toMatchObject({
      state: 'unconfirmed',
      address: symbols.get('runtime.work'),
      confirmedBy: [],
    });
    for (const [root, { state, address }] of roots) {
      if (state === 'confirmed') expect(address, root).toBe(symbols.get(root));
    }
  });

  it('another address of memstats or work is refused, zeros beside gcController are confirmed by nothing', () => {
    for (const root of ['runtime.memstats', 'runtime.work'] as const) {
      for (const by of [-64, -8, 8, 64]) {
        const process = openProcess(twin.target, { roots: { [root]: at(root) + by } })!;
        const found = process.roots.get(root)!;
        if (found.state === 'confirmed') expect(found.address, `${root} ${by}`).toBe(at(root));
      }
    }
    const process = openProcess(twin.target, { roots: { 'runtime.gcController': at('runtime.gcController') + 8 } })!;
    const found = process.roots.get('runtime.gcController')!;
    if (found.state === 'confirmed') expect(found.address).toBe(at('runtime.gcController'));
  });

  it('mheap_’s allocators lead to memstats, and nowhere from elsewhere', () => {
    expect(memstatsLedTo(scene, at('runtime.mheap_'))).toBe(symbols.get('runtime.memstats'));
    expect(memstatsLedTo(scene, at('runtime.mheap_') + twin.memory.pointerSize)).toBeUndefined();
    expect(memstatsLedTo(scene, at('runtime.work'))).toBeUndefined();
  });
});

describe('fields where the code uses them', () => {
  const server = folder.unpacked('fields.server', 'young', 'go1.14-amd64', 'server.gz');
  const core = folder.unpacked('fields.core', 'young', 'go1.14-amd64', 'core.sparse.gz');
  const { memory, layout } = open([server, core]);
  const base = 0x50_0000;
  // Read off runtime/mgc.go and mgcmark.go of Go 1.14.
  const used: Readonly<Record<string, readonly string[]>> = {
    gcBgMarkWorker: ['dedicatedMarkTime', 'dedicatedMarkWorkersNeeded', 'fractionalMarkTime', 'idleMarkTime'],
    gcMarkTermination: ['dedicatedMarkTime', 'assistTime', 'fractionalMarkTime', 'idleMarkTime'],
    gcAssistAlloc: ['assistWorkPerByte', 'assistBytesPerWork', 'bgScanCredit'],
    gcAssistAlloc1: ['assistBytesPerWork', 'assistTime'],
    gcFlushBgCredit: ['bgScanCredit', 'assistBytesPerWork', 'assistWorkPerByte'],
  };
  const references = (fn: string, without?: string) =>
    new Set(
      used[fn]
        ?.filter((path) => path !== without)
        .map((path) => base + layout.field('gcControllerState', path)!.offset),
    );
  const borneOut = (address: number, of: (fn: string) => Set<number> | undefined) =>
    fieldsBearOut('runtime.gcController', { memory, layout }, address, of);

  it('bear out the address that every function uses all of its own of, and no other', () => {
    expect(borneOut(base, references)).toBe(true);
    for (const by of [-64, -16, -8, 8, 16, 64]) expect(borneOut(base + by, references), `${by}`).toBe(false);
  });

  it('deny it where one function lacks one', () => {
    expect(borneOut(base, (fn) => references(fn, fn === 'gcFlushBgCredit' ? 'bgScanCredit' : undefined))).toBe(false);
  });

  it('tell nothing where too few functions are known, or of another variable', () => {
    expect(borneOut(base, (fn) => (fn.startsWith('gcAssist') ? references(fn) : undefined))).toBeUndefined();
    expect(fieldsBearOut('runtime.gcphase', { memory, layout }, base, references)).toBeUndefined();
  });
});
