// An inference as a Layout, and beside a table: structs that were told replace those of the nearest release as wholes; all others are that release's, not measured
// for this one. Never are both mixed inside one struct.
import { makeLayout } from '../../layout/resolve.js';
import type { FieldLayout, Layout, StructLayout } from '../../layout/types.js';
import { sure } from './contest.js';
import type { Inference } from './infer-structs.js';
import type { InferredField, InferredStruct } from './inference.js';

/** Structs that are always read as they were told: the table is not believed in them, or there would be no inference. */
const alwaysTold = ['mspan', 'mheap'];

/** How an inferred layout is called: numbers that it leads to are marked with the same sign. */
export const inferredName = '~inferred';

/** The layout that inference gives. `goVersion` as the image says it. */
export function inferredLayout({ structs, near }: Inference, goVersion: string): Layout {
  const told = new Map(
    structs
      .filter(
        (struct) =>
          alwaysTold.includes(struct.name) || isNew(struct, near) || contradiction(near, [struct]) !== undefined,
      )
      .map((struct) => [struct.name, layoutOf(struct)]),
  );
  const names = [...told.keys()].filter((name) => !name.startsWith('struct {'));
  return makeLayout(
    {
      name: inferredName,
      goVersion,
      goarch: near.goarch,
      experiments: near.experiments,
      pointerSize: near.pointerSize,
      littleEndian: near.littleEndian,
      source: 'inferred',
      exact: false,
      note: `${names.join(', ')} as told from the image; all else as in ${near.name}, not measured in ${goVersion}`,
      traits: near.traits,
    },
    {
      expand: (name) => told.get(name) ?? near.struct(name),
      names: () => [...new Set([...near.structNames(), ...told.keys()])].sort(),
      underlying: () => undefined,
      shape: (type) => near.shape(type),
    },
  );
}

/** What was told of the heap: mspan, mheap and what they hold. */
export function heapStructs(structs: readonly InferredStruct[]): readonly InferredStruct[] {
  return structs.filter(({ name }) => !schedulerStructs.includes(name));
}

/** Structs that change more often than those of the heap: where a table has them wrong, what was told replaces them and the rest of the table serves. */
const schedulerStructs = ['g', 'gobuf', 'stack', 'm', 'p', 'mcache', 'gcControllerState'];

/** The layout of another release, where what was told of the scheduler's structs contradicts it with these as they were told. */
export function withTold(layout: Layout, structs: readonly InferredStruct[]): Layout {
  const told = new Map(
    structs
      .filter((struct) => schedulerStructs.includes(struct.name) && contradiction(layout, [struct]) !== undefined)
      .map((struct) => [struct.name, layoutOf(struct)]),
  );
  if (told.size === 0) return layout;
  const note = `${[...told.keys()].join(', ')} as told from the image`;
  return makeLayout(
    {
      ...identityOf(layout),
      name: layout.name,
      source: layout.source,
      note: layout.note ? `${layout.note}; ${note}` : note,
    },
    {
      expand: (name) => told.get(name) ?? layout.struct(name),
      names: () => layout.structNames(),
      underlying: () => undefined,
      shape: (type) => layout.shape(type),
    },
  );
}

const identityOf = ({ goVersion, goarch, experiments, pointerSize, littleEndian, traits }: Layout) => ({
  goVersion,
  goarch,
  experiments,
  pointerSize,
  littleEndian,
  exact: false,
  traits,
});

const isNew = ({ name }: InferredStruct, near: Layout) => near.struct(name) === undefined;

/** As a struct of a layout: as long as its last field reaches where its size was not told. */
function layoutOf({ name, size, fields }: InferredStruct): StructLayout {
  const end = Math.max(...fields.map(({ offset, size: bytes }) => offset + bytes), 1);
  const asField = ({
    name: field,
    offset,
    size: bytes,
    type,
    confidence,
    alternatives,
  }: InferredField): FieldLayout => ({
    name: field,
    offset,
    size: bytes,
    type,
    source: 'inferred',
    confidence,
    alternatives,
  });
  return {
    name,
    size: size ?? end,
    source: 'inferred',
    fields: new Map(fields.map((field) => [field.name, asField(field)])),
  };
}

/**
 * The first thing in which a layout is not what was told of an image, in a phrase; undefined where there is none. Counted is what was told with more than 0.9, the
 * size of mspan, and a tie where the layout has none of the places that tie.
 */
export function contradiction(layout: Layout, structs: readonly InferredStruct[]): string | undefined {
  for (const { name, size, fields } of structs) {
    const struct = layout.struct(name);
    if (!struct) continue;
    if (size !== undefined && struct.size !== size)
      return `${name} has ${size} bytes in this image, not ${struct.size}`;
    for (const field of fields) {
      const tie = field.alternatives.length > 0;
      if (field.confidence <= sure && !tie) continue;
      const own = layout.field(name, field.name);
      const at =
        own && (tie ? [field.offset, ...field.alternatives].includes(own.offset) : own.offset === field.offset);
      const same = tie || (own !== undefined && own.size === field.size);
      if (at && same) continue;
      const there = own ? `${own.offset} (${own.size} bytes)` : 'none';
      return `${name}.${field.name} stands at ${field.offset} (${field.size} bytes) in this image, not at ${there}`;
    }
  }
  return undefined;
}

/** Fields told with more than 0.9. */
export function sureFields(structs: readonly InferredStruct[]): number {
  return structs.reduce((sum, { fields }) => sum + fields.filter(({ confidence }) => confidence > sure).length, 0);
}
