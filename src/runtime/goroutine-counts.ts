// How many goroutines are in which status, by runtime.allgs alone: no names, no stacks, no binary.

import { loadConstants } from '../layout/constants.js';
import { layoutsFolder } from '../layout/load.js';
import { scanBit } from './g-status.js';
import type { RuntimeView } from './mheap.js';
import { readSlice } from './roots/validate.js';

export interface GoroutineCounts {
  /** Entries of allgs, which keeps the dead ones for reuse. */
  readonly total: number;
  /** By the runtime's word, without the scan bit; empty where there are more than are counted. */
  readonly byStatus: Readonly<Record<string, number>>;
  /** Those whose g can't be read or has no status that the release knows. */
  readonly unreadable: number;
}

/** More are not gone through for a first look. */
const mostCounted = 100_000;
const mostGs = 2 ** 26;

/** Undefined where allgs is not known or can't be read. */
export function goroutineCounts({ memory, layout, address }: RuntimeView): GoroutineCounts | undefined {
  const at = address('runtime.allgs');
  const slice = at === undefined ? undefined : readSlice(memory, at);
  const field = layout.field('g', 'atomicstatus');
  if (!slice || slice.length > mostGs || !field) return undefined;
  if (slice.length > mostCounted) return { total: slice.length, byStatus: {}, unreadable: 0 };
  const { statuses } = loadConstants(layoutsFolder()).at(layout.goVersion);
  const byStatus: Record<string, number> = {};
  let unreadable = 0;
  for (let i = 0; i < slice.length; i += 1) {
    const g = memory.word(slice.array + i * memory.pointerSize);
    const status = g ? memory.uint32(g + field.offset) : undefined;
    const name = status === undefined ? undefined : statuses.get(status & ~scanBit);
    if (name === undefined) unreadable += 1;
    else byStatus[name] = (byStatus[name] ?? 0) + 1;
  }
  return { total: slice.length, byStatus, unreadable };
}
