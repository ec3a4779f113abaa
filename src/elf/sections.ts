// Section headers with their names. A file without them, or with damaged ones, is normal: then there are none, or nameless ones.
import type { ByteSource } from '../bytes/byte-source.js';
import { utf8 } from '../bytes/cursor.js';
import { readBytes } from '../bytes/read.js';
import { SHT } from './constants.js';
import { ENTRY_BYTES, EntryDecoder, type RawSection } from './elfy-adapter.js';
import type { Problems } from './problems.js';
import { readTable } from './table.js';
import type { ElfHeader, SectionHeader } from './types.js';

const MOST_NAME_BYTES = 16 * 2 ** 20;
const LONGEST_NAME = 512;

/** The section headers that are in the file, in its order. */
export function readSections(source: ByteSource, header: ElfHeader, problems: Problems): readonly SectionHeader[] {
  const decoder = new EntryDecoder(header.bits, header.littleEndian);
  const shape = {
    what: 'section headers',
    offset: header.shoff,
    count: header.shnum,
    stride: header.shentsize,
    entryBytes: ENTRY_BYTES[header.bits].section,
  };
  const raw = readTable(source, shape, problems).map((entry) => decoder.section(entry));
  const names = raw.length === 0 ? undefined : nameTable(source, raw[header.shstrndx], header.shstrndx, problems);
  return raw.map(({ nameOffset, ...fields }, index) => {
    const name = names === undefined ? '' : stringAt(names, nameOffset);
    if (fields.type !== SHT.NOBITS && fields.size > 0 && fields.offset + fields.size > source.size) {
      problems.add(`section ${index} ${name} ends at ${fields.offset + fields.size}, the file at ${source.size}`);
    }
    return { index, name, ...fields };
  });
}

function nameTable(
  source: ByteSource,
  section: RawSection | undefined,
  index: number,
  problems: Problems,
): Uint8Array | undefined {
  if (index === 0) return undefined;
  if (section === undefined || section.type !== SHT.STRTAB) {
    problems.add(`section names should stand in section ${index}, which is no string table`);
    return undefined;
  }
  return readBytes(source, section.offset, Math.min(section.size, MOST_NAME_BYTES));
}

/** The NUL-terminated string at `offset`; empty beyond the table. */
function stringAt(table: Uint8Array, offset: number): string {
  if (offset >= table.length) return '';
  const longest = table.subarray(offset, offset + LONGEST_NAME);
  const nul = longest.indexOf(0);
  return utf8(nul < 0 ? longest : longest.subarray(0, nul));
}
