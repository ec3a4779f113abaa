// A function table told by its regularity alone: in programs whose header is zeros and that nothing else marks as Go's, and nowhere in a program that is none.
import { copyFileSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PageCache } from '../../src/bytes/page-cache.js';
import { hasFunctionTable } from '../../src/gosym/find-ftab.js';
import { headersIn } from '../../src/gosym/find-pclntab.js';
import { openElf } from '../../src/target/classify.js';
import { openTarget } from '../../src/target/open.js';
import { bounded, hostile } from '../support/costs.js';
import { overwrite, tablePlace, withoutSections } from '../support/damaged-binary.js';
import { TempFolder } from '../support/run-cli.js';

const folder = new TempFolder();
afterAll(() => folder.remove());

const names = ['go1.13-amd64', 'go1.16-amd64', 'go1.18-386', 'go1.21-amd64-pie', 'go1.22-s390x', 'go1.23-arm64', 'go1.27-amd64-mark']; // biome-ignore format: a list

/** No sections, no notes, no build info, no header of the function table. */
function unmarked(name: string): string {
  const server = folder.unpacked(`${name}.server`, 'images', name, 'server.gz');
  const copy = join(folder.path, `${name}.unmarked`);
  copyFileSync(server, copy);
  const { offset, headerBytes } = tablePlace(server);
  overwrite([copy], server, [offset, offset + 4096], (bytes) => bytes.fill(0, 0, headerBytes));
  const { elf } = openElf(server, new PageCache());
  const { phoff, phentsize } = elf.header;
  const file = openSync(copy, 'r+');
  for (const [i, { type }] of elf.programHeaders.entries())
    if (type === 4) writeSync(file, Buffer.alloc(4), 0, 4, phoff + i * phentsize);
  const magic = Buffer.from('\xff Go buildinf:', 'latin1');
  const bytes = readFileSync(copy);
  for (let at = bytes.indexOf(magic); at >= 0; at = bytes.indexOf(magic, at + 1))
    writeSync(file, Buffer.alloc(14), 0, 14, at);
  elf.close();
  return withoutSections(copy, copy);
}

describe.each(names)('%s', (name) => {
  const path = unmarked(name);
  const { elf } = openElf(path, new PageCache());

  it('has a function table', () => {
    expect([...headersIn(readFileSync(path), elf.littleEndian, elf.pointerSize)]).toEqual([]);
    expect(hasFunctionTable(elf)).toBe(true);
  });

  it('is opened as a Go program', () => {
    const target = openTarget({ files: [path], options: {} });
    expect(target.binary?.info.goBuildId).toBeNull();
    target.close();
  });
});

it('is there where functions without any code share their entries with the next ones, as C objects do that Go links itself', () => {
  const path = unmarked('go1.27-amd64-mark');
  const server = join(folder.path, 'go1.27-amd64-mark.server');
  const bytes = readFileSync(path);
  const { offset } = tablePlace(server);
  const header = readFileSync(server).subarray(offset, offset + 72);
  // runtime/symtab.go, pcHeader: nfunc, and where the table of pairs begins, from which its offsets count.
  const functions = Number(header.readBigUInt64LE(8));
  const table = offset + Number(header.readBigUInt64LE(64));
  expect(functions).toBeGreaterThan(1000);
  // No stretch between two of them has as many pairs as a table must have.
  let shared = 0;
  for (let i = 5; i + 1 < functions; i += 6) {
    const next = bytes.readUInt32LE(table + (i + 1) * 8);
    bytes.writeUInt32LE(next, table + i * 8);
    bytes.writeUInt32LE(next, table + bytes.readUInt32LE(table + i * 8 + 4));
    shared += 1;
  }
  expect(shared).toBeGreaterThan(150);
  writeFileSync(path, bytes);
  const { elf } = openElf(path, new PageCache());
  expect(hasFunctionTable(elf)).toBe(true);
});

it('is nowhere in a program of another language, and that is told by reading it twice at most', () => {
  const cache = new PageCache();
  const { elf, source } = openElf(process.execPath, cache);
  const before = cache.bytesRead;
  expect(hasFunctionTable(elf)).toBe(false);
  expect(cache.bytesRead - before).toBeLessThan(2 * source.size);
  bounded(hostile, () => hasFunctionTable(elf));
});

it('is not in a table of zeros, of equal pairs, or of pairs that lead nowhere', () => {
  const name = 'go1.27-amd64-mark';
  const server = folder.unpacked(`${name}.server`, 'images', name, 'server.gz');
  const place = tablePlace(server);
  const { elf } = openElf(server, new PageCache());
  const { offset } = place;
  elf.close();
  const copy = join(folder.path, 'pairs');
  copyFileSync(server, copy);
  overwrite([copy], server, [offset, offset + 4096], (bytes) => bytes.fill(0, 0, place.headerBytes));
  // The records no longer begin with the entries that lead to them.
  overwrite([copy], server, [place.names[1], offset + 400_000], (bytes) => {
    for (let at = 0; at + 8 <= bytes.length; at += 8) {
      bytes.writeUInt32LE(at * 4, at);
      bytes.writeUInt32LE(64 + at * 8, at + 4);
    }
    return bytes;
  });
  const changed = openElf(copy, new PageCache());
  expect(hasFunctionTable(changed.elf)).toBe(false);
});
