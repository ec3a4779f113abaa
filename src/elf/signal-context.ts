// Where a signal handler finds the registers of what it interrupted: offsets in the ucontext that Linux pushes on the handler's stack, as data by machine
// (arch/*/include/uapi/asm/sigcontext.h and ucontext.h). Knows nothing of where on the stack that stands.

/** Bytes from the start of `struct ucontext`; each register is one pointer-sized word, on mips with 32 bits the low half of eight bytes. */
export interface SignalContextLayout {
  readonly pc: number;
  readonly sp: number;
  /** Undefined on machines without a link register. */
  readonly lr: number | undefined;
  /** What SP is a multiple of, where the machine faults on any other (arm64: the stack alignment check, SCTLR_EL1.SA0). */
  readonly spAlign?: number;
  /** Registers take eight bytes though words have four. */
  readonly wide?: true;
}

/** By GOARCH, as `ElfHeader.goarch` names machine, word size and byte order. */
const LAYOUTS: Readonly<Record<string, SignalContextLayout>> = {
  amd64: { pc: 168, sp: 160, lr: undefined },
  386: { pc: 76, sp: 48, lr: undefined },
  arm64: { pc: 440, sp: 432, lr: 424, spAlign: 16 },
  arm: { pc: 92, sp: 84, lr: 88 },
  ppc64: { pc: 488, sp: 240, lr: 520 },
  ppc64le: { pc: 488, sp: 240, lr: 520 },
  riscv64: { pc: 176, sp: 192, lr: 184 },
  s390x: { pc: 48, sp: 176, lr: 168 },
  mips: { pc: 32, sp: 272, lr: 288, wide: true },
  mipsle: { pc: 32, sp: 272, lr: 288, wide: true },
  mips64: { pc: 616, sp: 272, lr: 288 },
  mips64le: { pc: 616, sp: 272, lr: 288 },
  loong64: { pc: 176, sp: 208, lr: 192 },
};

/** Whether a word may be SP: Go's frame pointer stands 8 below it on arm64, two words before it in the context, with LR behind it where SP's pc would be. */
export function mayBeSp({ spAlign = 1 }: SignalContextLayout, value: number): boolean {
  return value !== 0 && value % spAlign === 0;
}

export function signalContextLayout(goarch: string): SignalContextLayout | undefined {
  return LAYOUTS[goarch];
}
