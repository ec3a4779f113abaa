// Whether a binary is a Go program, by what Go's linker leaves in it: the build ID note, the function table, the build info.

import { readBuildIds } from '../elf/build-ids.js';
import type { ElfFile } from '../elf/elf-file.js';
import { readBuildInfo } from './build-info.js';

export interface GoEvidence {
  /** A note of owner `Go`. */
  readonly note: boolean;
  /** A section called `.gopclntab` (or `.data.rel.ro.gopclntab` in externally linked position-independent ones). */
  readonly pclntab: boolean;
  readonly buildInfo: boolean;
}

/** Undefined where nothing says that the binary is a Go program. A binary whose section headers, notes and build info were wiped may be one all the same. */
export function goEvidence(elf: ElfFile): GoEvidence | undefined {
  const evidence = {
    note: readBuildIds(elf).go !== undefined,
    pclntab: elf.section('.gopclntab') !== undefined || elf.section('.data.rel.ro.gopclntab') !== undefined,
    buildInfo: readBuildInfo(elf) !== undefined,
  };
  return evidence.note || evidence.pclntab || evidence.buildInfo ? evidence : undefined;
}
