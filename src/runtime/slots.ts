// The slot map of one span: which slots are allocated and which are marked, and what "marked" means at this moment.
//
//   allocated(i)  ⇔  i < freeindex  or  bit i of allocBits          (every release, at all times; runtime/mbitmap.go, isFree)
//   marked(i)        depends on where the span stands in the GC cycle:
//     swept in this cycle (sweepgen h, h+3)   → allocBits: the last mark's result; slots handed out since are not marked
//     mark phase, or not yet swept (h-2, h+1) → gcmarkBits, or Green Tea's marks in the span or'ed with them
import { bitAt } from './bitmap.js';
import { gcPhase, heapSweepgen, type RuntimeView } from './mheap.js';
import { hasInlineMarks, type SpanBits } from './span-bits.js';
import { maxSlots, type SpanTable, spanFlag, stateInuse } from './span-table.js';

export type MarkSource = 'allocBits' | 'gcmarkBits' | 'inline';

/** sweepgen against the heap's (runtime/mheap.go, the comment at mspan.sweepgen). */
export type SweepState =
  | 'swept'
  | 'being swept'
  | 'needs sweeping'
  | 'cached before sweep, needs sweeping'
  | 'swept, then cached'
  | 'odd'
  | 'unknown'
  | 'none';

export function sweepStateOf(table: SpanTable, row: number, generation: number | undefined): SweepState {
  if (table.state[row] !== stateInuse) return 'none';
  if (generation === undefined) return 'unknown';
  switch ((table.sweepgen[row]! - generation) | 0) {
    case -2:
      return 'needs sweeping';
    case -1:
      return 'being swept';
    case 0:
      return 'swept';
    case 1:
      return 'cached before sweep, needs sweeping';
    case 3:
      return 'swept, then cached';
    default:
      return 'odd';
  }
}

export interface SlotMap {
  /** A character a slot: a A f ! ? (see the contract of `span`). Empty unless in use. */
  readonly slots: string;
  readonly markSource: MarkSource | null;
  /** What the marks mean here, in words. */
  readonly reading: string;
  readonly sweepState: SweepState;
}

export function slotMap(view: RuntimeView, table: SpanTable, row: number, bits: SpanBits): SlotMap {
  const sweepState = sweepStateOf(table, row, heapSweepgen(view));
  if (table.flags[row]! & spanFlag.unreadable)
    return { slots: '', markSource: null, reading: 'the mspan can’t be read: its slots are not known', sweepState };
  if (table.state[row] !== stateInuse)
    return { slots: '', markSource: null, reading: 'the span is not in use: it has no slots', sweepState };
  if (table.flags[row]! & spanFlag.badNelems)
    return {
      slots: '?'.repeat(table.nelems[row]! <= maxSlots ? table.nelems[row]! : 0),
      markSource: null,
      reading: `nelems is ${table.nelems[row]! > maxSlots ? `above ${maxSlots}` : table.nelems[row]}, more than its pages can hold: its slots are not known`,
      sweepState,
    };
  const { source, reading } = chooseMarks(view, table, row, sweepState);
  return { slots: drawSlots(table, row, bits, source), markSource: source, reading, sweepState };
}

function chooseMarks(
  view: RuntimeView,
  table: SpanTable,
  row: number,
  sweepState: SweepState,
): { source: MarkSource; reading: string } {
  const phase = gcPhase(view);
  const current: MarkSource = hasInlineMarks(view.layout.traits, table, row) ? 'inline' : 'gcmarkBits';
  const where = current === 'inline' ? 'the marks inside the span' : 'gcmarkBits';
  if (phase !== undefined && phase > 0) {
    return { source: current, reading: `a GC cycle is marking: ${where} hold what it has reached so far` };
  }
  switch (sweepState) {
    case 'needs sweeping':
    case 'cached before sweep, needs sweeping':
      return {
        source: current,
        reading: `not swept since the last mark: ${where} say what survives, the rest is garbage that still counts as allocated`,
      };
    case 'being swept':
      return { source: current, reading: `being swept at this moment: ${where} and allocBits may be half exchanged` };
    case 'odd':
    case 'unknown':
      return {
        source: 'allocBits',
        reading: 'its sweepgen fits no moment of this heap’s cycle: allocBits hold the marks of some earlier one',
      };
    default:
      return {
        source: 'allocBits',
        reading:
          'swept in this cycle: allocBits hold what the last mark reached; slots handed out since then are not marked',
      };
  }
}

function drawSlots(table: SpanTable, row: number, bits: SpanBits, source: MarkSource): string {
  const nelems = table.nelems[row]!;
  const freeindex = table.freeindex[row]!;
  const { allocBits, gcmarkBits, inlineMarks } = bits;
  const readable = bits.allocBits !== undefined || freeindex >= nelems;
  const marks =
    source === 'allocBits' ? [allocBits] : source === 'gcmarkBits' ? [gcmarkBits] : [inlineMarks, gcmarkBits];
  const unknownMarks = marks.some((bitmap) => bitmap === undefined);
  let slots = '';
  for (let i = 0; i < nelems; i += 1) {
    const below = i < freeindex;
    if (unknownMarks || (!below && !readable)) {
      slots += '?';
      continue;
    }
    const marked = marks.some((bitmap) => bitmap !== undefined && bitAt(bitmap, i));
    if (below || bitAt(allocBits!, i)) slots += marked ? 'a' : 'A';
    else slots += marked ? '!' : 'f';
  }
  return slots;
}
