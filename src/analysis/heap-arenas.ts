// The arenas of the heap: which addresses lie in one, and where the heapArena structs of those that hold spans stand; they are mapped outside of the heap (runtime/mheap.go, type heapArena).
import { type ArenaLookup, makeArenaLookup } from '../runtime/arena.js';
import type { GoProcess } from '../runtime/process.js';

export class HeapArenas {
  readonly #process: GoProcess;
  readonly #bases: () => Iterable<number>;
  #lookup: ArenaLookup | undefined | null = null;
  #structs: readonly number[] | undefined;

  /** `bases`: where the pages of spans begin, ascending. */
  constructor(process: GoProcess, bases: () => Iterable<number>) {
    this.#process = process;
    this.#bases = bases;
  }

  /** Addresses of the structs, ascending. */
  get structs(): readonly number[] {
    if (this.#structs) return this.#structs;
    const { heapArenaBytes } = this.#process.layout.traits.arena;
    const found = new Set<number>();
    const lookup = this.#arenas();
    let last = -1;
    for (const base of lookup ? this.#bases() : []) {
      const arena = Math.floor(base / heapArenaBytes);
      if (arena === last) continue;
      last = arena;
      const address = lookup?.arenaAddressOf(base);
      if (address) found.add(address);
    }
    this.#structs = [...found].sort((a, b) => a - b);
    return this.#structs;
  }

  /** Whether an address lies in an arena, in a span or not. */
  holds(address: number): boolean {
    return (this.#arenas()?.arenaAddressOf(address) ?? 0) !== 0;
  }

  #arenas(): ArenaLookup | undefined {
    if (this.#lookup !== null) return this.#lookup;
    const { memory, layout } = this.#process;
    const mheap = this.#process.address('runtime.mheap_');
    this.#lookup = mheap === undefined ? undefined : makeArenaLookup(memory, layout, mheap);
    return this.#lookup;
  }
}
