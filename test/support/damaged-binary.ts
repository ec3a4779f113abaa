// Copies of a program (and of its core, where that holds read-only data too) in which something was overwritten, as tools that hide names and careless
// packers do. Knows where things stand by the section headers of the whole program.
import { closeSync, copyFileSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { PageCache } from '../../src/bytes/page-cache.js';
import { PT } from '../../src/elf/constants.js';
import { readPclntabHeader } from '../../src/gosym/pclntab.js';
import { openBinaryImage } from '../../src/image/binary-image.js';
import { openElf } from '../../src/target/classify.js';

export interface TablePlace {
  /** Of the table, in the file. */
  readonly offset: number;
  readonly headerBytes: number;
  /** [start, end) of the bytes that hold the names of functions, in the file, and whether nothing else stands there (1.16+). */
  readonly names: readonly [number, number];
  readonly namesAlone: boolean;
  /** Where the last segment that is loaded ends in the file, and where the section headers begin. */
  readonly lastSegment: readonly [number, number];
  readonly sectionHeaders: number;
}

/** Where the function table of a program with section headers stands. */
export function tablePlace(path: string): TablePlace {
  const { elf, source } = openElf(path, new PageCache());
  const section = elf.section('.gopclntab') ?? elf.section('.data.rel.ro.gopclntab');
  if (!section) throw new Error(`${path} has no .gopclntab`);
  const header = readPclntabHeader(openBinaryImage(elf, source), section.addr);
  if (!header) throw new Error(`${path} has no function table in .gopclntab`);
  const words = { 'go1.2': 1, 'go1.16': 7, 'go1.18': 8, 'go1.20': 8 }[header.format];
  const names: [number, number] =
    header.format === 'go1.2'
      ? [section.offset, section.offset + section.size]
      : [section.offset + header.funcnametab - section.addr, section.offset + header.cutab! - section.addr];
  const last = elf.programHeaders.filter(({ type, filesz }) => type === PT.LOAD && filesz > 0).at(-1)!;
  const place = {
    offset: section.offset,
    headerBytes: 8 + words * elf.pointerSize,
    names,
    namesAlone: header.format !== 'go1.2',
    lastSegment: [last.offset, last.offset + last.filesz] as const,
    sectionHeaders: elf.header.shoff,
  };
  elf.close();
  return place;
}

/** The file without section headers: e_shoff, e_shnum and e_shstrndx are zero. */
export function withoutSections(path: string, copy: string): string {
  if (copy !== path) copyFileSync(path, copy);
  const file = openSync(copy, 'r+');
  const ident = Buffer.alloc(6);
  readSync(file, ident, 0, 6, 0);
  const wide = ident[4] === 2;
  writeSync(file, Buffer.alloc(wide ? 8 : 4), 0, undefined, wide ? 0x28 : 0x20);
  writeSync(file, Buffer.alloc(4), 0, undefined, wide ? 0x3c : 0x30);
  closeSync(file);
  return copy;
}

/** Overwrites bytes of the program with what `change` makes of them, and the same bytes wherever the core has them. Returns how many times. */
export function overwrite(
  files: readonly string[],
  original: string,
  [start, end]: readonly [number, number],
  change: (bytes: Buffer) => Buffer,
): number {
  const before = readFileSync(original).subarray(start, end);
  const after = change(Buffer.from(before));
  let times = 0;
  for (const file of files) {
    const bytes = readFileSync(file);
    const places: number[] = [];
    for (let at = bytes.indexOf(before); at >= 0; at = bytes.indexOf(before, at + 1)) places.push(at);
    const handle = openSync(file, 'r+');
    for (const at of places) writeSync(handle, after, 0, after.length, at);
    closeSync(handle);
    times += places.length;
  }
  return times;
}

/** Names as garbage: each letter becomes another, differently in each name. */
export function garbled(bytes: Buffer): Buffer {
  let salt = 1;
  for (let i = 0; i < bytes.length; i += 1) {
    if (bytes[i] === 0) salt = (salt * 31 + i) % 9973;
    else bytes[i] = 97 + ((bytes[i]! + salt + i) % 26);
  }
  return bytes;
}

/** The same for the runtime's names among other bytes. */
export function garbledRuntime(bytes: Buffer): Buffer {
  for (let at = bytes.indexOf('runtime.'); at >= 0; at = bytes.indexOf('runtime.', at + 1))
    garbled(bytes.subarray(at, bytes.indexOf(0, at)));
  return bytes;
}
