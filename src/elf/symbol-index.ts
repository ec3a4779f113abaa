// The symbol at or before an address: functions and variables of .symtab as sorted columns, built when first asked for. No object per symbol;
// names are read one at a time. Damaged tables give fewer symbols, never an error.
import { utf8 } from '../bytes/cursor.js';
import { readBytes } from '../bytes/read.js';
import { SHT } from './constants.js';
import type { ElfFile } from './elf-file.js';
import type { SectionHeader } from './types.js';

/** Link-time address. */
export interface NearSymbol {
  readonly name: string;
  readonly value: number;
  /** Bytes; 0 where the table does not say. */
  readonly size: number;
  readonly isFunction: boolean;
}

export interface SymbolIndex {
  /** The symbol that holds `address`, else the nearest one before it in the same section; undefined if there is none. */
  at(address: number): NearSymbol | undefined;
}

/** Four million symbols are a binary of more than a gigabyte. */
const mostSymbols = 2 ** 22;
const batchEntries = 16384;
const maxName = 4096;
const [typeNone, typeObject, typeFunction] = [0, 1, 2];
const firstReserved = 0xff00;
/** Symbols before the nearest that are asked whether they hold the address: a small one may stand inside a large one. */
const looksBack = 16;

export function symbolIndex(elf: ElfFile): SymbolIndex {
  const table = elf.sections.find(({ type }) => type === SHT.SYMTAB);
  const strings = table && elf.sections[table.link];
  if (!table || strings?.type !== SHT.STRTAB || !table.exact || !strings.exact) return { at: () => undefined };
  const columns = readColumns(elf, table);
  const order = Uint32Array.from(columns.value, (_, i) => i).sort(
    (a, b) => columns.value[a]! - columns.value[b]! || columns.size[a]! - columns.size[b]!,
  );
  const symbol = (i: number): NearSymbol => ({
    name: nameAt(elf, strings, columns.name[i]!),
    value: columns.value[i]!,
    size: columns.size[i]!,
    isFunction: columns.type[i] === typeFunction,
  });
  return {
    at(address) {
      let low = 0;
      let high = order.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (columns.value[order[middle]!]! <= address) low = middle + 1;
        else high = middle;
      }
      for (let i = low - 1; i >= 0 && i >= low - looksBack; i -= 1) {
        const at = order[i]!;
        if (address < columns.value[at]! + columns.size[at]!) return symbol(at);
      }
      const near = low > 0 ? order[low - 1]! : -1;
      return near >= 0 && inSection(elf.sections[columns.section[near]!], address) ? symbol(near) : undefined;
    },
  };
}

function inSection(section: SectionHeader | undefined, address: number): boolean {
  return section !== undefined && address >= section.addr && address < section.addr + section.size;
}

interface Columns {
  readonly value: Float64Array;
  readonly size: Float64Array;
  readonly name: Uint32Array;
  readonly section: Uint16Array;
  readonly type: Uint8Array;
}

/** Elf32_Sym and Elf64_Sym, elf(5): functions, variables and untyped symbols that stand in a section. */
function readColumns(elf: ElfFile, table: SectionHeader): Columns {
  const wide = elf.header.bits === 64;
  const entry = wide ? 24 : 16;
  const le = elf.littleEndian;
  const inFile = Math.max(0, Math.min(table.size, elf.source.size - table.offset));
  const count = Math.min(Math.floor(inFile / entry), mostSymbols);
  const value = new Float64Array(count);
  const size = new Float64Array(count);
  const name = new Uint32Array(count);
  const section = new Uint16Array(count);
  const type = new Uint8Array(count);
  const batch = new Uint8Array(Math.min(batchEntries, count) * entry);
  const view = new DataView(batch.buffer);
  let kept = 0;
  for (let first = 0; first < count; first += batchEntries) {
    const here = Math.min(batchEntries, count - first);
    const got = Math.floor(elf.source.read(table.offset + first * entry, batch.subarray(0, here * entry)) / entry);
    for (let at = 0; at < got * entry; at += entry) {
      const kind = view.getUint8(at + (wide ? 4 : 12)) & 15;
      const shndx = view.getUint16(at + (wide ? 6 : 14), le);
      if (shndx === 0 || shndx >= firstReserved) continue;
      if (kind !== typeNone && kind !== typeObject && kind !== typeFunction) continue;
      name[kept] = view.getUint32(at, le);
      value[kept] = wide ? Number(view.getBigUint64(at + 8, le)) : view.getUint32(at + 4, le);
      size[kept] = wide ? Number(view.getBigUint64(at + 16, le)) : view.getUint32(at + 8, le);
      section[kept] = shndx;
      type[kept] = kind;
      kept += 1;
    }
    if (got < here) break;
  }
  return {
    value: value.subarray(0, kept),
    size: size.subarray(0, kept),
    name: name.subarray(0, kept),
    section: section.subarray(0, kept),
    type: type.subarray(0, kept),
  };
}

function nameAt(elf: ElfFile, strings: SectionHeader, offset: number): string {
  if (offset >= strings.size) return '';
  const bytes = readBytes(elf.source, strings.offset + offset, Math.min(maxName, strings.size - offset));
  const nul = bytes.indexOf(0);
  return utf8(nul < 0 ? bytes : bytes.subarray(0, nul));
}
