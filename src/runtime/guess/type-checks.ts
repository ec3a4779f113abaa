// Whether what stands at an address can be a struct of a layout, by the types of its fields alone: a pointer is nil or leads to mapped memory, a bool is 0 or 1, a slice
// is not longer than its capacity. A layout of another release puts pointers where numbers stand. Only values that are not zero say anything.
import type { Memory, Segment } from '../../image/memory.js';
import { rangeOf } from '../../image/within.js';
import { elementField, membersOf } from '../../layout/resolve.js';
import type { FieldLayout, Layout } from '../../layout/types.js';

/** What was looked at, and how much of it cannot be. */
export interface Tally {
  held: number;
  broken: number;
  /** The first things that can't be, for `--trace`. */
  readonly notes: string[];
}

const mostNotes = 8;

export const newTally = (): Tally => ({ held: 0, broken: 0, notes: [] });

/** Counts one observation; `note` is made only where it is kept. */
export function count(tally: Tally, holds: boolean | undefined, note: () => string, weight = 1): void {
  if (holds === undefined) return;
  if (holds) tally.held += weight;
  else {
    tally.broken += weight;
    if (tally.notes.length < mostNotes) tally.notes.push(note());
  }
}

export function add(tally: Tally, { held, broken, notes }: Tally): void {
  tally.held += held;
  tally.broken += broken;
  tally.notes.push(...notes.slice(0, Math.max(0, mostNotes - tally.notes.length)));
}

interface Constraint {
  readonly path: string;
  readonly offset: number;
  readonly kind: 'pointer' | 'bool' | 'slice' | 'string' | 'interface';
}

const mostConstraints = 600;
/** Elements of an array that are looked at: they are alike. */
const mostOfArray = 3;
const mostDepth = 8;
const kept = new WeakMap<Layout, Map<string, readonly Constraint[]>>();

/** The constraining fields of a struct, made once for each layout. */
function constraintsOf(layout: Layout, struct: string): readonly Constraint[] {
  const known = kept.get(layout) ?? new Map<string, readonly Constraint[]>();
  kept.set(layout, known);
  let list = known.get(struct);
  if (!list) {
    const made: Constraint[] = [];
    for (const field of layout.struct(struct)?.fields.values() ?? []) collect(layout, field, made, 0);
    list = made;
    known.set(struct, list);
  }
  return list;
}

function collect(layout: Layout, field: FieldLayout, into: Constraint[], depth: number): void {
  if (depth > mostDepth || into.length >= mostConstraints) return;
  const { offset, name, type } = field;
  if (layout.traits.addressTypes.includes(type)) into.push({ path: name, offset, kind: 'pointer' });
  const shape = layout.shape(type);
  switch (shape.kind) {
    case 'pointer':
    case 'bool':
    case 'slice':
    case 'string':
    case 'interface':
      into.push({ path: name, offset, kind: shape.kind });
      return;
    case 'array':
      for (let i = 0; i < Math.min(shape.count, mostOfArray); i += 1) {
        const element = elementField(layout, field, i);
        if (element) collect(layout, element, into, depth + 1);
      }
      return;
    case 'named':
      for (const member of membersOf(layout, type)?.values() ?? [])
        collect(layout, { ...member, name: `${name}.${member.name}`, offset: offset + member.offset }, into, depth + 1);
      return;
    default:
      return;
  }
}

/** Whether an address is in memory that the process had mapped, dumped or not. */
type IsMapped = (address: number) => boolean;

export function mappedBy(segments: readonly Segment[]): IsMapped {
  return (address) => rangeOf(segments, address) !== undefined;
}

/** Lengths that no slice of the runtime has. */
const mostLength = 2 ** 40;

export interface Typed {
  readonly memory: Memory;
  readonly layout: Layout;
  readonly isMapped: IsMapped;
}

/** Counts into `tally` what holds and what can't be in the `struct` at `address`. */
export function checkTypes({ memory, layout, isMapped }: Typed, struct: string, address: number, tally: Tally): void {
  const { pointerSize } = memory;
  const canBe = ({ offset, kind }: Constraint): boolean | undefined => {
    const at = address + offset;
    if (kind === 'bool') {
      const value = memory.uint8(at);
      return value === undefined || value === 0 ? undefined : value === 1;
    }
    const word = memory.word(at);
    const fault = word === undefined && memory.faultAt(at) !== undefined;
    if (fault || word === 0) return undefined;
    // Above 2^53 there is no address.
    if (word === undefined || !isMapped(word)) return false;
    if (kind === 'pointer' || kind === 'interface') return true;
    const length = memory.word(at + pointerSize);
    if (length === undefined || length > mostLength) return false;
    if (kind === 'string') return true;
    const capacity = memory.word(at + 2 * pointerSize);
    return capacity !== undefined && length <= capacity && capacity < mostLength;
  };
  for (const constraint of constraintsOf(layout, struct))
    count(tally, canBe(constraint), () => `${struct}.${constraint.path} can’t be a ${constraint.kind}`);
}
