// Where the registers stand in the NT_PRSTATUS note of each machine, as data: a new machine is a row. Names are gdb's. Knows nothing of what Go does with
// them, but for the register in which Go's assembler keeps g.
import { EM } from './constants.js';

export interface RegisterLayout {
  /**
   * The machine's elf_gregset_t, from its beginning: one name a register, each of one pointer-sized word, `name/4` of four bytes. `-` is a word that is
   * nobody's. What stands behind the last one is not looked at.
   */
  readonly names: readonly string[];
  readonly pc: string;
  readonly sp: string;
  /** The link register, on machines that have one. */
  readonly lr: string | undefined;
  /**
   * Where g is while Go code runs (cmd/internal/obj: REGG, `g`). On amd64 that is so since the register ABI, in 386 never: it is in thread-local storage there. In
   * a thread that is in C or in the vDSO it may hold anything.
   */
  readonly g: string | undefined;
}

const numbered = (prefix: string, from: number, to: number, suffix = ''): string[] =>
  Array.from({ length: to - from }, (_, i) => `${prefix}${from + i}${suffix}`);
const words = (text: string): string[] => text.split(' ');

/** Linux arch/x86/include/asm/user_64.h, struct user_regs_struct. */
const AMD64: RegisterLayout = {
  names: words(
    'r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss fs_base gs_base ds es fs gs',
  ),
  pc: 'rip',
  sp: 'rsp',
  lr: undefined,
  g: 'r14',
};

/** Linux arch/x86/include/asm/user_32.h, struct user_regs_struct. */
const I386: RegisterLayout = {
  names: words('ebx ecx edx esi edi ebp eax ds es fs gs orig_eax eip cs eflags esp ss'),
  pc: 'eip',
  sp: 'esp',
  lr: undefined,
  g: undefined,
};

/** Linux arch/arm64/include/uapi/asm/ptrace.h, struct user_pt_regs. */
const ARM64: RegisterLayout = {
  names: [...numbered('x', 0, 31), 'sp', 'pc', 'cpsr'],
  pc: 'pc',
  sp: 'sp',
  lr: 'x30',
  g: 'x28',
};

/** Linux arch/arm/include/uapi/asm/ptrace.h, struct pt_regs. */
const ARM: RegisterLayout = {
  names: [...numbered('r', 0, 13), 'sp', 'lr', 'pc', 'cpsr', 'orig_r0'],
  pc: 'pc',
  sp: 'sp',
  lr: 'lr',
  g: 'r10',
};

/** Linux arch/powerpc/include/uapi/asm/ptrace.h, struct pt_regs. */
const PPC64: RegisterLayout = {
  names: [...numbered('r', 0, 32), ...words('pc msr orig_r3 ctr lr xer cr - trap dar dsisr result')],
  pc: 'pc',
  sp: 'r1',
  lr: 'lr',
  g: 'r30',
};

/** Linux arch/riscv/include/uapi/asm/ptrace.h, struct user_regs_struct. */
const RISCV64: RegisterLayout = {
  names: words('pc ra sp gp tp t0 t1 t2 fp s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6'),
  pc: 'pc',
  sp: 'sp',
  lr: 'ra',
  g: 's11',
};

/** Linux arch/s390/include/uapi/asm/ptrace.h, s390_regs: the PSW, sixteen general registers, sixteen access registers of four bytes. */
const S390X: RegisterLayout = {
  names: ['pswm', 'pswa', ...numbered('r', 0, 16), ...numbered('acr', 0, 16, '/4'), 'orig_r2'],
  pc: 'pswa',
  sp: 'r15',
  lr: 'r14',
  g: 'r13',
};

const MIPS_NAMES = [...numbered('r', 0, 32), ...words('lo hi pc badvaddr status cause')];
/** Linux arch/mips/include/uapi/asm/reg.h: the o32 set begins with six empty words (MIPS32_EF_R0), the n64 set with none (MIPS64_EF_R0). */
const MIPS32: RegisterLayout = {
  names: [...words('- - - - - -'), ...MIPS_NAMES],
  pc: 'pc',
  sp: 'r29',
  lr: 'r31',
  g: 'r30',
};
const MIPS64: RegisterLayout = { ...MIPS32, names: MIPS_NAMES };

/** Linux arch/loongarch/include/asm/elf.h: LOONGARCH_EF_R0, EF_ORIG_A0, EF_CSR_ERA, EF_CSR_BADV. */
const LOONG64: RegisterLayout = {
  names: [...numbered('r', 0, 32), 'orig_a0', 'pc', 'badv'],
  pc: 'pc',
  sp: 'r3',
  lr: 'r1',
  g: 'r22',
};

const LAYOUTS: readonly (readonly [machine: number, bits: 32 | 64, RegisterLayout])[] = [
  [EM.X86_64, 64, AMD64],
  [EM.I386, 32, I386],
  [EM.AARCH64, 64, ARM64],
  [EM.ARM, 32, ARM],
  [EM.PPC64, 64, PPC64],
  [EM.RISCV, 64, RISCV64],
  [EM.S390, 64, S390X],
  [EM.MIPS, 32, MIPS32],
  [EM.MIPS, 64, MIPS64],
  [EM.LOONGARCH, 64, LOONG64],
];

/** The layout for an e_machine and word size; undefined for machines whose threads are listed without registers. */
export function registerLayout(machine: number, bits: 32 | 64): RegisterLayout | undefined {
  return LAYOUTS.find((row) => row[0] === machine && row[1] === bits)?.[2];
}
