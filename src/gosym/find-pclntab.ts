// Whether a file without section headers, notes and build info is a Go program all the same: its function table begins with one of four magic numbers.
import { PT } from '../elf/constants.js';
import type { ElfFile } from '../elf/elf-file.js';

/** Bytes of the file that are searched, and how many at a time. */
const mostBytes = 2 ** 28;
const pieceBytes = 2 ** 20;
/** Magic, two zeros, minLC, pointer size: what a header begins with. */
const prefixBytes = 8;
const magics = [0xf1, 0xf0, 0xfa, 0xfb];

/** Whether a header stands in what the program maps. */
export function hasPclntab(elf: ElfFile): boolean {
  const { littleEndian, pointerSize } = elf;
  let left = mostBytes;
  for (const { type, vaddr, filesz, exact } of elf.programHeaders) {
    if (type !== PT.LOAD || !exact) continue;
    for (let at = 0; at < filesz && left > 0; at += pieceBytes - prefixBytes) {
      const bytes = elf.bytesAt(vaddr + at, Math.min(pieceBytes, filesz - at));
      if (holdsHeader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), littleEndian, pointerSize))
        return true;
      if (bytes.length === 0) break;
      left -= bytes.length;
    }
  }
  return false;
}

function holdsHeader(bytes: Buffer, littleEndian: boolean, pointerSize: number): boolean {
  for (const magic of magics) {
    const needle = littleEndian ? [magic, 0xff, 0xff, 0xff, 0, 0] : [0xff, 0xff, 0xff, magic, 0, 0];
    const wanted = Buffer.from(needle);
    for (let at = bytes.indexOf(wanted); at >= 0; at = bytes.indexOf(wanted, at + 1)) {
      const minLC = bytes[at + 6];
      if ((minLC === 1 || minLC === 2 || minLC === 4) && bytes[at + 7] === pointerSize && at % 4 === 0) return true;
    }
  }
  return false;
}
