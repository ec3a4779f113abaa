// Answers of the fake session for the screens about the collector, findings, memory and the heap map: hand-written, in the contract's shapes.
import type {
  Finding,
  FindResult,
  GcResult,
  HeapCell,
  HeapMapResult,
  HistogramResult,
  MemoryResult,
  ProvenanceResult,
} from '../../src/analysis/results.js';

const hex = (value: number) => `0x${value.toString(16)}`;

export const gcData: GcResult = {
  schemaVersion: 1,
  gcController: {
    address: '0x551000',
    fields: { gcPercent: 100, memoryLimit: '9223372036854775807', heapLive: 900_000, consMark: 0.25, broken: null },
  },
  memstats: {
    address: '0x552000',
    fields: { numgc: 3, pause_ns: [1000, 2000, 3000], last_gc_unix: '1795394565201219933' },
  },
  derived: {
    heapGoal: 2_000_000,
    trigger: 1_800_000,
    heapGoalIs: 'computed',
    heapLive: 900_000,
    heapMarked: 800_000,
    heapAlloc: 950_000,
    heapObjects: 1200,
    heapInuse: 1_200_000,
    stackInuse: 65_536,
    complete: true,
    numGC: 3,
    lastGC: '1795394565201219933',
    phase: 'off',
    gcPercent: 100,
    heapMinimum: 4_194_304,
    memoryLimit: '9223372036854775807',
    gomaxprocs: 2,
    assistWorkPerByte: 0.25,
    assistBytesPerWork: 4,
  },
  checks: [
    { what: 'heapMinimum', stored: 4_194_304, recomputed: 4_194_304, agrees: true, formula: '4 MiB · GOGC / 100' },
  ],
  settings: [
    { name: 'GOGC', environment: '50', inForce: 100, origin: 'changed by debug.SetGCPercent' },
    { name: 'GOMEMLIMIT', environment: null, inForce: 'off', origin: 'the default' },
    { name: 'GODEBUG', environment: null, inForce: null, origin: 'not set' },
  ],
  history: [
    { cycle: 3, end: '1795394565201219933', pauseNs: 96_243, sincePrevious: 12_000_000 },
    { cycle: 2, end: '1795394565189219933', pauseNs: 252_149, sincePrevious: 3_000_000_000 },
    { cycle: 1, end: '1795394562189219933', pauseNs: 40_000, sincePrevious: null },
  ],
  environment: { GOGC: '50' },
  environmentRead: true,
  visibleAs: { 'gcController.heapLive': ['MemStats.HeapAlloc', '/gc/heap/live:bytes'] },
};

export const findingsData: readonly Finding[] = [
  {
    id: 'fragmentation',
    severity: 'medium',
    title: '31 % of class 5 is free slots',
    evidence: [{ what: 'class 5', value: 31 }],
    meaning: 'Free slots in spans that are in use.',
    advice: 'Look at the spans of the class.',
  },
  {
    id: 'alloc-count-mismatch',
    severity: 'high',
    title: '1 span says something else in allocCount than in freeindex and allocBits',
    evidence: [{ what: 'mspan of 0xc000000000: allocCount 107', value: 2, address: '0x7f0000000000' }],
    meaning: 'A bitmap was overwritten.',
    advice: 'Look at the slot map.',
  },
];

/** 1 MiB of spans of 8 KiB from 0xc000000000, the same gap, and one page more behind it. */
const regions = [
  { start: 0xc000000000, pages: 128 },
  { start: 0xc000200000, pages: 1 },
];

function cellOf(page: number, pages: number): HeapCell {
  const kind = Math.floor(page / pages) % 4;
  const none = { inuse: 0, manual: 0, free: 0, none: 0, allocated: 0, spanclass: -1, row: -1 };
  if (kind === 0) return { ...none, inuse: pages, allocated: pages * 8192, spanclass: 11, row: page };
  if (kind === 1) return { ...none, inuse: pages, allocated: pages * 800, spanclass: 0, row: page };
  return kind === 2 ? { ...none, manual: pages, row: page } : { ...none, free: pages };
}

