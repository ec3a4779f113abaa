// Load-time relocations of a real position-independent program: the dynamic section leads to those that the section headers name, and what it says of sizes is not believed.
import { readFileSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { BufferSource } from '../../src/bytes/buffer-source.js';
import { PT } from '../../src/elf/constants.js';
import { ElfFile } from '../../src/elf/elf-file.js';
import { relativeAddendAt, relativeRelocations } from '../../src/elf/relocations.js';
import { withoutSections } from '../support/headerless.js';
import { TempFolder } from '../support/run-cli.js';

const folder = new TempFolder();
afterAll(() => folder.remove());

const server = folder.unpacked('server', 'images', 'go1.21-amd64-pie', 'server.gz');
const bare = readFileSync(withoutSections(server, `${server}.bare`));
const open = (bytes: Uint8Array) => ElfFile.open(new BufferSource('server', bytes));
const whole = open(readFileSync(server));

it('are the same without section headers', () => {
  const elf = open(bare);
  expect(elf.sections).toEqual([]);
  const found = relativeRelocations(whole);
  expect(found.length).toBeGreaterThan(1000);
  expect(relativeRelocations(elf)).toEqual(found);
  const { offset, addend } = found[500]!;
  expect(relativeAddendAt(elf, offset)).toBe(addend);
});

it('end with the segment, however long they are said to be', () => {
  const { offset, filesz } = whole.programHeaders.find(({ type }) => type === PT.DYNAMIC)!;
  const lying = Buffer.from(bare);
  for (let at = offset; at < offset + filesz; at += 16)
    if (lying.readBigUInt64LE(at) === 8n) lying.writeBigUInt64LE(2n ** 60n, at + 8);
  const found = relativeRelocations(open(lying));
  expect(found.length).toBeGreaterThanOrEqual(relativeRelocations(whole).length);
  expect(found.length).toBeLessThan(bare.length / 24);
});
