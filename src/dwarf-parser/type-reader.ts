// Types as plain data out of their DIEs, each read when it is asked for. Sizes that a DIE leaves out are found by
// following what the type is made of, to a bounded depth.

import { constantOf, constantValue, countOf, flagOf, memberOffset, upperBoundOf } from './attributes.js';
import { AT, LANGUAGES_COUNTING_FROM_ONE, LIMIT, TAG } from './constants.js';
import { Cursor } from './cursor.js';
import { type Die, readChildren, readDie } from './die.js';
import { DwarfError } from './errors.js';
import type { DwarfMember, DwarfType, TypeRef } from './types.js';
import type { Context, Unit } from './unit.js';

/** Stands for a type in a file that is not there (DW_FORM_ref_sup, a type unit of .debug_types). Asking for it fails. */
export const UNREACHABLE_TYPE: TypeRef = -1;

const TYPE_ATTRIBUTES: ReadonlySet<number> = new Set([
  AT.name,
  AT.byteSize,
  AT.bitSize,
  AT.type,
  AT.encoding,
  AT.declaration,
  AT.signature,
  AT.byteStride,
  AT.bitStride,
]);

const CHILD_ATTRIBUTES: ReadonlySet<number> = new Set([
  AT.name,
  AT.type,
  AT.byteSize,
  AT.bitSize,
  AT.bitOffset,
  AT.dataBitOffset,
  AT.dataMemberLocation,
  AT.external,
  AT.declaration,
  AT.constValue,
  AT.count,
  AT.lowerBound,
  AT.upperBound,
]);

const MEMBER_TAGS: ReadonlySet<number> = new Set([TAG.member, TAG.inheritance]);
const ENUMERATOR_TAGS: ReadonlySet<number> = new Set([TAG.enumerator]);
const DIMENSION_TAGS: ReadonlySet<number> = new Set([TAG.subrangeType]);

/** A DIE of a type together with where its children begin. */
interface OpenType {
  readonly unit: Unit;
  readonly die: Die;
  readonly cursor: Cursor;
  readonly name: string;
  /** How many types were followed to come here. */
  readonly depth: number;
}

export class TypeReader {
  private readonly context: Context;
  private readonly unitAt: (ref: TypeRef) => Unit;
  private readonly signed: (signature: number | bigint) => TypeRef | undefined;
  private readonly cache = new Map<TypeRef, DwarfType>();

  /** `unitAt` finds the unit that holds a DIE offset, or throws; `signed` the type that a type unit's signature means. */
  constructor(
    context: Context,
    unitAt: (ref: TypeRef) => Unit,
    signed: (signature: number | bigint) => TypeRef | undefined,
  ) {
    this.context = context;
    this.unitAt = unitAt;
    this.signed = signed;
  }

  read(ref: TypeRef, depth = 0): DwarfType {
    const known = this.cache.get(ref);
    if (known !== undefined) {
      return known;
    }
    const unit = this.unitAt(ref);
    const cursor = new Cursor(this.context.info, ref, unit.end);
    const die = readDie(cursor, unit, TYPE_ATTRIBUTES);
    if (die === undefined) {
      throw new DwarfError('info', ref, 'a type, not the end of a list');
    }
    this.context.strings.allow(unit.end - unit.offset);
    const open = { unit, die, cursor, name: this.text(unit, die), depth };
    const type = this.standIn(open) ?? this.build(open);
    if (this.cache.size >= LIMIT.cachedTypes) {
      this.cache.clear();
    }
    this.cache.set(ref, type);
    return type;
  }

  /** The type that a DIE refers to; undefined where it has no DW_AT_type (void). */
  target(unit: Unit, die: Die, attribute: number = AT.type): TypeRef | undefined {
    const value = die.attributes.get(attribute);
    switch (value?.kind) {
      case undefined:
        return undefined;
      case 'unit-reference':
        return unit.offset + value.offset;
      case 'section-reference':
        return value.offset;
      case 'signature':
        return this.signed(value.value) ?? UNREACHABLE_TYPE;
      case 'elsewhere':
        return UNREACHABLE_TYPE;
      default:
        throw new DwarfError('info', die.offset, 'a reference to a type');
    }
  }

