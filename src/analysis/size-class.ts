// What a size alone tells of an allocation (runtime/malloc.go, msize.go, sizeclasses.go): its class where that does not depend on whether it has pointers, and
// whether a size that mallocgc may have rounded in place is still the one that was asked for.
import type { Traits } from '../layout/types.js';

/** malloc.go, maxTinySize: smaller ones without pointers share a slot of 16 bytes. */
const tinyBytes = 16;
/** mallocHeaderSize: what those with pointers have on top where their bitmap does not stand in the span (1.22+). */
const headerBytes = 8;

/** Class 0 is for large objects; null where pointers would make another class of it. */
export function sizeClassOf(
  { sizeClasses, heapBitsInSpan, heapBitsMaxElemsize }: Traits,
  bytes: number,
): number | null {
  const classOf = (size: number) =>
    Math.max(
      0,
      sizeClasses.findIndex((slot, i) => i > 0 && slot >= size),
    );
  const sizeclass = classOf(bytes);
  if (bytes < tinyBytes) return null;
  const perhapsMore = heapBitsInSpan && bytes > heapBitsMaxElemsize;
  return perhapsMore && classOf(bytes + headerBytes) !== sizeclass ? null : sizeclass;
}

/** Whether what stands in mallocgc's slot for `size` can only be what it was called with. */
export function isAskedSize(
  { mallocSize, sizeClasses, heapBitsInSpan, heapBitsMaxElemsize, pageSize }: Traits,
  bytes: number,
): boolean {
  if (mallocSize === 'kept') return true;
  const largest = sizeClasses.at(-1) ?? 0;
  if (bytes > largest) return bytes % pageSize !== 0;
  return !sizeClasses.includes(bytes) && !(heapBitsInSpan && bytes > heapBitsMaxElemsize);
}
