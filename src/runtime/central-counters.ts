// HeapAlloc by the counters of releases up to 1.15: each mcentral counts what it handed out, mheap_ what was freed, and the mcaches frees that
// they have not flushed yet (runtime/mcentral.go, cacheSpan; mgcsweep.go, sweep; mstats.go, updatememstats and purgecachedstats).
import type { FieldLayout } from '../layout/types.js';
import { cachedSpans } from './mcache.js';
import type { RuntimeView } from './mheap.js';

/** Bytes handed out and not freed, whole cached spans counted as handed out. Undefined in other releases and where something can't be read. */
export function heapCountersOfCentral(view: RuntimeView): number | undefined {
  const mheap = view.address('runtime.mheap_');
  const largeAlloc = view.layout.field('mheap', 'largealloc');
  const largeFree = view.layout.field('mheap', 'largefree');
  const smallFrees = view.layout.field('mheap', 'nsmallfree');
  if (mheap === undefined || !largeAlloc || !largeFree || !smallFrees) return undefined;
  const handedOut = sumOf([uintAt(view, mheap, largeAlloc), ...smallAllocs(view, mheap)]);
  const freed = sumOf([uintAt(view, mheap, largeFree), smallBytes(view, mheap, smallFrees), unflushedFrees(view)]);
  return handedOut === undefined || freed === undefined ? undefined : handedOut - freed;
}

const sumOf = (parts: readonly (number | undefined)[]) =>
  parts.reduce((sum, part) => (sum === undefined || part === undefined ? undefined : sum + part), 0);

function uintAt({ memory }: RuntimeView, base: number, { offset, size }: Pick<FieldLayout, 'offset' | 'size'>) {
  if (size === 4) return memory.uint32(base + offset);
  const value = memory.uint64(base + offset);
  return value === undefined ? undefined : Number(value);
}

/** Bytes by central[spanclass].nmalloc. */
function smallAllocs(view: RuntimeView, mheap: number): (number | undefined)[] {
  const { sizeClasses } = view.layout.traits;
  return Array.from({ length: 2 * sizeClasses.length }, (_, spanclass) => {
    const field = view.layout.field('mheap', `central[${spanclass}].mcentral.nmalloc`);
    const count = field && uintAt(view, mheap, field);
    return count === undefined ? undefined : count * sizeClasses[spanclass >> 1]!;
  });
}

/** Σ count · size over an array of counters by size class. */
function smallBytes(view: RuntimeView, base: number, { offset, size }: FieldLayout): number | undefined {
  const { sizeClasses } = view.layout.traits;
  const each = size / sizeClasses.length;
  return sumOf(
    sizeClasses.map((bytes, i) => {
      const count = uintAt(view, base, { offset: offset + i * each, size: each });
      return count === undefined ? undefined : count * bytes;
    }),
  );
}

function unflushedFrees(view: RuntimeView): number | undefined {
  const large = view.layout.field('mcache', 'local_largefree');
  const small = view.layout.field('mcache', 'local_nsmallfree');
  const { mcaches, complete } = cachedSpans(view);
  if (!large || !small || !complete) return undefined;
  return sumOf(mcaches.flatMap((mcache) => [uintAt(view, mcache, large), smallBytes(view, mcache, small)]));
}
