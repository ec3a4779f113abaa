// Relocation entries of a file, read in blocks, and the two uses that this program has for them: the simple absolute ones in debug sections of
// object files, and the load-time `RELATIVE` ones that stand for pointers in a PIE's data.
import { EM, ET, SHT } from './constants.js';
import { dynamicRelocations, type RelocationTable } from './dynamic-relocations.js';
import type { ElfFile } from './elf-file.js';
import type { SectionHeader } from './types.js';

interface Relocation {
  readonly offset: number;
  readonly type: number;
  readonly symbol: number;
  /** Undefined in SHT_REL tables: the addend is what stands at the place. */
  readonly addend: number | undefined;
}

const BATCH = 2048;
const MOST_RELOCATIONS = 2 ** 24;

/** Types that store symbol + addend as a whole number: how many bytes. psABI of each machine. */
const ABSOLUTE: ReadonlyMap<number, ReadonlyMap<number, 4 | 8>> = new Map([
  [
    EM.X86_64,
    new Map<number, 4 | 8>([
      [1, 8],
      [10, 4],
      [11, 4],
    ]),
  ],
  [
    EM.AARCH64,
    new Map<number, 4 | 8>([
      [257, 8],
      [258, 4],
    ]),
  ],
  [EM.I386, new Map<number, 4 | 8>([[1, 4]])],
]);

/** R_*_RELATIVE: the word is load bias + addend. psABI of each machine. */
const RELATIVE: ReadonlyMap<number, number> = new Map([
  [EM.X86_64, 8],
  [EM.AARCH64, 1027],
  [EM.PPC64, 22],
  [EM.RISCV, 3],
  [EM.S390, 12],
  [EM.LOONGARCH, 3],
  [EM.I386, 8],
  [EM.ARM, 23],
]);

/** Calls `visit` for each entry of a relocation section until it returns false. */
function forEachRelocation(elf: ElfFile, section: RelocationTable, visit: (relocation: Relocation) => boolean): void {
  const wide = elf.header.bits === 64;
  const withAddend = section.type === SHT.RELA;
  const entry = (wide ? 16 : 8) + (withAddend ? (wide ? 8 : 4) : 0);
  const inFile = Math.max(0, Math.min(section.size, elf.source.size - section.offset));
  const count = Math.min(Math.floor(inFile / entry), MOST_RELOCATIONS);
  const batch = new Uint8Array(BATCH * entry);
  const view = new DataView(batch.buffer);
  const le = elf.littleEndian;
  for (let first = 0; first < count; first += BATCH) {
    const here = Math.min(BATCH, count - first);
    const got = Math.floor(elf.source.read(section.offset + first * entry, batch.subarray(0, here * entry)) / entry);
    for (let i = 0; i < got; i++) {
      const at = i * entry;
      const info = wide ? undefined : view.getUint32(at + 4, le);
      // Elf64_Rela.r_info: the symbol is the upper word, the type the lower one.
      const relocation: Relocation = {
        offset: wide ? Number(view.getBigUint64(at, le)) : view.getUint32(at, le),
        type: info === undefined ? view.getUint32(at + (le ? 8 : 12), le) : info & 0xff,
        symbol: info === undefined ? view.getUint32(at + (le ? 12 : 8), le) : info >>> 8,
        addend: withAddend ? (wide ? Number(view.getBigInt64(at + 16, le)) : view.getInt32(at + 8, le)) : undefined,
      };
      if (!visit(relocation)) return;
    }
    if (got < here) return;
  }
}

/** The relocation sections that are loaded; where there are no section headers, what the dynamic section leads to. */
function loadTimeTables(elf: ElfFile): readonly RelocationTable[] {
  const isTable = ({ type, addr, exact }: SectionHeader) =>
    (type === SHT.RELA || type === SHT.REL) && addr !== 0 && exact;
  return elf.sections.length > 0 ? elf.sections.filter(isTable) : dynamicRelocations(elf);
}

/**
 * The link-time address that the loader would store (plus bias) into the word at `vaddr` of a PIE; undefined if no relocation says so.
 * Goes through the loaded relocation tables.
 */
export function relativeAddendAt(elf: ElfFile, vaddr: number): number | undefined {
  const relative = RELATIVE.get(elf.header.machine);
  if (relative === undefined) return undefined;
  let addend: number | undefined;
  for (const section of loadTimeTables(elf)) {
    if (section.type !== SHT.RELA || addend !== undefined) continue;
    forEachRelocation(elf, section, (r) => {
      if (r.offset === vaddr && r.type === relative) addend = r.addend;
      return addend === undefined;
    });
  }
  return addend;
}

/** Enough to choose some of. */
const MOST_RELATIVE = 2 ** 18;

/** The words of a position-independent file that the loader fills: link-time address, and what is stored there besides the load bias. */
export function relativeRelocations(elf: ElfFile): readonly { readonly offset: number; readonly addend: number }[] {
  const relative = RELATIVE.get(elf.header.machine);
  const found: { readonly offset: number; readonly addend: number }[] = [];
  if (relative === undefined) return found;
  for (const section of loadTimeTables(elf)) {
    forEachRelocation(elf, section, ({ offset, type, addend }) => {
      if (type !== relative || !Number.isSafeInteger(offset)) return true;
      const inPlace = addend ?? wordInFile(elf, offset);
      if (inPlace !== undefined && Number.isSafeInteger(inPlace)) found.push({ offset, addend: inPlace });
      return found.length < MOST_RELATIVE;
    });
  }
  return found;
}

/** The addend of an SHT_REL entry (32-bit machines). */
function wordInFile(elf: ElfFile, vaddr: number): number | undefined {
  const bytes = elf.bytesAt(vaddr, 4);
  if (bytes.length < 4) return undefined;
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, elf.littleEndian);
}

/**
 * `bytes` of an object file's (ET_REL) section with its absolute relocations applied in place; other types are left alone, as in linked files everything
 * is. Symbols count by their value, which for section symbols of an object file is 0.
 */
export function applyAbsoluteRelocations(elf: ElfFile, target: SectionHeader, bytes: Uint8Array): void {
  const widths = ABSOLUTE.get(elf.header.machine);
  if (elf.header.type !== ET.REL || widths === undefined) return;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const le = elf.littleEndian;
  for (const section of elf.sections) {
    const isTable = section.type === SHT.RELA || section.type === SHT.REL;
    if (!isTable || section.info !== target.index || !section.exact) continue;
    const symbols = elf.sections[section.link];
    forEachRelocation(elf, section, ({ offset, type, symbol, addend }) => {
      const width = widths.get(type);
      if (width === undefined || offset + width > bytes.length) return true;
      const present = width === 8 ? Number(view.getBigInt64(offset, le)) : view.getInt32(offset, le);
      const value = symbolValue(elf, symbols, symbol) + (addend ?? present);
      if (width === 8) view.setBigInt64(offset, BigInt(Math.trunc(value)), le);
      else view.setInt32(offset, value, le);
      return true;
    });
  }
}

function symbolValue(elf: ElfFile, table: SectionHeader | undefined, index: number): number {
  const wide = elf.header.bits === 64;
  const entry = wide ? 24 : 16;
  if (table === undefined || table.type !== SHT.SYMTAB || (index + 1) * entry > table.size) return 0;
  const bytes = new Uint8Array(wide ? 8 : 4);
  if (elf.source.read(table.offset + index * entry + (wide ? 8 : 4), bytes) < bytes.length) return 0;
  const view = new DataView(bytes.buffer);
  return wide ? Number(view.getBigUint64(0, elf.littleEndian)) : view.getUint32(0, elf.littleEndian);
}
