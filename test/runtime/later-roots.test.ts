// The roots that are looked for when somebody asks: what their validators refuse on a real image, how disagreement shows, and that only who asks pays.
import { afterAll, describe, expect, it } from 'vitest';
import { overviewOf } from '../../src/analysis/overview.js';
import { openProcess } from '../../src/runtime/process.js';
import type { Finder } from '../../src/runtime/roots/choose-root.js';
import { findLaterRoots, findRoots } from '../../src/runtime/roots/find.js';
import { tell } from '../../src/runtime/roots/finders.js';
import { allRootNames, laterRootNames, type RootName, rootNames } from '../../src/runtime/roots/names.js';
import { openTarget } from '../../src/target/open.js';
import { writeHeap } from '../support/heap-writer.js';
import { run, sample, TempFolder } from '../support/run-cli.js';

const folder = new TempFolder();
afterAll(() => folder.remove());

describe.each(['go1.16-amd64', 'go1.22-s390x', 'go1.27-amd64-mark'])('%s', (name) => {
  const server = folder.unpacked(`${name}.server`, 'images', name, 'server.gz');
  const core = folder.unpacked(`${name}.core`, 'images', name, 'core.sparse.gz');
  const target = openTarget({ files: [server, core], options: {} });
  const right = openProcess(target, {})!.allRoots();

  it('come from the symbol table, each with a way that bears it out', () => {
    for (const root of laterRootNames) {
      const found = right.get(root)!;
      if (name === 'go1.16-amd64' && root === 'runtime.gcCPULimiter') expect(found.state).toBe('absent');
      else expect(found, root).toMatchObject({ state: 'confirmed', method: 'symtab' });
    }
  });

  // The word before, the word behind, and each other root: all are something else.
  it.each(laterRootNames)('%s: another address is refused, and the next finder wins', (root) => {
    const { address } = right.get(root)!;
    if (address === undefined) return;
    const others = [-8, 8, 64].map((by) => address + by);
    for (const other of allRootNames) if (other !== root) others.push(right.get(other)?.address ?? address + 16);
    for (const wrong of others) {
      const process = openProcess(target, { roots: { [root]: wrong } })!;
      const found = process.allRoots().get(root)!;
      // No list yet is what mbuckets may be.
      if (root === 'runtime.mbuckets' && target.memory.word(wrong) === 0) {
        expect(found).toMatchObject({ state: 'unconfirmed', method: 'override' });
        continue;
      }
      expect(found, wrong.toString(16)).toMatchObject({ address, state: 'confirmed', method: 'symtab' });
      expect(process.warnings.join('\n')).toContain(
        `${root}: override says 0x${wrong.toString(16)}, which does not hold it`,
      );
    }
  });
});

describe('an overview', () => {
  it('has them as JSON, and not where nobody asks', () => {
    const roots = (text: string) => Object.keys((JSON.parse(text) as { roots: object }).roots);
    expect(roots(run(['overview', sample.server, sample.core, '--json']).stdout)).toEqual([...allRootNames]);
    expect(roots(run(['overview', sample.server, '--json']).stdout)).toEqual([...allRootNames]);
    const target = openTarget({ files: [sample.server, sample.core], options: {} });
    expect(Object.keys(overviewOf(target, openProcess(target, {}), undefined).roots)).toEqual([...rootNames]);
    expect(run(['overview', sample.server, sample.core, '--trace']).stderr).toMatch(/root runtime\.sched: confirmed/);
  });
});

