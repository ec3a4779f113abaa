// A layout that is silent about some fields: what nothing tells the place of is read nowhere.
import { makeLayout } from './resolve.js';
import type { Layout } from './types.js';

/** `layout` without the fields that `left` names by their structs; sizes stay. */
export function withoutFields(layout: Layout, left: Readonly<Record<string, readonly string[]>>): Layout {
  return makeLayout(layout, {
    expand(name) {
      const struct = layout.struct(name);
      const names = Object.hasOwn(left, name) ? left[name] : undefined;
      if (!struct || !names) return struct;
      return { ...struct, fields: new Map([...struct.fields].filter(([field]) => !names.includes(field))) };
    },
    names: () => layout.structNames(),
    underlying: () => undefined,
    shape: (type) => layout.shape(type),
  });
}
