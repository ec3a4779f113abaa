// Binaries without section headers (so without symbols and DWARF) beside the same binaries with them: the same roots, by another way. Real images of
// real programs; the addresses of the twin's symbol table are the truth.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { BufferSource } from '../../src/bytes/buffer-source.js';
import { readBuildIds } from '../../src/elf/build-ids.js';
import { ElfFile } from '../../src/elf/elf-file.js';
import { walkNotes } from '../../src/elf/notes.js';
import { collectorSettings } from '../../src/runtime/collector-settings.js';
import { openProcess } from '../../src/runtime/process.js';
import { codeFinder } from '../../src/runtime/roots/code-finder.js';
import { moduleFinder } from '../../src/runtime/roots/module-finder.js';
import { allRootNames, laterRootNames, rootNames } from '../../src/runtime/roots/names.js';
import { openTarget } from '../../src/target/open.js';
import { withoutSections as removeSections } from '../support/damaged-binary.js';
import { sample, TempFolder } from '../support/run-cli.js';

const folder = new TempFolder();
afterAll(() => folder.remove());
const withoutSections = (path: string, name: string) => removeSections(path, join(folder.path, name));

/** The file with every build info header overwritten, and the program header of its notes turned into nothing. */
function wiped(path: string, name: string): string {
  const bytes = readFileSync(path);
  const magic = Buffer.from('\xff Go buildinf:', 'latin1');
  for (let at = bytes.indexOf(magic); at >= 0; at = bytes.indexOf(magic, at)) bytes.fill(0x2e, at, at + magic.length);
  if (bytes.subarray(0, 4).toString('latin1') === '\x7fELF' && bytes.readUInt16LE(16) !== 4) {
    const [phoff, count] = [Number(bytes.readBigUInt64LE(0x20)), bytes.readUInt16LE(0x38)];
    for (let i = 0; i < count; i += 1)
      if (bytes.readUInt32LE(phoff + i * 56) === 4) bytes.writeUInt32LE(0, phoff + i * 56);
  }
  return folder.file(name, bytes);
}

const names = ['go1.16-amd64', 'go1.21-amd64-pie', 'go1.23-arm64', 'go1.27-amd64-mark'];
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

describe.each(cases)('$name', ({ name, files }) => {
  const [server, core] = files();
  const twin = openProcess(openTarget({ files: [server, core], options: {} }), {})!;
  const target = openTarget({ files: [withoutSections(server, `${name}.stripped`), core], options: {} });
  const stripped = openProcess(target, {})!;

  it('has nothing that names a variable', () => {
    expect(target.symbols(['runtime.mheap_']).size).toBe(0);
    expect(target.dwarf()).toBeUndefined();
  });

  it('gives the same roots, each confirmed, where the release has them', () => {
    const all = stripped.allRoots();
    expect([...all.keys()]).toEqual([...allRootNames]);
    for (const [root, { address }] of twin.allRoots()) {
      const found = all.get(root);
      expect(found, root).toMatchObject({ state: address === undefined ? 'absent' : 'confirmed', address });
      if (address !== undefined) expect(['structure', 'code'], root).toContain(found?.method);
      if (found?.method === 'structure') expect(found.confirmedBy.length, root).toBeGreaterThan(0);
    }
    expect(all.get('runtime.gcCPULimiter')?.state).toBe(name === 'go1.16-amd64' ? 'absent' : 'confirmed');
  });

  it('looks for the later ones only when they are asked for', () => {
    const fresh = openProcess(target, {})!;
    expect([...fresh.roots.keys()]).toEqual([...rootNames]);
    const told = fresh.trace.length;
    expect(fresh.address('runtime.sched')).toBe(stripped.address('runtime.sched'));
    expect(fresh.trace.length).toBe(told + laterRootNames.length);
  });

  // Before the first collection there is no ring and no clock to tell them by.
  it.each(['runtime.memstats', 'runtime.gcController'] as const)('finds %s by the code alone', (root) => {
    const code = codeFinder(moduleFinder(target.dataRanges, target.moduleSection), target.dataRanges);
    const scene = { memory: target.memory, layout: stripped.layout };
    expect([...code.find(root, scene, () => undefined)]).toEqual([twin.roots.get(root)?.address]);
    expect(code.confirms(root, scene, twin.roots.get(root)!.address!)).toBe(true);
  });

  // Up to 1.16 gcpercent and heapminimum are variables that no struct holds and no pointer leads to.
  it('gives the same settings of the collector', () => {
    expect(collectorSettings(stripped)).toEqual(collectorSettings(twin));
    expect(collectorSettings(stripped).gcPercent).toBe(100);
  });

  it('gives the same spans', () => {
    const [a, b] = [twin.spans()!, stripped.spans()!];
    expect(b.length).toBe(a.length);
    expect(b.base).toEqual(a.base);
    expect(b.allocated).toEqual(a.allocated);
    expect(stripped.warnings).toEqual([]);
  });
});

describe.each(cases)('$name without build info and notes', ({ name, files }) => {
  const [server, core] = files();
  const twin = openProcess(openTarget({ files: [server, core], options: {} }), {})!;
  const bare = withoutSections(wiped(server, `${name}.wiped`), `${name}.bare`);
  const target = openTarget({ files: [bare, wiped(core, `${name}.wiped-core`)], options: {} });

  it('still knows its Go, by a string variable', () => {
    expect(target.go?.version).toBe(twin.target.go?.version);
    expect(target.go?.experiments).toEqual(twin.target.go?.experiments);
    expect(target.go?.source).toMatch(/^a string variable of the program/);
    expect(target.matches).toBe('not checked');
  });

  it('gives the same roots', () => {
    const addresses = (roots: ReadonlyMap<string, { readonly address: number | undefined }>) =>
      [...roots].map(([root, { address }]) => [root, address]);
    expect(addresses(openProcess(target, {})!.roots)).toEqual(addresses(twin.roots));
  });
});

it('takes a build ID of nothing but zeros for none', () => {
  const bytes = readFileSync(sample.server);
  const idsOf = () => readBuildIds(ElfFile.open(new BufferSource('server', bytes)));
  expect(idsOf().go).toMatch(/\w{20}/);
  for (const { descOffset, descSize } of [...walkNotes(ElfFile.open(new BufferSource('server', bytes)))])
    bytes.fill(0, descOffset, descOffset + descSize);
  expect(idsOf()).toEqual({ go: undefined, gnu: undefined });
});
