// Roots kept by build ID for the next image of a stripped program. What is kept is a hint: whatever a file in the folder says, the roots of an image are those that are
// found without it. A real stripped binary with its real core.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openProcess } from '../../src/runtime/process.js';
import { neededRootNames } from '../../src/runtime/roots/names.js';
import { openTarget } from '../../src/target/open.js';
import { bounded, hostile } from '../support/costs.js';
import { withoutSections } from '../support/headerless.js';
import { entriesOf, entryOf, freshCache, otherThings, replaceBy } from '../support/kept.js';
import { run, sample, TempFolder } from '../support/run-cli.js';

const temp = new TempFolder();
afterAll(() => temp.remove());

/** The sample without section headers: no symbols, no DWARF; the build ID stays. */
const bytes = readFileSync(sample.server);
bytes.fill(0, 0x28, 0x30);
bytes.fill(0, 0x3c, 0x40);
const server = temp.file('server', bytes);
const files = [server, sample.core];

const open = (cache?: string) => openProcess(openTarget({ files, options: {} }), cache === undefined ? {} : { cache })!;
const shown = ({ roots }: ReturnType<typeof open>) =>
  [...roots.values()].map(({ name, address, method, state, confirmedBy }) => [
    name,
    address,
    method,
    state,
    confirmedBy,
  ]);
const recalledIn = ({ roots }: ReturnType<typeof open>) =>
  [...roots.values()].filter(({ detail }) => detail.endsWith('known from an earlier run')).map(({ name }) => name);

const truth = shown(open());

describe('what a search found', () => {
  it('is kept, and known in the next run with the way it was found', () => {
    const cache = freshCache(temp);
    const first = open(cache);
    expect(recalledIn(first)).toEqual([]);
    expect(first.trace.join('\n')).toMatch(/9 roots kept for the next image of this build/);
    const second = open(cache);
    expect(recalledIn(second)).toHaveLength(9);
    expect(shown(second)).toEqual(truth);
    expect(shown(first)).toEqual(truth);
    expect(entriesOf(cache, 'roots')).toHaveLength(1);
    const stat = statSync(entryOf(cache, 'roots'));
    expect(stat.mode & 0o077).toBe(0);
    expect(stat.size).toBeLessThan(4096);
  });

  it('is not kept without a folder, with symbols, or where the user names a root', () => {
    const cache = freshCache(temp);
    openProcess(openTarget({ files: [sample.server, sample.core], options: {} }), { cache });
    const mheap = open().roots.get('runtime.mheap_')!.address!;
    openProcess(openTarget({ files, options: {} }), { cache, roots: { 'runtime.mheap_': mheap } });
    expect(readdirSync(cache)).toEqual([]);
  });

  it('is not kept where the folder can’t be written, and nothing else changes', () => {
    const file = temp.file('no-folder', 'x');
    const process = open(file);
    expect(shown(process)).toEqual(truth);
    expect(process.warnings).toEqual([]);
    expect(process.trace.join('\n')).toMatch(/roots could not be kept/);
  });

  it('is kept by the command line below XDG_CACHE_HOME, but with --no-cache', () => {
    const home = freshCache(temp);
    const env = { ...process.env, XDG_CACHE_HOME: home };
    expect(run(['overview', ...files, '--no-cache'], { env }).status).toBe(0);
    expect(readdirSync(home)).toEqual([]);
    const first = run(['overview', ...files], { env });
    expect(readdirSync(join(home, 'spanscope', 'roots'))).toHaveLength(1);
    expect(run(['overview', ...files], { env }).stdout).toBe(first.stdout);
  });

  it('is what every command needs, and the rest once somebody has asked for it', () => {
    const cache = freshCache(temp);
    open(cache);
    const early = recalledIn(open(cache));
    expect(early.toSorted()).toEqual(neededRootNames.toSorted());
    // To say what it recalls that process was asked for all.
    expect(recalledIn(open(cache))).toHaveLength(9);
  });

  it('stays within a thousand files', () => {
    const cache = freshCache(temp);
    mkdirSync(join(cache, 'roots'));
    for (let i = 0; i < 1010; i += 1) writeFileSync(join(cache, 'roots', `${i}.roots.json`), '{}');
    open(cache);
    expect(entriesOf(cache, 'roots')).toHaveLength(1000);
    expect(recalledIn(open(cache))).toContain('runtime.mheap_');
  });
});

