// The opened debug info: units, their indexes and types behind the public interface. Everything is read when it is first
// asked for.

import { constantValue, staticAddress } from './attributes.js';
import { AT, LIMIT, SIGNED_ENCODINGS } from './constants.js';
import { Cursor } from './cursor.js';
import { type Die, readDie } from './die.js';
import { DwarfError } from './errors.js';
import { TypeReader } from './type-reader.js';
import type { Dwarf, DwarfConstant, DwarfSections, DwarfType, DwarfUnit, DwarfVariable, TypeRef } from './types.js';
import { bytesRead, type Context, openContext, readUnits, type Unit } from './unit.js';
import { indexUnit, type UnitIndex } from './unit-index.js';

const VARIABLE_ATTRIBUTES: ReadonlySet<number> = new Set([
  AT.name,
  AT.type,
  AT.location,
  AT.constValue,
  AT.specification,
  AT.declaration,
]);

export interface DwarfOptions {
  /** @default sections.littleEndian */
  readonly littleEndian?: boolean;
}

/** Opens the debug sections of one object. Reads nothing yet; without .debug_info there are no units. */
export function openDwarf(sections: DwarfSections, options: DwarfOptions = {}): Dwarf {
  return new DwarfFile(sections, options.littleEndian ?? sections.littleEndian);
}

interface UnitTable {
  readonly inOrder: readonly Unit[];
  readonly byOffset: ReadonlyMap<number, Unit>;
  /** The same as plain data, for callers. */
  readonly described: readonly DwarfUnit[];
  readonly byName: ReadonlyMap<string, readonly DwarfUnit[]>;
  readonly bySignature: ReadonlyMap<number | bigint, TypeRef>;
}

class DwarfFile implements Dwarf {
  private readonly context: Context;
  private readonly types: TypeReader;
  private readonly indexes = new Map<number, UnitIndex>();
  private readonly completed = new Map<number, ReadonlyMap<string, number>>();
  private table: UnitTable | undefined;

  constructor(sections: DwarfSections, littleEndian: boolean) {
    this.context = openContext(sections, littleEndian);
    this.types = new TypeReader(
      this.context,
      (ref) => this.unitAt(ref),
      (signature) => this.unitTable().bySignature.get(signature),
    );
  }

  get bytesRead(): number {
    return bytesRead(this.context);
  }

  units(): readonly DwarfUnit[] {
    return this.unitTable().described;
  }

  unitsNamed(name: string): readonly DwarfUnit[] {
    return this.unitTable().byName.get(name) ?? [];
  }

  type(ref: TypeRef): DwarfType {
    return this.types.read(ref);
  }

  typeNamed(unit: DwarfUnit, name: string): DwarfType | undefined {
    const offset = this.index(unit).types.get(name);
    return offset === undefined ? undefined : this.types.read(offset);
  }

  variableNamed(unit: DwarfUnit, name: string): DwarfVariable | undefined {
    const offset = this.completions(unit).get(name) ?? this.index(unit).variables.get(name);
    return offset === undefined ? undefined : this.variable(offset, name);
  }

  constantNamed(unit: DwarfUnit, name: string): DwarfConstant | undefined {
    const offset = this.index(unit).constants.get(name);
    if (offset === undefined) {
      return undefined;
    }
    const { die, unit: owner } = this.entry(offset);
    const target = this.types.target(owner, die);
    const type = target === undefined ? undefined : this.underlying(target);
    const signed = type?.kind === 'base' && SIGNED_ENCODINGS.has(type.encoding);
    const value = constantValue(die, signed ? type.size : undefined);
    return value === undefined ? undefined : { name, value };
  }

  typeNames(unit: DwarfUnit): IterableIterator<string> {
    return this.index(unit).types.keys();
  }

  findType(name: string): DwarfType | undefined {
    for (const unit of this.unitTable().described) {
      const found = this.typeNamed(unit, name);
      if (found !== undefined) {
        return found;
      }
    }
    return undefined;
  }

  findVariable(name: string): DwarfVariable | undefined {
    for (const unit of this.unitTable().described) {
      const found = this.variableNamed(unit, name);
      if (found !== undefined) {
        return found;
      }
    }
    return undefined;
  }

