// Roots by what threads hold, on real images: nothing else is asked, and the symbol table's addresses are the truth. Then the same with the data damaged, and with what
// looks alike.
import { afterAll, describe, expect, it } from 'vitest';
import { overviewOf } from '../../src/analysis/overview.js';
import { openProcess } from '../../src/runtime/process.js';
import { findRoots, type RootName } from '../../src/runtime/roots/find.js';
import { type ModuleFinder, moduleFinder } from '../../src/runtime/roots/module-finder.js';
import { stackFinder } from '../../src/runtime/roots/stack-finder.js';
import { openTarget } from '../../src/target/open.js';
import { blanked } from '../support/blank-core.js';
import { TempFolder } from '../support/run-cli.js';
import { smallImage, smallImageNames } from '../support/small-images.js';

const folder = new TempFolder();
afterAll(() => folder.remove());

/** Those that a thread can lead to. */
const led: readonly RootName[] = [
  'runtime.mheap_',
  'runtime.firstmoduledata',
  'runtime.allgs',
  'runtime.allp',
  'runtime.allm',
];

const noModule: ModuleFinder = { candidates: () => [] };

describe.each(smallImageNames)('%s', (name) => {
  const { server, core } = smallImage(folder, name);
  const target = openTarget({ files: [server, core], options: {} });
  const twin = openProcess(target, {})!;
  const scene = { memory: target.memory, layout: twin.layout };
  const finder = stackFinder(() => target.threads(), target.dataRanges, moduleFinder(target.dataRanges, undefined));
  const truth = target.symbols(led);

  it('the threads alone lead to them', () => {
    const { roots, mheap } = findRoots(scene, [finder]);
    expect(mheap).toMatchObject({ ok: true });
    for (const root of led)
      expect(roots.get(root), root).toMatchObject({ state: 'confirmed', method: 'stack', address: truth.get(root) });
    for (const root of ['runtime.gcController', 'runtime.memstats', 'runtime.gcphase'] as const)
      expect(roots.get(root), root).toMatchObject({ state: 'absent' });
  });

  it('agrees with what is right, and not with what is not', () => {
    for (const [root, { address }] of twin.roots) {
      if (address === undefined || !led.includes(root)) continue;
      expect(finder.confirms?.(root, scene, address), root).toBe(true);
      for (const other of [address + target.memory.pointerSize, twin.address('runtime.work')!])
        expect(finder.confirms?.(root, scene, other), `${root} ${other}`).not.toBe(true);
    }
    expect(finder.confirms?.('runtime.memstats', scene, twin.address('runtime.memstats')!)).toBeUndefined();
  });

  // m0, g0 and sched are no names of roots that every image is asked for: the finder knows them for who asks.
  it('m0 and g0, and sched where an m is idle', () => {
    const rest = ['runtime.m0', 'runtime.g0', 'runtime.sched'];
    const symbols = target.symbols(rest);
    const found = rest.map((root) => [...finder.find(root as RootName, scene, () => undefined)]);
    expect(found.slice(0, 2)).toEqual([[symbols.get('runtime.m0')], [symbols.get('runtime.g0')]]);
    expect([[], [symbols.get('runtime.sched')]]).toContainEqual(found[2]);
  });

  it('tells which word led there', () => {
    const story = finder.story(scene).join('\n');
    expect(story).toMatch(/stack: the registers and stacks of \d+ threads lead to \d+ g, \d+ m, \d+ p/);
    expect(story).toContain(`stack: mheap_ 0x${truth.get('runtime.mheap_')!.toString(16)}: `);
    expect(story).toMatch(/ 0x[0-9a-f]+: (thread \d+|the stack of g|m 0x|g 0x)/);
  });

  it('what it does not know it does not guess', () => {
    const other = stackFinder(() => [], target.dataRanges, noModule);
    const { roots } = findRoots(scene, [other]);
    for (const root of roots.values()) expect(root.state, root.name).toBe('absent');
    expect(other.story(scene)).toEqual(['stack: no registers are known: no thread to begin with']);
  });
});

describe('allgs, allp and moduledata overwritten', () => {
  const image = smallImage(folder, 'go1.21-amd64-pie');
  const whole = openTarget({ files: [image.server, image.core], options: {} });
  const twin = openProcess(whole, {})!;
  const { pointerSize } = whole.memory;
  const gone = ['runtime.allgs', 'runtime.allp', 'runtime.firstmoduledata'] as const;
  const pieces = gone.map((root) => ({
    start: twin.address(root)!,
    end: twin.address(root)! + (root === 'runtime.firstmoduledata' ? 64 * pointerSize : 3 * pointerSize),
  }));
  const core = blanked(image.copy('lost'), pieces);
  const target = openTarget({ files: [image.server, core], options: {} });

  it('mheap_ and allm are found, the others are not made up', () => {
    const scene = { memory: target.memory, layout: twin.layout };
    const { roots } = findRoots(scene, [stackFinder(() => target.threads(), target.dataRanges, noModule)]);
    for (const root of ['runtime.mheap_', 'runtime.allm'] as const)
      expect(roots.get(root)).toMatchObject({ state: 'confirmed', method: 'stack', address: twin.address(root) });
    for (const root of gone) expect(roots.get(root)).toMatchObject({ state: 'absent' });
  });

  it('and the spans are those of the whole image', () => {
    const process = openProcess(target, {})!;
    expect(process.spans()!.base).toEqual(twin.spans()!.base);
    const { roots } = overviewOf(target, process, process.spans());
    expect(roots['runtime.allgs']?.state).not.toBe('confirmed');
  });
});
