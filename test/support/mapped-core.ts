// Rewrites what the notes of a core say of its mapped files and of its program, as if the process had been another: the same memory, seen as that of a C program that has loaded the Go program of the
// core as a library.
import { appendFileSync, closeSync, copyFileSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { BufferSource } from '../../src/bytes/buffer-source.js';
import { AT, NT, PT } from '../../src/elf/constants.js';
import { type MappedFile, readCore } from '../../src/elf/core.js';
import { ElfFile } from '../../src/elf/elf-file.js';
import { readNote, walkNotes } from '../../src/elf/notes.js';
import { join, note, pack, text } from './elf-writer.js';

export interface Told {
  readonly files: readonly MappedFile[];
  readonly auxv: ReadonlyMap<number, bigint>;
}

const coreOf = (path: string) => ElfFile.open(new BufferSource(path, readFileSync(path)));

/** What a core's notes say. */
export const toldBy = (path: string): Told => readCore(coreOf(path));

/** A copy of a 64-bit little-endian core whose notes say `told` instead. Its memory and its threads are the same. */
export function withTold(core: string, copy: string, { files, auxv }: Told): string {
  const elf = coreOf(core);
  const kept = [...walkNotes(elf)].filter(({ type }) => type !== NT.FILE && type !== NT.AUXV);
  const notes = join([
    ...kept.map((each) => note({}, each.owner, each.type, readNote(elf, each).desc)),
    note({}, 'CORE', NT.AUXV, pack({}, [...auxv, [0, 0n] as const].flatMap(([type, value]) => [[8, type], [8, value]]))),
    note({}, 'CORE', NT.FILE, fileNote(files)),
  ]); // biome-ignore format: a list
  if (copy !== core) copyFileSync(core, copy);
  const at = statSync(copy).size;
  appendFileSync(copy, notes);
  const index = elf.programHeaders.findIndex(({ type }) => type === PT.NOTE);
  const header = elf.header.phoff + 56 * index;
  const file = openSync(copy, 'r+');
  writeSync(file, pack({}, [[8, at]]), 0, 8, header + 8);
  writeSync(file, pack({}, [[8, notes.length]]), 0, 8, header + 32);
  closeSync(file);
  return copy;
}

function fileNote(files: readonly MappedFile[]): Uint8Array {
  const page = 4096;
  return join([
    pack({}, [[8, files.length], [8, page], ...files.flatMap(({ start, end, offset }) => [[8, start], [8, end], [8, offset / page]] as const)]),
    ...files.map(({ path }) => text(`${path}\0`)),
  ]); // biome-ignore format: a list
}

/** What the notes of a PIE's core would say if its dynamic linker were the program (`/opt/host`), and the program a library of it at `library`. */
export function asLibrary({ files, auxv }: Told, library: string): Told {
  const linker = files.find(({ path, offset }) => path.includes('ld-linux') && offset === 0);
  if (!linker) throw new Error('the core has no dynamic linker');
  return {
    files: files.map((file) => ({ ...file, path: file.path === linker.path ? '/opt/host' : library })),
    // Where e_entry of the linker leads is not looked at by who has its headers.
    auxv: new Map([...auxv, [AT.PHDR, BigInt(linker.start + 64)], [AT.ENTRY, BigInt(linker.start + 4096)]]),
  };
}
