// DWARF 2 to 5 for whoever wants types, static variables and constants out of debug sections. Stands alone: it knows bytes,
// not the file they come from nor the language they describe.

export { type DwarfOptions, openDwarf } from './dwarf.js';
export { DwarfError } from './errors.js';
export { UNREACHABLE_TYPE } from './type-reader.js';
export type {
  Dwarf,
  DwarfConstant,
  DwarfMember,
  DwarfSections,
  DwarfType,
  DwarfUnit,
  DwarfVariable,
  TypeRef,
} from './types.js';
