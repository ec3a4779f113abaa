// Debugging information entries: one with the attributes that are wanted, the children of one, and stepping over the rest.

import { type Abbrev, type AbbrevTable, MARK } from './abbrev.js';
import { LIMIT } from './constants.js';
import type { Cursor } from './cursor.js';
import { DwarfError } from './errors.js';
import { type AttributeValue, type Encoding, readValue, skipValue, takeStep } from './forms.js';

export interface Die {
  /** In .debug_info. */
  readonly offset: number;
  readonly tag: number;
  readonly abbrev: Abbrev;
  /** Only those that were asked for. */
  readonly attributes: ReadonlyMap<number, AttributeValue>;
}

/** What of a unit its DIEs need. */
export interface DieEncoding {
  /** Of the unit's header; references count from there. */
  readonly offset: number;
  readonly abbrevs: AbbrevTable;
  readonly encoding: Encoding;
}

/** The next DIE's abbreviation; undefined for a null entry, which ends a list of children. */
export function readAbbrev(cursor: Cursor, abbrevs: AbbrevTable): Abbrev | undefined {
  const at = cursor.offset;
  const code = cursor.ulebNumber();
  if (code === 0) {
    return undefined;
  }
  const abbrev = abbrevs.get(code);
  if (abbrev === undefined) {
    throw new DwarfError(cursor.section.name, at, `an abbreviation code of the unit's table, not ${code}`);
  }
  return abbrev;
}

/** Reads a DIE; the cursor is left behind it (at its first child, if it has any). */
export function readDie(cursor: Cursor, unit: DieEncoding, wanted: ReadonlySet<number>): Die | undefined {
  const offset = cursor.offset;
  const abbrev = readAbbrev(cursor, unit.abbrevs);
  return abbrev === undefined ? undefined : readAttributes(cursor, unit, abbrev, offset, wanted);
}

function readAttributes(
  cursor: Cursor,
  unit: DieEncoding,
  abbrev: Abbrev,
  offset: number,
  wanted: ReadonlySet<number>,
): Die {
  const attributes = new Map<number, AttributeValue>();
  for (const { attribute, form, implicit } of abbrev.attributes) {
    if (wanted.has(attribute) && !attributes.has(attribute)) {
      attributes.set(attribute, readValue(cursor, form, unit.encoding, implicit));
    } else {
      skipValue(cursor, form, unit.encoding);
    }
  }
  return { offset, tag: abbrev.tag, abbrev, attributes };
}

/**
 * The children with these tags of the DIE behind which the cursor stands, with the wanted attributes. Grandchildren are
 * passed over. A list that is not ended ends with the unit.
 */
export function readChildren(
  cursor: Cursor,
  unit: DieEncoding,
  tags: ReadonlySet<number>,
  wanted: ReadonlySet<number>,
): Die[] {
  const children: Die[] = [];
  const passed: Passed = { name: undefined, sibling: undefined };
  while (cursor.offset < cursor.end) {
    const offset = cursor.offset;
    const abbrev = readAbbrev(cursor, unit.abbrevs);
    if (abbrev === undefined) {
      break;
    }
    if (!tags.has(abbrev.tag)) {
      skipDie(cursor, unit, abbrev, passed);
      continue;
    }
    if (children.length >= LIMIT.children) {
      throw new DwarfError(cursor.section.name, offset, `at most ${LIMIT.children} members`);
    }
    children.push(readAttributes(cursor, unit, abbrev, offset, wanted));
    if (abbrev.hasChildren) {
      skipChildren(cursor, unit, passed);
    }
  }
  return children;
}

/** What passing over a DIE brings in by the way. */
export interface Passed {
  name: AttributeValue | undefined;
  /** Where the next DIE of the same list stands; only where the DIE has children and says so. */
  sibling: number | undefined;
}

/** Passes over a DIE's attributes by its abbreviation's plan. */
export function passOver(cursor: Cursor, unit: DieEncoding, abbrev: Abbrev, withName: boolean, passed: Passed): void {
  const { plan } = abbrev;
  passed.name = undefined;
  passed.sibling = undefined;
  for (let i = 0; i < plan.length; i++) {
    const step = plan[i] as number;
    if (step === MARK.name) {
      if (withName && abbrev.name !== undefined) {
        passed.name = readValue(cursor, abbrev.name.form, unit.encoding, abbrev.name.implicit);
        i++;
      }
    } else if (step === MARK.sibling && abbrev.sibling !== undefined) {
      const value = readValue(cursor, abbrev.sibling.form, unit.encoding, abbrev.sibling.implicit);
      passed.sibling = value.kind === 'unit-reference' ? unit.offset + value.offset : undefined;
      i++;
    } else {
      takeStep(cursor, step, unit.encoding);
    }
  }
  if (passed.sibling !== undefined && (passed.sibling <= cursor.offset || passed.sibling > cursor.end)) {
    throw new DwarfError(
      cursor.section.name,
      cursor.offset,
      `a sibling ahead, not at 0x${passed.sibling.toString(16)}`,
    );
  }
}

/** Passes over the rest of a DIE whose code was read, and over its children. */
function skipDie(cursor: Cursor, unit: DieEncoding, abbrev: Abbrev, passed: Passed): void {
  passOver(cursor, unit, abbrev, false, passed);
  if (passed.sibling !== undefined) {
    cursor.seek(passed.sibling);
  } else if (abbrev.hasChildren) {
    skipChildren(cursor, unit, passed);
  }
}

/** From the first child on to behind the null entry that ends the children. */
function skipChildren(cursor: Cursor, unit: DieEncoding, passed: Passed): void {
  let depth = 1;
  while (depth > 0 && cursor.offset < cursor.end) {
    const abbrev = readAbbrev(cursor, unit.abbrevs);
    if (abbrev === undefined) {
      depth--;
      continue;
    }
    passOver(cursor, unit, abbrev, false, passed);
    if (passed.sibling !== undefined) {
      cursor.seek(passed.sibling);
    } else if (abbrev.hasChildren) {
      depth++;
    }
  }
}
