// Where the relocations that the loader applies stand, by the dynamic section (System V gABI, "Dynamic Section"): what the loader itself goes by, and what is left where section headers were removed.
import { PT, SHT } from './constants.js';
import type { ElfFile } from './elf-file.js';
import { fileRangeAt } from './segments.js';
import type { SectionHeader } from './types.js';

export type RelocationTable = Pick<SectionHeader, 'type' | 'offset' | 'size'>;

/** Tags: a table's address, its bytes, and what its entries are like. */
const tables = [
  { at: 7, bytes: 8, type: SHT.RELA },
  { at: 17, bytes: 18, type: SHT.REL },
] as const;

/** Longer dynamic sections are cut: real ones have some dozens of entries. */
const mostBytes = 2 ** 16;

/** The tables that DT_RELA and DT_REL lead to, as far as they are in the file; none where the file has no dynamic section. */
export function dynamicRelocations(elf: ElfFile): readonly RelocationTable[] {
  const dynamic = elf.programHeaders.find(({ type, exact }) => type === PT.DYNAMIC && exact);
  if (dynamic === undefined) return [];
  const { pointerSize, littleEndian, source, programHeaders } = elf;
  const bytes = new Uint8Array(Math.min(dynamic.filesz, mostBytes));
  const view = new DataView(bytes.buffer, 0, source.read(dynamic.offset, bytes));
  const word = (at: number) =>
    pointerSize === 8 ? Number(view.getBigUint64(at, littleEndian)) : view.getUint32(at, littleEndian);
  const values = new Map<number, number>();
  for (let at = 0; at + 2 * pointerSize <= view.byteLength; at += 2 * pointerSize) {
    const tag = word(at);
    // DT_NULL ends it.
    if (tag === 0) break;
    values.set(tag, word(at + pointerSize));
  }
  return tables.flatMap(({ at, bytes, type }) => {
    const range = fileRangeAt(programHeaders, values.get(at) ?? -1);
    return range ? [{ type, offset: range.offset, size: Math.min(values.get(bytes) ?? 0, range.length) }] : [];
  });
}