export function heapMapData(query: { pagesPerCell: number; from: number; count: number }): HeapMapResult {
  const { pagesPerCell, from, count } = query;
  const shown: HeapMapResult['regions'][number][] = [];
  let first = 0;
  for (const region of regions) {
    const cells = Math.ceil(region.pages / pagesPerCell);
    const low = Math.max(from, first);
    const high = Math.min(from + count, first + cells);
    if (low < high)
      shown.push({
        start: hex(region.start + (low - first) * pagesPerCell * 8192),
        end: hex(region.start + region.pages * 8192),
        inImage: region.pages > 1,
        cells: Array.from({ length: high - low }, (_, i) => cellOf((low - first + i) * pagesPerCell, pagesPerCell)),
      });
    first += cells;
  }
  return { pageSize: 8192, pagesPerCell, regions: shown, totalCells: first };
}

/** Words hold their own address plus 0x1000; the page at 0xc000003000 is missing. */
export function memoryData({ address, length }: { address: string; length: number }): MemoryResult {
  const start = Number(address);
  const gone = { start: 0xc000003000, end: 0xc000004000 };
  const held = (at: number) => at < gone.start || at >= gone.end;
  const words: MemoryResult['words'][number][] = [];
  const pieces: { address: string; hex: string }[] = [];
  for (let at = start; at < start + length; at += 8) {
    words.push({
      address: hex(at),
      value: held(at) ? hex(at + 0x1000) : null,
      points: held(at) && at % 16 === 0 ? `slot ${(at % 8192) / 16} of span 0xc000000000 (class 5, 48 B, scan)` : null,
    });
    if (held(at)) pieces.push({ address: hex(at), hex: '4142434445464748' });
  }
  const low = Math.max(start, gone.start);
  const high = Math.min(start + length, gone.end);
  const missing = low < high ? [{ start: hex(low), end: hex(high), why: 'not in the image' }] : [];
  return { schemaVersion: 1, address, length, resident: null, pieces, missing, words };
}

export function findData(address: string, span: FindResult['span']): FindResult {
  return {
    schemaVersion: 1,
    address,
    kind: 'slot',
    what: 'slot 3 of span 0xc000000000 (class 5, 48 B, scan), allocated, marked',
    mapping: { start: '0xc000000000', end: '0xc004000000', flags: 'rw-', origin: 'core', detail: 'segment 7' },
    resident: null,
    span,
    slot: { index: 3, address: '0xc000000090', size: 48, offset: 8, state: 'a' },
    stack: null,
    object: null,
    symbol: null,
    code: null,
    section: null,
  };
}

export function histogramData({ column }: { column: HistogramResult['column'] }): HistogramResult {
  return {
    column,
    matching: 1000,
    values: 2,
    bins: [
      { text: '5', filter: 'spanclass=10 inuse', spans: 750, bytes: 6_144_000 },
      { text: '5n', filter: 'class=3', spans: 250, bytes: 2_048_000 },
    ],
  };
}

export const provenanceData: ProvenanceResult = {
  lines: ['symtab: runtime.mheap_ at 0x552860', 'table go1.22.5/amd64: 64 of 64 spans hold'],
  roots: {
    'runtime.mheap_': {
      address: '0x552860',
      method: 'symtab',
      confirmedBy: ['structure'],
      state: 'confirmed',
      detail: '64 spans lead back to it',
    },
    'runtime.allgs': { state: 'absent', detail: 'no symbol' },
  },
  refusals: {},
  layout: {
    name: 'table go1.22.5/amd64',
    source: 'table',
    exact: true,
    validated: { checked: 64, held: 64, ok: true },
  },
  warnings: ['segment 3 is cut \u001b[31mred'],
};
