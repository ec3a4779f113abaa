// The one error of this folder. It states where the bytes stop making sense; whoever opened the file adds its name.

/** Malformed or unsupported debug information. `offset` counts from the start of the (uncompressed) section. */
export class DwarfError extends Error {
  /** Section name without dot or `debug_`, as DwarfSections has it. */
  readonly section: string;
  readonly offset: number;
  /** What should have stood there, or what limit was passed. */
  readonly expected: string;

  constructor(section: string, offset: number, expected: string) {
    super(`.debug_${section}+0x${offset.toString(16)}: expected ${expected}`);
    this.name = 'DwarfError';
    this.section = section;
    this.offset = offset;
    this.expected = expected;
  }
}
