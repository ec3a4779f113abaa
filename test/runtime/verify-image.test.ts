// `layout verify BINARY IMAGE` on real images: the release's own table fits, one with a field beside its place or of another line does not, and what can't
// be told apart is said to be so.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { verifyTarget } from '../../src/runtime/verify/verify-layout.js';
import { openTarget } from '../../src/target/open.js';
import { root, run, TempFolder } from '../support/run-cli.js';

const folder = new TempFolder();
afterAll(() => folder.remove());

const names = [
  'go1.13-amd64',
  'go1.16-amd64',
  'go1.18-386',
  'go1.21-amd64-pie',
  'go1.22-s390x',
  'go1.23-arm64',
  'go1.25-amd64-nodwarf',
  'go1.27-amd64-mark',
];
const unpacked = new Map<string, readonly string[]>();
const filesOf = (name: string): readonly string[] => {
  const known = unpacked.get(name);
  if (known) return known;
  const files = ['server', 'core'].map((what) =>
    folder.unpacked(`${name}.${what}`, 'images', name, what === 'core' ? 'core.sparse.gz' : 'server.gz'),
  );
  unpacked.set(name, files);
  return files;
};

function verify(name: string, options: { readonly go?: string; readonly layout?: string } = {}) {
  const target = openTarget({ files: filesOf(name), options });
  try {
    const result = verifyTarget(target, options);
    expect(result.image).toBeDefined();
    // The binaries that have DWARF say the same of a wrong table; here the image is asked.
    const mismatches = result.mismatches.filter(({ image }) => image !== undefined);
    return { ...result, mismatches, image: result.image! };
  } finally {
    target.close();
  }
}

/** The table of an arch with all runs of some fields of mspan moved by some bytes, as a file. */
function shifted(arch: string, fields: readonly string[], by: number): string {
  const table = JSON.parse(readFileSync(join(root, 'layouts', `linux-${arch}.json`), 'utf8'));
  const own: Record<string, string[]> = table.structs.mspan.fields;
  for (const field of fields)
    own[field] = own[field]!.map((run) => {
      const [range, offset, ...rest] = run.split(' ');
      return [range, Number(offset) + by, ...rest].join(' ');
    });
  return folder.file(`${fields.join('-')}${by}.json`, Buffer.from(JSON.stringify(table)));
}

describe.each(names)('%s', (name) => {
  it('fits its own table, and shows that it would notice another', () => {
    const { mismatches, image } = verify(name);
    expect(mismatches).toEqual([]);
    expect(image.invariants.filter(({ verdict }) => verdict !== 'holds')).toEqual([]);
    const spans = image.invariants.filter(({ fields }) => fields.includes('mspan.startAddr'));
    // Every span, not a sample.
    for (const { checked } of spans) expect(checked).toBe(image.counts.inuse);
    const decided = Object.entries(image.fields).filter(([, { alsoFits }]) => alsoFits.length === 0);
    expect(decided.map(([field]) => field)).toEqual(
      expect.arrayContaining(['startAddr', 'npages', 'limit', 'elemsize', 'nelems', 'state'].map((f) => `mspan.${f}`)),
    );
    expect(decided.length).toBeGreaterThanOrEqual(25);
  });
});

const moved = [
  ['startAddr', 8],
  ['npages', 8],
  ['nelems', 8],
  ['allocCache', 8],
  ['allocBits', 8],
  ['gcmarkBits', -8],
  ['sweepgen', 4],
  ['allocCount', -2],
  ['spanclass', 1],
  ['state', 1],
  ['elemsize', 8],
  ['limit', -8],
] as const;

describe('a table with one field beside its place', () => {
  it.each(moved)('is found out: mspan.%s by %i bytes', (field, by) => {
    const { mismatches, image } = verify('go1.21-amd64-pie', { layout: shifted('amd64', [field], by) });
    const found = mismatches.find((each) => each.struct === 'mspan' && each.field === field);
    expect(found, mismatches.map((each) => `${each.struct}.${each.field}`).join(' ')).toBeDefined();
    expect(found?.dwarf).toBeNull();
    expect(found?.image?.fails.length).toBeGreaterThan(0);
    expect(image.sameAs).toEqual([]);
  });

  it('says where the field would fit', () => {
    const { mismatches } = verify('go1.21-amd64-pie', { layout: shifted('amd64', ['elemsize'], 8) });
    expect(mismatches).toHaveLength(1);
    expect(mismatches[0]).toMatchObject({ field: 'elemsize', table: { offset: 120 }, image: { fits: [112] } });
  });

  it('is found out where all fields behind one have moved', () => {
    const fields = [
      'allocCache',
      'allocBits',
      'gcmarkBits',
      'sweepgen',
      'allocCount',
      'spanclass',
      'state',
      'elemsize',
    ];
    expect(verify('go1.16-amd64', { layout: shifted('amd64', fields, 8) }).mismatches.length).toBeGreaterThan(1);
  });
});

describe('the table of another line', () => {
  it.each([
    ['go1.21-amd64-pie', 'go1.20.14'],
    ['go1.21-amd64-pie', 'go1.22.12'],
    ['go1.23-arm64', 'go1.21.13'],
    ['go1.18-386', 'go1.22.12'],
    ['go1.13-amd64', 'go1.11.13'],
  ])('%s is not of %s', (name, go) => {
    expect(verify(name, { go }).mismatches).not.toEqual([]);
  });

  it('is named where nothing tells the two apart', () => {
    expect(verify('go1.27-amd64-mark').image.sameAs).toEqual(['go1.26.11']);
    const other = verify('go1.27-amd64-mark', { go: 'go1.26.11' });
    expect(other.mismatches).toEqual([]);
    expect(other.image.sameAs.some((release) => release.startsWith('go1.27'))).toBe(true);
  });
});

describe('layout verify', () => {
  it('of a binary alone without DWARF exits 3 and says what to do; with its image it verifies', () => {
    const files = filesOf('go1.25-amd64-nodwarf');
    const alone = run(['layout', 'verify', files[0]!]);
    expect(alone.status).toBe(3);
    expect(alone.stderr).toMatch(/^spanscope: .*has no DWARF[\s\S]*give an image/);
    const both = run(['layout', 'verify', ...files]);
    expect(both.status).toBe(0);
    expect(both.stdout).toContain('✓ the table fits');
    for (const line of both.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('exits 1 where the table does not fit, and names the field in JSON', () => {
    const layout = shifted('amd64', ['nelems'], 8);
    const shown = run(['layout', 'verify', ...filesOf('go1.25-amd64-nodwarf'), '--layout', layout, '--json']);
    expect(shown.status).toBe(1);
    const { mismatches } = JSON.parse(shown.stdout);
    expect(mismatches.map((each: { field: string }) => each.field)).toContain('nelems');
  });
});
