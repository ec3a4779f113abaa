// An ELF file's debug sections as the DWARF reader wants them: by bare name, of plain ones the bytes asked for, compressed ones (and those of object files,
// which need relocation) whole at first use. Knows nothing of DWARF itself, which has its own windows.
import type { ByteSource } from '../bytes/byte-source.js';
import { InspectError } from '../bytes/errors.js';
import { readBytes } from '../bytes/read.js';
import { ET } from './constants.js';
import type { ElfFile } from './elf-file.js';
import { applyAbsoluteRelocations } from './relocations.js';
import { type SectionStorage, sectionStorage } from './section-bytes.js';
import type { SectionHeader } from './types.js';

/** What all inflated sections of one file may take together. */
const DEFAULT_INFLATED_BYTES = 256 * 2 ** 20;

interface OpenSection {
  readonly section: SectionHeader;
  readonly storage: SectionStorage;
  /** Whole contents, once they had to be made. */
  whole: Uint8Array | undefined;
}

/**
 * Has the shape of dwarf-parser's DwarfSections, which this layer cannot import. Names are bare: `info`, `abbrev`, `str`. What `read` gives may be a
 * view of a shared buffer and is not to be written.
 */
export class ElfDebugSections {
  readonly littleEndian: boolean;
  readonly #elf: ElfFile;
  readonly #source: ByteSource;
  readonly #open = new Map<string, OpenSection | undefined>();
  #budget: number;
  #bytesRead = 0;

  /**
   * `source` has the same bytes as `elf.source`. Give the file itself where that is seen through a cache: the reader's windows are smaller than a cache's blocks, and a
   * walk over unit headers would read all that lies between them.
   */
  constructor(elf: ElfFile, source: ByteSource = elf.source, inflatedBytes = DEFAULT_INFLATED_BYTES) {
    this.#elf = elf;
    this.#source = source;
    this.littleEndian = elf.littleEndian;
    this.#budget = inflatedBytes;
  }

  /** Uncompressed bytes read or inflated so far. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** Uncompressed size; undefined where there is no such section. Throws InspectError where a compressed section's header is damaged. */
  size(name: string): number | undefined {
    const open = this.#section(name);
    return open === undefined || open.storage.kind === 'none' ? undefined : (open.whole?.length ?? open.storage.size);
  }

  /**
   * Uncompressed bytes [offset, offset+length), fewer at the section's end or where the file is cut. Throws InspectError `malformed`, `unsupported`
   * or `too-large` where a section cannot be inflated.
   */
  read(name: string, offset: number, length: number): Uint8Array {
    const open = this.#section(name);
    if (open === undefined || open.storage.kind === 'none' || !(offset >= 0) || !(length >= 0))
      return new Uint8Array(0);
    const { storage } = open;
    if (storage.kind !== 'plain' || this.#elf.header.type === ET.REL) {
      open.whole ??= this.#readWhole(open.section, storage.size);
      return open.whole.subarray(offset, offset + length);
    }
    const end = Math.min(storage.size, offset + length);
    if (end <= offset) return new Uint8Array(0);
    const bytes = readBytes(this.#source, storage.offset + offset, end - offset);
    this.#bytesRead += bytes.length;
    return bytes;
  }

  #readWhole(section: SectionHeader, size: number): Uint8Array {
    if (size > this.#budget) {
      throw new InspectError(
        'too-large',
        `${this.#elf.name} section ${section.name}`,
        `${size} bytes, ${this.#budget} are left for debug information`,
      );
    }
    const bytes = this.#elf.sectionBytes(section, { inflatedBytes: this.#budget });
    this.#budget -= bytes.length;
    this.#bytesRead += bytes.length;
    applyAbsoluteRelocations(this.#elf, section, bytes);
    return bytes;
  }

  #section(name: string): OpenSection | undefined {
    if (this.#open.has(name)) return this.#open.get(name);
    const section = this.#elf.section(`.debug_${name}`) ?? this.#elf.section(`.zdebug_${name}`);
    const open = section && { section, storage: sectionStorage(this.#elf, section), whole: undefined };
    this.#open.set(name, open);
    return open;
  }
}

/** True if the file has DWARF debug information at all, compressed or not. */
export function hasDebugInfo(elf: ElfFile): boolean {
  return elf.section('.debug_info') !== undefined || elf.section('.zdebug_info') !== undefined;
}
