// `layout diff`: what differs between the structs of two releases.
import { InspectError } from '../bytes/errors.js';
import { parseLayoutName, releaseKey } from './release.js';
import type { LayoutDiffResult, LayoutStructDiff } from './results.js';
import { layoutNamed, layoutSchemaVersion, type TableOptions } from './show.js';
import type { StructLayout } from './types.js';

/**
 * `layout diff A B [STRUCT]`; an arch given with one of them counts for both, amd64 if with none. Throws what `layoutNamed` throws, and
 * `no-layout` for a struct that neither has.
 */
export function diffLayouts(a: string, b: string, struct?: string, options: TableOptions = {}): LayoutDiffResult {
  const nameA = parseLayoutName(a);
  const nameB = parseLayoutName(b);
  const archA = nameA.arch ?? nameB.arch ?? 'amd64';
  const archB = nameB.arch ?? nameA.arch ?? 'amd64';
  const keyA = releaseKey(nameA.goVersion, nameA.experiments);
  const keyB = releaseKey(nameB.goVersion, nameB.experiments);
  const layoutA = layoutNamed(`${keyA}/${archA}`, options);
  const layoutB = layoutNamed(`${keyB}/${archB}`, options);
  if (struct !== undefined && layoutA.struct(struct) === undefined && layoutB.struct(struct) === undefined) {
    throw new InspectError('no-layout', struct, `is neither in ${keyA}/${archA} nor in ${keyB}/${archB}`);
  }
  const names =
    struct === undefined ? [...new Set([...layoutA.structNames(), ...layoutB.structNames()])].sort() : [struct];
  const structs: Record<string, LayoutStructDiff> = {};
  for (const name of names) {
    const found = diffStruct(layoutA.struct(name), layoutB.struct(name));
    if (found !== undefined) structs[name] = found;
  }
  return {
    schemaVersion: layoutSchemaVersion,
    a: keyA,
    b: keyB,
    arch: archA === archB ? archA : `${archA},${archB}`,
    structs,
  };
}

/** Undefined where both are the same. */
function diffStruct(a: StructLayout | undefined, b: StructLayout | undefined): LayoutStructDiff | undefined {
  const fieldsA = [...(a?.fields.values() ?? [])];
  const fieldsB = [...(b?.fields.values() ?? [])];
  const both = fieldsA.flatMap((field) => {
    const other = b?.fields.get(field.name);
    return other === undefined ? [] : [{ field: field.name, a: field, b: other }];
  });
  const plain = ({ name, offset, size, type }: (typeof fieldsA)[number]) => ({ field: name, offset, size, type });
  const diff: LayoutStructDiff = {
    size: { a: a?.size ?? null, b: b?.size ?? null },
    added: fieldsB.filter(({ name }) => a?.fields.has(name) !== true).map(plain),
    removed: fieldsA.filter(({ name }) => b?.fields.has(name) !== true).map(plain),
    moved: both
      .filter((one) => one.a.offset !== one.b.offset)
      .map((one) => ({ field: one.field, a: one.a.offset, b: one.b.offset })),
    retyped: both
      .filter((one) => one.a.type !== one.b.type || one.a.size !== one.b.size)
      .map((one) => ({ field: one.field, a: typeText(one.a, one.b), b: typeText(one.b, one.a) })),
  };
  const changes = diff.added.length + diff.removed.length + diff.moved.length + diff.retyped.length;
  return changes === 0 && diff.size.a === diff.size.b ? undefined : diff;
}

/** A type that kept its name and changed its size says so. */
function typeText(field: { type: string; size: number }, other: { type: string }): string {
  return field.type === other.type ? `${field.type} (${field.size} bytes)` : field.type;
}
