// Sums over the span table: what MemStats calls HeapAlloc, HeapObjects, HeapInuse, StackInuse, and the occupancy of each span class.
import type { Layout } from '../layout/types.js';
import type { GoProcess } from '../runtime/process.js';
import {
  type OnProgress,
  type SpanRows,
  type SpanTable,
  spanFlag,
  stateFree,
  stateInuse,
  stateManual,
} from '../runtime/span-table.js';
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

/** Sums over all spans, with the rows that more is asked of: all, or only those that differ or are cached. */
export interface SummedSpans {
  readonly sums: SpanSums;
  readonly rows: SpanRows;
}

/** Sums over the spans of `process` without keeping a row of each; undefined where allspans can't be read. */
export function summedSpans(process: GoProcess, onProgress?: OnProgress): SummedSpans | undefined {
  const adder = new SpanAdder();
  const rows = process.visitSpans((some) => adder.add(some), onProgress);
  return rows && { rows, sums: adder.sums(process.layout, rows) };
}

/** The same over a table that was read. */
export function sumSpans(layout: Layout, table: SpanTable): SpanSums {
  const adder = new SpanAdder();
  adder.add(table);
  return adder.sums(layout, table);
}

/**
 * Adds up columns. HeapAlloc = Σ allocCount·elemsize, HeapInuse = Σ npages, both over in-use spans; stacks are the manual spans
 * with an elemsize (runtime/stack.go sets it; work buffers and other manual spans have none).
 */
class SpanAdder {
  // By spanclass.
  readonly #slots = new Float64Array(256);
  readonly #objects = new Float64Array(256);
  readonly #spans = new Float64Array(256);
  readonly #pages = new Float64Array(256);
  readonly #bytes = new Float64Array(256);
  readonly #elemsizes = new Float64Array(256);
  readonly #states = { inuse: 0, manual: 0, free: 0, unreadable: 0 };
  #total = 0;
  #doubtful = 0;
  #manualPages = 0;
  #stackPages = 0;
  #freeSlotBytes = 0;

  add(rows: SpanRows): void {
    const { length, state, flags, npages, elemsize } = rows;
    const states = this.#states;
    this.#total += length;
    for (let row = 0; row < length; row += 1) {
      // A size or a place of 2^53 bytes or 2^32 pages is overwritten memory: nothing to add up.
      const doubtful = (flags[row]! & spanFlag.saturated) !== 0;
      switch (state[row]) {
        case stateInuse:
          states.inuse += 1;
          if (doubtful) this.#doubtful += 1;
          else this.#addInuse(rows, row);
          break;
        case stateManual:
          states.manual += 1;
          if (doubtful) {
            this.#doubtful += 1;
            break;
          }
          this.#manualPages += npages[row]!;
          if (elemsize[row]! > 0) this.#stackPages += npages[row]!;
          break;
        case stateFree:
          states.free += 1;
          break;
        default:
          states.unreadable += 1;
      }
    }
  }

  #addInuse(rows: SpanRows, row: number): void {
    const spanclass = rows.spanclass[row]!;
    const elemsize = rows.elemsize[row]!;
    const allocCount = rows.allocCount[row]!;
    this.#spans[spanclass]! += 1;
    this.#pages[spanclass]! += rows.npages[row]!;
    this.#objects[spanclass]! += allocCount;
    this.#bytes[spanclass]! += allocCount * elemsize;
    if (elemsize > this.#elemsizes[spanclass]!) this.#elemsizes[spanclass] = elemsize;
    // A nelems that its pages can't hold says nothing about slots.
    if (rows.flags[row]! & spanFlag.badNelems) return;
    const nelems = rows.nelems[row]!;
    this.#slots[spanclass]! += nelems;
    if (nelems > allocCount) this.#freeSlotBytes += (nelems - allocCount) * elemsize;
  }

  /** What was added so far; `judged` are the rows that differ, judged. */
  sums({ traits: { pageSize } }: Layout, judged: SpanRows): SpanSums {
    const sum = (column: Float64Array) => column.reduce((total, n) => total + n, 0);
    const states = this.#states;
    const inusePages = sum(this.#pages);
    const heapAllocBytes = sum(this.#bytes);
    const heapObjects = sum(this.#objects);
    const doubtful = this.#doubtful;
    const totals: SpanTotals = {
      total: this.#total,
      ...states,
      unreadableEntries: judged.unreadableEntries,
      doubtful,
      complete: states.unreadable + judged.unreadableEntries + doubtful === 0 && judged.partial === undefined,
      ...(judged.partial === undefined ? {} : { partial: true as const }),
      heapInuseBytes: bigCount(inusePages * pageSize),
      stackInuseBytes: bigCount(this.#stackPages * pageSize),
      heapObjects: bigCount(heapObjects),
      heapAllocBytes: bigCount(heapAllocBytes),
      manualBytes: bigCount(this.#manualPages * pageSize),
      freeSlotBytes: bigCount(this.#freeSlotBytes),
      suspect: suspectsAmong(judged),
    };
    const classes = this.#classes(pageSize);
    return { totals, inusePages, heapAllocBytes, heapObjects, stackPages: this.#stackPages, classes };
  }

  #classes(pageSize: number): ClassRow[] {
    const classes: ClassRow[] = [];
    for (let spanclass = 0; spanclass < 256; spanclass += 1) {
      if (this.#spans[spanclass] === 0) continue;
      classes.push({
        spanclass,
        sizeclass: spanclass >> 1,
        noscan: (spanclass & 1) === 1,
        elemsize: spanclass >> 1 === 0 ? 0 : this.#elemsizes[spanclass]!,
        spans: this.#spans[spanclass]!,
        slots: this.#slots[spanclass]!,
        objects: this.#objects[spanclass]!,
        inuseBytes: this.#pages[spanclass]! * pageSize,
        allocBytes: this.#bytes[spanclass]!,
      });
    }
    return classes;
  }
}

/** Suspects are judged among the rows that differ. */
function suspectsAmong({ length, flags }: SpanRows): SpanTotals['suspect'] {
  const suspect = { mismatch: 0, transient: 0, torn: 0 };
  for (let row = 0; row < length; row += 1) {
    if (flags[row]! & spanFlag.mismatch) suspect.mismatch += 1;
    if (flags[row]! & spanFlag.transient) suspect.transient += 1;
    if (flags[row]! & spanFlag.torn) suspect.torn += 1;
  }
  return suspect;
}
