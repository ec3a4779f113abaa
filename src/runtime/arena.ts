// Address → mspan as the runtime's spanOf does: by mheap_.arenas (runtime/mheap.go, arenaIndex and spanOf; 1.11+), before that by the one
// table mheap_.spans over the one arena (mHeap_Lookup).
import type { Memory } from '../image/memory.js';
import type { Layout } from '../layout/types.js';
import { readSlice } from './roots/validate.js';

/** Looks up spans by address. Reads a few words a call; holds the pointers of L2 tables it has met. */
export interface ArenaLookup {
  /** The *mspan that the heapArena of `address` holds for its page; undefined where there is none or it can't be read. Not verified. */
  spanAddressOf(address: number): number | undefined;
  /** The *heapArena of `address`; undefined where there is none (before 1.11: never one) or it can't be read. */
  arenaAddressOf(address: number): number | undefined;
}

/** `mheap` is the address of mheap_. Undefined where the layout has neither arenas nor a table of spans, or that can't be read. */
export function makeArenaLookup(memory: Memory, layout: Layout, mheap: number): ArenaLookup | undefined {
  return layout.field('mheap', 'arenas') ? sparseArenas(memory, layout, mheap) : oneArena(memory, layout, mheap);
}

/** Up to 1.10: entry i of mheap_.spans is of the page at arena_start + i pages. */
function oneArena(memory: Memory, layout: Layout, mheap: number): ArenaLookup | undefined {
  const spans = layout.field('mheap', 'spans');
  const first = layout.field('mheap', 'arena_start');
  const table = spans && readSlice(memory, mheap + spans.offset);
  const start = first && memory.word(mheap + first.offset);
  // On 32-bit arches arena_start is 0: the whole address space is the arena.
  if (!table || start === undefined) return undefined;
  return {
    arenaAddressOf: () => undefined,
    spanAddressOf(address) {
      const page = Math.floor((address - start) / layout.traits.pageSize);
      if (page < 0 || page >= table.length) return undefined;
      return memory.word(table.array + page * memory.pointerSize) || undefined;
    },
  };
}

function sparseArenas(memory: Memory, layout: Layout, mheap: number): ArenaLookup | undefined {
  const arenas = layout.field('mheap', 'arenas');
  const spans = layout.field('heapArena', 'spans');
  if (!arenas || !spans) return undefined;
  const { heapArenaBytes, l2Bits, addressOffset } = layout.traits.arena;
  const { pageSize } = layout.traits;
  const { pointerSize } = memory;
  const l2Size = 2 ** l2Bits;
  const l1Size = 2 ** layout.traits.arena.l1Bits;
  const pagesPerArena = heapArenaBytes / pageSize;
  const l2Tables = new Map<number, number>();

  const arenaAddressOf = (address: number): number | undefined => {
    const index = Math.floor((address + addressOffset) / heapArenaBytes);
    const l1 = Math.floor(index / l2Size);
    if (l1 < 0 || l1 >= l1Size) return undefined;
    let table = l2Tables.get(l1);
    if (table === undefined) {
      table = memory.word(mheap + arenas.offset + l1 * pointerSize);
      if (!table) return undefined;
      l2Tables.set(l1, table);
    }
    return memory.word(table + (index % l2Size) * pointerSize) || undefined;
  };
  return {
    arenaAddressOf,
    spanAddressOf(address) {
      const arena = arenaAddressOf(address);
      if (arena === undefined) return undefined;
      const page = Math.floor(address / pageSize) % pagesPerArena;
      return memory.word(arena + spans.offset + page * pointerSize) || undefined;
    },
  };
}
