// Results about spans: rows, one span, windows of the table, histograms, the map of the heap.
import type { Provenance } from '../layout/types.js';
import type { AddressText, BigCount } from './results-base.js';

export type SpanState = 'free' | 'inuse' | 'manual';

/** One mspan as `spans` prints it; null where it could not be read (then `missing` names it). */
export interface SpanRow {
  readonly addr: AddressText;
  readonly base: AddressText | null;
  readonly npages: BigCount | null;
  readonly state: SpanState | null;
  readonly spanclass: number | null;
  readonly sizeclass: number | null;
  readonly noscan: boolean | null;
  readonly elemsize: BigCount | null;
  readonly nelems: BigCount | null;
  readonly freeindex: BigCount | null;
  readonly allocCount: BigCount | null;
  readonly allocated: BigCount | null;
  readonly sweepgen: number | null;
  readonly limit: AddressText | null;
  readonly allocBits?: string | null;
  readonly gcmarkBits?: string | null;
  readonly inlineMarks?: string | null;
  readonly suspect?: 'mismatch' | 'transient' | 'torn';
  readonly missing?: readonly string[];
}

export interface FieldValue {
  readonly offset: number;
  readonly size: number;
  readonly type: string;
  /** Addresses as `0x…` strings, integers, booleans, floats; null where unreadable. */
  readonly value: unknown;
  readonly source: Provenance;
}

/** `span ADDR`: the row, its fields, the slot map. */
export interface SpanDetail extends SpanRow {
  readonly schemaVersion: number;
  readonly fields: Readonly<Record<string, FieldValue>>;
  /** A character a slot: a allocated and marked, A allocated not marked, f free, ! contradiction, ? unreadable. */
  readonly slots: string;
  readonly slotSize: BigCount;
  readonly markSource: 'allocBits' | 'gcmarkBits' | 'inline' | null;
  /** In words: what the marks mean in this span at this moment. */
  readonly reading: string;
  /** sweepgen against the heap's: `swept`, `needs sweeping`, `cached`, … */
  readonly sweepState: string;
}

/** A window of the sorted and filtered span table. */
export interface SpanWindow {
  /** Rows in the table, and rows that pass the filter. */
  readonly total: number;
  readonly matching: number;
  readonly from: number;
  readonly rows: readonly SpanRow[];
  /** For each row its index in allspans. */
  readonly indices: readonly number[];
}

export type SpanColumn =
  | 'index' | 'addr' | 'base' | 'npages' | 'state' | 'spanclass' | 'sizeclass' | 'elemsize' | 'nelems' | 'freeindex'
  | 'allocCount' | 'allocated' | 'used' | 'sweepgen'; // biome-ignore format: a list of names

/** The rows with one value of a column. */
export interface HistogramBin {
  readonly text: string;
  /** What keeps just these rows in the span table; null where no filter can. */
  readonly filter: string | null;
  readonly spans: number;
  /** Pages of the spans, in bytes. */
  readonly bytes: number;
}

export interface HistogramResult {
  readonly column: SpanColumn;
  /** Rows that were counted, and different values (or ranges) among them; `bins` may hold fewer. */
  readonly matching: number;
  readonly values: number;
  readonly bins: readonly HistogramBin[];
}

/** A run of pages drawn as one cell of the heap map. */
export interface HeapCell {
  /** Pages of in-use, manual and free spans, and pages of the cell that no span covers. */
  readonly inuse: number;
  readonly manual: number;
  readonly free: number;
  readonly none: number;
  /** Bytes of allocated slots in the in-use pages. */
  readonly allocated: number;
  /** The span class with most pages in it; -1 where nothing is in use. */
  readonly spanclass: number;
  /** Rows (indices in allspans) at which the first span that touches it stands; -1: none. */
  readonly row: number;
}

/** `heapMap`: the heap's pages from the lowest span to the highest, arenas without any span left out. */
export interface HeapMapResult {
  readonly pageSize: number;
  readonly pagesPerCell: number;
  readonly regions: readonly {
    readonly start: AddressText;
    readonly end: AddressText;
    /** False where the image holds none of its bytes. */
    readonly inImage: boolean;
    readonly cells: readonly HeapCell[];
  }[];
  /** Cells in all, of which `regions` holds the window that was asked for. */
  readonly totalCells: number;
}
