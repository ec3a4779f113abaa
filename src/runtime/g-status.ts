// The states of a g (runtime2.go, _Gidle and on), as far as their numbers are the same in every release.

/** The bit in g.atomicstatus that says that the stack is being scanned (_Gscan). */
export const scanBit = 0x1000;

export const status = { syscall: 3, waiting: 4, dead: 6, deadExtra: 11, most: 11 } as const;
