// Where the registers stand in the NT_PRSTATUS note of each machine, as data: a new machine is a row. Knows nothing of what Go does with them.
import { EM } from './constants.js';

export interface RegisterLayout {
  /** Names in the order of the machine's elf_gregset_t; each takes one pointer-sized word. Empty: a word that is nobody's. */
  readonly names: readonly string[];
  readonly pc: string;
  readonly sp: string;
}

/** Linux arch/x86/include/asm/user_64.h, struct user_regs_struct. */
const AMD64: RegisterLayout = {
  names:
    'r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss fs_base gs_base ds es fs gs'.split(
      ' ',
    ),
  pc: 'rip',
  sp: 'rsp',
};

/** Linux arch/arm64/include/uapi/asm/ptrace.h, struct user_pt_regs. */
const ARM64: RegisterLayout = {
  names: [...Array.from({ length: 31 }, (_, i) => `x${i}`), 'sp', 'pc', 'pstate'],
  pc: 'pc',
  sp: 'sp',
};

const LAYOUTS: ReadonlyMap<number, RegisterLayout> = new Map([
  [EM.X86_64, AMD64],
  [EM.AARCH64, ARM64],
]);

/** The layout for an e_machine; undefined for machines whose threads are listed without registers. */
export function registerLayout(machine: number): RegisterLayout | undefined {
  return LAYOUTS.get(machine);
}
