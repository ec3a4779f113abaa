// The only door to elfy, which decodes single header entries out of small windows. What elfy lacks or gets wrong is read here: numbers of
// types and machines that it has no name for (it gives names only), section and segment flags as a number, ELF64 sh_addralign and
// sh_entsize (elfy reads offsets 46 and 54 instead of 48 and 56), and whether a value fits a number exactly.
import elfy from 'elfy';
import type { ProgramHeader, SectionHeader } from './types.js';

/** Sizes of the three kinds of entry, by word size. */
export const ENTRY_BYTES = {
  32: { header: 52, program: 32, section: 40 },
  64: { header: 64, program: 56, section: 64 },
} as const;

/** The file header as it stands in the file: counts before extended numbering. */
export interface RawHeader {
  readonly osabi: number;
  readonly type: number;
  readonly machine: number;
  readonly version: number;
  readonly entry: number;
  readonly phoff: number;
  readonly shoff: number;
  readonly flags: number;
  readonly ehsize: number;
  readonly phentsize: number;
  readonly phnum: number;
  readonly shentsize: number;
  readonly shnum: number;
  readonly shstrndx: number;
  readonly exact: boolean;
}

/** A section header whose name is still an offset into the name table. */
export type RawSection = Omit<SectionHeader, 'name' | 'index'> & { readonly nameOffset: number };

const NOTHING = Buffer.alloc(0);

/** Decodes entries of one word size and byte order. Every window given must be at least as long as ENTRY_BYTES says. */
export class EntryDecoder {
  readonly #parser = new elfy.Parser();
  readonly #bits: 32 | 64;
  readonly #littleEndian: boolean;
  readonly #class: { readonly class: '32' | '64' };

  constructor(bits: 32 | 64, littleEndian: boolean) {
    this.#bits = bits;
    this.#littleEndian = littleEndian;
    this.#class = { class: bits === 32 ? '32' : '64' };
    this.#parser.setEndian(littleEndian ? 'lsb' : 'msb');
    this.#parser.setWord(bits === 32 ? 4 : 8);
  }

  header(window: Uint8Array): RawHeader {
    const decoded = this.#parser.parseHeader(asBuffer(window));
    const view = viewOf(window);
    return {
      osabi: view.getUint8(7),
      type: view.getUint16(16, this.#littleEndian),
      machine: view.getUint16(18, this.#littleEndian),
      version: decoded.version,
      entry: decoded.entry,
      phoff: decoded.phoff,
      shoff: decoded.shoff,
      flags: decoded.flags,
      ehsize: decoded.ehsize,
      phentsize: decoded.phentsize,
      phnum: decoded.phnum,
      shentsize: decoded.shentsize,
      shnum: decoded.shnum,
      shstrndx: decoded.shstrndx,
      exact: exact([decoded.entry, decoded.phoff, decoded.shoff]),
    };
  }

  program(window: Uint8Array): ProgramHeader {
    const { offset, vaddr, paddr, filesz, memsz, align } = this.#parser.parseProgram(
      asBuffer(window),
      this.#class,
      NOTHING,
    );
    const view = viewOf(window);
    return {
      type: view.getUint32(0, this.#littleEndian),
      flags: view.getUint32(this.#bits === 32 ? 24 : 4, this.#littleEndian),
      offset,
      vaddr,
      paddr,
      filesz,
      memsz,
      align,
      exact: exact([offset, vaddr, paddr, filesz, memsz, align]),
    };
  }

  section(window: Uint8Array): RawSection {
    const decoded = this.#parser.parseSection(asBuffer(window), this.#class, NOTHING);
    const view = viewOf(window);
    const wide = this.#bits === 64;
    const flags = wide ? this.#uint64(view, 8) : view.getUint32(8, this.#littleEndian);
    const addralign = wide ? this.#uint64(view, 48) : decoded.addralign;
    const entsize = wide ? this.#uint64(view, 56) : decoded.entsize;
    return {
      nameOffset: decoded.name,
      type: view.getUint32(4, this.#littleEndian),
      flags,
      addr: decoded.addr,
      offset: decoded.off,
      size: decoded.size,
      link: decoded.link,
      info: decoded.info,
      addralign,
      entsize,
      exact: exact([flags, decoded.addr, decoded.off, decoded.size, addralign, entsize]),
    };
  }

  #uint64(view: DataView, at: number): number {
    return Number(view.getBigUint64(at, this.#littleEndian));
  }
}

/** Values of 2^53 and more have been rounded (2^53 itself may be 2^53 + 1). */
function exact(values: readonly number[]): boolean {
  return values.every(Number.isSafeInteger);
}

function asBuffer(window: Uint8Array): Buffer {
  return Buffer.from(window.buffer, window.byteOffset, window.byteLength);
}

function viewOf(window: Uint8Array): DataView {
  return new DataView(window.buffer, window.byteOffset, window.byteLength);
}
