// What a binary's own file tells about the address space: text and read-only data as they are mapped, and writable data either in its initial state (a
// binary alone) or missing (under an image: what a process wrote is not in the file).
import type { CachedSource } from '../bytes/page-cache.js';
import { PF, PT } from '../elf/constants.js';
import type { ElfFile } from '../elf/elf-file.js';
import { MemoryReader, type SegmentSpec } from './memory-reader.js';

/** The smallest page of any Linux port. */
const PAGE = 4096;

/** A binary, its bytes through the image's cache, and what is added to its link-time addresses. */
export interface PlacedBinary {
  readonly elf: ElfFile;
  /** The same bytes as `elf.source`. */
  readonly source: CachedSource;
  readonly bias: number;
}

/** `initial`: writable data as the file has it, bss as zeros. `missing`: writable data is not known. */
export type WritableData = 'initial' | 'missing';

/** The binary's PT_LOAD segments at their places. Memory beyond a segment's file bytes is zero in a binary (bss). */
export function binarySegments({ elf, source, bias }: PlacedBinary, writable: WritableData): SegmentSpec[] {
  const specs: SegmentSpec[] = [];
  for (const { type, flags, vaddr, offset, filesz, memsz, exact } of elf.programHeaders) {
    if (type !== PT.LOAD || !exact) continue;
    const start = vaddr + bias;
    const end = start + Math.max(filesz, memsz);
    if ((flags & PF.W) !== 0 && writable === 'missing') {
      specs.push({
        start,
        end,
        flags,
        origin: 'missing',
        detail: 'writable data, not in the image',
        provider: { kind: 'missing' },
      });
      continue;
    }
    // Whole pages are mapped, so what the file has behind a read-only segment is there too, up to the page's end.
    const wholePages = (flags & PF.W) === 0 && memsz <= filesz ? roundUp(start + filesz) - start : filesz;
    const present = start + Math.max(0, Math.min(wholePages, source.size - offset));
    const fileEnd = Math.max(start + filesz, present);
    specs.push({
      start,
      end: present,
      flags,
      origin: 'binary',
      detail: elf.name,
      provider: { kind: 'bytes', source, offset },
    });
    specs.push({
      start: present,
      end: fileEnd,
      flags,
      origin: 'missing',
      detail: `${elf.name} ends before`,
      provider: { kind: 'missing' },
    });
    if (fileEnd < end)
      specs.push({ start: fileEnd, end, flags, origin: 'zero', detail: 'bss', provider: { kind: 'zero' } });
  }
  return specs;
}

/** The address space of a binary without an image, at its link-time addresses. */
export function openBinaryImage(elf: ElfFile, source: CachedSource): MemoryReader {
  return new MemoryReader(binarySegments({ elf, source, bias: 0 }, 'initial'), elf, source.cache);
}

function roundUp(address: number): number {
  return Math.ceil(address / PAGE) * PAGE;
}
