// Takes pieces of memory out of plain cores, in place: overwritten with zeros, or not dumped at all. Knows program headers, not what stands in memory.
import { closeSync, openSync, writeSync } from 'node:fs';
import { FileSource } from '../../src/bytes/file-source.js';
import { PT } from '../../src/elf/constants.js';
import { ElfFile } from '../../src/elf/elf-file.js';

export interface Piece {
  readonly start: number;
  readonly end: number;
}

/** Overwrites what the core at `path` has of each of `pieces` with zeros. */
export function blanked(path: string, pieces: readonly Piece[]): string {
  return changed(path, (elf, file) => {
    for (const { vaddr, offset, filesz, type } of elf.programHeaders) {
      if (type !== PT.LOAD) continue;
      for (const { start, end } of pieces) {
        const [from, to] = [Math.max(start, vaddr), Math.min(end, vaddr + filesz)];
        if (from < to) writeSync(file, Buffer.alloc(to - from), 0, undefined, offset + from - vaddr);
      }
    }
  });
}

/** The segments that hold any of `pieces` are then as if they had not been dumped: p_filesz is 0. */
export function withoutSegments(path: string, pieces: readonly Piece[]): string {
  return changed(path, (elf, file) => {
    const { phoff, bits } = elf.header;
    elf.programHeaders.forEach(({ vaddr, filesz, type }, i) => {
      if (type !== PT.LOAD || !pieces.some(({ start, end }) => start < vaddr + filesz && end > vaddr)) return;
      const at = bits === 64 ? phoff + i * 56 + 32 : phoff + i * 32 + 16;
      writeSync(file, Buffer.alloc(bits / 8), 0, undefined, at);
    });
  });
}

function changed(path: string, change: (elf: ElfFile, file: number) => void): string {
  const elf = ElfFile.open(FileSource.open(path));
  const file = openSync(path, 'r+');
  change(elf, file);
  closeSync(file);
  elf.close();
  return path;
}
