// Whether one struct of a layout is the release's own: of a layout that stands in for another release, most are not.
import type { Layout } from './types.js';

/** Whether a struct, with all that it holds by value, is certain for the release. */
export function isExact(layout: Layout, struct: string, depth = 0): boolean {
  if (layout.exact) return true;
  if (layout.differing === undefined || layout.differing.includes(struct) || depth > 32) return false;
  for (const { type } of layout.struct(struct)?.fields.values() ?? []) {
    let shape = layout.shape(type);
    for (let step = 0; shape.kind === 'array' && step < 8; step++) shape = layout.shape(shape.element);
    if (shape.kind === 'named' && !isExact(layout, shape.name, depth + 1)) return false;
  }
  return true;
}

/** Whether a struct is read as another release has it: nothing in the image told its fields, and the image's own release was not measured. */
export function standsIn(layout: Layout, struct: string): boolean {
  const source = layout.struct(struct)?.source;
  return (source === 'table' || source === 'user') && !isExact(layout, struct);
}

/** Whether an image told the struct's fields: this one, or the one that a saved inference is of. */
export function isTold(layout: Layout, struct: string): boolean {
  const found = layout.struct(struct);
  if (found?.source === 'inferred') return true;
  for (const { confidence } of found?.fields.values() ?? []) if (confidence !== undefined) return true;
  return false;
}

/** All such structs. A measured layout has none: it is not asked for each of its structs. */
export function toldStructs(layout: Layout): string[] {
  return layout.exact ? [] : layout.structNames().filter((struct) => isTold(layout, struct));
}
