// How attribute values are encoded: what each form takes up, how to step over runs of them fast, how to read one.
// Knows no attribute's meaning.

import { FORM, LIMIT } from './constants.js';
import type { Cursor } from './cursor.js';
import { DwarfError } from './errors.js';

/** What of a unit header decides on the size of forms. All in bytes but the version. */
export interface Encoding {
  readonly version: number;
  readonly addressSize: number;
  /** 4, or 8 in 64-bit DWARF. */
  readonly offsetSize: number;
}

/** A value as it stands; references to other sections are not followed yet. */
export type AttributeValue =
  | { readonly kind: 'address'; readonly value: number | bigint }
  | { readonly kind: 'address-index'; readonly index: number }
  /** `width` is 0 for LEB128 and implicit constants, which carry their own sign. */
  | { readonly kind: 'constant'; readonly value: number | bigint; readonly width: number }
  | { readonly kind: 'flag'; readonly value: boolean }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'string-offset'; readonly section: 'str' | 'line_str'; readonly offset: number }
  | { readonly kind: 'string-index'; readonly index: number }
  /** Relative to the unit's header. */
  | { readonly kind: 'unit-reference'; readonly offset: number }
  | { readonly kind: 'section-reference'; readonly offset: number }
  | { readonly kind: 'signature'; readonly value: number | bigint }
  | { readonly kind: 'section-offset'; readonly offset: number }
  /** Where its bytes stand in the section. */
  | { readonly kind: 'block'; readonly offset: number; readonly length: number }
  /** In a supplementary file that is not there. */
  | { readonly kind: 'elsewhere' };

/** A step of a plan: a number of bytes, or one of these. */
const STEP = { leb: -1, cstring: -2, block1: -3, block2: -4, block4: -5, block: -6, indirect: -7 } as const;

/** The step that passes over one value of this form, or undefined for a form unknown here. */
export function stepOver(form: number, encoding: Encoding): number | undefined {
  switch (form) {
    case FORM.flagPresent:
    case FORM.implicitConst:
      return 0;
    case FORM.data1:
    case FORM.flag:
    case FORM.ref1:
    case FORM.strx1:
    case FORM.addrx1:
      return 1;
    case FORM.data2:
    case FORM.ref2:
    case FORM.strx2:
    case FORM.addrx2:
      return 2;
    case FORM.strx3:
    case FORM.addrx3:
      return 3;
    case FORM.data4:
    case FORM.ref4:
    case FORM.refSup4:
    case FORM.strx4:
    case FORM.addrx4:
      return 4;
    case FORM.data8:
    case FORM.ref8:
    case FORM.refSup8:
    case FORM.refSig8:
      return 8;
    case FORM.data16:
      return 16;
    case FORM.addr:
      return encoding.addressSize;
    case FORM.refAddr:
      return encoding.version <= 2 ? encoding.addressSize : encoding.offsetSize;
    case FORM.strp:
    case FORM.lineStrp:
    case FORM.strpSup:
    case FORM.secOffset:
    case FORM.gnuRefAlt:
    case FORM.gnuStrpAlt:
      return encoding.offsetSize;
    case FORM.sdata:
    case FORM.udata:
    case FORM.refUdata:
    case FORM.strx:
    case FORM.addrx:
    case FORM.loclistx:
    case FORM.rnglistx:
    case FORM.gnuAddrIndex:
    case FORM.gnuStrIndex:
      return STEP.leb;
    case FORM.string:
      return STEP.cstring;
    case FORM.block1:
      return STEP.block1;
    case FORM.block2:
      return STEP.block2;
    case FORM.block4:
      return STEP.block4;
    case FORM.block:
    case FORM.exprloc:
      return STEP.block;
    case FORM.indirect:
      return STEP.indirect;
    default:
      return undefined;
  }
}

/** Takes one step of a plan. */
export function takeStep(cursor: Cursor, step: number, encoding: Encoding): void {
  if (step >= 0) {
    cursor.skip(step);
    return;
  }
  switch (step) {
    case STEP.leb:
      cursor.skipLeb();
      return;
    case STEP.cstring:
      cursor.skipCstring();
      return;
    case STEP.block1:
      cursor.skip(cursor.u8());
      return;
    case STEP.block2:
      cursor.skip(cursor.u16());
      return;
    case STEP.block4:
      cursor.skip(cursor.u32());
      return;
    case STEP.block:
      cursor.skip(cursor.ulebNumber());
      return;
    default:
      skipValue(cursor, readIndirectForm(cursor), encoding);
  }
}

/** Passes over one value. */
export function skipValue(cursor: Cursor, form: number, encoding: Encoding): void {
  const step = stepOver(form, encoding);
  if (step === undefined) {
    throw unknownForm(cursor, form);
  }
  takeStep(cursor, step, encoding);
}

