// The part of elfy 1.0.0 that elfy-adapter.ts uses; elfy ships no types.
declare module 'elfy' {
  interface FileHeader {
    readonly osabi: string | undefined;
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
  }
  interface ProgramEntry {
    readonly offset: number;
    readonly vaddr: number;
    readonly paddr: number;
    readonly filesz: number;
    readonly memsz: number;
    readonly align: number;
  }
  interface SectionEntry {
    /** Offset into the section name table. */
    readonly name: number;
    readonly addr: number;
    readonly off: number;
    readonly size: number;
    readonly link: number;
    readonly info: number;
    readonly addralign: number;
    readonly entsize: number;
  }
  class Parser {
    setEndian(endian: 'lsb' | 'msb'): void;
    setWord(bytes: 4 | 8): void;
    parseHeader(window: Buffer): FileHeader;
    parseProgram(entry: Buffer, header: { readonly class: '32' | '64' }, file: Buffer): ProgramEntry;
    parseSection(entry: Buffer, header: { readonly class: '32' | '64' }, file: Buffer): SectionEntry;
  }
  const elfy: { readonly Parser: typeof Parser };
  export = elfy;
}
