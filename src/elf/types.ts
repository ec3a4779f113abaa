// ELF structures as plain data. Field names follow elf(5) without their prefixes; offsets and sizes are bytes; numbers
// above 2^53 - 1 (vsyscall's address) are kept as they round, and flagged by `exact: false`.

/** Pointer size in bytes and byte order. */
export interface DataShape {
  readonly pointerSize: 4 | 8;
  readonly littleEndian: boolean;
}

export interface ElfHeader {
  readonly bits: 32 | 64;
  readonly littleEndian: boolean;
  readonly osabi: number;
  /** e_type: 2 ET_EXEC, 3 ET_DYN, 4 ET_CORE. */
  readonly type: number;
  /** e_machine, and its name as GOARCH spells it (`amd64`, `arm64`, …); undefined for a machine Go never had. */
  readonly machine: number;
  readonly goarch: string | undefined;
  readonly version: number;
  readonly entry: number;
  readonly phoff: number;
  readonly shoff: number;
  readonly flags: number;
  readonly ehsize: number;
  readonly phentsize: number;
  /** Counts and index after extended numbering (section 0) is resolved. */
  readonly phnum: number;
  readonly shentsize: number;
  readonly shnum: number;
  readonly shstrndx: number;
}

export interface ProgramHeader {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly vaddr: number;
  readonly paddr: number;
  readonly filesz: number;
  readonly memsz: number;
  readonly align: number;
  /** False where a value was 2^53 or more. */
  readonly exact: boolean;
}

export interface SectionHeader {
  readonly index: number;
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly addr: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly addralign: number;
  readonly entsize: number;
  readonly exact: boolean;
}

export interface ElfSymbol {
  readonly name: string;
  readonly value: number;
  readonly size: number;
  readonly info: number;
  readonly other: number;
  readonly shndx: number;
}

export interface ElfNote {
  /** Owner without its NUL: `CORE`, `LINUX`, `Go`, `GNU`, or empty (Delve dumps). */
  readonly owner: string;
  readonly type: number;
  readonly desc: Uint8Array;
}