  text(unit: Unit, die: Die): string {
    const value = die.attributes.get(AT.name);
    return value === undefined ? '' : (this.context.strings.text(value, unit) ?? '');
  }

  /** What a declaration stands for whose definition is in a type unit of its own. */
  private standIn({ die, depth }: OpenType): DwarfType | undefined {
    const value = die.attributes.get(AT.signature);
    const ref = value?.kind === 'signature' ? this.signed(value.value) : undefined;
    return ref === undefined || depth >= LIMIT.chain ? undefined : this.read(ref, depth + 1);
  }

  private build(open: OpenType): DwarfType {
    const { unit, die, name } = open;
    const common = { ref: die.offset, name };
    const ownSize = countOf(die, AT.byteSize);
    switch (die.tag) {
      case TAG.baseType: {
        const encoding = countOf(die, AT.encoding) ?? 0;
        return { ...common, kind: 'base', size: ownSize ?? bytesOfBits(countOf(die, AT.bitSize)), encoding };
      }
      case TAG.structureType:
        return { ...common, kind: 'struct', size: ownSize, ...this.composite(open) };
      case TAG.classType:
      case TAG.interfaceType:
        return { ...common, kind: 'class', size: ownSize, ...this.composite(open) };
      case TAG.unionType:
        return { ...common, kind: 'union', size: ownSize, ...this.composite(open) };
      case TAG.arrayType:
        return this.array(open, ownSize);
      case TAG.pointerType:
      case TAG.referenceType:
      case TAG.rvalueReferenceType: {
        const target = this.target(unit, die);
        return { ...common, kind: 'pointer', size: ownSize ?? unit.addressSize, target };
      }
      case TAG.typedef:
        return { ...common, kind: 'typedef', ...this.following(open, ownSize) };
      case TAG.constType:
      case TAG.volatileType:
      case TAG.restrictType:
      case TAG.atomicType:
      case TAG.packedType:
      case TAG.sharedType:
      case TAG.immutableType:
        return { ...common, kind: 'qualified', ...this.following(open, ownSize) };
      case TAG.enumerationType: {
        const size = ownSize ?? this.following(open, undefined).size;
        return { ...common, kind: 'enum', size, enumerators: this.enumerators(open) };
      }
      case TAG.subroutineType:
        return { ...common, kind: 'function', size: ownSize };
      default:
        return { ...common, kind: 'other', size: ownSize, tag: die.tag };
    }
  }

  private following(
    open: OpenType,
    ownSize: number | undefined,
  ): { size: number | undefined; target: TypeRef | undefined } {
    const target = this.target(open.unit, open.die);
    return { target, size: ownSize ?? this.sizeOf(target, open) };
  }

  private sizeOf(ref: TypeRef | undefined, { die, depth }: OpenType): number | undefined {
    if (ref === undefined || ref === UNREACHABLE_TYPE) {
      return undefined;
    }
    if (depth >= LIMIT.chain) {
      throw new DwarfError('info', die.offset, `at most ${LIMIT.chain} types one behind the other`);
    }
    return this.read(ref, depth + 1).size;
  }

  private children({ unit, die, cursor }: OpenType, tags: ReadonlySet<number>): Die[] {
    return die.abbrev.hasChildren ? readChildren(cursor, unit, tags, CHILD_ATTRIBUTES) : [];
  }

  private composite(open: OpenType): { members: DwarfMember[]; declaration: boolean } {
    const members: DwarfMember[] = [];
    for (const child of this.children(open, MEMBER_TAGS)) {
      const member = this.member(open, child);
      if (member !== undefined) {
        members.push(member);
      }
    }
    return { members, declaration: flagOf(open.die, AT.declaration) };
  }