  private unitTable(): UnitTable {
    this.table ??= tabulate(readUnits(this.context));
    return this.table;
  }

  /** The unit with this offset among its DIEs. */
  private unitAt(offset: number): Unit {
    const { inOrder } = this.unitTable();
    let low = 0;
    let high = inOrder.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((inOrder[middle] as Unit).offset <= offset) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    const unit = inOrder[low - 1];
    if (unit === undefined || offset < unit.rootOffset || offset >= unit.end) {
      throw new DwarfError('info', Math.max(offset, 0), 'an entry of a unit (a reference leads there)');
    }
    return unit;
  }

  private index(of: DwarfUnit): UnitIndex {
    let index = this.indexes.get(of.offset);
    if (index === undefined) {
      index = indexUnit(this.context, this.unitAtHeader(of));
      this.indexes.set(of.offset, index);
    }
    return index;
  }

  private unitAtHeader({ offset }: DwarfUnit): Unit {
    const unit = this.unitTable().byOffset.get(offset);
    if (unit === undefined) {
      throw new DwarfError('info', offset, 'a unit of this object');
    }
    return unit;
  }

  /** Names of the unit's variables that complete a declaration elsewhere, found by following it. */
  private completions(unit: DwarfUnit): ReadonlyMap<string, number> {
    const known = this.completed.get(unit.offset);
    if (known !== undefined) {
      return known;
    }
    const names = new Map<string, number>();
    for (const offset of this.index(unit).completing) {
      const { name } = this.followed(offset);
      if (name !== '' && !names.has(name)) {
        names.set(name, offset);
      }
    }
    this.completed.set(unit.offset, names);
    return names;
  }

  private variable(offset: number, name: string): DwarfVariable {
    const { die, unit } = this.entry(offset);
    return { name, address: staticAddress(this.context, unit, die), type: this.followed(offset).type };
  }

  /** Name and type of a variable, from the declarations that it completes where it has none itself. */
  private followed(offset: number): { name: string; type: TypeRef | undefined } {
    let name = '';
    let type: TypeRef | undefined;
    let at: number | undefined = offset;
    for (let depth = 0; at !== undefined; depth++) {
      if (depth >= LIMIT.chain) {
        throw new DwarfError('info', offset, `at most ${LIMIT.chain} declarations one behind the other`);
      }
      const { die, unit } = this.entry(at);
      name ||= this.types.text(unit, die);
      type ??= this.types.target(unit, die);
      at = this.types.target(unit, die, AT.specification);
    }
    return { name, type };
  }

  private entry(offset: number): { die: Die; unit: Unit } {
    const unit = this.unitAt(offset);
    const die = readDie(new Cursor(this.context.info, offset, unit.end), unit, VARIABLE_ATTRIBUTES);
    if (die === undefined) {
      throw new DwarfError('info', offset, 'an entry, not the end of a list');
    }
    return { die, unit };
  }

  /** What stands behind typedefs and qualifiers. */
  private underlying(ref: TypeRef): DwarfType | undefined {
    let type = this.types.read(ref);
    for (let depth = 0; depth < LIMIT.chain; depth++) {
      if ((type.kind !== 'typedef' && type.kind !== 'qualified') || type.target === undefined) {
        return type;
      }
      type = this.types.read(type.target);
    }
    return undefined;
  }
}

function tabulate(inOrder: readonly Unit[]): UnitTable {
  const described = inOrder.map(describe);
  const byName = new Map<string, DwarfUnit[]>();
  for (const unit of described) {
    const named = byName.get(unit.name);
    if (named === undefined) {
      byName.set(unit.name, [unit]);
    } else {
      named.push(unit);
    }
  }
  const bySignature = new Map<number | bigint, TypeRef>();
  for (const { signature, signedType } of inOrder) {
    if (signature !== undefined && signedType !== undefined) {
      bySignature.set(signature, signedType);
    }
  }
  return { inOrder, byOffset: new Map(inOrder.map((unit) => [unit.offset, unit])), described, byName, bySignature };
}

function describe(unit: Unit): DwarfUnit {
  const { offset, end, version, addressSize, dwarf64, name, producer, language } = unit;
  return { offset, end, version, addressSize, dwarf64, name, producer, language };
}
