// mheap_ and what hangs on it, once its root is proved: allspans, sweepgen, counters. Source: runtime/mheap.go, type mheap.
import type { Memory } from '../image/memory.js';
import type { Layout } from '../layout/types.js';
import type { RootName } from './roots/find.js';

/** Where the runtime's state stands in this image. Every address is that of the variable itself. */
export interface RuntimeView {
  readonly memory: Memory;
  readonly layout: Layout;
  address(root: RootName): number | undefined;
}

/** A number in a global struct: `numberAt(view, 'runtime.mheap_', 'mheap', 'sweepgen')`; undefined where root, field or memory is missing. */
export function numberAt(view: RuntimeView, root: RootName, struct: string, path: string): number | undefined {
  const address = view.address(root);
  const field = view.layout.field(struct, path);
  if (address === undefined || !field) return undefined;
  const at = address + field.offset;
  switch (field.size) {
    case 1:
      return view.memory.uint8(at);
    case 2:
      return view.memory.uint16(at);
    case 4:
      return view.memory.uint32(at);
    case 8: {
      const value = view.memory.uint64(at);
      return value === undefined ? undefined : Number(value);
    }
    default:
      return undefined;
  }
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
