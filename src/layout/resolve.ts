// From a struct and a path to a field: `mheap`, `central[3].mcentral.partial`. Builds Layout objects over anything that can hand out structs
// by name (a table, DWARF). Slices, strings and interfaces have their runtime's words as members: array len cap, str len, tab data.

import { shapeOf, structName, type TypeShape } from './type-names.js';
import type { FieldLayout, Layout, Provenance, StructLayout } from './types.js';

/** Where a Layout's structs come from. */
export interface StructSource {
  /** The struct of that name, made at each call; the Layout keeps it. */
  expand(name: string): StructLayout | undefined;
  names(): readonly string[];
  /** What a named type that is no struct is made of. */
  underlying(name: string): string | undefined;
  /** What a value of a type is, where the source knows it by itself. */
  shape?(type: string): TypeShape;
}

/** A Layout that keeps each struct it was asked for. */
export function makeLayout(
  facts: Omit<Layout, 'struct' | 'structNames' | 'field' | 'shape'>,
  source: StructSource,
): Layout {
  const known = new Map<string, StructLayout | undefined>();
  let names: readonly string[] | undefined;
  const layout: Layout = {
    ...facts,
    struct(name) {
      const key = structName(name);
      if (!known.has(key)) known.set(key, source.expand(key));
      return known.get(key);
    },
    structNames() {
      names ??= source.names();
      return names;
    },
    field: (struct, path) => fieldByPath(layout, struct, path),
    shape: (type) => source.shape?.(type) ?? resolveShape(type, source),
  };
  return layout;
}

/** Follows named types that are no structs; at most eight steps, so that a circle in a file ends. */
function resolveShape(type: string, source: StructSource): TypeShape {
  let shape = shapeOf(type);
  for (let step = 0; shape.kind === 'named' && step < 8; step++) {
    const next = source.underlying(shape.name);
    if (next === undefined) return shape;
    shape = shapeOf(next);
  }
  return shape;
}

/** The members of a type by value: a struct's fields, or the words of a slice, string or interface. Offsets count from the value's start. */
export function membersOf(layout: Layout, type: string): ReadonlyMap<string, FieldLayout> | undefined {
  const shape = layout.shape(type);
  if (shape.kind === 'named') return layout.struct(shape.name)?.fields;
  const word = layout.pointerSize;
  const words = (...list: readonly (readonly [string, string])[]) =>
    new Map(
      list.map(([name, wordType], i) => [
        name,
        { name, offset: i * word, size: word, type: wordType, source: layout.source },
      ]),
    );
  if (shape.kind === 'slice') return words(['array', 'unsafe.Pointer'], ['len', 'int'], ['cap', 'int']);
  if (shape.kind === 'string') return words(['str', '*uint8'], ['len', 'int']);
  if (shape.kind === 'interface') return words(['tab', 'unsafe.Pointer'], ['data', 'unsafe.Pointer']);
  return undefined;
}

/**
 * One element of an array-typed field; offsets count from where the array's did. Undefined for other fields and beyond the array's end.
 * Its size is the array's divided by the count.
 */
export function elementField(layout: Layout, field: FieldLayout, index: number): FieldLayout | undefined {
  const shape = layout.shape(field.type);
  if (shape.kind !== 'array' || index < 0 || index >= shape.count) return undefined;
  const size = field.size / shape.count;
  if (!Number.isInteger(size)) return undefined;
  return {
    name: `${field.name}[${index}]`,
    offset: field.offset + index * size,
    size,
    type: shape.element,
    source: field.source,
  };
}

const step = /^(?:\.?([^.[\]]+)|\[(\d{1,12})\])/;

/** See `Layout.field`. Array elements are written `central[3]`. */
function fieldByPath(layout: Layout, struct: string, path: string): FieldLayout | undefined {
  const root = layout.struct(struct);
  if (root === undefined || path.length > 1000) return undefined;
  let at: FieldLayout = { name: '', offset: 0, size: root.size, type: root.name, source: root.source };
  let rest = path;
  while (rest !== '') {
    const match = step.exec(rest);
    if (match === null) return undefined;
    rest = rest.slice(match[0].length);
    const [, name, index] = match;
    const next: FieldLayout | undefined =
      name === undefined ? elementField(layout, at, Number(index)) : memberOf(layout, at, name);
    if (next === undefined) return undefined;
    at = next;
  }
  return at.name === '' ? undefined : at;
}

function memberOf(layout: Layout, at: FieldLayout, name: string): FieldLayout | undefined {
  const member = membersOf(layout, at.type)?.get(name);
  if (member === undefined) return undefined;
  return { ...member, name: at.name === '' ? name : `${at.name}.${name}`, offset: at.offset + member.offset };
}

/** The only member of a struct that has a size, where it fills all of it: the value in an atomic, or in a box around one. */
export function soleMember(layout: Layout, type: string): FieldLayout | undefined {
  const sized = [...(membersOf(layout, type)?.values() ?? [])].filter((member) => member.size > 0);
  return sized.length === 1 ? sized[0] : undefined;
}

/**
 * Like `fieldByPath`, going on into structs with one member: `state` finds `state.s.value`, `heapLive` finds `heapLive.value` in the releases that
 * have them and the plain field in those that do not.
 */
export function scalarField(layout: Layout, struct: string, path: string): FieldLayout | undefined {
  let at = fieldByPath(layout, struct, path);
  for (let step = 0; at !== undefined && step < 8; step++) {
    if (layout.shape(at.type).kind !== 'named') return at;
    const only = soleMember(layout, at.type);
    at = only && memberOf(layout, at, only.name);
  }
  return undefined;
}

/**
 * What stands at a byte offset of a struct, as deep as types go: `mspan+0x30` → `freeindex`, rest 0. `rest` counts from the field's start;
 * undefined for padding and beyond the end.
 */
export function fieldAt(
  layout: Layout,
  struct: string,
  offset: number,
): { readonly field: FieldLayout; readonly rest: number } | undefined {
  const root = layout.struct(struct);
  if (root === undefined || offset < 0 || offset >= root.size) return undefined;
  let found: FieldLayout | undefined;
  let at: FieldLayout = { name: '', offset: 0, size: root.size, type: root.name, source: root.source };
  for (let depth = 0; depth < 32; depth++) {
    const next = inside(layout, at, offset);
    if (next === undefined) break;
    found = next;
    at = next;
  }
  return found && { field: found, rest: offset - found.offset };
}

function inside(layout: Layout, at: FieldLayout, offset: number): FieldLayout | undefined {
  const shape = layout.shape(at.type);
  if (shape.kind === 'array')
    return shape.count === 0
      ? undefined
      : elementField(layout, at, Math.floor((offset - at.offset) / (at.size / shape.count)));
  for (const [name, member] of membersOf(layout, at.type) ?? []) {
    const start = at.offset + member.offset;
    if (offset >= start && offset < start + member.size) return memberOf(layout, at, name);
  }
  return undefined;
}

/** A StructLayout from plain fields. */
export function structLayout(
  name: string,
  size: number,
  source: Provenance,
  fields: readonly { readonly name: string; readonly offset: number; readonly size: number; readonly type: string }[],
): StructLayout {
  const byName = new Map<string, FieldLayout>();
  for (const field of fields)
    byName.set(field.name, { name: field.name, offset: field.offset, size: field.size, type: field.type, source });
  return { name, size, source, fields: byName };
}
