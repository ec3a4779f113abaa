// The function table of a binary by itself, as the linker wrote it: by its section or its magic number, and what its entries count from (runtime.text) where the
// table does not say. Nothing here was relocated: words that the loader fills are read from the relocations.

import { PF } from '../elf/constants.js';
import type { ElfFile } from '../elf/elf-file.js';
import { relativeAddendAt, relativeRelocations } from '../elf/relocations.js';
import type { Memory, Segment } from '../image/memory.js';
import { headersIn } from './find-pclntab.js';
import { Pclntab, type PclntabHeader, readPclntabHeader } from './pclntab.js';

/** Bytes of a binary in which a header is looked for, and how many at a time. */
const mostBytes = 2 ** 28;
const pieceBytes = 2 ** 20;
const prefixBytes = 8;
const sectionNames: ReadonlySet<string> = new Set(['.gopclntab', '.data.rel.ro.gopclntab', '.gopclntab.data.rel.ro']);

/** moduledata's words that are needed, by their offsets there. */
export interface ModuleWords {
  readonly text: number;
}

export interface BinaryTable {
  readonly table: Pclntab;
  /** moduledata.gofunc is not known. */
  readonly text: number;
}

/** What there is, or a phrase that says why not. `textSymbol`: runtime.text by the symbol table. */
export function binaryTable(
  elf: ElfFile,
  memory: Memory,
  moduledata: ModuleWords | undefined,
  textSymbol: number | undefined,
): BinaryTable | string {
  let found = false;
  for (const address of headerPlaces(elf, memory)) {
    const header = readPclntabHeader(memory, address);
    if (!header) continue;
    found = true;
    const text =
      header.format === 'go1.2' || header.format === 'go1.16' ? 0 : textOf(elf, memory, header, moduledata, textSymbol);
    if (text === undefined) continue;
    const table = new Pclntab(memory, header, text);
    if (isText(memory, table)) return { table, text };
  }
  return found
    ? 'what the entries of its function table count from can’t be found in the file: an image tells'
    : 'no function table that can be read stands in it; one of a position-independent program of Go 1.17 or older is filled in when it is loaded: an image has it';
}

function* headerPlaces(elf: ElfFile, memory: Memory): Generator<number> {
  for (const { name, addr } of elf.sections) if (sectionNames.has(name) && addr > 0) yield addr;
  let left = mostBytes;
  for (const { start, end, origin } of memory.segments) {
    if (origin !== 'binary') continue;
    for (let at = start; at < end && left > 0; at += pieceBytes - prefixBytes) {
      const { bytes } = memory.bytes(at, Math.min(pieceBytes, end - at));
      left -= bytes.length;
      for (const offset of headersIn(bytes, memory.littleEndian, memory.pointerSize)) yield at + offset;
      if (bytes.length === 0) break;
    }
  }
}

function textOf(
  elf: ElfFile,
  memory: Memory,
  header: PclntabHeader,
  moduledata: ModuleWords | undefined,
  textSymbol: number | undefined,
): number | undefined {
  const { pointerSize } = memory;
  // 1.18 to 1.25: the header's third word, which in a position-independent program the loader fills.
  return (
    header.textStart ??
    textSymbol ??
    relativeAddendAt(elf, header.address + prefixBytes + 2 * pointerSize) ??
    (moduledata && textOfModule(elf, memory, header.address, moduledata))
  );
}

/** moduledata begins with the address of the header, so that word is looked for (1.16+). */
function textOfModule(elf: ElfFile, memory: Memory, header: number, { text }: ModuleWords): number | undefined {
  for (const segment of memory.segments) {
    if (segment.flags !== undefined && (segment.flags & PF.X) !== 0) continue;
    for (const module of wordsEqual(memory, segment, header)) {
      const found = memory.word(module + text);
      if (found && isExecutable(memory, found)) return found;
    }
  }
  for (const { offset, addend } of relativeRelocations(elf)) {
    if (addend !== header) continue;
    const found = relativeAddendAt(elf, offset + text);
    if (found && isExecutable(memory, found)) return found;
  }
  return undefined;
}

function* wordsEqual(memory: Memory, { start, end, origin }: Segment, value: number): Generator<number> {
  if (origin !== 'binary') return;
  const { pointerSize, littleEndian } = memory;
  const wanted = Buffer.alloc(8);
  if (littleEndian) wanted.writeBigUInt64LE(BigInt(value));
  else wanted.writeBigUInt64BE(BigInt(value));
  const needle = littleEndian ? wanted.subarray(0, pointerSize) : wanted.subarray(8 - pointerSize);
  for (let at = start; at < Math.min(end, start + mostBytes); at += pieceBytes - prefixBytes) {
    const { bytes } = memory.bytes(at, Math.min(pieceBytes, end - at));
    if (bytes.length === 0) return;
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let offset = buffer.indexOf(needle); offset >= 0; offset = buffer.indexOf(needle, offset + 1))
      if ((at + offset) % pointerSize === 0) yield at + offset;
  }
}

const isExecutable = ({ segments }: Memory, address: number): boolean =>
  segments.some(({ start, end, flags }) => address >= start && address < end && ((flags ?? 0) & PF.X) !== 0);

/** The first function and the end of the last stand in what is executed. */
function isText(memory: Memory, table: Pclntab): boolean {
  const [first, last] = [table.entryAt(0), table.entryAt(table.header.functionCount)];
  return first !== undefined && last !== undefined && isExecutable(memory, first) && isExecutable(memory, last - 1);
}
