// Note segments and sections: owner, type and where the description stands. A bounded walk that stops at the first note that makes no
// sense. Owners may be empty (Delve dumps), the alignment may be 4, 8, or nothing at all (p_align 0 and 1 mean 4).
import { utf8 } from '../bytes/cursor.js';
import { readBytes } from '../bytes/read.js';
import { PT, SHT } from './constants.js';
import type { ElfFile } from './elf-file.js';
import type { ElfNote } from './types.js';

/** A note whose description has not been read. Offsets are offsets in the file. */
export interface NoteLocation {
  readonly owner: string;
  readonly type: number;
  readonly descOffset: number;
  readonly descSize: number;
}

const HEADER_BYTES = 12;
const LONGEST_OWNER = 256;
/** A core of 100,000 threads has some 600,000 notes. */
const MOST_NOTES = 2 ** 20;
/** The kernel writes no NT_FILE above 16 MiB (core_file_note_size_max). */
const MOST_DESC_BYTES = 16 * 2 ** 20;
/** Segments and sections of notes: a core has one, a binary a few. */
const MOST_RANGES = 1024;

interface NoteRange {
  readonly offset: number;
  readonly size: number;
  readonly align: number;
}

/**
 * The notes of all note segments, then of the note sections that no such segment covers: Go's linker leaves its GNU build ID (1.24+) outside, object files
 * have sections only.
 */
export function* walkNotes(elf: ElfFile): Generator<NoteLocation> {
  const segments = elf.programHeaders
    .filter((header) => header.type === PT.NOTE && header.exact)
    .slice(0, MOST_RANGES)
    .map(({ offset, filesz, align }): NoteRange => ({ offset, size: filesz, align }));
  const sections = elf.sections
    .filter((section) => section.type === SHT.NOTE && section.exact)
    .slice(0, MOST_RANGES)
    .map(({ offset, size, addralign }): NoteRange => ({ offset, size, align: addralign }))
    .filter(({ offset, size }) => !segments.some((s) => offset >= s.offset && offset + size <= s.offset + s.size));
  let left = MOST_NOTES;
  for (const { offset, size, align } of [...segments, ...sections]) {
    for (const note of walkNoteRange(elf, offset, size, align)) {
      if (left-- === 0) return;
      yield note;
    }
  }
}

/** The notes of [offset, offset+size) of the file. */
function* walkNoteRange(elf: ElfFile, offset: number, size: number, align: number): Generator<NoteLocation> {
  const unit = align === 8 ? 8 : 4;
  const end = Math.min(elf.source.size, offset + size);
  const window = new Uint8Array(HEADER_BYTES + LONGEST_OWNER);
  const view = new DataView(window.buffer);
  let at = offset;
  while (at + HEADER_BYTES <= end) {
    const got = elf.source.read(at, window.subarray(0, Math.min(window.length, end - at)));
    if (got < HEADER_BYTES) return;
    const nameBytes = view.getUint32(0, elf.littleEndian);
    const descSize = view.getUint32(4, elf.littleEndian);
    const type = view.getUint32(8, elf.littleEndian);
    const descOffset = at + roundUp(HEADER_BYTES + nameBytes, unit);
    if (nameBytes > got - HEADER_BYTES || nameBytes > LONGEST_OWNER || descOffset + descSize > end) return;
    yield { owner: ownerText(window.subarray(HEADER_BYTES, HEADER_BYTES + nameBytes)), type, descOffset, descSize };
    at = descOffset + roundUp(descSize, unit);
  }
}

/** The note with its description (at most 16 MiB of it). */
export function readNote(elf: ElfFile, location: NoteLocation): ElfNote {
  const { owner, type, descOffset, descSize } = location;
  return { owner, type, desc: readBytes(elf.source, descOffset, Math.min(descSize, MOST_DESC_BYTES)) };
}

function ownerText(bytes: Uint8Array): string {
  const nul = bytes.indexOf(0);
  return utf8(nul < 0 ? bytes : bytes.subarray(0, nul));
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
