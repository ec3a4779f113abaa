// Layouts out of a binary's DWARF: each struct when it is asked for, or all that a table holds at once. Go's linker puts the DIEs of all types
// into one unit (mostly the one named `runtime`), so nothing else is read. Knows names, not meanings.
import { InspectError } from '../bytes/errors.js';
import { type Dwarf, DwarfError, type DwarfType, type DwarfUnit, type TypeRef } from '../dwarf-parser/index.js';
import { layoutsFolder } from './load.js';
import type { Measured, MeasuredField, MeasuredStruct } from './measured.js';
import { makeLayout, structLayout } from './resolve.js';
import { dwarfNames, dwarfVariables, rootStructs } from './roots.js';
import { loadTraits } from './traits.js';
import { elementOf, shapeOf, stripRuntime, structName } from './type-names.js';
import type { Layout } from './types.js';

/** What the caller knows of the binary from elsewhere: DWARF does not say it reliably. */
export interface DwarfBinary {
  /** For messages. @default 'the binary' */
  readonly name?: string;
  readonly goVersion: string;
  /** @default 'linux' */
  readonly goos?: string;
  readonly goarch: string;
  readonly experiments: readonly string[];
  readonly pointerSize: 4 | 8;
  readonly littleEndian: boolean;
}

const limits = { structs: 5000, fields: 200_000, typedefs: 32 } as const;

/** A Layout over the binary's own DWARF. Throws InspectError `no-dwarf` where no unit holds the runtime; asking it may throw `malformed`. */
export function layoutFromDwarf(dwarf: Dwarf, binary: DwarfBinary, folder: string = layoutsFolder()): Layout {
  const types = new GoTypes(dwarf, binary);
  const goos = binary.goos ?? 'linux';
  return makeLayout(
    {
      name: 'dwarf',
      goVersion: binary.goVersion,
      goarch: binary.goarch,
      experiments: [...binary.experiments].sort(),
      pointerSize: binary.pointerSize,
      littleEndian: binary.littleEndian,
      source: 'dwarf',
      exact: true,
      traits: loadTraits(folder).at({ ...binary, goos }),
    },
    {
      expand(name) {
        const found = types.struct(name);
        return found && structLayout(name, found.size, 'dwarf', found.fields);
      },
      names: () => [...measure(dwarf, binary).structs.keys()],
      underlying: (name) => types.underlying(name),
    },
  );
}

/** The structs of `roots.ts` with all that they hold by value. Throws InspectError `no-dwarf`, `malformed` or `too-large`. */
export function measure(dwarf: Dwarf, binary: DwarfBinary): Measured {
  const types = new GoTypes(dwarf, binary);
  const structs = new Map<string, MeasuredStruct>();
  const named = new Map<string, string>();
  const waiting = [...rootStructs];
  let fields = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const shape = shapeOf(next);
    if (shape.kind === 'array') waiting.push(shape.element);
    if (shape.kind !== 'named' || structs.has(shape.name) || named.has(shape.name)) continue;
    const found = types.struct(shape.name);
    if (found === undefined) {
      const underlying = types.underlying(shape.name);
      if (underlying === undefined) continue;
      named.set(shape.name, underlying);
      waiting.push(underlying);
      continue;
    }
    structs.set(shape.name, found);
    fields += found.fields.length;
    if (structs.size > limits.structs || fields > limits.fields)
      throw new InspectError('too-large', binary.name ?? 'the binary', 'its runtime types are too many');
    for (const field of found.fields) waiting.push(field.type);
  }
  if (!structs.has('mspan'))
    throw new InspectError('no-dwarf', binary.name ?? 'the binary', 'its debug information has no mspan');
  return {
    goVersion: binary.goVersion,
    experiments: [...binary.experiments].sort(),
    os: binary.goos ?? 'linux',
    arch: binary.goarch,
    pointerSize: binary.pointerSize,
    littleEndian: binary.littleEndian,
    structs: sorted(structs),
    types: sorted(named),
  };
}

