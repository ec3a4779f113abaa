// Numbers of the ELF specification and of Linux cores that this program compares with, and which machine has which GOARCH.

export const ET = { REL: 1, EXEC: 2, DYN: 3, CORE: 4 } as const;
export const PT = { LOAD: 1, DYNAMIC: 2, INTERP: 3, NOTE: 4, PHDR: 6, TLS: 7, GNU_RELRO: 0x6474e552 } as const;
export const PF = { X: 1, W: 2, R: 4 } as const;
export const SHT = { SYMTAB: 2, STRTAB: 3, RELA: 4, NOTE: 7, NOBITS: 8, REL: 9, DYNSYM: 11 } as const;
export const SHF = { WRITE: 1, ALLOC: 2, EXECINSTR: 4, COMPRESSED: 0x800 } as const;
export const NT = {
  PRSTATUS: 1,
  PRPSINFO: 3,
  AUXV: 6,
  SIGINFO: 0x53494749,
  FILE: 0x46494c45,
  GNU_BUILD_ID: 3,
  GO_BUILD_ID: 4,
} as const;
export const AT = { PHDR: 3, PHENT: 4, PHNUM: 5, PAGESZ: 6, ENTRY: 9, EXECFN: 31 } as const;
export const ELFCOMPRESS = { ZLIB: 1, ZSTD: 2 } as const;

/** Counts that e_phnum, e_shnum and e_shstrndx cannot hold stand in section 0 instead. */
export const PN_XNUM = 0xffff;
export const SHN_XINDEX = 0xffff;

export const EM = {
  I386: 3,
  MIPS: 8,
  PPC64: 21,
  S390: 22,
  ARM: 40,
  X86_64: 62,
  AARCH64: 183,
  RISCV: 243,
  LOONGARCH: 258,
} as const;

/** Every machine that Go for Linux was ever built for: GOARCH by e_machine, word size and byte order. */
const GOARCHES: readonly (readonly [machine: number, bits: 32 | 64, littleEndian: boolean, goarch: string])[] = [
  [EM.I386, 32, true, '386'],
  [EM.X86_64, 64, true, 'amd64'],
  [EM.ARM, 32, true, 'arm'],
  [EM.AARCH64, 64, true, 'arm64'],
  [EM.PPC64, 64, false, 'ppc64'],
  [EM.PPC64, 64, true, 'ppc64le'],
  [EM.S390, 64, false, 's390x'],
  [EM.RISCV, 64, true, 'riscv64'],
  [EM.LOONGARCH, 64, true, 'loong64'],
  [EM.MIPS, 32, false, 'mips'],
  [EM.MIPS, 32, true, 'mipsle'],
  [EM.MIPS, 64, false, 'mips64'],
  [EM.MIPS, 64, true, 'mips64le'],
];

export function goarchOf(machine: number, bits: 32 | 64, littleEndian: boolean): string | undefined {
  return GOARCHES.find((row) => row[0] === machine && row[1] === bits && row[2] === littleEndian)?.[3];
}
