// What a unit declares at its top level: names of types, variables and constants with the offsets of their DIEs. Made in
// one walk over the unit that decodes names only.

import { LIMIT, TAG } from './constants.js';
import { Cursor } from './cursor.js';
import { type Passed, passOver, readAbbrev } from './die.js';
import { DwarfError } from './errors.js';
import type { Context, Unit } from './unit.js';

export interface UnitIndex {
  /** DIE offsets by name. Of several of one name: a definition before a typedef before a declaration, then the first. */
  readonly types: ReadonlyMap<string, number>;
  readonly variables: ReadonlyMap<string, number>;
  readonly constants: ReadonlyMap<string, number>;
  /** Variables without a name that complete a declaration (DW_AT_specification). */
  readonly completing: readonly number[];
}

type Category = 'type' | 'variable' | 'constant';

const TYPE_TAGS: readonly number[] = [
  TAG.arrayType,
  TAG.classType,
  TAG.enumerationType,
  TAG.pointerType,
  TAG.referenceType,
  TAG.stringType,
  TAG.structureType,
  TAG.subroutineType,
  TAG.typedef,
  TAG.unionType,
  TAG.ptrToMemberType,
  TAG.setType,
  TAG.subrangeType,
  TAG.baseType,
  TAG.constType,
  TAG.fileType,
  TAG.packedType,
  TAG.volatileType,
  TAG.restrictType,
  TAG.interfaceType,
  TAG.unspecifiedType,
  TAG.sharedType,
  TAG.rvalueReferenceType,
  TAG.coarrayType,
  TAG.dynamicType,
  TAG.atomicType,
  TAG.immutableType,
];

const CATEGORIES: ReadonlyMap<number, Category> = new Map<number, Category>([
  ...TYPE_TAGS.map((tag): [number, Category] => [tag, 'type']),
  [TAG.variable, 'variable'],
  [TAG.constant, 'constant'],
]);

/** Offsets by name, the best of each name. */
class Names {
  readonly offsets = new Map<string, number>();
  /** Only of those that something better may replace. */
  private readonly ranks = new Map<string, number>();

  add(name: string, offset: number, rank: number): void {
    const had = this.offsets.has(name);
    if (had && rank >= (this.ranks.get(name) ?? 0)) {
      return;
    }
    if (!had && this.offsets.size >= LIMIT.names) {
      throw new DwarfError('info', offset, `at most ${LIMIT.names} names in a unit`);
    }
    this.offsets.set(name, offset);
    if (rank > 0) {
      this.ranks.set(name, rank);
    } else {
      this.ranks.delete(name);
    }
  }
}

export function indexUnit(context: Context, unit: Unit): UnitIndex {
  const names = { type: new Names(), variable: new Names(), constant: new Names() };
  const completing: number[] = [];
  const passed: Passed = { name: undefined, sibling: undefined };
  const cursor = new Cursor(context.info, unit.bodyOffset, unit.end);
  context.strings.allow(unit.end - unit.offset);
  let depth = unit.rootHasChildren ? 1 : 0;
  while (depth > 0 && cursor.offset < unit.end) {
    const offset = cursor.offset;
    const abbrev = readAbbrev(cursor, unit.abbrevs);
    if (abbrev === undefined) {
      depth--;
      continue;
    }
    const category = depth === 1 ? CATEGORIES.get(abbrev.tag) : undefined;
    passOver(cursor, unit, abbrev, category !== undefined, passed);
    if (category !== undefined) {
      const name = passed.name === undefined ? undefined : context.strings.text(passed.name, unit);
      if (name !== undefined && name !== '') {
        const rank = abbrev.isDeclaration ? 2 : abbrev.tag === TAG.typedef ? 1 : 0;
        names[category].add(name, offset, rank);
      } else if (category === 'variable' && abbrev.hasSpecification && completing.length < LIMIT.names) {
        completing.push(offset);
      }
    }
    if (passed.sibling !== undefined) {
      cursor.seek(passed.sibling);
    } else if (abbrev.hasChildren) {
      depth++;
    }
  }
  return {
    types: names.type.offsets,
    variables: names.variable.offsets,
    constants: names.constant.offsets,
    completing,
  };
}
