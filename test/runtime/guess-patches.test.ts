// Patches of one line that differ in memstats or in work, on real images: the numbers go with each other under the layouts that the image was made with, and under the others not. What differs and is not
// read alike is not read.
import { afterAll, describe, expect, it } from 'vitest';
import { measuredLayouts } from '../../src/layout/load.js';
import { decodeStruct } from '../../src/layout/struct-view.js';
import { withoutFields } from '../../src/layout/without-fields.js';
import { agreeingJobs, agreeingPauses } from '../../src/runtime/guess/agreeing-counts.js';
import { unsureFields, withMostNumbers } from '../../src/runtime/guess/patches-told.js';
import { openProcess } from '../../src/runtime/process.js';
import { openTarget } from '../../src/target/open.js';
import { TempFolder } from '../support/run-cli.js';

const folder = new TempFolder();
afterAll(() => folder.remove());

function opened(image: string, line: string) {
  const server = folder.unpacked(`${image}.server`, 'images', image, 'server.gz');
  const core = folder.unpacked(`${image}.core`, 'images', image, 'core.sparse.gz');
  const process = openProcess(openTarget({ files: [server, core], options: {} }), {})!;
  const mheap = process.address('runtime.mheap_')!;
  const patches = measuredLayouts({ goarch: process.layout.goarch })
    .filter(({ goVersion }) => goVersion.startsWith(`${line}.`))
    .map((layout) => ({ layout, mheap }));
  const { memory, dataRanges: ranges } = process.target;
  return { process, patches, where: { memory, ranges } };
}

const versions = (list: readonly { readonly layout: { readonly goVersion: string } }[]) =>
  list.map(({ layout }) => layout.goVersion);

describe('heapStatsDelta, which grew in 1.18.4', () => {
  const { process, patches, where } = opened('go1.18-386', 'go1.18');
  const chosen = patches.at(-1)!;
  const before = patches.filter(({ layout }) => !['go1.18.4', 'go1.18.8', 'go1.18.10'].includes(layout.goVersion));

  it('is that of the patches whose numbers are the heap’s', () => {
    expect(process.target.go?.version).toBe('go1.18.10');
    expect(before.length).toBeGreaterThan(1);
    expect(versions(withMostNumbers(where, patches))).toEqual(['go1.18.4', 'go1.18.8', 'go1.18.10']);
  });

  it('leaves all where the image tells no number', () => {
    const nowhere = patches.map((patch) => ({ ...patch, mheap: 8 }));
    expect(withMostNumbers(where, nowhere)).toEqual(nowhere);
  });

  it('lets pauses last as long as their total at the right place alone', () => {
    const memstats = process.address('runtime.memstats')!;
    const at = ({ layout }: (typeof patches)[number]) => agreeingPauses({ memory: where.memory, layout }, memstats);
    expect([at(chosen), ...before.map(at)]).toEqual([1, ...before.map(() => 0)]);
    // Some buckets further, too.
    for (const shift of [-24, -8, 8, 24])
      expect(agreeingPauses({ memory: where.memory, layout: chosen.layout }, memstats + shift)).toBe(0);
  });

  it('is not read where an older patch may be meant, nor what stands behind it', () => {
    const unsure = unsureFields(where, chosen, before);
    expect(unsure.mstats).toEqual(['heapStats', 'gcPauseDist']);
    const layout = withoutFields(chosen.layout, unsure);
    expect(layout.field('mstats', 'gcPauseDist')).toBeUndefined();
    expect(layout.field('mstats', 'numgc')).toEqual(chosen.layout.field('mstats', 'numgc'));
    const memstats = process.address('runtime.memstats')!;
    const [all, rest] = [chosen.layout, layout].map((each) => decodeStruct(where.memory, each, 'mstats', memstats));
    const { heapStats, gcPauseDist, ...same } = all!;
    expect([heapStats, gcPauseDist]).not.toContain(undefined);
    expect(rest).toEqual(same);
  });

  it('is read as it is where nothing else may be meant', () => {
    expect(unsureFields(where, chosen, [])).toEqual({});
    expect(unsureFields(where, chosen, [chosen])).toEqual({});
  });
});

describe('work, which grew in 1.23.4', () => {
  const { process, patches, where } = opened('go1.23-arm64', 'go1.23');

  it('is that of the patches whose jobs go with each other', () => {
    expect(process.target.go?.version).toBe('go1.23.12');
    const kept = versions(withMostNumbers(where, patches));
    expect(kept).toContain('go1.23.12');
    expect(kept).not.toContain('go1.23.3');
    expect(kept.length).toBeLessThan(patches.length);
  });

  it('is not read at all where it is found at another address under a patch that may be meant', () => {
    const [chosen] = patches.slice(-1);
    const older = patches.filter(({ layout }) => layout.goVersion === 'go1.23.3');
    const unsure = unsureFields(where, chosen!, older);
    expect(unsure.workType).toEqual([...chosen!.layout.struct('workType')!.fields.keys()]);
    expect(unsure.mstats).toBeUndefined();
  });

  it('counts its jobs in five ways that agree, and a few words further in none', () => {
    const work = process.address('runtime.work')!;
    const scene = { memory: where.memory, layout: process.layout };
    expect(agreeingJobs(scene, work)).toBe(5);
    for (const shift of [-32, 32, 8]) expect(agreeingJobs(scene, work + shift)).toBeLessThan(3);
  });
});
