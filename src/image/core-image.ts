// The address space of a Linux core, with what it left out filled from the binary's file where that is certain: text and read-only data. In a
// core, memory beyond a segment's file bytes was *not dumped* (never zero), and writable memory that was not dumped stays missing.
import type { CachedSource } from '../bytes/page-cache.js';
import { PF, PT } from '../elf/constants.js';
import type { CoreInfo } from '../elf/core.js';
import type { ElfFile } from '../elf/elf-file.js';
import type { ProgramHeader } from '../elf/types.js';
import { binarySegments, type PlacedBinary } from './binary-image.js';
import { MemoryReader, type SegmentSpec } from './memory-reader.js';

export interface CoreParts {
  readonly elf: ElfFile;
  /** The same bytes as `elf.source`. */
  readonly source: CachedSource;
  readonly info: CoreInfo;
  /** Left out where there is none, or where its place is not known. */
  readonly binary?: PlacedBinary;
  /** Shared libraries, likewise. */
  readonly libraries?: readonly PlacedBinary[];
}

/** Later layers cover earlier ones: what the core lacks, which file it was of, the binary's read-only bytes, the core's bytes. */
export function openCoreImage({ elf, source, info, binary, libraries = [] }: CoreParts): MemoryReader {
  const loads = elf.programHeaders.filter((header) => header.type === PT.LOAD);
  const specs = [
    ...loads.flatMap((load) => notDumped(load)),
    ...foreignFiles(loads, info),
    ...[...libraries, ...(binary === undefined ? [] : [binary])].flatMap((file) =>
      binarySegments(file, 'missing').filter((spec) => spec.origin !== 'missing'),
    ),
    ...loads.flatMap((load) => dumped(load, elf.name, source)),
  ];
  return new MemoryReader(specs, elf, source.cache);
}

/** The whole segment as missing; what was dumped is laid over it. */
function notDumped({ vaddr, filesz, memsz, flags }: ProgramHeader): SegmentSpec[] {
  if (memsz <= filesz) return [];
  const detail = (flags & (PF.R | PF.W | PF.X)) === 0 ? 'reserved, without access' : 'not dumped';
  return [{ start: vaddr, end: vaddr + memsz, flags, origin: 'missing', detail, provider: { kind: 'missing' } }];
}

/** Where NT_FILE names a file for what was not dumped, the file is the reason; also where the core has no segment for it (gdb's leave out what can't be written), whose access is then not known. */
function foreignFiles(loads: readonly ProgramHeader[], info: CoreInfo): SegmentSpec[] {
  const flagsAt = new Map(loads.map((load) => [load.vaddr, load.flags]));
  return info.files.flatMap(({ start, end, path }): SegmentSpec[] => {
    const flags = flagsAt.get(start);
    return [
      {
        start,
        end,
        flags,
        origin: 'missing',
        detail: `not dumped, mapped from ${path}`,
        provider: { kind: 'missing' },
      },
    ];
  });
}

function dumped(
  { vaddr, offset, filesz, flags, exact }: ProgramHeader,
  name: string,
  source: CachedSource,
): SegmentSpec[] {
  if (filesz === 0) return [];
  // Above 2^53 (vsyscall) the reader lists the segment and reads nothing.
  const inFile = exact ? Math.max(0, Math.min(filesz, source.size - offset)) : filesz;
  return [
    {
      start: vaddr,
      end: vaddr + inFile,
      flags,
      origin: 'core',
      detail: name,
      provider: { kind: 'bytes', source, offset },
    },
    {
      start: vaddr + inFile,
      end: vaddr + filesz,
      flags,
      origin: 'missing',
      detail: `${name} ends before`,
      provider: { kind: 'missing' },
    },
  ];
}