function sorted<T>(map: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  return new Map([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Go types by their layout names, out of the units that hold the runtime's. */
class GoTypes {
  readonly #file: string;
  readonly #dwarf: Dwarf;
  readonly #pointerSize: number;
  readonly #units: readonly DwarfUnit[];
  /** Types that members led to, by layout name: the only way to find most anonymous structs. */
  readonly #seen = new Map<string, TypeRef>();

  constructor(dwarf: Dwarf, binary: DwarfBinary) {
    this.#file = binary.name ?? 'the binary';
    this.#dwarf = dwarf;
    this.#pointerSize = binary.pointerSize;
    this.#units = this.#guard(() => typeUnits(this.#dwarf));
    if (this.#units.length === 0)
      throw new InspectError('no-dwarf', this.#file, 'has no debug information of the Go runtime');
  }

  struct(name: string): MeasuredStruct | undefined {
    return this.#guard(() => {
      const type = this.#find(name);
      const target = type && this.#behindTypedefs(type);
      return target?.kind === 'struct' && !isBuiltIn(target.name) ? this.#fields(target) : undefined;
    });
  }

  /** For named types that are no structs: a base type's kind and size, an array's or typedef's other spelling. */
  underlying(name: string): string | undefined {
    return this.#guard(() => {
      const type = this.#find(name);
      const target = type && this.#behindTypedefs(type);
      if (target === undefined) return undefined;
      if (target.kind === 'base') return scalarName(target.encoding, target.size ?? 0);
      if (target.kind === 'pointer' || target.kind === 'function') return 'unsafe.Pointer';
      const spelling = stripRuntime(target.name);
      if (target.kind === 'struct') return isBuiltIn(target.name) ? spelling : undefined;
      if (target.kind !== 'array' || target.element === undefined) return undefined;
      return elementOf(spelling) === undefined ? `[${target.counts[0] ?? 0}]${this.#spell(target.element)}` : spelling;
    });
  }

  #find(name: string): DwarfType | undefined {
    const variable = dwarfVariables[name];
    for (const spelling of dwarfNames[name] ?? [`runtime.${name}`, name]) {
      for (const unit of this.#units) {
        const type = this.#dwarf.typeNamed(unit, spelling);
        if (type !== undefined) return type;
      }
    }
    for (const unit of variable === undefined ? [] : this.#units) {
      const type = this.#dwarf.variableNamed(unit, variable ?? '')?.type;
      if (type !== undefined) return this.#dwarf.type(type);
    }
    const seen = this.#seen.get(name) ?? this.#search(name);
    return seen === undefined ? undefined : this.#dwarf.type(seen);
  }

  /** Looks through all names for one that is spelt so without its `runtime.`s: anonymous structs and instantiated generics. */
  #search(name: string): TypeRef | undefined {
    if (!/[ [{]/.test(name)) return undefined;
    for (const unit of this.#units) {
      for (const spelling of this.#dwarf.typeNames(unit)) {
        if (structName(spelling) === name) return this.#dwarf.typeNamed(unit, spelling)?.ref;
      }
    }
    return undefined;
  }

  #fields(type: DwarfType & { kind: 'struct' | 'union' | 'class' }): MeasuredStruct {
    const fields: MeasuredField[] = [];
    for (const member of type.members) {
      if (member.name === '_' || member.name === '') continue;
      const target = this.#dwarf.type(member.type);
      const spelling = this.#spell(member.type);
      this.#seen.set(structName(spelling), member.type);
      // An array's element may be a type without a name of its own at top level.
      if (target.kind === 'array' && target.element !== undefined)
        this.#seen.set(structName(this.#spell(target.element)), target.element);
      fields.push({ name: member.name, offset: member.offset, size: this.#sizeOf(target), type: spelling });
    }
    fields.sort((a, b) => a.offset - b.offset || a.size - b.size);
    return { size: this.#sizeOf(type), fields };
  }

  /** Go's function values are pointers, whatever DWARF says of the function's type. */
  #sizeOf(type: DwarfType): number {
    if (type.size !== undefined) return type.size;
    if (this.#behindTypedefs(type)?.kind === 'function') return this.#pointerSize;
    throw new InspectError('malformed', this.#file, `debug information gives no size for ${type.name || type.kind}`);
  }

  #spell(ref: TypeRef): string {
    const type = this.#dwarf.type(ref);
    if (type.name !== '') return stripRuntime(type.name);
    return type.kind === 'pointer' ? 'unsafe.Pointer' : `unnamed ${type.kind}`;
  }

  #behindTypedefs(type: DwarfType): DwarfType | undefined {
    let at = type;
    for (let step = 0; at.kind === 'typedef' || at.kind === 'qualified'; step++) {
      if (at.target === undefined || step === limits.typedefs) return undefined;
      at = this.#dwarf.type(at.target);
    }
    return at;
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof DwarfError)
        throw new InspectError('malformed', this.#file, `debug information: ${error.message}`);
      throw error;
    }
  }
}

/**
 * The units to look in: those named `runtime`, and where they hold no types the first one, in which the linker put them all (1.11). Up to 1.9 there is
 * one unit for all packages, named `go`.
 */
export function typeUnits(dwarf: Dwarf): readonly DwarfUnit[] {
  const runtime = dwarf.unitsNamed('runtime');
  const [first] = dwarf.units();
  const typed = (unit: DwarfUnit) => dwarf.typeNamed(unit, 'runtime.mspan') !== undefined;
  if (first === undefined || runtime.some(typed)) return runtime;
  return runtime.length > 0 || typed(first) ? [...runtime, first] : [];
}

/** Slices and strings are structs in DWARF; here their spelling says what they are. */
function isBuiltIn(name: string): boolean {
  return name.startsWith('[]') || name === 'string';
}

/** DW_ATE_boolean 2, complex 3, float 4, signed 5, unsigned 7. */
function scalarName(encoding: number, size: number): string {
  if (encoding === 2) return 'bool';
  const kind = { 3: 'complex', 4: 'float', 5: 'int', 6: 'int' }[encoding] ?? 'uint';
  return `${kind}${size * 8}`;
}
