// Every prepared core: the roots to which its threads alone lead, against the symbol table's addresses; and all its spans with the program's data taken out of the core, against the
// rows of the whole one (which spans.matrix.ts holds against the independent reader). Raw images have no registers.
import { constants, copyFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { openProcess } from '../../src/runtime/process.js';
import { findRoots, type RootName } from '../../src/runtime/roots/find.js';
import { stackFinder } from '../../src/runtime/roots/stack-finder.js';
import { openTarget } from '../../src/target/open.js';
import { withoutSegments } from '../support/blank-core.js';
import { TempFolder } from '../support/run-cli.js';
import { images } from './prepared.js';

const folder = new TempFolder();
afterAll(() => folder.remove());

const led: readonly RootName[] = [
  'runtime.mheap_',
  'runtime.firstmoduledata',
  'runtime.allgs',
  'runtime.allp',
  'runtime.allm',
];

describe.each(images.filter(({ core }) => core !== undefined))('$name', ({ server, core }) => {
  const target = openTarget({ files: [server, core!], options: {} });
  const whole = openProcess(target, {})!;
  const truth = target.symbols(led);

  it('its threads lead to the roots', () => {
    const scene = { memory: target.memory, layout: whole.layout };
    const { roots } = findRoots(scene, [stackFinder(target.threads, target.dataRanges, { candidates: () => [] })]);
    for (const root of led)
      expect(roots.get(root), root).toMatchObject({ state: 'confirmed', method: 'stack', address: truth.get(root) });
  });

  it('without its data its spans are found all the same, and called partial', () => {
    const copy = `${folder.path}/core`;
    copyFileSync(core!, copy, constants.COPYFILE_FICLONE);
    withoutSegments(copy, target.dataRanges);
    const files = [server, copy];
    const unnamed = openTarget({ files, options: {} });
    // Up to 1.12 only a variable, which is gone with the data, says which release it is: --go does.
    const { version } = target.go!;
    expect(unnamed.go?.version ?? version).toBe(version);
    const bare = unnamed.go ? unnamed : openTarget({ files, options: { go: version } });
    const process = openProcess(bare, {})!;
    const [a, b] = [whole.spans()!, process.spans()!];
    expect([...b.addr.subarray(0, b.length)]).toEqual([...a.addr.subarray(0, a.length)]);
    expect(b.base).toEqual(a.base);
    expect(b.allocated).toEqual(a.allocated);
    expect(process.partial).toContain('there may be more');
    bare.close();
  });
});
