// Looks up a set of names in .symtab and .dynsym without making an object per symbol: first where in the string table the wanted names end (a
// regular expression over whole blocks: native code from the first byte on, where a loop of ours would run cold), then which symbols point there.
// Linkers may store a name as the tail of another one, so a name counts wherever it begins.
import { readBytes } from '../bytes/read.js';
import { SHT } from './constants.js';
import type { ElfFile } from './elf-file.js';
import type { ElfSymbol, SectionHeader } from './types.js';

/** Symbols and string bytes read at a time: enough to go past the block cache, where they would be of no more use. */
const BATCH = 16384;
const STRING_BLOCK = 2 ** 20;
/** A binary of 4 GB has some 10 M symbols. */
const MOST_SYMBOLS = 2 ** 25;
const MOST_STRING_BYTES = 2 ** 30;
/** Places of wanted names in a string table: a real one has each name once. */
const MOST_PLACES = 2 ** 16;

/**
 * The wanted names that are defined, with their symbols. `.symtab` goes before `.dynsym`, the first definition before later ones.
 * `shndx` is as it stands in the table (0xffff: the index stands in SHT_SYMTAB_SHNDX). Nothing is thrown for damaged tables.
 */
export function lookupSymbols(elf: ElfFile, wanted: Iterable<string>): ReadonlyMap<string, ElfSymbol> {
  const names = new Set([...wanted].filter((name) => name !== ''));
  const found = new Map<string, ElfSymbol>();
  for (const type of [SHT.SYMTAB, SHT.DYNSYM]) {
    for (const section of elf.sections) {
      if (section.type === type && found.size < names.size) lookupIn(elf, section, names, found);
    }
  }
  return found;
}

/** True if the file has a symbol table with at least one symbol (every table begins with an empty one). */
export function hasSymbolTable(elf: ElfFile): boolean {
  return elf.sections.some((section) => section.type === SHT.SYMTAB && section.size > entryBytes(elf));
}

function entryBytes(elf: ElfFile): number {
  return elf.header.bits === 64 ? 24 : 16;
}

function lookupIn(elf: ElfFile, table: SectionHeader, names: ReadonlySet<string>, found: Map<string, ElfSymbol>): void {
  const strings = elf.sections[table.link];
  if (strings === undefined || strings.type !== SHT.STRTAB || !strings.exact || !table.exact) return;
  const places = placesOfNames(elf, strings, names);
  if (places.size === 0) return;
  const entry = entryBytes(elf);
  const inFile = Math.max(0, Math.min(table.size, elf.source.size - table.offset));
  const count = Math.min(Math.floor(inFile / entry), MOST_SYMBOLS);
  const batch = new Uint8Array(Math.min(BATCH, count) * entry);
  const view = new DataView(batch.buffer);
  for (let first = 0; first < count; first += BATCH) {
    const here = Math.min(BATCH, count - first);
    const got = Math.floor(elf.source.read(table.offset + first * entry, batch.subarray(0, here * entry)) / entry);
    for (let at = 0; at < got * entry; at += entry) {
      const name = places.get(view.getUint32(at, elf.littleEndian));
      if (name === undefined || found.has(name)) continue;
      const symbol = symbolAt(view, at, elf, name);
      if (symbol.shndx !== 0) found.set(name, symbol);
    }
    if (got < here || found.size === names.size) return;
  }
}

/** By offset in the string table: the wanted name that stands there, NUL-terminated. */
function placesOfNames(elf: ElfFile, strings: SectionHeader, names: ReadonlySet<string>): Map<number, string> {
  const byBytes = new Map([...names].map((name) => [Buffer.from(name).toString('latin1'), name]));
  const pattern = new RegExp(`(${[...byBytes.keys()].map(escapeForRegExp).join('|')})\\0`, 'g');
  const longest = Math.max(...[...byBytes.keys()].map((name) => name.length)) + 1;
  const places = new Map<number, string>();
  const size = Math.min(strings.size, MOST_STRING_BYTES);
  for (let start = 0; start < size; start += STRING_BLOCK) {
    // Blocks overlap by what the longest name may reach over.
    const bytes = readBytes(elf.source, strings.offset + start, Math.min(STRING_BLOCK + longest, size - start));
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    pattern.lastIndex = 0;
    for (let match = pattern.exec(text); match !== null && places.size < MOST_PLACES; match = pattern.exec(text)) {
      const name = byBytes.get(match[1]!);
      if (name !== undefined) places.set(start + match.index, name);
      // A name may begin inside another one.
      pattern.lastIndex = match.index + 1;
    }
  }
  return places;
}

function escapeForRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

/** Elf32_Sym and Elf64_Sym, elf(5). */
function symbolAt(view: DataView, at: number, elf: ElfFile, name: string): ElfSymbol {
  const le = elf.littleEndian;
  if (elf.header.bits === 64) {
    return {
      name,
      info: view.getUint8(at + 4),
      other: view.getUint8(at + 5),
      shndx: view.getUint16(at + 6, le),
      value: Number(view.getBigUint64(at + 8, le)),
      size: Number(view.getBigUint64(at + 16, le)),
    };
  }
  return {
    name,
    value: view.getUint32(at + 4, le),
    size: view.getUint32(at + 8, le),
    info: view.getUint8(at + 12),
    other: view.getUint8(at + 13),
    shndx: view.getUint16(at + 14, le),
  };
}
