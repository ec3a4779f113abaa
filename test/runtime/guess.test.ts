// What is left where nothing tells the Go version, or where there is no binary: real images of real programs, whose symbol tables and build info are the truth.
import { afterAll, describe, expect, it } from 'vitest';
import { overviewOf } from '../../src/analysis/overview.js';
import { openProcess } from '../../src/runtime/process.js';
import { openTarget } from '../../src/target/open.js';
import { sample, TempFolder } from '../support/run-cli.js';
import { untoldBytes } from '../support/untold.js';

const folder = new TempFolder();
afterAll(() => folder.remove());

const untold = (path: string, name: string, version: string) => folder.file(name, untoldBytes(path, version));

const committed = (name: string) =>
  [
    folder.unpacked(`${name}.server`, 'images', name, 'server.gz'),
    folder.unpacked(`${name}.core`, 'images', name, 'core.sparse.gz'),
  ] as const;

const names = [
  'go1.13-amd64',
  'go1.16-amd64',
  'go1.18-386',
  'go1.21-amd64-pie',
  'go1.22-s390x',
  'go1.23-arm64',
  'go1.27-amd64-mark',
];
const cases = [
  { name: 'sample', files: () => [sample.server, sample.core] as const },
  ...names.map((name) => ({ name, files: () => committed(name) })),
];
/** Named files are looked for below it, and not there. */
const nowhere = folder.path;
const lineOf = (version: string | undefined) => version?.split('.').slice(0, 2).join('.');

describe.each(cases)('$name', ({ name, files }) => {
  const [server, core] = files();
  const twin = openProcess(openTarget({ files: [server, core], options: {} }), {})!;
  const version = twin.target.go!.version;

  it('has its release line guessed, and says that it is a guess', () => {
    const bare = untold(server, `${name}.untold`, version);
    const target = openTarget({
      files: [bare, untold(core, `${name}.untold-core`, version)],
      options: { force: true },
    });
    expect(target.go).toBeUndefined();
    const process = openProcess(target, {})!;
    const { go, warnings } = process.target;
    expect(lineOf(go?.version)).toBe(lineOf(version));
    expect(go?.experiments).toEqual([]);
    expect(go?.source).toMatch(/^guess: /);
    expect(go?.guessed?.equal).toEqual([]);
    // Patches that differ in these are told apart.
    const told = ['mspan', 'mheap', 'mcache', 'mstats', 'workType', 'gcControllerState'];
    expect(Object.keys(go?.guessed?.unsure ?? {}).filter((struct) => told.includes(struct))).toEqual([]);
    expect(process.layout.exact).toBe(false);
    expect(warnings.filter((line) => line.includes('is a guess'))).toHaveLength(1);
    expect(process.spans()!.base).toEqual(twin.spans()!.base);
    expect(process.spans()!.allocated).toEqual(twin.spans()!.allocated);
  });

  it('shows the heap without its binary, by the same roots', () => {
    const target = openTarget({ files: [core], options: { sysroot: nowhere } });
    expect(target.binary).toBeUndefined();
    const process = openProcess(target, {})!;
    expect(lineOf(process.target.go?.version)).toBe(lineOf(version));
    expect(process.spans()!.base).toEqual(twin.spans()!.base);
    expect(process.spans()!.allocated).toEqual(twin.spans()!.allocated);
    const found = [...process.roots.values()].filter(({ address }) => address !== undefined);
    for (const { name: root, address } of found) expect(address, root).toBe(twin.roots.get(root)?.address);
    expect(found.length).toBeGreaterThanOrEqual(7);
    const { goroutines, warnings } = overviewOf(process.target, process, process.spans());
    expect(goroutines).toEqual(overviewOf(twin.target, twin, twin.spans()).goroutines);
    expect(warnings.filter((line) => line.includes('there is no binary'))).toHaveLength(1);
  });
});

describe('a version that says nothing of experiments', () => {
  it('does not overrule how the spans keep their marks', () => {
    const [server, core] = committed('go1.27-amd64-mark');
    const target = openTarget({ files: [server, core], options: { go: 'go1.27.4+nogreenteagc' } });
    const process = openProcess(target, {})!;
    expect(process.target.go?.experiments).toEqual([]);
    expect(process.layout.traits.inlineMarks).toBeDefined();
    expect(process.target.warnings.join('\n')).toContain('the image is believed');
  });
});

describe('an image of a release that is not known', () => {
  it('is guessed to be of a neighbour, with a word on how little that explains', () => {
    const [, core] = committed('go1.23-arm64');
    const target = { ...openTarget({ files: [core], options: { sysroot: nowhere } }), go: undefined };
    const process = openProcess(target, { without: ['go1.23'] })!;
    expect(lineOf(process.target.go?.version)).toBe('go1.24');
    expect(process.layout.exact).toBe(false);
    expect(process.target.warnings.join('\n')).toMatch(
      /explains only \d+ of \d+ observations: perhaps it is a release/,
    );
  });

  it('has no guess made of it where nothing fits', () => {
    const [, core] = committed('go1.13-amd64');
    const target = { ...openTarget({ files: [core], options: { sysroot: nowhere } }), go: undefined };
    expect(openProcess(target, { without: ['go1.12', 'go1.13', 'go1.14'] })).toBeUndefined();
    expect(overviewOf(target, undefined, undefined).warnings.join('\n')).toContain('nothing tells the Go version');
  });
});