  /** Undefined for what takes no place in the object: static members, virtual base classes. */
  private member(open: OpenType, child: Die): DwarfMember | undefined {
    if (flagOf(child, AT.declaration) || flagOf(child, AT.external)) {
      return undefined;
    }
    const location = memberOffset(this.context, child);
    if (location === undefined) {
      if (child.tag === TAG.inheritance) {
        return undefined;
      }
      throw new DwarfError('info', child.offset, 'a constant member offset');
    }
    const type = this.target(open.unit, child);
    if (type === undefined) {
      throw new DwarfError('info', child.offset, 'a member with a type');
    }
    const name = this.text(open.unit, child);
    const bitSize = countOf(child, AT.bitSize);
    if (bitSize === undefined) {
      return { name, offset: location, type };
    }
    const bitOffset = this.bitOffset(open, child, location, type, bitSize);
    return { name, offset: Math.floor(bitOffset / 8), type, bitSize, bitOffset };
  }

  /**
   * DWARF 4's DW_AT_data_bit_offset counts from the struct's start. The older DW_AT_bit_offset counts from the most significant
   * bit of a storage unit, which in little-endian objects is its last.
   */
  private bitOffset(open: OpenType, child: Die, location: number, type: TypeRef, bitSize: number): number {
    const dataBitOffset = countOf(child, AT.dataBitOffset);
    if (dataBitOffset !== undefined) {
      return 8 * location + dataBitOffset;
    }
    const fromTop = constantOf(child, AT.bitOffset);
    if (fromTop === undefined) {
      return 8 * location;
    }
    const storage = countOf(child, AT.byteSize) ?? this.sizeOf(type, open);
    let offset = 8 * location + Number(fromTop);
    if (this.context.info.littleEndian) {
      offset = storage === undefined ? -1 : 8 * (location + storage) - Number(fromTop) - bitSize;
    }
    if (!Number.isSafeInteger(offset) || offset < 0) {
      throw new DwarfError('info', child.offset, 'a bit field inside its storage unit');
    }
    return offset;
  }

  private enumerators(open: OpenType): { name: string; value: number | bigint }[] {
    return this.children(open, ENUMERATOR_TAGS).map((child) => ({
      name: this.text(open.unit, child),
      value: constantValue(child, undefined) ?? 0,
    }));
  }

  private array(open: OpenType, ownSize: number | undefined): DwarfType {
    const { unit, die, name } = open;
    const counts = this.children(open, DIMENSION_TAGS).map((child) => dimension(unit, child));
    const element = this.target(unit, die);
    const size = ownSize ?? this.arraySize(open, element, counts);
    return { ref: die.offset, name, kind: 'array', size, element, counts };
  }

  private arraySize(
    open: OpenType,
    element: TypeRef | undefined,
    counts: readonly (number | undefined)[],
  ): number | undefined {
    const strideBits = countOf(open.die, AT.bitStride);
    const stride = countOf(open.die, AT.byteStride) ?? this.sizeOf(element, open);
    let size = strideBits === undefined ? stride : strideBits / 8;
    if (counts.length === 0) {
      return undefined;
    }
    for (const count of counts) {
      size = size === undefined || count === undefined ? undefined : size * count;
    }
    if (size !== undefined && size > Number.MAX_SAFE_INTEGER) {
      throw new DwarfError('info', open.die.offset, 'an array smaller than 2^53 bytes');
    }
    return size === undefined ? undefined : Math.ceil(size);
  }
}

/** Elements of one dimension; undefined where only the running program knows, or where the type leaves it open. */
function dimension(unit: Unit, die: Die): number | undefined {
  const count = countOf(die, AT.count);
  const upper = upperBoundOf(die);
  if (count !== undefined || upper === undefined) {
    return count;
  }
  const given = constantOf(die, AT.lowerBound);
  const lower = given === undefined ? (LANGUAGES_COUNTING_FROM_ONE.has(unit.language ?? 0) ? 1 : 0) : Number(given);
  return Math.max(0, upper - lower + 1);
}

function bytesOfBits(bits: number | undefined): number | undefined {
  return bits === undefined ? undefined : Math.ceil(bits / 8);
}
