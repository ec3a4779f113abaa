// The mspan fields that the span walk needs, taken out of the layout once. Source: runtime/mheap.go, type mspan.
import { InspectError } from '../bytes/errors.js';
import type { FieldLayout, Layout } from '../layout/types.js';
import type { FieldPlace } from './struct-batch.js';

export interface MspanOffsets {
  /** sizeof(mspan) in bytes. */
  readonly size: number;
  readonly startAddr: FieldPlace;
  readonly npages: FieldPlace;
  readonly limit: FieldPlace;
  readonly elemsize: FieldPlace;
  readonly nelems: FieldPlace;
  readonly freeindex: FieldPlace;
  readonly allocCount: FieldPlace;
  readonly sweepgen: FieldPlace;
  readonly spanclass: FieldPlace;
  readonly state: FieldPlace;
  readonly allocBits: FieldPlace;
  readonly gcmarkBits: FieldPlace;
}

const names = [
  'startAddr', 'npages', 'limit', 'elemsize', 'nelems', 'freeindex', 'allocCount', 'sweepgen', 'spanclass', 'state',
  'allocBits', 'gcmarkBits',
] as const; // biome-ignore format: a list of names

/** Takes the offsets out of `layout`; throws InspectError `no-layout` naming the first field that it lacks. */
export function mspanOffsets(layout: Layout): MspanOffsets {
  const mspan = layout.struct('mspan');
  if (!mspan) throw new InspectError('no-layout', layout.name, 'has no struct mspan');
  const places: Partial<Record<(typeof names)[number], FieldPlace>> = {};
  for (const name of names) {
    const field = mspan.fields.get(name);
    if (!field) throw new InspectError('no-layout', layout.name, `has no field mspan.${name}`);
    places[name] = place(field);
  }
  return {
    ...(places as Record<(typeof names)[number], FieldPlace>),
    size: mspan.size,
  };
}

const place = ({ offset, size }: FieldLayout): FieldPlace => ({ offset, size });
