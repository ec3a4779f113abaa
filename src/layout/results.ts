// The results of `layout list|show|diff|verify|generate`, in the shapes of the command-line contract.
import type { Provenance } from './types.js';

export interface LayoutListResult {
  readonly schemaVersion: number;
  readonly layouts: readonly {
    readonly os: string;
    readonly arch: string;
    /** Measured releases, ascending; experiments as `go1.26.0+nogreenteagc`. */
    readonly releases: readonly string[];
    readonly structs: number;
  }[];
}

export interface LayoutStructResult {
  readonly size: number;
  /** Only where it is not certain for the release; see `exact` of the whole. */
  readonly exact?: false;
  readonly fields: Readonly<Record<string, LayoutFieldResult>>;
}

export interface LayoutFieldResult {
  readonly offset: number;
  readonly size: number;
  readonly type: string;
  /** Only where it differs from how the whole layout is known. */
  readonly source?: Provenance;
  /** Only of inferred ones: 0–1, and the other offsets that fit as well. */
  readonly confidence?: number;
  readonly alternatives?: readonly number[];
}

export interface LayoutShowResult {
  readonly schemaVersion: number;
  readonly goVersion: string;
  readonly arch: string;
  readonly experiments: readonly string[];
  readonly pointerSize: 4 | 8;
  readonly source: string;
  /** False where something shown was not measured in the release: `note` then says what stands in for it. */
  readonly exact: boolean;
  readonly note?: string;
  readonly structs: Readonly<Record<string, LayoutStructResult>>;
  /** Only where an offset or a path was asked for (`mspan+0x30`, `mspan.state.s`): what stands there, as deep as types go. */
  readonly at?: LayoutPlace;
}

export interface LayoutPlace {
  readonly struct: string;
  /** From the struct: `central[3].mcentral.partial`. */
  readonly path: string;
  readonly offset: number;
  readonly size: number;
  readonly type: string;
  /** Bytes from the field's start to the offset asked for. */
  readonly rest: number;
}

export interface LayoutStructDiff {
  readonly size: { readonly a: number | null; readonly b: number | null };
  readonly added: readonly {
    readonly field: string;
    readonly offset: number;
    readonly size: number;
    readonly type: string;
  }[];
  readonly removed: readonly {
    readonly field: string;
    readonly offset: number;
    readonly size: number;
    readonly type: string;
  }[];
  readonly moved: readonly { readonly field: string; readonly a: number; readonly b: number }[];
  readonly retyped: readonly { readonly field: string; readonly a: string; readonly b: string }[];
}

export interface LayoutDiffResult {
  readonly schemaVersion: number;
  readonly a: string;
  readonly b: string;
  readonly arch: string;
  /** Only structs that differ; a struct that one side lacks has size null there. */
  readonly structs: Readonly<Record<string, LayoutStructDiff>>;
}

export interface LayoutVerifyResult {
  readonly schemaVersion: number;
  readonly goVersion: string;
  readonly arch: string;
  readonly experiments: readonly string[];
  /** The table compared: its name, and whether it is that release's own. */
  readonly table: string;
  readonly exact: boolean;
  readonly note?: string;
  /** Fields compared. */
  readonly checked: number;
  readonly structsChecked: number;
  /** field null: the struct's size. */
  readonly mismatches: readonly {
    readonly struct: string;
    readonly field: string | null;
    readonly table: unknown;
    readonly dwarf: unknown;
    /** Of an image: the invariants that fail, and the offsets at which all that rest on the field would hold. */
    readonly image?: { readonly fails: readonly string[]; readonly fits: readonly number[] };
  }[];
  /** Structs of the table that the binary's DWARF does not have (the linker drops unused types), and the reverse; on an image, what nothing decides. */
  readonly unknown: readonly { readonly struct: string; readonly why: string }[];
  /** Only where an image was given: `mismatches` are then of both. */
  readonly image?: ImageVerification & {
    /** The releases of this arch whose tables have the same offsets in all that was decided: these can't be told apart here. */
    readonly sameAs: readonly string[];
  };
}

/** One invariant, over all that it is about. `damaged`: it fails for so few that it is the heap's fault. */
export interface InvariantCheck {
  readonly name: string;
  readonly what: string;
  /** `mspan.startAddr`. */
  readonly fields: readonly string[];
  readonly checked: number;
  readonly violated: number;
  /** Not so, but as a thread that was stopped inside the allocator leaves it. */
  readonly lawful: number;
  readonly verdict: 'holds' | 'damaged' | 'fails';
  /** The address of a struct that violates it. */
  readonly example?: string;
}

export interface FieldCheck {
  /** The table's. */
  readonly offset: number;
  /** Structs that were asked, by the invariant with the most. */
  readonly checked: number;
  readonly violated: number;
  readonly invariants: readonly string[];
  /** Other places in the struct at which all its invariants hold: the image does not decide between them. */
  readonly alsoFits: readonly number[];
}

export interface ImageVerification {
  readonly counts: {
    readonly allspans: number;
    readonly inuse: number;
    readonly ps: number;
    readonly ms: number;
    readonly gs: number;
  };
  readonly invariants: readonly InvariantCheck[];
  /** By `mspan.startAddr`. */
  readonly fields: Readonly<Record<string, FieldCheck>>;
  /** The fields that explain what fails. */
  readonly suspects: readonly string[];
}

export interface LayoutGenerateResult {
  readonly schemaVersion: number;
  readonly measured: readonly {
    readonly binary: string;
    readonly goVersion: string;
    /** Those that move fields. */
    readonly experiments: readonly string[];
    readonly os: string;
    readonly arch: string;
    readonly structs: number;
    readonly fields: number;
  }[];
  /** The layout files written. */
  readonly files: readonly string[];
}