describe('two ways that disagree', () => {
  const heap = writeHeap({ spans: [{ freeindex: 3 }] });
  const scene = { memory: heap.memory, layout: heap.layout };
  /** The structure finder and the code finder, as they would answer. */
  const finders = (structure: Partial<Record<RootName, number>>, code: Partial<Record<RootName, number>>): Finder[] => [
    { method: 'structure', find: (name) => [structure[name] ?? heap.roots[name] ?? 0] },
    {
      method: 'code',
      find: (name) => [code[name] ?? heap.roots[name] ?? 0],
      confirms: (name, _, address) => (code[name] ?? heap.roots[name]) === address,
    },
  ];
  const allp = heap.roots['runtime.allp'];

  it('who agree confirm', () => {
    const { roots, refusals } = findRoots(scene, finders({}, {}));
    expect(roots.get('runtime.allp')).toMatchObject({ state: 'confirmed', method: 'structure', confirmedBy: ['code'] });
    expect(roots.get('runtime.mheap_')).toMatchObject({ confirmedBy: ['structure', 'code'] });
    expect(refusals).toEqual([]);
  });

  it('about an address that only the code’s own answer contradicts: unconfirmed, and not read by', () => {
    const { roots, refusals } = findRoots(scene, finders({}, { 'runtime.allp': allp + 4096 }));
    expect(roots.get('runtime.allp')).toMatchObject({
      state: 'unconfirmed',
      address: allp,
      method: 'structure',
      confirmedBy: [],
    });
    expect(refusals).toMatchObject([{ name: 'runtime.allp', method: 'structure', address: allp }]);
  });

  it('where both hold what they should: neither is confirmed', () => {
    // The m of g0 heads the same list.
    const { memory, layout } = scene;
    const m = memory.word(heap.roots['runtime.allm'])!;
    const other = memory.word(m + layout.field('m', 'g0')!.offset)! + layout.field('g', 'm')!.offset;
    const { roots, refusals } = findRoots(scene, finders({}, { 'runtime.allm': other }));
    expect(roots.get('runtime.allm')).toMatchObject({ state: 'unconfirmed', confirmedBy: [] });
    expect(refusals.map(({ name }) => name)).toEqual(['runtime.allm']);
    // Either may be it.
    const warnings: string[] = [];
    tell({ roots, refusals }, [], { trace: [], warnings, refusals: [] });
    expect(warnings).toEqual([
      expect.stringMatching(
        /^runtime\.allm: structure says 0x[0-9a-f]+, which is doubtful and not read: .* the code that should use it does not$/,
      ),
    ]);
  });

  it('about mheap_: it is shown as unconfirmed, and its spans are read all the same', () => {
    const { roots, mheap, refusals } = findRoots(scene, finders({}, { 'runtime.mheap_': allp }));
    expect(roots.get('runtime.mheap_')).toMatchObject({ state: 'unconfirmed', address: heap.roots['runtime.mheap_'] });
    expect(mheap?.ok).toBe(true);
    expect(refusals).toEqual([]);
  });

  it('where a name leads to what the image lacks: what the code denies does not take its place', () => {
    const { memory, layout } = scene;
    const named = 0x7eee_0000_0000;
    expect(memory.word(named)).toBeUndefined();
    const m = memory.word(heap.roots['runtime.allm'])!;
    const other = memory.word(m + layout.field('m', 'g0')!.offset)! + layout.field('g', 'm')!.offset;
    const symtab: Finder = { method: 'symtab', find: (name) => (name === 'runtime.allm' ? [named] : []) };
    const searching = finders({ 'runtime.allm': other }, { 'runtime.allm': named });
    const { roots, refusals } = findRoots(scene, [symtab, ...searching]);
    expect(roots.get('runtime.allm')).toMatchObject({ state: 'unconfirmed', method: 'symtab', address: named });
    expect(refusals).toEqual([]);
    // Where the code can't tell either, or says the same, what holds is better than nothing.
    const [structure, code] = finders({}, {});
    expect(findRoots(scene, [symtab, structure!]).roots.get('runtime.allm')).toMatchObject({ method: 'structure' });
    expect(findRoots(scene, [symtab, structure!, code!]).roots.get('runtime.allm')!.state).toBe('confirmed');
  });

  it('what is refused is nothing to go by for the later ones', () => {
    const found = findRoots(scene, finders({}, { 'runtime.allm': allp + 4096 }));
    expect(found.roots.get('runtime.allm')!.state).toBe('unconfirmed');
    expect(findLaterRoots(scene, finders({}, {}), found).roots.get('runtime.sched')!.state).toBe('absent');
  });
});
