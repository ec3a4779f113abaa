// What inference says of a struct for which there is no table: for each field the offset that satisfies the runtime's invariants on this image, how
// sure that is, and what else would fit as well. Knows the shape of an answer, not how one is found.

/** A field whose offset was told from the image. */
export interface InferredField {
  /** The runtime's own name, a path where it stands inside a member: `sched.sp`. */
  readonly name: string;
  /** Bytes from the start of the struct. */
  readonly offset: number;
  readonly size: number;
  /** The Go type as DWARF spells it, without `runtime.`, as far as its size tells it. */
  readonly type: string;
  /** 0–1: the share of what was tried that bears it out, less where others fit as well. Over 0.9 only where nothing else does. */
  readonly confidence: number;
  /** Other offsets that fit as well, ascending: a tie where there are any. */
  readonly alternatives: readonly number[];
  /** What was seen, in a phrase: `holds for 812 of 812 spans`, `ties with freeIndexForScan`. */
  readonly why: string;
}

/** A struct, as far as it could be told. */
export interface InferredStruct {
  readonly name: string;
  /** Bytes, where neighbours in memory or a stride tell it. */
  readonly size: number | undefined;
  /** In offset order. */
  readonly fields: readonly InferredField[];
}
