// Unit headers and what their root DIE says: version, encoding, name, producer, language, bases of indexed sections.

import { type AbbrevBudget, AbbrevTable } from './abbrev.js';
import { AT, LIMIT, UNIT_TYPE } from './constants.js';
import { Cursor } from './cursor.js';
import { type Die, readDie } from './die.js';
import { DwarfError } from './errors.js';
import type { AttributeValue, Encoding } from './forms.js';
import { Section } from './section.js';
import { Strings } from './strings.js';
import type { DwarfSections, DwarfUnit } from './types.js';

/** A unit with what reading its DIEs needs. Bases are section offsets of the first entry. */
export interface Unit extends DwarfUnit {
  readonly encoding: Encoding;
  readonly abbrevs: AbbrevTable;
  /** Of the root DIE. */
  readonly rootOffset: number;
  readonly rootHasChildren: boolean;
  /** Where the root's first child stands. */
  readonly bodyOffset: number;
  readonly strOffsetsBase: number;
  readonly addrBase: number;
  /** Only type units of DWARF 5: the .debug_info offset of the type that DW_FORM_ref_sig8 means, by `signature`. */
  readonly signature: number | bigint | undefined;
  readonly signedType: number | undefined;
}

/** The sections and tables that all units share. */
export interface Context {
  readonly info: Section;
  readonly abbrev: Section;
  readonly addr: Section;
  readonly strings: Strings;
  readonly abbrevTables: Map<string, AbbrevTable>;
  readonly abbrevBudget: AbbrevBudget;
}

const INFO_WINDOW = 512;
const TABLE_WINDOW = 4096;

export function openContext(sections: DwarfSections, littleEndian: boolean): Context {
  const open = (name: string, firstWindow: number): Section => new Section(sections, name, littleEndian, firstWindow);
  return {
    info: open('info', INFO_WINDOW),
    abbrev: open('abbrev', TABLE_WINDOW),
    addr: open('addr', INFO_WINDOW),
    strings: new Strings(open('str', TABLE_WINDOW), open('line_str', TABLE_WINDOW), open('str_offsets', TABLE_WINDOW)),
    abbrevTables: new Map(),
    abbrevBudget: { left: LIMIT.abbrevAttributes },
  };
}

/** Sum of the bytes read of all sections. */
export function bytesRead(context: Context): number {
  return context.info.bytesRead + context.abbrev.bytesRead + context.addr.bytesRead + context.strings.bytesRead;
}

/** Walks over all unit headers. Units of no length (padding) are left out. */
export function readUnits(context: Context): Unit[] {
  const units: Unit[] = [];
  const { info } = context;
  context.strings.allow(info.size);
  const cursor = new Cursor(info, 0);
  while (cursor.offset < info.size) {
    if (units.length >= LIMIT.units) {
      throw new DwarfError('info', cursor.offset, `at most ${LIMIT.units} units`);
    }
    const header = readHeader(cursor);
    if (header === undefined) {
      continue;
    }
    units.push(readRoot(context, header));
    cursor.seek(header.end);
  }
  return units;
}

interface Header {
  readonly offset: number;
  readonly end: number;
  readonly encoding: Encoding;
  readonly abbrevOffset: number;
  readonly signature: number | bigint | undefined;
  readonly signedType: number | undefined;
  readonly rootOffset: number;
}

function readHeader(cursor: Cursor): Header | undefined {
  const offset = cursor.offset;
  let length = cursor.u32();
  const offsetSize = length === 0xffffffff ? 8 : 4;
  if (offsetSize === 8) {
    length = cursor.size(8);
  } else if (length >= 0xfffffff0) {
    throw new DwarfError('info', offset, `a unit length, not the reserved 0x${length.toString(16)}`);
  }
  const end = cursor.offset + length;
  if (end > cursor.end) {
    throw new DwarfError('info', offset, `a unit that ends before 0x${cursor.end.toString(16)}`);
  }
  if (length === 0) {
    return undefined;
  }
  const fields = readHeaderFields(new Cursor(cursor.section, cursor.offset, end), offset, offsetSize);
  return { offset, end, ...fields };
}

