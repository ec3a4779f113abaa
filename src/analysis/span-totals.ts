// Sums over the span table: what MemStats calls HeapAlloc, HeapObjects, HeapInuse, StackInuse, and the occupancy of each span class.
import type { Layout } from '../layout/types.js';
import { type SpanTable, spanFlag, stateFree, stateInuse, stateManual } from '../runtime/span-table.js';
import { bigCount } from './numbers.js';
import type { ClassRow, SpanTotals } from './results.js';

export interface SpanSums {
  readonly totals: SpanTotals;
  /** In-use bytes as numbers, for reconciliation. */
  readonly inusePages: number;
  readonly heapAllocBytes: number;
  readonly heapObjects: number;
  readonly stackPages: number;
  readonly classes: readonly ClassRow[];
}

/**
 * One pass over the columns. HeapAlloc = Σ allocCount·elemsize, HeapInuse = Σ npages, both over in-use spans; stacks are the manual spans
 * with an elemsize (runtime/stack.go sets it; work buffers and other manual spans have none).
 */
export function sumSpans(layout: Layout, table: SpanTable): SpanSums {
  const { pageSize } = layout.traits;
  const slots = new Float64Array(256);
  const objects = new Float64Array(256);
  const spans = new Float64Array(256);
  const pages = new Float64Array(256);
  const bytes = new Float64Array(256);
  const elemsizes = new Float64Array(256);
  const states = { inuse: 0, manual: 0, free: 0, unreadable: 0 };
  const suspect = { mismatch: 0, transient: 0, torn: 0 };
  let doubtful = 0;
  let manualPages = 0;
  let stackPages = 0;
  let freeSlotBytes = 0;
  for (let row = 0; row < table.length; row += 1) {
    const flags = table.flags[row]!;
    if (flags & spanFlag.mismatch) suspect.mismatch += 1;
    if (flags & spanFlag.transient) suspect.transient += 1;
    switch (table.state[row]) {
      case stateInuse: {
        const spanclass = table.spanclass[row]!;
        const elemsize = table.elemsize[row]!;
        states.inuse += 1;
        // A size or a place of 2^53 bytes or 2^32 pages is overwritten memory: nothing to add up.
        if (flags & spanFlag.saturated) {
          doubtful += 1;
          break;
        }
        spans[spanclass]! += 1;
        pages[spanclass]! += table.npages[row]!;
        objects[spanclass]! += table.allocCount[row]!;
        bytes[spanclass]! += table.allocCount[row]! * elemsize;
        elemsizes[spanclass] = Math.max(elemsizes[spanclass]!, elemsize);
        // A nelems that its pages can't hold says nothing about slots.
        if ((flags & spanFlag.badNelems) === 0) {
          slots[spanclass]! += table.nelems[row]!;
          freeSlotBytes += Math.max(0, table.nelems[row]! - table.allocCount[row]!) * elemsize;
        }
        break;
      }
      case stateManual:
        states.manual += 1;
        if (flags & spanFlag.saturated) {
          doubtful += 1;
          break;
        }
        manualPages += table.npages[row]!;
        if (table.elemsize[row]! > 0) stackPages += table.npages[row]!;
        break;
      case stateFree:
        states.free += 1;
        break;
      default:
        states.unreadable += 1;
    }
  }
  const sum = (column: Float64Array) => column.reduce((total, n) => total + n, 0);
  const inusePages = sum(pages);
  const heapAllocBytes = sum(bytes);
  const heapObjects = sum(objects);
  const classes: ClassRow[] = [];
  for (let spanclass = 0; spanclass < 256; spanclass += 1) {
    if (spans[spanclass] === 0) continue;
    classes.push({
      spanclass,
      sizeclass: spanclass >> 1,
      noscan: (spanclass & 1) === 1,
      elemsize: spanclass >> 1 === 0 ? 0 : elemsizes[spanclass]!,
      spans: spans[spanclass]!,
      slots: slots[spanclass]!,
      objects: objects[spanclass]!,
      inuseBytes: pages[spanclass]! * pageSize,
      allocBytes: bytes[spanclass]!,
    });
  }
  const totals: SpanTotals = {
    total: table.length,
    ...states,
    unreadableEntries: table.unreadableEntries,
    doubtful,
    complete: states.unreadable + table.unreadableEntries + doubtful === 0,
    heapInuseBytes: bigCount(inusePages * pageSize),
    stackInuseBytes: bigCount(stackPages * pageSize),
    heapObjects: bigCount(heapObjects),
    heapAllocBytes: bigCount(heapAllocBytes),
    manualBytes: bigCount(manualPages * pageSize),
    freeSlotBytes: bigCount(freeSlotBytes),
    suspect,
  };
  return { totals, inusePages, heapAllocBytes, heapObjects, stackPages, classes };
}
