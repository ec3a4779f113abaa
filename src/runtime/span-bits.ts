// The bitmaps of one span: allocBits, gcmarkBits, and Green Tea's marks inside the span (runtime/mgcmark_greenteagc.go).
import type { Memory } from '../image/memory.js';
import type { Layout, Traits } from '../layout/types.js';
import { maxSlots, type SpanTable, spanFlag, stateInuse } from './span-table.js';

export interface SpanBits {
  /** ⌈nelems/8⌉ bytes; empty for a nil pointer; undefined where unreadable. */
  readonly allocBits: Uint8Array | undefined;
  readonly gcmarkBits: Uint8Array | undefined;
  /** Mark bytes kept inside the span; empty where the span has none. */
  readonly inlineMarks: Uint8Array | undefined;
}

const none = new Uint8Array(0);

/** Reads the three bitmaps of row `row`. Bounded by `maxSlots`. */
export function readSpanBits(memory: Memory, layout: Layout, table: SpanTable, row: number): SpanBits {
  const nelems = table.nelems[row]!;
  if (table.flags[row]! & (spanFlag.unreadable | spanFlag.badNelems) || nelems > maxSlots) {
    return { allocBits: undefined, gcmarkBits: undefined, inlineMarks: undefined };
  }
  const length = (nelems + 7) >> 3;
  return {
    allocBits: readBitmap(memory, pointerIn(memory, layout, table, row, 'allocBits'), length),
    gcmarkBits: readBitmap(memory, pointerIn(memory, layout, table, row, 'gcmarkBits'), length),
    inlineMarks: hasInlineMarks(layout.traits, table, row)
      ? readInline(memory, layout.traits, table, row, length)
      : none,
  };
}

/** The pointer to one of the bitmaps, out of the mspan itself; undefined where it can't be read or is no address. */
function pointerIn(
  memory: Memory,
  layout: Layout,
  table: SpanTable,
  row: number,
  name: 'allocBits' | 'gcmarkBits',
): number | undefined {
  const field = layout.struct('mspan')?.fields.get(name);
  return field && memory.word(table.addr[row]! + field.offset);
}

function readBitmap(memory: Memory, address: number | undefined, length: number): Uint8Array | undefined {
  if (address === undefined) return undefined;
  if (address === 0 || length === 0) return none;
  const { bytes } = memory.bytes(address, length);
  return bytes.length === length ? bytes : undefined;
}

/** Whether Green Tea keeps this span's marks in the span itself. */
export function hasInlineMarks(traits: Traits, table: SpanTable, row: number): boolean {
  const marks = traits.inlineMarks;
  if (!marks || table.state[row] !== stateInuse || table.spanclass[row]! >> 1 === 0) return false;
  const elemsize = table.elemsize[row]!;
  return elemsize >= marks.minElemsize && elemsize <= marks.maxElemsize;
}

function readInline(
  memory: Memory,
  traits: Traits,
  table: SpanTable,
  row: number,
  length: number,
): Uint8Array | undefined {
  const marks = traits.inlineMarks;
  if (!marks || length > marks.marksBytes) return undefined;
  const start = table.base[row]! + table.npages[row]! * traits.pageSize - marks.reservedBytes;
  // The byte behind the marks is the span's class again (spanInlineMarkBits.class): where it is not, these are no marks.
  const bits = readBitmap(memory, start + marks.marksOffset, length);
  const spanclass = memory.uint8(start + marks.marksOffset + marks.marksBytes);
  if (spanclass === table.spanclass[row]) return bits;
  // A new span gets its marks after it is in allspans (mheap.initSpan, then mspan.initHeapBits): until then all is zero there, and it holds nothing.
  const isNew = spanclass === 0 && table.allocCount[row] === 0 && bits?.every((byte) => byte === 0);
  return isNew ? bits : undefined;
}
