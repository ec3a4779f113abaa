// What the fields of gcControllerState and mstats mean, in words, and how their values are read (runtime/mgcpacer.go, runtime/mstats.go, Go 1.16–1.27).
// A field that is not here is shown as it stands: which fields there are is the layout's business.

export type ValueKind = 'bytes' | 'ns' | 'time' | 'percent' | 'count' | 'ratio' | 'flag' | 'plain';

export interface Meaning {
  readonly kind: ValueKind;
  readonly text: string;
}

const bytes = (text: string): Meaning => ({ kind: 'bytes', text });
const ns = (text: string): Meaning => ({ kind: 'ns', text });
const count = (text: string): Meaning => ({ kind: 'count', text });
const ratio = (text: string): Meaning => ({ kind: 'ratio', text });

const controller: Readonly<Record<string, Meaning>> = {
  gcPercent: { kind: 'percent', text: 'GOGC in force; -1 is off' },
  memoryLimit: bytes('GOMEMLIMIT in force; the largest int64 is no limit'),
  heapMinimum: bytes('smallest heap goal: 4 MiB · GOGC / 100'),
  runway: bytes('heap growth expected while the next cycle marks'),
  triggerRatio: ratio('heap growth over heapMarked at which a cycle starts'),
  trigger: bytes('heapLive at which the next cycle starts'),
  triggered: bytes('heapLive when this cycle started; all ones outside of a cycle'),
  consMark: ratio('bytes allocated for each byte marked, per CPU second'),
  consMarkController: { kind: 'plain', text: 'the controller that smooths consMark' },
  lastConsMark: ratio('consMark of the last cycles'),
  gcPercentHeapGoal: bytes('heap goal by GOGC alone'),
  sweepDistMinTrigger: bytes('no cycle starts below this, so that sweeping can end'),
  heapGoal: bytes('heap size at which the cycle should have ended'),
  lastHeapGoal: bytes('heap goal of the cycle before'),
  heapLive: bytes('allocated since and live after the last mark; starts a cycle at the trigger'),
  heapScan: bytes('part of heapLive that may hold pointers'),
  lastHeapScan: bytes('scannable heap at the end of the last cycle'),
  lastStackScan: bytes('stack that the last cycle scanned'),
  maxStackScan: bytes('most stack that a cycle now would scan'),
  stackScan: bytes('stack there is to scan'),
  scannableStackSize: bytes('stack in use, of all goroutines'),
  globalsScan: bytes('data and bss that may hold pointers'),
  heapMarked: bytes('live heap after the last mark'),
  scanWork: bytes('heap scanned in this cycle'),
  heapScanWork: bytes('heap scanned in this cycle'),
  stackScanWork: bytes('stack scanned in this cycle'),
  globalsScanWork: bytes('globals scanned in this cycle'),
  bgScanCredit: bytes('scanning done ahead by background workers, for assists to take'),
  assistTime: ns('CPU time of mark assists in this cycle'),
  dedicatedMarkTime: ns('CPU time of dedicated mark workers in this cycle'),
  fractionalMarkTime: ns('CPU time of the fractional mark worker in this cycle'),
  idleMarkTime: ns('CPU time of mark workers on idle Ps in this cycle'),
  markStartTime: ns('monotonic clock when the last mark began'),
  dedicatedMarkWorkersNeeded: count('dedicated mark workers still to start'),
  idleMarkWorkers: {
    kind: 'plain',
    text: 'two counts in one word: idle mark workers now (low half), and most allowed (high half)',
  },
  assistWorkPerByte: ratio('scanning that a goroutine owes for each byte it allocates'),
  assistBytesPerWork: ratio('bytes a goroutine may allocate for each byte it scans'),
  fractionalUtilizationGoal: ratio('share of each P for the fractional worker'),
  heapInUse: bytes('spans in use, as the allocator counts'),
  heapReleased: bytes('free pages given back to the OS'),
  heapFree: bytes('free pages that are kept'),
  totalAlloc: bytes('all heap bytes ever allocated'),
  totalFree: bytes('all heap bytes ever freed'),
  mappedReady: bytes('memory in the state Ready: what the memory limit counts'),
  test: { kind: 'flag', text: 'set only in tests of the runtime' },
};

const memstats: Readonly<Record<string, Meaning>> = {
  alloc: bytes('allocated and not yet freed'),
  total_alloc: bytes('allocated since the start, freed or not'),
  sys: bytes('taken from the OS'),
  nlookup: count('pointer lookups'),
  nmalloc: count('objects allocated since the start'),
  nfree: count('objects freed since the start'),
  tinyallocs: count('tiny objects that share a slot, not counted as objects'),
  heap_sys: bytes('address space of the heap'),
  heap_inuse: bytes('spans in use'),
  heap_released: bytes('given back to the OS'),
  heap_objects: count('objects allocated and not freed'),
  heap_live: bytes('allocated since and live after the last mark'),
  heap_scan: bytes('part of heap_live that may hold pointers'),
  heap_marked: bytes('live heap after the last mark'),
  heapStats: { kind: 'plain', text: 'heap counters in three parts that add up' },
  stacks_inuse: bytes('stack spans in use'),
  stacks_sys: bytes('stacks of threads, taken from the OS'),
  mspan_inuse: bytes('mspan structs in use'),
  mspan_sys: bytes('for mspan structs, from the OS'),
  mcache_inuse: bytes('mcache structs in use'),
  mcache_sys: bytes('for mcache structs, from the OS'),
  buckhash_sys: bytes('for profile buckets'),
  gcMiscSys: bytes('for heap metadata: bitmaps, arenas, work buffers'),
  gcWorkBufInUse: bytes("the GC's work buffers in use"),
  gcProgPtrScalarBitsInUse: bytes('unrolled GC programs'),
  other_sys: bytes('for everything else'),
  gc_trigger: bytes('heap_live at which the next cycle starts'),
  triggerRatio: ratio('heap growth over heap_marked at which a cycle starts'),
  next_gc: bytes('heap goal'),
  last_next_gc: bytes('heap goal of the cycle before'),
  last_heap_inuse: bytes('heap_inuse when the last mark ended'),
  lastHeapInUse: bytes('spans in use when the last mark ended'),
  last_gc_unix: { kind: 'time', text: 'end of the last cycle' },
  last_gc_nanotime: ns('monotonic clock at the end of the last cycle'),
  pause_total_ns: ns('stop-the-world time of all cycles'),
  pause_ns: ns('stop-the-world time of the last 256 cycles, a ring'),
  pause_end: { kind: 'plain', text: 'end of the last 256 cycles (ns since 1970), a ring' },
  numgc: count('cycles that have ended'),
  numforcedgc: count('cycles that the program asked for (runtime.GC)'),
  gc_cpu_fraction: ratio("the GC's share of CPU since the start"),
  enablegc: { kind: 'flag', text: 'GC is allowed: set when the runtime has started' },
  debuggc: { kind: 'flag', text: 'not used' },
  by_size: { kind: 'plain', text: 'allocations and frees by size class' },
  gcPauseDist: { kind: 'plain', text: 'histogram of stop-the-world times' },
  lastScanStats: { kind: 'plain', text: 'what the last cycle scanned, by size class' },
};

/** `struct` as the result names it. */
export function meaningOf(struct: 'gcController' | 'memstats', field: string): Meaning | undefined {
  const table = struct === 'gcController' ? controller : memstats;
  return Object.hasOwn(table, field) ? table[field] : undefined;
}
