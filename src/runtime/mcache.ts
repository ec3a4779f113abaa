// The per-P caches: p.mcache.alloc[spanclass] (runtime/mcache.go). Needed here to tell a lawful moment from corruption.

import type { RuntimeView } from './mheap.js';
import { readAllp } from './roots/validate.js';

/** Ps that a process can have; more is nonsense. */
const maxPs = 1 << 16;

export interface CachedSpans {
  /** The mspans (by address) that some P's mcache holds, each with that P's id. */
  readonly byAddress: ReadonlyMap<number, number>;
  /** False only where no mcache holds the mspan at that address; quick, for asking it of a million. */
  readonly mayHold: (address: number) => boolean;
  /** The mcaches' own addresses. */
  readonly mcaches: readonly number[];
  /** Whether all of allp and of the mcaches could be read. */
  readonly complete: boolean;
}

/** Bounded; what can't be read is left out. */
export function cachedSpans(view: RuntimeView): CachedSpans {
  const { memory, layout } = view;
  const byAddress = new Map<number, number>();
  const mcaches: number[] = [];
  let complete = true;
  const allp = view.address('runtime.allp');
  const mcache = layout.field('p', 'mcache');
  const alloc = layout.field('mcache', 'alloc');
  const slice = allp === undefined ? undefined : readAllp(view, allp);
  if (!slice || slice.length > maxPs || !mcache || !alloc) {
    return { byAddress, mayHold: () => false, mcaches, complete: false };
  }
  const classes = Math.floor(alloc.size / memory.pointerSize);
  for (let id = 0; id < slice.length; id += 1) {
    const p = memory.word(slice.array + id * memory.pointerSize);
    const cache = p ? memory.word(p + mcache.offset) : p;
    if (cache === undefined) complete = false;
    if (!cache) continue;
    mcaches.push(cache);
    for (let i = 0; i < classes; i += 1) {
      const span = memory.word(cache + alloc.offset + i * memory.pointerSize);
      if (span === undefined) complete = false;
      else if (span !== 0) byAddress.set(span, id);
    }
  }
  return { byAddress, mayHold: filterOf(byAddress.keys()), mcaches, complete };
}

/** One bit for an address of many: mspans are more than 64 bytes, so neighbours differ. */
function filterOf(addresses: Iterable<number>): (address: number) => boolean {
  const seen = new Uint8Array(1 << 14);
  const placeOf = (address: number) => (address / 64) & (seen.length - 1);
  for (const address of addresses) seen[placeOf(address)] = 1;
  return (address) => seen[placeOf(address)] === 1;
}
