// Memory as a ByteSource: an ELF file as it lies mapped in an image (its first page holds headers and often the build ID) can be read like a file.
import type { ByteSource } from '../bytes/byte-source.js';
import { InspectError } from '../bytes/errors.js';
import { type BuildIds, readBuildIds } from '../elf/build-ids.js';
import { AT } from '../elf/constants.js';
import type { CoreInfo, MappedFile } from '../elf/core.js';
import { ElfFile } from '../elf/elf-file.js';
import type { Memory } from './memory.js';

/** The bytes from `base` on, as far as the memory is readable without a gap. */
class MemorySource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #memory: Memory;
  readonly #base: number;

  constructor(name: string, memory: Memory, base: number) {
    this.name = name;
    this.#memory = memory;
    this.#base = base;
    let end = base;
    for (const segment of memory.segments) {
      if (segment.start <= end && end < segment.end && segment.origin !== 'missing') end = segment.end;
    }
    this.size = end - base;
  }

  read(offset: number, target: Uint8Array): number {
    return this.#memory.copy(this.#base + offset, target, 0, Math.min(target.length, Math.max(0, this.size - offset)));
  }

  /** The memory is not this source's to close. */
  close(): void {}
}

/** The mapping of the program that the core is of: the one that holds its program headers (AT_PHDR), at file offset 0 of the same file. */
export function mainMapping(core: CoreInfo): MappedFile | undefined {
  const phdr = core.auxv.get(AT.PHDR);
  const holding = phdr === undefined ? undefined : core.files.find(({ start, end }) => phdr >= start && phdr < end);
  return holding && (core.files.find(({ path, offset }) => path === holding.path && offset === 0) ?? holding);
}

/**
 * The build IDs of the program as the image itself holds them (kernel cores and gcore keep the first page of every ELF mapping). Must be asked of an image
 * without the binary laid under it. Undefined for both where the image does not hold them.
 */
export function imageBuildIds(memory: Memory, core: CoreInfo): BuildIds {
  const base = programBase(core);
  return (base === undefined ? undefined : mappedBuildIds(memory, base)) ?? { go: undefined, gnu: undefined };
}

/** Where the program's ELF header stands mapped, as far as the core says. */
function programBase(core: CoreInfo): number | undefined {
  const phdr = core.auxv.get(AT.PHDR);
  return mainMapping(core)?.start ?? (phdr === undefined ? undefined : Number(phdr) - (Number(phdr) % 4096));
}

/** The program as its headers in the image describe it, which are those of its file; undefined where the image does not hold them. */
export function mappedProgram(memory: Memory, core: CoreInfo): ElfFile | undefined {
  const base = programBase(core);
  return base === undefined ? undefined : mappedElf(memory, base);
}

/** The build IDs of the ELF file that is mapped from `base` on, as far as the image holds it; undefined where no ELF file stands there. */
export function mappedBuildIds(memory: Memory, base: number): BuildIds | undefined {
  const elf = mappedElf(memory, base);
  return elf && readBuildIds(elf);
}

/** The headers of the ELF file that is mapped from `base` on, as the image holds them; undefined where no ELF file stands there. */
export function mappedElf(memory: Memory, base: number): ElfFile | undefined {
  try {
    return ElfFile.open(new MemorySource('the file mapped in the image', memory, base));
  } catch (error) {
    if (error instanceof InspectError) return undefined;
    throw error;
  }
}
