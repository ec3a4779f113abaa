// Which size class serves a size, by the table of the release (runtime/msize.go, roundupsize; sizeclasses.go). Malloc headers, which some sizes get on top since
// 1.22, are not known of a size alone.
import type { Traits } from '../layout/types.js';

/** Class 0 is for large objects. `noscan` is not told by a size. */
export function sizeClassOf(
  { sizeClasses }: Traits,
  bytes: number,
): { readonly sizeclass: number | null; readonly noscan: null } {
  const index = sizeClasses.findIndex((size, i) => i > 0 && size >= bytes);
  return { sizeclass: index < 0 ? 0 : index, noscan: null };
}
