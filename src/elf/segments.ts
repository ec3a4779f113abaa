// Program headers, and from a link-time address to the file bytes that stand there.
import type { ByteSource } from '../bytes/byte-source.js';
import { PT } from './constants.js';
import { ENTRY_BYTES, EntryDecoder } from './elfy-adapter.js';
import type { Problems } from './problems.js';
import { readTable } from './table.js';
import type { ElfHeader, ProgramHeader } from './types.js';

/** The program headers that are in the file, in its order. */
export function readProgramHeaders(
  source: ByteSource,
  header: ElfHeader,
  problems: Problems,
): readonly ProgramHeader[] {
  const decoder = new EntryDecoder(header.bits, header.littleEndian);
  const shape = {
    what: 'program headers',
    offset: header.phoff,
    count: header.phnum,
    stride: header.phentsize,
    entryBytes: ENTRY_BYTES[header.bits].program,
  };
  const headers = readTable(source, shape, problems).map((entry) => decoder.program(entry));
  for (const [i, { type, offset, filesz }] of headers.entries()) {
    if ((type === PT.LOAD || type === PT.NOTE) && filesz > 0 && offset + filesz > source.size) {
      problems.add(`segment ${i} ends at ${offset + filesz}, the file at ${source.size}`);
    }
  }
  return headers;
}

/** Where in the file the byte at link-time address `vaddr` stands, and how many bytes follow it in the same segment. */
export function fileRangeAt(
  programHeaders: readonly ProgramHeader[],
  vaddr: number,
): { readonly offset: number; readonly length: number } | undefined {
  const segment = programHeaders.find(
    (h) => h.type === PT.LOAD && h.exact && vaddr >= h.vaddr && vaddr < h.vaddr + h.filesz,
  );
  if (segment === undefined) return undefined;
  const into = vaddr - segment.vaddr;
  return { offset: segment.offset + into, length: segment.filesz - into };
}
