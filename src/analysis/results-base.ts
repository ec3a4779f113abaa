// What all results are made of: addresses and numbers as JSON has them, and what several results say.

/** `0xc000012000`, lower-case, unpadded; nil is `0x0`. */
export type AddressText = string;

/** A number up to 2^53, a decimal string above. */
export type BigCount = number | string;

export interface MissingRange {
  readonly start: AddressText;
  readonly end: AddressText;
  readonly why: string;
}

export type RootMethod = 'override' | 'symtab' | 'dwarf' | 'structure' | 'code' | 'stack' | 'value';

export interface RootResult {
  readonly address?: AddressText;
  readonly method?: RootMethod;
  readonly confirmedBy?: readonly RootMethod[];
  readonly state: 'confirmed' | 'unconfirmed' | 'absent';
  /** Why it is not confirmed, or how it was checked. */
  readonly detail?: string;
}

export interface Finding {
  readonly id: string;
  readonly severity: 'low' | 'medium' | 'high';
  readonly title: string;
  readonly evidence: readonly {
    readonly what: string;
    readonly value?: unknown;
    readonly address?: AddressText | null;
  }[];
  readonly meaning: string;
  readonly advice: string;
}
