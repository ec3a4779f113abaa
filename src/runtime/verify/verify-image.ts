// `layout verify BINARY IMAGE`: a layout against what must be true in the image (invariant.ts). Every span, p, m and g is asked, not a sample. Says
// of each field which invariants rest on it, and at which other places of its struct they would hold as well: what no invariant notices is not proved.
import { InspectError } from '../../bytes/errors.js';
import type { LiveMemory, Memory } from '../../image/memory.js';
import type { FieldCheck, ImageVerification, InvariantCheck } from '../../layout/results.js';
import type { Layout } from '../../layout/types.js';
import type { RootName } from '../roots/find.js';
import { readAllp, readSlice } from '../roots/validate.js';
import { readAllspans } from '../roots/validate-mheap.js';
import { type Elements, type Invariant, type Outcome, type View, viewOf } from './invariant.js';
import { listInvariants } from './list-invariants.js';
import { spanInvariants } from './span-invariants.js';
import { valueInvariants } from './value-invariants.js';

export interface VerifyScene {
  readonly memory: Memory;
  readonly layout: Layout;
  readonly live: LiveMemory | undefined;
  /** Addresses of the runtime's variables, whoever found them. */
  readonly roots: ReadonlyMap<RootName, number>;
}

const invariants: readonly Invariant[] = [...spanInvariants, ...listInvariants, ...valueInvariants];

/** More violations than this share are the table's fault, fewer the heap's. */
const damageShare = 0.02;
/** Places of a struct at which a field is tried, the nearest ones. */
const mostPlaces = 128;
const maxElements = 2 ** 24;

/** Throws InspectError `root-not-found` where allspans can't be read: nothing can be verified then. */
export function verifyOnImage({ memory, layout, live, roots }: VerifyScene): ImageVerification {
  const mheap = roots.get('runtime.mheap_');
  const header = mheap === undefined ? undefined : readAllspans({ memory, layout }, mheap);
  if (mheap === undefined)
    throw new InspectError('root-not-found', 'mheap_', 'was not found in the image: there is nothing to verify on');
  const elements = elementsOf(memory, layout, roots, header);
  const base = { memory, layout, live, roots, elements };
  const asWritten = viewOf(base);
  const outcomes = new Map<Invariant, Outcome>();
  for (const invariant of invariants) outcomes.set(invariant, settled(invariant.run(asWritten, false), elements));
  const fields = [...new Set(invariants.flatMap((each) => each.fields))].filter((name) => hasField(layout, name));
  const checks = new Map<string, FieldCheck>();
  for (const name of fields) {
    const check = checkField(name, base, outcomes);
    if (check !== undefined) checks.set(name, check);
  }
  const found = invariants.flatMap((invariant): InvariantCheck[] => {
    const { checked, violated, lawful, example } = outcomes.get(invariant) as Outcome;
    if (checked === 0) return [];
    const { name, what } = invariant;
    const own = invariant.fields.filter((field) => hasField(layout, field));
    const verdict = violated === 0 ? 'holds' : isBad(invariant, outcomes, checks) ? 'fails' : 'damaged';
    return [
      {
        name,
        what,
        fields: own,
        checked,
        violated,
        lawful,
        verdict,
        ...(example === undefined || example === 0 ? {} : { example: `0x${example.toString(16)}` }),
      },
    ];
  });
  return {
    counts: {
      allspans: elements.spans.length,
      inuse: elements.inuse.length,
      ps: elements.ps.length,
      ms: elements.ms.length,
      gs: elements.gs.length,
    },
    invariants: found,
    fields: Object.fromEntries(checks),
    suspects: suspectsOf(base, found, checks),
  };
}

/** What a few threads inside the allocator explain; more than there are threads is no such moment. */
function settled(outcome: Outcome, { ps, ms }: Elements): Outcome {
  if (outcome.lawful <= Math.max(1, ps.length, ms.length)) return outcome;
  return { ...outcome, violated: outcome.violated + outcome.lawful, lawful: 0 };
}

function isBad(
  invariant: Invariant,
  outcomes: ReadonlyMap<Invariant, Outcome>,
  checks: ReadonlyMap<string, FieldCheck>,
) {
  const { checked, violated } = outcomes.get(invariant) as Outcome;
  if (violated > checked * damageShare) return true;
  // A place at which every span agrees, where here some do not.
  return invariant.fields.some((field) => (checks.get(field)?.alsoFits.length ?? 0) > 0);
}

function hasField(layout: Layout, name: string): boolean {
  const [struct = '', field = ''] = name.split('.');
  return layout.struct(struct)?.fields.has(field) === true;
}

type Base = Omit<View, 'place'>;

const stateField = 'mspan.state';
const isOfSpan = (field: string) => field.startsWith('mspan.');
/** Spans whose state is looked at anew for each place that it might have. */
const mostStates = 20_000;
const mostExplanations = 16;

/** The view with one field moved; with the state at another place other spans are in use. */
function movedView(base: Base, name: string, by: number): View {
  const [struct = '', field = ''] = name.split('.');
  const moved = { struct, field, by };
  if (name !== stateField) return viewOf(base, moved);
  const { memory, layout, elements } = base;
  const step = Math.max(1, Math.ceil(elements.spans.length / mostStates));
  const some = step === 1 ? elements.spans : elements.spans.filter((_, i) => i % step === 0);
  return viewOf({ ...base, elements: { ...elements, inuse: inuseOf(memory, layout, some, by) } }, moved);
}