describe('a file that lies', () => {
  const cache = freshCache(temp);
  open(cache);
  const file = entryOf(cache, 'roots');
  const honest = JSON.parse(readFileSync(file, 'utf8')) as {
    build: string;
    roots: Record<string, { offset: number; method: string }>;
  };
  const offsets = Object.values(honest.roots).map(({ offset }) => offset);
  const names = Object.keys(honest.roots);
  /** Where a pointer to the second m of allm stands: in the first. A shorter list is as good a list. */
  const secondM = () => {
    const { memory, layout, address } = open();
    return memory.word(address('runtime.allm')!)! + layout.field('m', 'alllink')!.offset;
  };
  const withOffsets = (offset: (i: number) => unknown) =>
    JSON.stringify({
      ...honest,
      roots: Object.fromEntries(
        Object.entries(honest.roots).map(([name, root], i) => [name, { ...root, offset: offset(i) }]),
      ),
    });
  const lies: Readonly<Record<string, string>> = {
    'every root one word further': withOffsets((i) => offsets[i]! + 8),
    'every root where another is': withOffsets((i) => offsets[(i + 1) % offsets.length]),
    'every root at its end of memory': withOffsets(() => Number.MAX_SAFE_INTEGER),
    'the list of threads from its second on': withOffsets((i) => (names[i] === 'runtime.allm' ? secondM() : 0)),
    'no numbers': withOffsets(() => 'here'),
    'negative ones': withOffsets((i) => -offsets[i]!),
    'numbers that are none': withOffsets(() => 1e300),
    'another build': JSON.stringify({ ...honest, build: 'go:other' }),
    'another format': JSON.stringify({ ...honest, format: 2 }),
    'no roots': JSON.stringify({ ...honest, roots: null }),
    'roots in a list': JSON.stringify({ ...honest, roots: [1, 2] }),
    'an unheard-of way': JSON.stringify({
      ...honest,
      roots: Object.fromEntries(
        Object.entries(honest.roots).map(([name, root]) => [name, { ...root, method: 'symtab' }]),
      ),
    }),
    'no JSON': '{"format":1,',
    'deep nesting': `${'['.repeat(30_000)}${']'.repeat(30_000)}`,
    'a large file': `${JSON.stringify(honest)}${' '.repeat(70_000)}`,
    nothing: '',
  };

  it.each(Object.keys(lies))('does not win: %s', (name) => {
    writeFileSync(file, lies[name]!);
    const process = open(cache);
    expect(recalledIn(process)).toEqual([]);
    expect(shown(process)).toEqual(truth);
    expect(process.warnings).toEqual([]);
    // What was found instead is what is kept from now on.
    expect(recalledIn(open(cache))).toHaveLength(9);
  });
});

describe('what stands in the place of a file', () => {
  it.each(Object.keys(otherThings))('changes no answer: %s', (what) => {
    const cache = freshCache(temp);
    open(cache);
    const path = entryOf(cache, 'roots');
    const found = bounded(hostile, () => {
      replaceBy(what, path);
      return open(cache);
    });
    expect(shown(found)).toEqual(truth);
    expect(recalledIn(found)).toEqual([]);
    expect(found.warnings).toEqual([]);
    // A folder stays where it is; all else gives way to what was found, and nothing was written through a link.
    expect(recalledIn(open(cache))).toHaveLength(what === 'a folder' ? 0 : 9);
    expect(statSync(path).isDirectory()).toBe(what === 'a folder');
    expect(statSync('/dev/zero').isCharacterDevice()).toBe(true);
  });

  it('is not believed where another program’s file was put', () => {
    const cache = freshCache(temp);
    open(cache);
    const path = entryOf(cache, 'roots');
    const other = JSON.parse(readFileSync(path, 'utf8')) as { roots: Record<string, { offset: number }> };
    const small = temp.unpacked('other', 'images', 'go1.25-amd64-nodwarf', 'server.gz');
    const core = temp.plain(
      'other.core',
      temp.unpacked('other.packed', 'images', 'go1.25-amd64-nodwarf', 'core.sparse.gz'),
    );
    const theirs = openProcess(
      openTarget({ files: [withoutSections(small, join(temp.path, 'other.bare')), core], options: {} }),
      {},
    )!;
    for (const [name, root] of theirs.roots)
      if (name in other.roots && root.address !== undefined) other.roots[name]!.offset = root.address;
    writeFileSync(path, JSON.stringify(other));
    const found = open(cache);
    expect(shown(found)).toEqual(truth);
    expect(recalledIn(found)).toEqual([]);
  });
});
