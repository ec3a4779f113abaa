// Where a program's writable data (data, bss) stands in an image: what a search for the runtime's variables goes through.
import { PF, PT } from '../elf/constants.js';
import type { ElfFile } from '../elf/elf-file.js';
import type { Memory } from '../image/memory.js';
import type { AddressRange } from '../image/scan-words.js';

/** Bytes of an image that are taken for the program's data where no binary says which those are. */
const mostUnknownData = 64 * 2 ** 20;

/** The binary's writable segments at their places, ascending; without a binary, or where its load bias is not known, the image's first writable memory. */
export function dataRanges(
  elf: ElfFile | undefined,
  bias: number | undefined,
  memory: Memory,
): readonly AddressRange[] {
  if (elf && bias !== undefined) {
    return elf.programHeaders
      .filter(({ type, flags, exact }) => type === PT.LOAD && exact && (flags & PF.W) !== 0)
      .map(({ vaddr, memsz }) => ({ start: vaddr + bias, end: vaddr + bias + memsz }));
  }
  let left = mostUnknownData;
  const writable = memory.segments.filter(
    ({ origin, flags }) => origin !== 'missing' && origin !== 'zero' && (flags === undefined || (flags & PF.W) !== 0),
  );
  return writable.flatMap(({ start, end }) => {
    const taken = Math.min(end - start, left);
    left -= taken;
    return taken > 0 ? [{ start, end: start + taken }] : [];
  });
}
