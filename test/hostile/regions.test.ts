// Lists of raw regions that lie: addresses, offsets and lengths that are not the image's, regions that overlap, repeat, or lie behind the end of their files. Each
// is shown, with what is missing said, or refused with an InspectError.
import { readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { FileSource } from '../../src/bytes/file-source.js';
import { PT } from '../../src/elf/constants.js';
import { ElfFile } from '../../src/elf/elf-file.js';
import { bounded, hostile } from '../support/costs.js';
import { TempFolder } from '../support/run-cli.js';
import { askEverything } from './questions.js';

const folder = new TempFolder();
afterAll(() => folder.remove());

const runs = 400;

interface Region {
  address: number;
  offset: number;
  length: number;
}

const numbers = fc.oneof(
  fc.constantFrom(0, 1, 7, 4096, 0xc000000000, 2 ** 32 - 1, 2 ** 47, 2 ** 52, 2 ** 53 - 1, 2 ** 53, 2 ** 64),
  fc.nat(2 ** 31 - 1),
);
const change = fc.record({
  what: fc.constantFrom<'address' | 'offset' | 'length' | 'shift' | 'grow' | 'repeat' | 'drop' | 'swap' | 'garbage'>(
    'address',
    'offset',
    'length',
    'shift',
    'grow',
    'repeat',
    'drop',
    'swap',
    'garbage',
  ),
  line: fc.nat(1000),
  other: fc.nat(1000),
  number: numbers,
  text: fc.string({ maxLength: 20 }),
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function lyingList(regions: readonly Region[], changes: readonly Change[], file: string): string {
  const list = regions.map((region) => ({ ...region }));
  const extra: string[] = [];
  for (const { what, line, other, number, text } of changes) {
    const region = list[line % list.length];
    const second = list[other % list.length];
    if (region === undefined || second === undefined) break;
    if (what === 'address' || what === 'offset' || what === 'length') region[what] = number;
    else if (what === 'shift') region.address += (other - 500) * 8;
    else if (what === 'grow') region.length += other * 4096;
    else if (what === 'repeat') list.push({ ...region });
    else if (what === 'drop') list.splice(line % list.length, 1);
    else if (what === 'swap') [region.offset, second.offset] = [second.offset, region.offset];
    else extra.push(text);
  }
  const lines = list.map(({ address, offset, length }) => `${address} ${file} ${offset} ${length}`);
  return [...lines, ...extra].join('\n');
}

it('lists of regions that lie are shown or refused', () => {
  const server = folder.unpacked('server', 'images', 'go1.25-amd64-nodwarf', 'server.gz');
  const core = folder.plain('core', folder.unpacked('packed', 'images', 'go1.25-amd64-nodwarf', 'core.sparse.gz'));
  const elf = ElfFile.open(FileSource.open(core));
  const regions = elf.programHeaders
    .filter(({ type, filesz, exact }) => type === PT.LOAD && filesz > 0 && exact)
    .map(({ vaddr, offset, filesz }) => ({ address: vaddr, offset, length: filesz }));
  elf.close();
  const list = folder.file('regions.txt', '');
  const ask = (changes: readonly Change[]) => {
    writeFileSync(list, lyingList(regions, changes, core));
    return askEverything({ files: [server], options: { regions: list } }, [0xc000000000, 0xc000001000], false);
  };
  // The list itself is a good one.
  expect(ask([])).toMatchObject({ opened: true, refused: 0 });
  expect(readFileSync(list, 'utf8').split('\n').length).toBeGreaterThan(5);
  let [opened, refused] = [0, 0];
  const property = fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
    if (bounded(hostile, () => ask(changes)).opened) opened += 1;
    else refused += 1;
  });
  fc.assert(property, { seed: 5, numRuns: runs, endOnFailure: true });
  expect(opened).toBeGreaterThan(runs / 5);
  expect(refused).toBeGreaterThan(runs / 10);
});
