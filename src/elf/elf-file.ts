// One opened ELF file: headers, program headers, sections, and bytes by section or by link-time address. Knows nothing of Go. A file cut
// anywhere behind its header opens: what is there is given, what is not is listed in `problems`.
import type { ByteSource } from '../bytes/byte-source.js';
import { readBytes } from '../bytes/read.js';
import { readHeader } from './header.js';
import { Problems } from './problems.js';
import { readSectionBytes, type SectionLimits } from './section-bytes.js';
import { readSections } from './sections.js';
import { fileRangeAt, readProgramHeaders } from './segments.js';
import type { ElfHeader, ProgramHeader, SectionHeader } from './types.js';

export class ElfFile {
  /** As the user named it. */
  readonly name: string;
  readonly source: ByteSource;
  readonly header: ElfHeader;
  readonly programHeaders: readonly ProgramHeader[];
  readonly sections: readonly SectionHeader[];
  readonly pointerSize: 4 | 8;
  readonly littleEndian: boolean;
  readonly #problems: Problems;
  readonly #byName = new Map<string, SectionHeader>();

  private constructor(source: ByteSource, problems: Problems) {
    this.name = source.name;
    this.source = source;
    this.#problems = problems;
    this.header = readHeader(source, problems);
    this.pointerSize = this.header.bits === 32 ? 4 : 8;
    this.littleEndian = this.header.littleEndian;
    this.programHeaders = readProgramHeaders(source, this.header, problems);
    this.sections = readSections(source, this.header, problems);
    for (const section of this.sections) {
      if (section.name !== '' && !this.#byName.has(section.name)) this.#byName.set(section.name, section);
    }
  }

  /** Throws InspectError `unknown-format`, `malformed` or `truncated` where the file header cannot be used, `read-failed`; nothing else. */
  static open(source: ByteSource): ElfFile {
    return new ElfFile(source, new Problems());
  }

  /** What is wrong with the file though it is used: phrases for people, a bounded number. */
  get problems(): readonly string[] {
    return this.#problems.all();
  }

  /** The first section of that name. */
  section(name: string): SectionHeader | undefined {
    return this.#byName.get(name);
  }

  /**
   * A section's contents, uncompressed (SHF_COMPRESSED with zlib or zstd, and `.zdebug_*`); fewer bytes than promised where the file is cut.
   * Throws InspectError `malformed`, `unsupported` or `too-large` for compressed contents that cannot or should not be unpacked.
   */
  sectionBytes(section: SectionHeader, limits?: SectionLimits): Uint8Array {
    return readSectionBytes(this, section, limits);
  }

  /** The file's bytes for [vaddr, vaddr+length) at link-time addresses; fewer, or none, where no segment has bytes for them in the file. */
  bytesAt(vaddr: number, length: number): Uint8Array {
    const range = fileRangeAt(this.programHeaders, vaddr);
    return range === undefined
      ? new Uint8Array(0)
      : readBytes(this.source, range.offset, Math.min(length, range.length));
  }

  close(): void {
    this.source.close();
  }
}
