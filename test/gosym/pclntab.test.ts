// The function table of real binaries against their symbol table, and what is no such table.
import { afterAll, describe, expect, it } from 'vitest';
import { PageCache } from '../../src/bytes/page-cache.js';
import { lookupSymbols } from '../../src/elf/symbols.js';
import { Pclntab, readPclntabHeader } from '../../src/gosym/pclntab.js';
import { openBinaryImage } from '../../src/image/binary-image.js';
import { openElf } from '../../src/target/classify.js';
import { TempFolder } from '../support/run-cli.js';

const folder = new TempFolder();
afterAll(() => folder.remove());

const cases = [
  { name: 'go1.16-amd64', format: 'go1.16' },
  { name: 'go1.23-arm64', format: 'go1.20' },
  { name: 'go1.27-amd64-mark', format: 'go1.20' },
];
const wanted = ['runtime.mallocgc', 'runtime.(*mheap).alloc', 'runtime.mstart1', 'runtime.gcStart', 'main.main'];

describe.each(cases)('$name', ({ name, format }) => {
  const { elf, source } = openElf(folder.unpacked(name, 'images', name, 'server.gz'), new PageCache());
  const memory = openBinaryImage(elf, source);
  const address = elf.section('.gopclntab')!.addr;
  const header = readPclntabHeader(memory, address)!;
  const symbols = lookupSymbols(elf, [...wanted, 'runtime.text', 'runtime.etext']);
  const table = new Pclntab(memory, header, symbols.get('runtime.text')!.value);

  it('has a header', () => {
    expect(header).toMatchObject({ format, magicKnown: true, address });
    expect(header.functionCount).toBeGreaterThan(1000);
  });

  it('finds the function of each pc, with its name', () => {
    for (const symbol of wanted) {
      const { value, size } = symbols.get(symbol)!;
      for (const pc of [value, value + 1, value + Number(size) - 1]) {
        const found = table.functionOf(pc)!;
        expect(found.entry, symbol).toBe(value);
        expect(table.nameOf(found)).toBe(symbol);
      }
    }
    expect(table.functionOf(symbols.get('runtime.text')!.value - 1)).toBeUndefined();
    expect(table.functionOf(symbols.get('runtime.etext')!.value + 4096)).toBeUndefined();
  });

  it('finds functions by name', () => {
    const found = new Map(table.named(new Set([...wanted, 'runtime.nosuch'])));
    expect([...found.keys()].sort()).toEqual([...wanted].sort());
    for (const symbol of wanted) expect(found.get(symbol)?.entry).toBe(symbols.get(symbol)!.value);
  });

  it('finds all functions of a package that are asked for by name, wherever the search ends', () => {
    const byName = new Map<string, number>();
    for (let i = 0; i < header.functionCount; i += 1) {
      const fn = table.functionAt(i)!;
      const of = table.nameOf(fn)!;
      if (/^runtime\.[^.]*$/.test(of) && !byName.has(of)) byName.set(of, fn.entry);
    }
    // The package's own: names that other packages link into it stand with them.
    const names = [...byName.keys()].filter((_, i) => i % 7 === 0);
    const found = new Map<string, number>();
    for (const [of, { entry }] of table.named(new Set(names))) if (!found.has(of)) found.set(of, entry);
    expect(names.length).toBeGreaterThan(100);
    expect(found).toEqual(new Map(names.map((of) => [of, byName.get(of)])));
  });

  it('is no table anywhere else', () => {
    expect(readPclntabHeader(memory, address + 8, true)).toBeUndefined();
    expect(readPclntabHeader(memory, address - 64, true)).toBeUndefined();
    expect(readPclntabHeader(memory, 0x10, true)).toBeUndefined();
  });
});