/** Reads one value. `implicit` is the constant that an abbreviation holds for DW_FORM_implicit_const. */
export function readValue(
  cursor: Cursor,
  form: number,
  encoding: Encoding,
  implicit: number | bigint | undefined,
): AttributeValue {
  const { offsetSize } = encoding;
  switch (form) {
    case FORM.addr:
      return { kind: 'address', value: cursor.unsigned(encoding.addressSize) };
    case FORM.addrx:
    case FORM.gnuAddrIndex:
      return { kind: 'address-index', index: cursor.ulebNumber() };
    case FORM.addrx1:
    case FORM.addrx2:
    case FORM.addrx3:
    case FORM.addrx4:
      return { kind: 'address-index', index: fixedIndex(cursor, form - FORM.addrx1) };
    case FORM.data1:
      return { kind: 'constant', value: cursor.u8(), width: 1 };
    case FORM.data2:
      return { kind: 'constant', value: cursor.u16(), width: 2 };
    case FORM.data4:
      return { kind: 'constant', value: cursor.u32(), width: 4 };
    case FORM.data8:
      return { kind: 'constant', value: cursor.u64(), width: 8 };
    case FORM.data16:
      return { kind: 'constant', value: cursor.unsigned(16), width: 16 };
    case FORM.sdata:
      return { kind: 'constant', value: cursor.sleb(), width: 0 };
    case FORM.udata:
      return { kind: 'constant', value: cursor.uleb(), width: 0 };
    case FORM.implicitConst:
      return { kind: 'constant', value: implicit ?? 0, width: 0 };
    case FORM.flag:
      return { kind: 'flag', value: cursor.u8() !== 0 };
    case FORM.flagPresent:
      return { kind: 'flag', value: true };
    case FORM.string:
      return { kind: 'string', text: cursor.cstring() };
    case FORM.strp:
      return { kind: 'string-offset', section: 'str', offset: cursor.size(offsetSize) };
    case FORM.lineStrp:
      return { kind: 'string-offset', section: 'line_str', offset: cursor.size(offsetSize) };
    case FORM.strx:
    case FORM.gnuStrIndex:
      return { kind: 'string-index', index: cursor.ulebNumber() };
    case FORM.strx1:
    case FORM.strx2:
    case FORM.strx3:
    case FORM.strx4:
      return { kind: 'string-index', index: fixedIndex(cursor, form - FORM.strx1) };
    case FORM.ref1:
      return { kind: 'unit-reference', offset: cursor.u8() };
    case FORM.ref2:
      return { kind: 'unit-reference', offset: cursor.u16() };
    case FORM.ref4:
      return { kind: 'unit-reference', offset: cursor.u32() };
    case FORM.ref8:
      return { kind: 'unit-reference', offset: cursor.size(8) };
    case FORM.refUdata:
      return { kind: 'unit-reference', offset: cursor.ulebNumber() };
    case FORM.refAddr:
      return {
        kind: 'section-reference',
        offset: cursor.size(encoding.version <= 2 ? encoding.addressSize : offsetSize),
      };
    case FORM.refSig8:
      return { kind: 'signature', value: cursor.u64() };
    case FORM.secOffset:
      return { kind: 'section-offset', offset: cursor.size(offsetSize) };
    case FORM.block1:
      return readBlock(cursor, cursor.u8());
    case FORM.block2:
      return readBlock(cursor, cursor.u16());
    case FORM.block4:
      return readBlock(cursor, cursor.u32());
    case FORM.block:
    case FORM.exprloc:
      return readBlock(cursor, cursor.ulebNumber());
    case FORM.indirect:
      return readValue(cursor, readIndirectForm(cursor), encoding, undefined);
    default:
      skipValue(cursor, form, encoding);
      return { kind: 'elsewhere' };
  }
}

function fixedIndex(cursor: Cursor, which: number): number {
  switch (which) {
    case 0:
      return cursor.u8();
    case 1:
      return cursor.u16();
    case 2:
      return cursor.u24();
    default:
      return cursor.u32();
  }
}

function readBlock(cursor: Cursor, length: number): AttributeValue {
  const offset = cursor.offset;
  cursor.skip(length);
  return { kind: 'block', offset, length };
}

/** The form that stands before an indirect value; a form may not be indirect twice without end, nor implicit. */
function readIndirectForm(cursor: Cursor): number {
  const at = cursor.offset;
  for (let depth = 0; depth < LIMIT.indirect; depth++) {
    const form = cursor.ulebNumber();
    if (form === FORM.implicitConst) {
      throw new DwarfError(cursor.section.name, at, 'an indirect form other than implicit_const');
    }
    if (form !== FORM.indirect) {
      return form;
    }
  }
  throw new DwarfError(cursor.section.name, at, `at most ${LIMIT.indirect} indirect forms in a row`);
}

function unknownForm(cursor: Cursor, form: number): DwarfError {
  return new DwarfError(cursor.section.name, cursor.offset, `a known form, not 0x${form.toString(16)}`);
}
