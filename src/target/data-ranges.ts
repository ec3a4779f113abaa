// Where a program's writable data (data, bss) stands in an image: what a search for the runtime's variables goes through.
import { PF, PT } from '../elf/constants.js';
import type { ElfFile } from '../elf/elf-file.js';
import type { Memory } from '../image/memory.js';
import type { AddressRange } from '../image/scan-words.js';

/** Bytes of an image that are taken for the program's data where no binary says which those are. */
const mostUnknownData = 64 * 2 ** 20;

/** The binary's writable segments at their places, ascending and disjoint, whatever its headers say; without a binary, or where its load bias is not known, the image's first writable memory. */
export function dataRanges(
  elf: ElfFile | undefined,
  bias: number | undefined,
  memory: Memory,
): readonly AddressRange[] {
  if (elf && bias !== undefined) {
    return merged(
      elf.programHeaders
        .filter(({ type, flags, exact }) => type === PT.LOAD && exact && (flags & PF.W) !== 0)
        .map(({ vaddr, memsz }) => ({ start: vaddr + bias, end: vaddr + bias + memsz })),
    );
  }
  let left = mostUnknownData;
  const writable = memory.segments.filter(
    ({ origin, flags }) => origin !== 'missing' && origin !== 'zero' && (flags === undefined || (flags & PF.W) !== 0),
  );
  return merged(
    writable.map(({ start, end }) => {
      const taken = Math.min(end - start, left);
      left -= taken;
      return { start, end: start + taken };
    }),
  );
}

/** The same addresses as ascending ranges that neither touch nor overlap, below 2^53; empty ones vanish. */
function merged(ranges: readonly AddressRange[]): AddressRange[] {
  const disjoint: { start: number; end: number }[] = [];
  for (const { start, end } of ranges.toSorted((a, b) => a.start - b.start)) {
    const limit = Math.min(end, Number.MAX_SAFE_INTEGER);
    const last = disjoint.at(-1);
    if (last && start <= last.end) last.end = Math.max(last.end, limit);
    else if (limit > start) disjoint.push({ start, end: limit });
  }
  return disjoint;
}