function readHeaderFields(cursor: Cursor, offset: number, offsetSize: number): Omit<Header, 'offset' | 'end'> {
  const version = cursor.u16();
  if (version < 2 || version > 5) {
    throw new DwarfError('info', offset, `DWARF 2 to 5, not version ${version}`);
  }
  let unitType: number = UNIT_TYPE.compile;
  let addressSize: number;
  let abbrevOffset: number;
  if (version >= 5) {
    unitType = cursor.u8();
    addressSize = cursor.u8();
    abbrevOffset = cursor.size(offsetSize);
  } else {
    abbrevOffset = cursor.size(offsetSize);
    addressSize = cursor.u8();
  }
  if (addressSize !== 2 && addressSize !== 4 && addressSize !== 8) {
    throw new DwarfError('info', offset, `an address size of 2, 4 or 8, not ${addressSize}`);
  }
  let signature: number | bigint | undefined;
  let signedType: number | undefined;
  if (unitType === UNIT_TYPE.type || unitType === UNIT_TYPE.splitType) {
    signature = cursor.u64();
    signedType = offset + cursor.size(offsetSize);
  } else if (unitType === UNIT_TYPE.skeleton || unitType === UNIT_TYPE.splitCompile) {
    cursor.skip(8);
  }
  const encoding = { version, addressSize, offsetSize };
  return { encoding, abbrevOffset, signature, signedType, rootOffset: cursor.offset };
}

const ROOT_ATTRIBUTES: ReadonlySet<number> = new Set([
  AT.name,
  AT.producer,
  AT.language,
  AT.strOffsetsBase,
  AT.addrBase,
  AT.gnuAddrBase,
]);

function readRoot(context: Context, header: Header): Unit {
  const { offset, end, encoding, rootOffset, signature, signedType } = header;
  const abbrevs = abbrevTable(context, header);
  const cursor = new Cursor(context.info, rootOffset, end);
  const root = rootOffset < end ? readDie(cursor, { offset, abbrevs, encoding }, ROOT_ATTRIBUTES) : undefined;
  const bases = readBases(root, encoding);
  const text = (attribute: number): string => {
    const value = root?.attributes.get(attribute);
    return value === undefined ? '' : (context.strings.text(value, { encoding, ...bases }) ?? '');
  };
  const language = root?.attributes.get(AT.language);
  return {
    offset,
    end,
    version: encoding.version,
    addressSize: encoding.addressSize,
    dwarf64: encoding.offsetSize === 8,
    name: text(AT.name),
    producer: text(AT.producer),
    language: language?.kind === 'constant' ? Number(language.value) : undefined,
    encoding,
    abbrevs,
    rootOffset,
    rootHasChildren: root?.abbrev.hasChildren ?? false,
    bodyOffset: cursor.offset,
    ...bases,
    signature,
    signedType,
  };
}

/** Without the attribute, DWARF 5 entries follow the section's header (split units); GNU's older ones have no header. */
function readBases(root: Die | undefined, encoding: Encoding): { strOffsetsBase: number; addrBase: number } {
  const base = (value: AttributeValue | undefined): number | undefined => {
    if (value?.kind === 'section-offset') {
      return value.offset;
    }
    return value?.kind === 'constant' && typeof value.value === 'number' && value.value >= 0 ? value.value : undefined;
  };
  const attributes = root?.attributes;
  const afterHeader = encoding.version < 5 ? 0 : encoding.offsetSize === 8 ? 16 : 8;
  return {
    strOffsetsBase: base(attributes?.get(AT.strOffsetsBase)) ?? afterHeader,
    addrBase: base(attributes?.get(AT.addrBase)) ?? base(attributes?.get(AT.gnuAddrBase)) ?? afterHeader,
  };
}

function abbrevTable(context: Context, { abbrevOffset, encoding, offset }: Header): AbbrevTable {
  if (abbrevOffset >= context.abbrev.size) {
    throw new DwarfError('info', offset, `an abbreviation table inside ${context.abbrev.size} bytes`);
  }
  const { addressSize, offsetSize } = encoding;
  const key = `${abbrevOffset}/${addressSize}/${offsetSize}/${encoding.version <= 2}`;
  let table = context.abbrevTables.get(key);
  if (table === undefined) {
    table = new AbbrevTable(context.abbrev, abbrevOffset, encoding, context.abbrevBudget);
    context.abbrevTables.set(key, table);
  }
  return table;
}
