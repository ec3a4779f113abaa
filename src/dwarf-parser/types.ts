// What the reader hands out: DWARF types, variables and constants as plain data. Offsets and sizes are bytes.

/** The debug sections of one object, by name without dot or `debug_`: `info`, `abbrev`, `str`, `line_str`, `addr`, … */
export interface DwarfSections {
  readonly littleEndian: boolean;
  /** Uncompressed size; undefined where the object has no such section. Costs no inflating where the header tells it. */
  size(name: string): number | undefined;
  /**
   * Uncompressed bytes [offset, offset+length), fewer at the section's end. May be a view of a shared buffer; not to be written. What
   * was given is kept for a while, so later reads may not overwrite it.
   * A compressed section is inflated at the first call and kept.
   */
  read(name: string, offset: number, length: number): Uint8Array;
}

/** Identifies a type: the .debug_info offset of its DIE. */
export type TypeRef = number;

export interface DwarfMember {
  /** Empty for an anonymous member. */
  readonly name: string;
  /** Bytes from the struct's start; of a bit field, the byte with its first bit. */
  readonly offset: number;
  /** UNREACHABLE_TYPE (-1) where the type stands in a file or section that is not read. */
  readonly type: TypeRef;
  /** Only for bit fields: width in bits, and offset in bits from the struct's start. */
  readonly bitSize?: number;
  readonly bitOffset?: number;
}

interface TypeCommon {
  readonly ref: TypeRef;
  /** DW_AT_name, or empty. */
  readonly name: string;
  /** DW_AT_byte_size, or what follows from the type it is made of; undefined for incomplete types. */
  readonly size: number | undefined;
}

export type DwarfType =
  | (TypeCommon & { readonly kind: 'base'; readonly encoding: number })
  | (TypeCommon & {
      readonly kind: 'struct' | 'union' | 'class';
      readonly members: readonly DwarfMember[];
      readonly declaration: boolean;
    })
  | (TypeCommon & {
      readonly kind: 'array';
      readonly element: TypeRef | undefined;
      readonly counts: readonly (number | undefined)[];
    })
  | (TypeCommon & { readonly kind: 'pointer'; readonly target: TypeRef | undefined })
  | (TypeCommon & { readonly kind: 'typedef'; readonly target: TypeRef | undefined })
  | (TypeCommon & { readonly kind: 'qualified'; readonly target: TypeRef | undefined })
  | (TypeCommon & {
      readonly kind: 'enum';
      readonly enumerators: readonly { readonly name: string; readonly value: number | bigint }[];
    })
  | (TypeCommon & { readonly kind: 'function' })
  | (TypeCommon & { readonly kind: 'other'; readonly tag: number });

export interface DwarfVariable {
  readonly name: string;
  /** Link-time address from DW_OP_addr / DW_OP_addrx; undefined where the location is anything else. */
  readonly address: number | undefined;
  readonly type: TypeRef | undefined;
}

export interface DwarfConstant {
  readonly name: string;
  readonly value: number | bigint;
}

export interface DwarfUnit {
  /** .debug_info offset of the unit header. */
  readonly offset: number;
  readonly end: number;
  readonly version: number;
  readonly addressSize: number;
  readonly dwarf64: boolean;
  /** Name and producer of the root DIE (Go: the package path). */
  readonly name: string;
  readonly producer: string;
  readonly language: number | undefined;
}

/**
 * Opened debug info. Every method may throw DwarfError on malformed input, never anything else but what `DwarfSections` throws; all
 * loops are bounded. A failed question may be asked again, and fails again.
 */
export interface Dwarf {
  /** All unit headers with their root DIE's name. */
  units(): readonly DwarfUnit[];
  /** The units called so, in order. Compilers write several of one name (one for each assembly file; types apart from code). */
  unitsNamed(name: string): readonly DwarfUnit[];
  /** A type by its reference. */
  type(ref: TypeRef): DwarfType;
  /**
   * Named types, variables and constants of one unit's top level, from an index made at the first question about that unit. Of several
   * types of one name: a definition before a typedef before a declaration, then the first.
   */
  typeNamed(unit: DwarfUnit, name: string): DwarfType | undefined;
  variableNamed(unit: DwarfUnit, name: string): DwarfVariable | undefined;
  constantNamed(unit: DwarfUnit, name: string): DwarfConstant | undefined;
  typeNames(unit: DwarfUnit): IterableIterator<string>;
  /** The same over all units in order; the first hit wins. */
  findType(name: string): DwarfType | undefined;
  findVariable(name: string): DwarfVariable | undefined;
  /** Bytes of sections read so far, for the bench. */
  readonly bytesRead: number;
}
