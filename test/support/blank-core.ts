// Copies of cores with pieces of memory taken out: overwritten with zeros, or not dumped at all. Knows program headers, not what stands in memory.
import { closeSync, copyFileSync, openSync, writeSync } from 'node:fs';
import { FileSource } from '../../src/bytes/file-source.js';
import { PT } from '../../src/elf/constants.js';
import { ElfFile } from '../../src/elf/elf-file.js';

export interface Piece {
  readonly start: number;
  readonly end: number;
}

/** Overwrites what the (plain) core at `path` has of each of `pieces` with zeros, in a copy. */
export function blanked(path: string, copy: string, pieces: readonly Piece[]): string {
  return changed(path, copy, (elf, file) => {
    for (const { vaddr, offset, filesz, type } of elf.programHeaders) {
      if (type !== PT.LOAD) continue;
      for (const { start, end } of pieces) {
        const [from, to] = [Math.max(start, vaddr), Math.min(end, vaddr + filesz)];
        if (from < to) writeSync(file, Buffer.alloc(to - from), 0, undefined, offset + from - vaddr);
      }
    }
  });
}

/** The segments that hold any of `pieces` are in the copy as if they had not been dumped: p_filesz is 0. */
export function withoutSegments(path: string, copy: string, pieces: readonly Piece[]): string {
  return changed(path, copy, (elf, file) => {
    const { phoff, bits } = elf.header;
    elf.programHeaders.forEach(({ vaddr, filesz, type }, i) => {
      if (type !== PT.LOAD || !pieces.some(({ start, end }) => start < vaddr + filesz && end > vaddr)) return;
      const at = bits === 64 ? phoff + i * 56 + 32 : phoff + i * 32 + 16;
      writeSync(file, Buffer.alloc(bits / 8), 0, undefined, at);
    });
  });
}

/** Bytes of the core at `path` at an address; undefined where it has none. */
export function offsetOf(path: string, address: number): number | undefined {
  const elf = ElfFile.open(FileSource.open(path));
  const load = elf.programHeaders.find(
    ({ type, vaddr, filesz }) => type === PT.LOAD && address >= vaddr && address < vaddr + filesz,
  );
  elf.close();
  return load && load.offset + address - load.vaddr;
}

function changed(path: string, copy: string, change: (elf: ElfFile, file: number) => void): string {
  copyFileSync(path, copy);
  const elf = ElfFile.open(FileSource.open(path));
  const file = openSync(copy, 'r+');
  change(elf, file);
  closeSync(file);
  elf.close();
  return copy;
}