/** Those of `spans` whose state, `by` bytes from where the layout has it, says that they are in use. */
function inuseOf(memory: Memory, layout: Layout, spans: Float64Array, by = 0): Float64Array {
  const state = layout.field('mspan', 'state');
  const code = layout.traits.spanStates.indexOf('inuse');
  return state ? spans.filter((span) => memory.uint8(span + state.offset + by) === code) : new Float64Array();
}

/** Undefined where nothing in the image says anything about the field. */
function checkField(name: string, base: Base, outcomes: ReadonlyMap<Invariant, Outcome>): FieldCheck | undefined {
  const [structName = '', fieldName = ''] = name.split('.');
  const struct = base.layout.struct(structName);
  const field = struct?.fields.get(fieldName);
  if (struct === undefined || field === undefined) return undefined;
  // Whatever is asked of spans in use rests on the state that says so.
  const rests = (each: Invariant) => each.fields.includes(name) || (name === stateField && each.fields.some(isOfSpan));
  const own = invariants.filter((each) => rests(each) && (outcomes.get(each)?.checked ?? 0) > 0);
  if (own.length === 0) return undefined;
  let checked = 0;
  let violated = 0;
  for (const invariant of own) {
    const outcome = outcomes.get(invariant) as Outcome;
    checked = Math.max(checked, outcome.checked);
    violated = Math.max(violated, outcome.violated);
  }
  const atHome = own.map((each) => each.run(viewOf(base), true).checked);
  // Of many spans a sample is enough to see that a place does not fit; the table's own was tried on all.
  const fits = (offset: number): boolean => {
    const moved = movedView(base, name, offset - field.offset);
    let seen = false;
    for (const [i, invariant] of own.entries()) {
      const outcome = invariant.run(moved, true);
      if (settled(outcome, base.elements).violated > 0) return false;
      // What leads out of all that can be read fits no better for that.
      if (outcome.checked * 2 < (atHome[i] ?? 0)) return false;
      seen ||= outcome.checked > 0;
    }
    return seen;
  };
  const align = Math.min(field.size, base.layout.pointerSize, 8) || 1;
  const places: number[] = [];
  for (let offset = 0; offset + field.size <= struct.size; offset += align)
    if (offset !== field.offset) places.push(offset);
  const nearest = places
    .sort((a, b) => Math.abs(a - field.offset) - Math.abs(b - field.offset))
    .slice(0, mostPlaces)
    .filter(fits)
    .sort((a, b) => a - b);
  return { offset: field.offset, checked, violated, invariants: own.map((each) => each.name), alsoFits: nearest };
}

/**
 * The fields that explain what fails: one that alone would, in another place; else those that no holding invariant rests on; where every field has one, those that would fit elsewhere; else all of
 * what fails.
 */
function suspectsOf(
  base: Base,
  found: readonly InvariantCheck[],
  checks: ReadonlyMap<string, FieldCheck>,
): readonly string[] {
  const failing = invariants.filter(({ name }) => found.some((each) => each.name === name && each.verdict === 'fails'));
  const single = [...checks].filter(([name, { offset, alsoFits }]) =>
    alsoFits.slice(0, mostExplanations).some((place) => {
      const moved = movedView(base, name, place - offset);
      const outcomes = failing.map((each) => each.run(moved, true));
      return outcomes.length > 0 && outcomes.every(({ checked, violated }) => checked > 0 && violated === 0);
    }),
  );
  if (single.length > 0) return single.map(([name]) => name).sort();
  const held = new Set(found.filter(({ verdict }) => verdict !== 'fails').flatMap(({ fields }) => fields));
  const suspects = new Set<string>();
  for (const { verdict, fields } of found) {
    if (verdict !== 'fails') continue;
    const alone = fields.filter((field) => !held.has(field));
    const elsewhere = fields.filter((field) => (checks.get(field)?.alsoFits.length ?? 0) > 0);
    for (const field of alone.length > 0 ? alone : elsewhere.length > 0 ? elsewhere : fields) suspects.add(field);
  }
  return [...suspects].sort();
}

function elementsOf(
  memory: Memory,
  layout: Layout,
  roots: ReadonlyMap<RootName, number>,
  header: ReturnType<typeof readAllspans>,
): Elements {
  const spans = pointersOf(memory, header);
  const inuse = inuseOf(memory, layout, spans);
  const allp = roots.get('runtime.allp');
  const allgs = roots.get('runtime.allgs');
  return {
    spans,
    inuse,
    ps: [...pointersOf(memory, allp === undefined ? undefined : readAllp({ memory, layout }, allp))],
    gs: [...pointersOf(memory, allgs === undefined ? undefined : readSlice(memory, allgs))],
    ms: listOf(memory, layout, roots.get('runtime.allm')),
  };
}

/** The non-nil pointers of a slice, until one can't be read. */
function pointersOf(
  memory: Memory,
  slice: { readonly array: number; readonly length: number } | undefined,
): Float64Array {
  if (slice === undefined || slice.length > maxElements) return new Float64Array();
  const found: number[] = [];
  for (let i = 0; i < slice.length; i += 1) {
    const pointer = memory.word(slice.array + i * memory.pointerSize);
    // An entry that can't be read is missing, and counted nowhere; behind the end of what can be read there are none.
    if (pointer === undefined && memory.faultAt(slice.array + i * memory.pointerSize)) break;
    if (pointer) found.push(pointer);
  }
  return Float64Array.from(found);
}

function listOf(memory: Memory, layout: Layout, head: number | undefined): number[] {
  const alllink = layout.field('m', 'alllink');
  const found = new Set<number>();
  let m = head === undefined ? undefined : memory.word(head);
  while (m && !found.has(m) && found.size < maxCountOfMs) {
    found.add(m);
    m = alllink && memory.word(m + alllink.offset);
  }
  return [...found];
}

const maxCountOfMs = 100_000;
