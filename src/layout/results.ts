// The results of `layout list|show|diff|verify|generate`, in the shapes of the command-line contract.

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
  /** Only of a field that was told from an image: 0–1, and other offsets that fit as well. */
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

/** `layout infer`: what an image tells of the runtime's structs. */
export interface LayoutInferResult {
  readonly schemaVersion: number;
  readonly goVersion: string;
  readonly arch: string;
  readonly experiments: readonly string[];
  readonly pointerSize: 4 | 8;
  readonly source: 'inferred';
  /** The release nearest by that is not of the image's own line: what is not told here would be read by its table. */
  readonly others: string;
  /** Where mheap_ begins. */
  readonly mheap: string;
  readonly structs: Readonly<Record<string, LayoutInferStruct>>;
  /** The layout file written. */
  readonly file?: string;
}

export interface LayoutInferStruct {
  /** Null where nothing tells it. */
  readonly size: number | null;
  readonly fields: Readonly<
    Record<
      string,
      {
        readonly offset: number;
        readonly size: number;
        readonly type: string;
        /** 0–1: over 0.9 only where nothing else fits. */
        readonly confidence: number;
        /** Other offsets that fit as well. */
        readonly alternatives: readonly number[];
        /** What was seen. */
        readonly why: string;
      }
    >
  >;
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
  }[];
  /** Structs of the table that the binary's DWARF does not have (the linker drops unused types), and the reverse. */
  readonly unknown: readonly { readonly struct: string; readonly why: string }[];
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
