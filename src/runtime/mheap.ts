// mheap_ and what hangs on it, once its root is proved: allspans, sweepgen, counters. Source: runtime/mheap.go, type mheap.
import type { Memory } from '../image/memory.js';
import { readInteger } from '../layout/struct-view.js';
import type { Layout } from '../layout/types.js';
import type { RootName } from './roots/find.js';

/** Where the runtime's state stands in this image. Every address is that of the variable itself. */
export interface RuntimeView {
  readonly memory: Memory;
  readonly layout: Layout;
  address(root: RootName): number | undefined;
}

/**
 * An unsigned integer in a global struct, exactly: `integerAt(view, 'runtime.mheap_', 'mheap', 'sweepgen')`; a bigint where a number would round, undefined
 * where root, field or memory is missing.
 */
export function integerAt(
  view: RuntimeView,
  root: RootName,
  struct: string,
  path: string,
): number | bigint | undefined {
  const address = view.address(root);
  const field = view.layout.field(struct, path);
  if (address === undefined || !field) return undefined;
  return readInteger(view.memory, address + field.offset, field.size, false);
}

/** The same as a number, rounded above 2^53: for sums and comparisons, not for output. */
export function numberAt(view: RuntimeView, root: RootName, struct: string, path: string): number | undefined {
  const value = integerAt(view, root, struct, path);
  return value === undefined ? undefined : Number(value);
}

/** mheap_.sweepgen. */
export function heapSweepgen(view: RuntimeView): number | undefined {
  return numberAt(view, 'runtime.mheap_', 'mheap', 'sweepgen');
}

/** gcphase: 0 off, 1 mark, 2 mark termination; undefined where it is not known. */
export function gcPhase(view: RuntimeView): number | undefined {
  const address = view.address('runtime.gcphase');
  const value = address === undefined ? undefined : view.memory.uint32(address);
  return value !== undefined && value <= 2 ? value : undefined;
}
