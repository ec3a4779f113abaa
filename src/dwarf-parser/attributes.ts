// What attribute values mean: integers with their sign, constant expressions, static addresses.

import { AT, OP } from './constants.js';
import { Cursor } from './cursor.js';
import type { Die } from './die.js';
import { DwarfError } from './errors.js';
import type { Context, Unit } from './unit.js';

/** A constant attribute as it stands; undefined where there is none, or where it is a reference or an expression. */
export function constantOf(die: Die, attribute: number): number | bigint | undefined {
  const value = die.attributes.get(attribute);
  return value?.kind === 'constant' ? value.value : undefined;
}

/** A constant attribute that counts something: not negative, below 2^53. */
export function countOf(die: Die, attribute: number): number | undefined {
  const value = constantOf(die, attribute);
  if (value !== undefined && (typeof value === 'bigint' || value < 0)) {
    throw new DwarfError('info', die.offset, `a size or count between 0 and 2^53, not ${value}`);
  }
  return value;
}

export function flagOf(die: Die, attribute: number): boolean {
  const value = die.attributes.get(attribute);
  return value?.kind === 'flag' && value.value;
}

/** The upper bound of an array; all bits set is the -1 of an empty one, however it was written. */
export function upperBoundOf(die: Die): number | undefined {
  const value = die.attributes.get(AT.upperBound);
  if (value?.kind !== 'constant') {
    return undefined;
  }
  const minusOne =
    (value.width === 4 && value.value === 0xffffffff) || (value.value === 0xffff_ffff_ffff_ffffn && value.width !== 16);
  if (minusOne) {
    return -1;
  }
  if (typeof value.value === 'bigint') {
    throw new DwarfError('info', die.offset, `an array bound below 2^53, not ${value.value}`);
  }
  return value.value;
}

/** Where a member begins, in bytes. Undefined if it takes more than a constant to know. No attribute means 0. */
export function memberOffset(context: Context, die: Die): number | undefined {
  const value = die.attributes.get(AT.dataMemberLocation);
  if (value === undefined) {
    return 0;
  }
  if (value.kind !== 'block') {
    return countOf(die, AT.dataMemberLocation);
  }
  const cursor = new Cursor(context.info, value.offset, value.offset + value.length);
  const op = value.length > 0 ? cursor.u8() : undefined;
  if (op !== OP.plusUconst && op !== OP.constu) {
    return undefined;
  }
  const offset = cursor.ulebNumber();
  if (op === OP.constu && (cursor.offset === cursor.end || cursor.u8() !== OP.plus)) {
    return undefined;
  }
  return cursor.offset === cursor.end ? offset : undefined;
}

/** The link-time address that a location is, if it is one: DW_OP_addr, DW_OP_addrx and nothing after. */
export function staticAddress(context: Context, unit: Unit, die: Die): number | undefined {
  const value = die.attributes.get(AT.location);
  if (value?.kind !== 'block' || value.length === 0) {
    return undefined;
  }
  const cursor = new Cursor(context.info, value.offset, value.offset + value.length);
  const op = cursor.u8();
  let address: number | bigint | undefined;
  if (op === OP.addr) {
    address = cursor.unsigned(unit.addressSize);
  } else if (op === OP.addrx || op === OP.gnuAddrIndex) {
    const entry = unit.addrBase + cursor.ulebNumber() * unit.addressSize;
    address = new Cursor(context.addr, entry).unsigned(unit.addressSize);
  }
  return typeof address === 'number' && cursor.offset === cursor.end ? address : undefined;
}

/**
 * The number that DW_AT_const_value is; undefined for strings and blocks. Data of a fixed width has no sign of its own: it is
 * read as signed where its type is signed and just as wide.
 */
export function constantValue(die: Die, signedBytes: number | undefined): number | bigint | undefined {
  const value = die.attributes.get(AT.constValue);
  if (value?.kind === 'address') {
    return value.value;
  }
  if (value?.kind !== 'constant') {
    return undefined;
  }
  if (value.width === 0 || value.width !== signedBytes) {
    return value.value;
  }
  const signed = BigInt.asIntN(8 * value.width, BigInt(value.value));
  return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
}
