// The slot map in every moment of a GC cycle: which bits the marks are read from, and what contradicts.
import { describe, expect, it } from 'vitest';
import { readAllspans } from '../../src/runtime/roots/validate-mheap.js';
import { slotMap } from '../../src/runtime/slots.js';
import { readSpanBits } from '../../src/runtime/span-bits.js';
import { readSpanTable } from '../../src/runtime/span-table.js';
import { type HeapSpec, type SpanSpec, writeHeap } from '../support/heap-writer.js';

/** The first ten slots of one span; freeindex 3, so slots 0–2 and those with a bit in allocBits are allocated. */
function map(spec: SpanSpec, heap: HeapSpec = {}) {
  const { memory, layout, roots, view } = writeHeap({ ...heap, spans: [{ freeindex: 3, nelems: 10, ...spec }] });
  const table = readSpanTable(memory, layout, readAllspans({ memory, layout }, roots['runtime.mheap_'])!);
  return slotMap(view, table, 0, readSpanBits(memory, layout, table, 0));
}

const bits: SpanSpec = { allocBits: '1001010000', gcmarkBits: '0100011000' };
const byAllocBits = 'aAAafaffff';
const byGcmarkBits = 'AaAAfa!fff';

describe('marks come from', () => {
  it.each([
    [0, 'swept', 'allocBits', byAllocBits],
    [3, 'swept, then cached', 'allocBits', byAllocBits],
    [-2, 'needs sweeping', 'gcmarkBits', byGcmarkBits],
    [1, 'cached before sweep, needs sweeping', 'gcmarkBits', byGcmarkBits],
    [-1, 'being swept', 'gcmarkBits', byGcmarkBits],
    [2, 'odd', 'allocBits', byAllocBits],
    [-4, 'odd', 'allocBits', byAllocBits],
  ] as const)('outside of a mark phase, with sweepgen h%+d: %s → %s', (sweep, sweepState, markSource, slots) => {
    expect(map({ ...bits, sweep })).toMatchObject({ slots, markSource, sweepState });
    // sweepgen wraps at 2^32.
    expect(map({ ...bits, sweep }, { sweepgen: 0 })).toMatchObject({ slots, markSource, sweepState });
  });

  it.each([1, 2])('in GC phase %d the marks being set', (gcphase) => {
    for (const sweep of [0, 3]) {
      expect(map({ ...bits, sweep }, { gcphase })).toMatchObject({ slots: byGcmarkBits, markSource: 'gcmarkBits' });
    }
  });

  it('the span itself where Green Tea keeps them there, or’ed with gcmarkBits', () => {
    const heap: HeapSpec = { go: 'go1.27.0' };
    const spec: SpanSpec = { ...bits, inlineMarks: '0010000010', sweep: -2 };
    expect(map(spec, heap)).toMatchObject({ slots: 'AaaAfa!f!f', markSource: 'inline' });
    expect(map({ ...spec, sweep: 0 }, heap)).toMatchObject({ slots: byAllocBits, markSource: 'allocBits' });
    expect(map({ ...spec, sweep: 0 }, { ...heap, gcphase: 1 })).toMatchObject({ markSource: 'inline' });
  });

  it('nothing where what should be marks in the span does not end with the span’s class', () => {
    const spec: SpanSpec = { ...bits, inlineMarks: '0010000010', inlineClass: 0, sweep: -2 };
    expect(map(spec, { go: 'go1.27.0' })).toMatchObject({ slots: '??????????', markSource: 'inline' });
  });

  it('gcmarkBits where Green Tea is off, not there yet, or does not serve the size', () => {
    const spec: SpanSpec = { ...bits, inlineMarks: '1111111111', sweep: -2 };
    for (const heap of [{ go: 'go1.27.0', experiments: ['nogreenteagc'] }, { go: 'go1.25.0' }, { go: 'go1.24.0' }])
      expect(map(spec, heap)).toMatchObject({ slots: byGcmarkBits, markSource: 'gcmarkBits' });
    expect(map({ ...spec, sizeclass: 27 }, { go: 'go1.27.0' })).toMatchObject({ markSource: 'gcmarkBits' });
    expect(map({ ...bits, sizeclass: 1, sweep: -2 }, { go: 'go1.27.0' })).toMatchObject({ markSource: 'gcmarkBits' });
    expect(map({ ...spec, sweep: -2 }, { go: 'go1.25.0', experiments: ['greenteagc'] })).toMatchObject({
      markSource: 'inline',
    });
  });
});

describe('what can’t be read', () => {
  it('is ? from freeindex on where allocBits is missing', () => {
    expect(map({ ...bits, allocBits: 'unreadable', sweep: -2 }).slots).toBe('AaA???????');
    expect(map({ ...bits, allocBits: 'unreadable' }).slots).toBe('??????????');
    expect(map({ ...bits, allocBits: 'unreadable', freeindex: 10, sweep: -2 }).slots).toBe('AaAAAaaAAA');
  });
  it('is ? everywhere where the marks are missing', () => {
    expect(map({ ...bits, gcmarkBits: 'unreadable', sweep: -2 }).slots).toBe('??????????');
    expect(map({ ...bits, gcmarkBits: 'unreadable' }).slots).toBe(byAllocBits);
    // No byte of the span's own page is in the image.
    expect(map({ ...bits, sweep: -2 }, { go: 'go1.27.0' }).slots).toBe('??????????');
  });
  it('a nil bitmap has no bit set', () => {
    expect(map({ allocBits: null, gcmarkBits: null }).slots).toBe('AAAfffffff');
    expect(map({ allocBits: null, gcmarkBits: null, sweep: -2 }).slots).toBe('AAAfffffff');
  });
  it('an unreadable mspan, or one with a lying nelems, has no known slots', () => {
    const unreadable = map({ unreadable: ['limit'] });
    expect(unreadable).toMatchObject({ slots: '', markSource: null });
    expect(unreadable.reading).toContain('can’t be read');
    expect(map({ lies: { nelems: 2000 } })).toMatchObject({ slots: '?'.repeat(2000), markSource: null });
    expect(map({ lies: { nelems: 2n ** 40n } }, { go: 'go1.20.0' })).toMatchObject({ slots: '', markSource: null });
  });
  it('a heap without sweepgen or phase is read as far as it goes', () => {
    const heap = writeHeap({ spans: [{ freeindex: 3, nelems: 10, ...bits }] });
    const table = readSpanTable(heap.memory, heap.layout, readAllspans(heap, heap.roots['runtime.mheap_'])!);
    const found = slotMap(
      { ...heap.view, address: () => undefined },
      table,
      0,
      readSpanBits(heap.memory, heap.layout, table, 0),
    );
    expect(found).toMatchObject({ slots: byAllocBits, sweepState: 'unknown' });
  });
});

it('spans that are not in use have no slots', () => {
  for (const state of ['free', 'manual'] as const)
    expect(map({ state, allocBits: '1', nelems: 4 })).toMatchObject({
      slots: '',
      markSource: null,
      sweepState: 'none',
    });
});
