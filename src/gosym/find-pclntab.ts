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
      if (!headersIn(bytes, littleEndian, pointerSize).next().done) return true;
      if (bytes.length === 0) break;
      left -= bytes.length;
    }
  }
  return false;
}

/** Offsets in `bytes`, which begin at a multiple of four, at which a header of one of the formats may stand: magic, zeros, minLC and pointer size are right. */
export function* headersIn(bytes: Uint8Array, littleEndian: boolean, pointerSize: number): Generator<number> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const magic of magics) {
    const wanted = Buffer.from(littleEndian ? [magic, 0xff, 0xff, 0xff, 0, 0] : [0xff, 0xff, 0xff, magic, 0, 0]);
    for (let at = buffer.indexOf(wanted); at >= 0; at = buffer.indexOf(wanted, at + 1)) {
      const minLC = buffer[at + 6];
      if ((minLC === 1 || minLC === 2 || minLC === 4) && buffer[at + 7] === pointerSize && at % 4 === 0) yield at;
    }
  }
}
