// Looks up a set of names in .symtab and .dynsym without making an object per symbol: the table is read in blocks, and each name is
// walked through a trie of the wanted names until it differs, straight in the string table's cached blocks. Names come first-defined-first.
import { type CachedSource, PageCache } from '../bytes/page-cache.js';
import { SHT } from './constants.js';
import type { ElfFile } from './elf-file.js';
import { NameTrie } from './name-trie.js';
import type { ElfSymbol, SectionHeader } from './types.js';

/** Symbols read at a time. */
const BATCH = 4096;
/** What the string table's blocks may take; linkers write names roughly in the order of the symbols, so that few suffice. */
const STRING_CACHE_BYTES = 8 * 2 ** 20;
/** A binary of 4 GB has some 10 M symbols. */
const MOST_SYMBOLS = 2 ** 25;

/**
 * The wanted names that are defined, with their symbols. `.symtab` goes before `.dynsym`, the first definition before later ones.
 * `shndx` is as it stands in the table (0xffff: the index stands in SHT_SYMTAB_SHNDX). Nothing is thrown for damaged tables.
 */
export function lookupSymbols(elf: ElfFile, wanted: Iterable<string>): ReadonlyMap<string, ElfSymbol> {
  const names = [...wanted];
  const trie = new NameTrie(names);
  const found = new Map<string, ElfSymbol>();
  for (const type of [SHT.SYMTAB, SHT.DYNSYM]) {
    for (const section of elf.sections) {
      if (section.type === type && found.size < trie.size) lookupIn(elf, section, trie, names, found);
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

function lookupIn(
  elf: ElfFile,
  table: SectionHeader,
  trie: NameTrie,
  names: readonly string[],
  found: Map<string, ElfSymbol>,
): void {
  const strings = elf.sections[table.link];
  if (strings === undefined || strings.type !== SHT.STRTAB || !strings.exact || !table.exact) return;
  const entry = entryBytes(elf);
  const stringEnd = Math.min(elf.source.size, strings.offset + strings.size);
  const cached = new PageCache({ capBytes: STRING_CACHE_BYTES }).attach(elf.source);
  const inFile = Math.max(0, Math.min(table.size, elf.source.size - table.offset));
  const count = Math.min(Math.floor(inFile / entry), MOST_SYMBOLS);
  const batch = new Uint8Array(BATCH * entry);
  const view = new DataView(batch.buffer);
  for (let first = 0; first < count; first += BATCH) {
    const here = Math.min(BATCH, count - first);
    const got = Math.floor(elf.source.read(table.offset + first * entry, batch.subarray(0, here * entry)) / entry);
    for (let i = 0; i < got; i++) {
      const nameOffset = view.getUint32(i * entry, elf.littleEndian);
      const which = nameOffset === 0 ? -1 : matchName(cached, strings.offset + nameOffset, stringEnd, trie);
      if (which < 0) continue;
      const name = names[which]!;
      const symbol = symbolAt(view, i * entry, elf, name);
      if (symbol.shndx !== 0 && !found.has(name)) found.set(name, symbol);
    }
    if (got < here || found.size === trie.size) return;
  }
}

/** Which wanted name stands NUL-terminated at `offset` of the file; -1 for another. */
function matchName(source: CachedSource, offset: number, end: number, trie: NameTrie): number {
  const { cache } = source;
  let node = 0;
  let at = offset;
  while (at < end) {
    const block = Math.floor(at / cache.blockBytes);
    const slot = source.slot(block);
    const blockStart = block * cache.blockBytes;
    const bytes = cache.slab(slot);
    const shift = cache.slotOffset(slot) - blockStart;
    const stop = Math.min(end, blockStart + cache.filled[slot]!);
    if (stop <= at) return -1;
    for (; at < stop; at++) {
      const byte = bytes[at + shift]!;
      if (byte === 0) return trie.nameAt(node);
      node = trie.step(node, byte);
      if (node < 0) return -1;
    }
  }
  return -1;
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
