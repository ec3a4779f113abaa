// The ELF file header, checked, with extended numbering resolved. The only part of a file without which nothing else can be said.
import type { ByteSource } from '../bytes/byte-source.js';
import { InspectError } from '../bytes/errors.js';
import { readBytes } from '../bytes/read.js';
import { goarchOf, PN_XNUM, SHN_XINDEX } from './constants.js';
import { ENTRY_BYTES, EntryDecoder } from './elfy-adapter.js';
import type { Problems } from './problems.js';
import type { ElfHeader } from './types.js';

/** True if the first bytes of a file are an ELF file's. */
export function isElf(head: Uint8Array): boolean {
  return head.length >= 4 && head[0] === 0x7f && head[1] === 0x45 && head[2] === 0x4c && head[3] === 0x46;
}

/**
 * Reads the file header. Throws InspectError: `unknown-format` (no ELF magic), `malformed` (no such word size, byte order or
 * version), `truncated`. Counts are as the file states them; whether so many fit into the file is for the readers of the tables.
 */
export function readHeader(source: ByteSource, problems: Problems): ElfHeader {
  const window = readBytes(source, 0, ENTRY_BYTES[64].header);
  if (!isElf(window)) throw new InspectError('unknown-format', source.name, 'is not an ELF file');
  if (window.length < 16)
    throw new InspectError('truncated', source.name, `ends inside the ELF header, after ${window.length} bytes`);
  const [wordClass, byteOrder, identVersion] = window.subarray(4, 7);
  if (wordClass !== 1 && wordClass !== 2) throw malformed(source, 4, `word size 1 or 2, not ${wordClass}`);
  if (byteOrder !== 1 && byteOrder !== 2) throw malformed(source, 5, `byte order 1 or 2, not ${byteOrder}`);
  if (identVersion !== 1) problems.add(`ELF version at offset 6 is ${identVersion}, not 1`);
  const bits = wordClass === 1 ? 32 : 64;
  const littleEndian = byteOrder === 1;
  if (window.length < ENTRY_BYTES[bits].header) {
    throw new InspectError(
      'truncated',
      source.name,
      `ends inside the ELF header, after ${window.length} of ${ENTRY_BYTES[bits].header} bytes`,
    );
  }
  const { exact, ...raw } = new EntryDecoder(bits, littleEndian).header(window);
  if (!exact) problems.add('the ELF header holds an offset of 2^53 or more');
  return {
    bits,
    littleEndian,
    goarch: goarchOf(raw.machine, bits, littleEndian),
    ...raw,
    ...extendedNumbers(source, bits, littleEndian, raw, problems),
  };
}

type Numbers = Pick<ElfHeader, 'phnum' | 'shnum' | 'shstrndx'>;

/** elf(5): counts that do not fit stand in section header 0 (sh_info, sh_size, sh_link). */
function extendedNumbers(
  source: ByteSource,
  bits: 32 | 64,
  littleEndian: boolean,
  raw: Numbers & { readonly shoff: number },
  problems: Problems,
): Numbers {
  const { phnum, shnum, shstrndx, shoff } = raw;
  const plain = { phnum, shnum, shstrndx };
  if (phnum !== PN_XNUM && shstrndx !== SHN_XINDEX && (shnum !== 0 || shoff === 0)) return plain;
  const length = ENTRY_BYTES[bits].section;
  const window = shoff === 0 ? new Uint8Array(0) : readBytes(source, shoff, length);
  if (window.length < length) {
    problems.add(`the counts stand in section header 0, which is not there (offset ${shoff})`);
    return { phnum, shnum, shstrndx: shstrndx === SHN_XINDEX ? 0 : shstrndx };
  }
  const first = new EntryDecoder(bits, littleEndian).section(window);
  return {
    phnum: phnum === PN_XNUM ? first.info : phnum,
    shnum: shnum === 0 ? first.size : shnum,
    shstrndx: shstrndx === SHN_XINDEX ? first.link : shstrndx,
  };
}

function malformed(source: ByteSource, offset: number, expected: string): InspectError {
  return new InspectError('malformed', source.name, `ELF header at offset ${offset}: expected ${expected}`);
}
