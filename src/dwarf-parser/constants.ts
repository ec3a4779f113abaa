// Numbers of the DWARF standard (versions 2 to 5, and the GNU extensions that stand in real files). Only those in use here.

export const TAG = {
  arrayType: 0x01,
  classType: 0x02,
  enumerationType: 0x04,
  member: 0x0d,
  pointerType: 0x0f,
  referenceType: 0x10,
  stringType: 0x12,
  structureType: 0x13,
  subroutineType: 0x15,
  typedef: 0x16,
  unionType: 0x17,
  inheritance: 0x1c,
  ptrToMemberType: 0x1f,
  setType: 0x20,
  subrangeType: 0x21,
  baseType: 0x24,
  constType: 0x26,
  constant: 0x27,
  enumerator: 0x28,
  fileType: 0x29,
  packedType: 0x2d,
  variable: 0x34,
  volatileType: 0x35,
  restrictType: 0x37,
  interfaceType: 0x38,
  unspecifiedType: 0x3b,
  sharedType: 0x40,
  rvalueReferenceType: 0x42,
  coarrayType: 0x44,
  dynamicType: 0x46,
  atomicType: 0x47,
  immutableType: 0x4b,
} as const;

export const AT = {
  sibling: 0x01,
  location: 0x02,
  name: 0x03,
  byteSize: 0x0b,
  bitOffset: 0x0c,
  bitSize: 0x0d,
  language: 0x13,
  constValue: 0x1c,
  lowerBound: 0x22,
  producer: 0x25,
  bitStride: 0x2e,
  upperBound: 0x2f,
  count: 0x37,
  dataMemberLocation: 0x38,
  declaration: 0x3c,
  encoding: 0x3e,
  external: 0x3f,
  specification: 0x47,
  type: 0x49,
  byteStride: 0x51,
  signature: 0x69,
  dataBitOffset: 0x6b,
  strOffsetsBase: 0x72,
  addrBase: 0x73,
  gnuAddrBase: 0x2133,
} as const;

export const FORM = {
  addr: 0x01,
  block2: 0x03,
  block4: 0x04,
  data2: 0x05,
  data4: 0x06,
  data8: 0x07,
  string: 0x08,
  block: 0x09,
  block1: 0x0a,
  data1: 0x0b,
  flag: 0x0c,
  sdata: 0x0d,
  strp: 0x0e,
  udata: 0x0f,
  refAddr: 0x10,
  ref1: 0x11,
  ref2: 0x12,
  ref4: 0x13,
  ref8: 0x14,
  refUdata: 0x15,
  indirect: 0x16,
  secOffset: 0x17,
  exprloc: 0x18,
  flagPresent: 0x19,
  strx: 0x1a,
  addrx: 0x1b,
  refSup4: 0x1c,
  strpSup: 0x1d,
  data16: 0x1e,
  lineStrp: 0x1f,
  refSig8: 0x20,
  implicitConst: 0x21,
  loclistx: 0x22,
  rnglistx: 0x23,
  refSup8: 0x24,
  strx1: 0x25,
  strx2: 0x26,
  strx3: 0x27,
  strx4: 0x28,
  addrx1: 0x29,
  addrx2: 0x2a,
  addrx3: 0x2b,
  addrx4: 0x2c,
  gnuAddrIndex: 0x1f01,
  gnuStrIndex: 0x1f02,
  gnuRefAlt: 0x1f20,
  gnuStrpAlt: 0x1f21,
} as const;

export const OP = { addr: 0x03, constu: 0x10, plus: 0x22, plusUconst: 0x23, addrx: 0xa1, gnuAddrIndex: 0xfb } as const;

/** Unit types of DWARF 5 headers. Versions 2 to 4 have only `compile` (and `partial`, told apart by the root's tag). */
export const UNIT_TYPE = { compile: 1, type: 2, partial: 3, skeleton: 4, splitCompile: 5, splitType: 6 } as const;

/** Signed base type encodings: DW_ATE_signed, DW_ATE_signed_char. */
export const SIGNED_ENCODINGS: ReadonlySet<number> = new Set([5, 6]);

/** Languages whose arrays start at 1 where no lower bound is given (DWARF 5, table 7.17): Ada, Cobol, Fortran, Pascal, Modula, PL/I, Julia. */
export const LANGUAGES_COUNTING_FROM_ONE: ReadonlySet<number> = new Set([
  0x03, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0d, 0x0e, 0x0f, 0x17, 0x1f, 0x22, 0x23,
]);

/** Bounds on what hostile input may ask for. Real files stay far below each. */
export const LIMIT = {
  /** Longest string read, in bytes. Go's names of anonymous structs reach a few thousand. */
  stringBytes: 1 << 16,
  /** Units in one .debug_info. */
  units: 1 << 20,
  /** Attribute specifications read of abbreviation tables, all tables together. */
  abbrevAttributes: 1 << 21,
  /** Members, enumerators or dimensions of one type. */
  children: 1 << 18,
  /** Names in the index of one unit. */
  names: 1 << 21,
  /** Steps through typedefs, qualifiers, arrays and specifications. */
  chain: 64,
  /** Forms behind DW_FORM_indirect. */
  indirect: 4,
  /** Types kept in memory once read. */
  cachedTypes: 1 << 16,
} as const;
