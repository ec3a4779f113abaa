// The runtime's own counters of the heap, to hold our sums against: memstats.heapStats (three deltas that add up), gcController and
// mheap_ (runtime/mstats.go, consistentHeapStats; runtime/mgcpacer.go; runtime/mheap.go).
import { isTold } from '../layout/exact.js';
import { heapCountersOfCentral } from './central-counters.js';
import { cachedSpans } from './mcache.js';
import { heapSweepgen, integerAt, numberAt, type RuntimeView } from './mheap.js';
import { type SpanRows, spanFlag } from './span-table.js';

/** How many deltas a consistentHeapStats has; its total is the sum of all. */
const deltas = 3;

/** Σ over the three heapStatsDelta of one signed field; undefined where this release has none or it can't be read. */
export function heapStat(view: RuntimeView, name: string): number | undefined {
  const memstats = view.address('runtime.memstats');
  if (memstats === undefined) return undefined;
  let sum = 0;
  for (let i = 0; i < deltas; i += 1) {
    const field = view.layout.field('mstats', `heapStats.stats[${i}].${name}`);
    const value = field && signedAt(view, memstats + field.offset, field.size);
    if (value === undefined) return undefined;
    sum += value;
  }
  return sum;
}

function signedAt(view: RuntimeView, address: number, size: number): number | undefined {
  if (size === 4) {
    const value = view.memory.uint32(address);
    return value === undefined ? undefined : value | 0;
  }
  const value = view.memory.uint64(address);
  return value === undefined ? undefined : Number(BigInt.asIntN(64, value));
}

/** Σ over size classes of count·size of one counter array, `smallAllocCount` or `smallFreeCount`. */
function smallBytes(view: RuntimeView, name: 'smallAllocCount' | 'smallFreeCount'): number | undefined {
  const memstats = view.address('runtime.memstats');
  if (memstats === undefined) return undefined;
  const { sizeClasses } = view.layout.traits;
  let sum = 0;
  for (let i = 0; i < deltas; i += 1) {
    const field = view.layout.field('mstats', `heapStats.stats[${i}].${name}`);
    if (!field) return undefined;
    const each = field.size / sizeClasses.length;
    for (let c = 1; c < sizeClasses.length; c += 1) {
      const count = signedAt(view, memstats + field.offset + c * each, each);
      if (count === undefined) return undefined;
      sum += count * sizeClasses[c]!;
    }
  }
  return sum;
}

/** HeapAlloc by this release's counters, and what they are called. */
export function heapAllocByCounters(
  view: RuntimeView,
  table: SpanRows,
): { value: number; counter: string } | undefined {
  const old = heapCountersOfCentral(view);
  const counted = old ?? heapCountersOfDeltas(view);
  const cached = counted === undefined ? undefined : unflushed(view, table);
  if (counted === undefined || cached === undefined) return undefined;
  const where = old === undefined ? 'memstats.heapStats' : 'central[i].nmalloc and mheap_’s frees';
  return { value: counted + cached, counter: `${where}, with what the mcaches hold` };
}

/** What memstats.heapStats (1.16+) says was allocated and not freed. */
function heapCountersOfDeltas(view: RuntimeView): number | undefined {
  const large = [heapStat(view, 'largeAlloc'), heapStat(view, 'largeFree')];
  const small = [smallBytes(view, 'smallAllocCount'), smallBytes(view, 'smallFreeCount')];
  if (large[0] === undefined || large[1] === undefined || small[0] === undefined || small[1] === undefined)
    return undefined;
  return large[0] - large[1] + small[0] - small[1];
}

/**
 * Small objects are counted when their span leaves or enters an mcache, so what the cached spans hold beyond that is added (where the span
 * remembers allocCountBeforeCache) or taken off (where the whole span was credited at refill). Undefined where an mcache or an mspan can't be read.
 */
function unflushed(view: RuntimeView, table: SpanRows): number | undefined {
  const before = view.layout.field('mspan', 'allocCountBeforeCache');
  const generation = heapSweepgen(view);
  // Of an mspan that was told from the image not all fields are known: whether it remembers that is not.
  if (!before && isTold(view.layout, 'mspan')) return undefined;
  const cached = cachedSpans(view);
  if (!cached.complete) return undefined;
  let bytes = 0;
  for (let row = 0; row < table.length; row += 1) {
    if (!cached.mayHold(table.addr[row]!) || !cached.byAddress.has(table.addr[row]!)) continue;
    if (table.flags[row]! & spanFlag.unreadable) return undefined;
    // Its P is inside mcache.refill: the span has been given back and counted, only the pointer still stands in the mcache.
    if (view.layout.traits.cachedSweepgen && table.sweepgen[row] === generation) continue;
    const elemsize = table.elemsize[row]!;
    if (before) {
      const count = view.memory.uint16(table.addr[row]! + before.offset);
      if (count !== undefined) bytes += (table.allocCount[row]! - count) * elemsize;
    } else {
      bytes -= (table.nelems[row]! - table.allocCount[row]!) * elemsize;
    }
  }
  return bytes;
}

/** The first of several places that this release has: `[root, struct, path, name for people]`. */
export type CounterPlace = readonly [
  root: 'runtime.mheap_' | 'runtime.memstats' | 'runtime.gcController',
  struct: string,
  path: string,
];

export function firstCounter(
  view: RuntimeView,
  places: readonly CounterPlace[],
): { readonly value: number; readonly counter: string } | undefined {
  for (const [root, struct, path] of places) {
    const value = numberAt(view, root, struct, path);
    if (value !== undefined) return { value, counter: `${root.slice('runtime.'.length)}.${path}` };
  }
  return undefined;
}

/** A field of gcController, and one of memstats, as a place. */
export const controllerField = (path: string): CounterPlace => ['runtime.gcController', 'gcControllerState', path];
export const memstatsField = (path: string): CounterPlace => ['runtime.memstats', 'mstats', path];

/** The exact value at the first of several places that this release has. */
export function firstExact(view: RuntimeView, places: readonly CounterPlace[]): bigint | undefined {
  for (const place of places) {
    const value = integerAt(view, ...place);
    if (value !== undefined) return BigInt(value);
  }
  return undefined;
}

/** The float64 at a place, whether its field is a float or holds a float's bits. */
export function floatAt(view: RuntimeView, [root, struct, path]: CounterPlace): number | undefined {
  const address = view.address(root);
  const field = view.layout.field(struct, path);
  const at = address === undefined || field?.size !== 8 ? -1 : view.memory.view(address + field.offset, 8);
  return at < 0 ? undefined : view.memory.window.getFloat64(at, view.memory.littleEndian);
}
