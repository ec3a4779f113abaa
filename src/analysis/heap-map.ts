// `heapMap`: the heap's pages as cells of a map, a window at a time. One pass over the span table a window; the rest is bounded by the window.
import type { Memory } from '../image/memory.js';
import type { Layout } from '../layout/types.js';
import { type SpanTable, spanFlag, stateFree, stateInuse, stateManual } from '../runtime/span-table.js';
import { addressText } from './numbers.js';
import type { HeapCell, HeapMapResult } from './results.js';

/** Cells, and pages in all of them, of one window. */
const maxCells = 65536;
const maxPages = 1 << 26;

export interface HeapMapQuery {
  readonly pagesPerCell: number;
  /** In cells, over all regions. */
  readonly from: number;
  readonly count: number;
}

/** A run of arenas with spans; `firstCell` counts over all regions. */
interface Region {
  readonly start: number;
  readonly end: number;
  readonly firstCell: number;
  readonly cells: number;
}

export function heapMapOf(memory: Memory, layout: Layout, table: SpanTable, query: HeapMapQuery): HeapMapResult {
  const { pageSize } = layout.traits;
  const pagesPerCell = Math.max(1, Math.min(Math.floor(query.pagesPerCell) || 1, maxPages));
  const cellBytes = pagesPerCell * pageSize;
  const regions = regionsOf(layout, table, cellBytes);
  const last = regions.at(-1);
  const totalCells = last ? last.firstCell + last.cells : 0;
  const from = Math.max(0, Math.min(Math.floor(query.from) || 0, totalCells));
  const most = Math.min(maxCells, Math.floor(maxPages / pagesPerCell));
  const to = Math.min(totalCells, from + Math.max(0, Math.min(Math.floor(query.count) || 0, most)));
  const shown: HeapMapResult['regions'][number][] = [];
  for (const region of regions) {
    const first = Math.max(from, region.firstCell);
    const end = Math.min(to, region.firstCell + region.cells);
    if (first >= end) continue;
    const start = region.start + (first - region.firstCell) * cellBytes;
    const stop = Math.min(region.end, region.start + (end - region.firstCell) * cellBytes);
    shown.push({
      start: addressText(start),
      end: addressText(stop),
      inImage: hasBytes(memory, start, stop),
      cells: cellsOf(table, pageSize, pagesPerCell, start, stop),
    });
  }
  return { pageSize, pagesPerCell, regions: shown, totalCells };
}

const owns = (table: SpanTable, row: number) =>
  (table.flags[row]! & (spanFlag.saturated | spanFlag.unreadable)) === 0 &&
  table.base[row]! > 0 &&
  (table.state[row] === stateInuse || table.state[row] === stateManual);

/** Arenas that hold an in-use or manual span, neighbours joined; the first begins and the last ends with a span. */
function regionsOf({ traits }: Layout, table: SpanTable, cellBytes: number): Region[] {
  const { pageSize } = traits;
  const { heapArenaBytes } = traits.arena;
  const arenas = new Set<number>();
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (let row = 0; row < table.length; row += 1) {
    if (!owns(table, row)) continue;
    const base = table.base[row]!;
    const end = base + table.npages[row]! * pageSize;
    if (end > Number.MAX_SAFE_INTEGER) continue;
    low = Math.min(low, base);
    high = Math.max(high, end);
    const lastArena = Math.floor((end - 1) / heapArenaBytes);
    // A damaged span of terabytes does not draw all that is between.
    for (let arena = Math.floor(base / heapArenaBytes); arena <= lastArena && arenas.size < maxCells; arena += 1)
      arenas.add(arena);
  }
  const regions: Region[] = [];
  let firstCell = 0;
  const sorted = [...arenas].sort((a, b) => a - b);
  for (let i = 0; i < sorted.length; ) {
    let next = i + 1;
    while (next < sorted.length && sorted[next] === sorted[next - 1]! + 1) next += 1;
    const start = Math.max(sorted[i]! * heapArenaBytes, Math.floor(low / cellBytes) * cellBytes);
    const end = Math.min((sorted[next - 1]! + 1) * heapArenaBytes, high);
    const cells = Math.max(0, Math.ceil((end - start) / cellBytes));
    if (cells > 0) regions.push({ start, end, firstCell, cells });
    firstCell += cells;
    i = next;
  }
  return regions;
}

function hasBytes({ segments }: Memory, start: number, end: number): boolean {
  return segments.some((segment) => segment.origin !== 'missing' && segment.start < end && segment.end > start);
}

const [pageNone, pageFree, pageManual, pageInuse] = [0, 1, 2, 3];

function cellsOf(table: SpanTable, pageSize: number, pagesPerCell: number, start: number, end: number): HeapCell[] {
  const pages = Math.ceil((end - start) / pageSize);
  const use = new Uint8Array(pages);
  const owner = new Int32Array(pages).fill(-1);
  for (let row = 0; row < table.length; row += 1) {
    const base = table.base[row]!;
    const free = table.state[row] === stateFree;
    if (base >= end || base === 0 || base + table.npages[row]! * pageSize <= start) continue;
    if (!free && !owns(table, row)) continue;
    const code = free ? pageFree : table.state[row] === stateManual ? pageManual : pageInuse;
    const first = Math.max(0, Math.floor((base - start) / pageSize));
    const stop = Math.min(pages, Math.ceil((base - start) / pageSize) + table.npages[row]!);
    for (let page = first; page < stop; page += 1) {
      if (use[page]! >= code) continue;
      use[page] = code!;
      owner[page] = free ? -1 : row;
    }
  }
  const cells: HeapCell[] = [];
  for (let first = 0; first < pages; first += pagesPerCell)
    cells.push(cellOf(table, use, owner, first, Math.min(pages, first + pagesPerCell)));
  return cells;
}

function cellOf(table: SpanTable, use: Uint8Array, owner: Int32Array, first: number, end: number): HeapCell {
  const counts = [0, 0, 0, 0];
  const classes = new Map<number, number>();
  let allocated = 0;
  let row = -1;
  for (let page = first; page < end; page += 1) {
    const code = use[page]!;
    counts[code]! += 1;
    const span = owner[page]!;
    if (span < 0) continue;
    if (row < 0) row = span;
    if (code !== pageInuse) continue;
    const spanclass = table.spanclass[span]!;
    classes.set(spanclass, (classes.get(spanclass) ?? 0) + 1);
    allocated += (table.allocCount[span]! * table.elemsize[span]!) / table.npages[span]!;
  }
  let spanclass = -1;
  for (const [candidate, count] of classes) if (count > (classes.get(spanclass) ?? 0)) spanclass = candidate;
  return {
    inuse: counts[pageInuse]!,
    manual: counts[pageManual]!,
    free: counts[pageFree]!,
    none: counts[pageNone]!,
    allocated: Math.round(allocated),
    spanclass,
    row,
  };
}
