// mheap_.arenas without its offset: the word of mheap that leads, through the table of heapArenas, to arenas whose page tables hold the very mspans of the
// addresses asked for. Where spans stands in a heapArena comes out of it. Source: runtime/mheap.go (arenaIndex, spanOf), 1.11+.
import type { Memory } from '../../image/memory.js';
import { matchingWords } from '../../image/scan-words.js';
import type { ArenaGeometry } from '../../layout/types.js';
import type { InferredMspan } from './infer-mspan.js';

export interface ArenasFound {
  readonly address: number;
  /** Offset of spans in heapArena. */
  readonly spans: number;
  readonly asked: number;
  readonly found: number;
  readonly others: readonly number[];
}

interface Wanted {
  readonly memory: Memory;
  readonly mspan: InferredMspan;
  readonly arena: ArenaGeometry;
  readonly pageSize: number;
  /** Addresses between which arenas stands. */
  readonly mheap: number;
  readonly end: number;
}

/** Spans that are looked up. */
const asked = 48;
/** Bytes of a heapArena that are searched for its page table: a bitmap of 2 MiB stands before it up to 1.19. */
const mostArenaBytes = 2 ** 22;
const enough = 0.9;
/** Where spans stood in a heapArena: first of all, or behind the bitmap. */
const knownOffsets = [0, 2 ** 21, 2 ** 20, 2 ** 18, 2 ** 17];
/** Candidates whose arena is searched whole. */
const mostSearched = 4;
/** Words of mheap that are looked at; what a chain of wrong guesses gives as its end may be far. */
const mostWords = 2 ** 16;

export function findArenas({ memory, mspan, arena, pageSize, mheap, end }: Wanted): ArenasFound | undefined {
  const spans = someSpans(mspan);
  if (spans.length === 0) return undefined;
  const { pointerSize } = memory;
  const pagesPerArena = arena.heapArenaBytes / pageSize;
  const l2Size = 2 ** arena.l2Bits;
  const index = (address: number) => Math.floor((address + arena.addressOffset) / arena.heapArenaBytes);
  const arenaOf = (at: number, address: number): number | undefined => {
    const table = memory.word(at + Math.floor(index(address) / l2Size) * pointerSize);
    return table ? memory.word(table + (index(address) % l2Size) * pointerSize) || undefined : undefined;
  };
  const pageOf = (address: number) => Math.floor(address / pageSize) % pagesPerArena;
  const hits: ArenasFound[] = [];
  const [probe] = spans;
  if (!probe) return undefined;
  const led: { readonly at: number; readonly heapArena: number }[] = [];
  const range = { start: mheap, end: Math.min(end, mheap + mostWords * pointerSize) };
  const into = Math.floor(index(probe.start) / l2Size) * pointerSize;
  // The table must be there; asked of every word, all else would cost more than the rest of the search.
  for (const at of matchingWords({ memory }, [range], into + pointerSize, (words) => words.at(into) > 0xffff, into)) {
    const heapArena = arenaOf(at, probe.start);
    if (heapArena && heapArena % pointerSize === 0) led.push({ at, heapArena });
  }
  const entry = pageOf(probe.start) * pointerSize;
  const look = (at: number, offset: number | undefined) => {
    if (offset === undefined) return;
    let found = 0;
    for (const { start, mspan: own } of spans) {
      const its = arenaOf(at, start);
      if (its !== undefined && memory.word(its + offset + pageOf(start) * pointerSize) === own) found += 1;
    }
    if (found >= spans.length * enough)
      hits.push({ address: at, spans: offset, asked: spans.length, found, others: [] });
  };
  for (const { at, heapArena } of led) {
    look(
      at,
      knownOffsets.find((offset) => memory.word(heapArena + offset + entry) === probe.mspan),
    );
  }
  // Only where it stands nowhere it was seen is all of an arena searched.
  for (const { at, heapArena } of hits.length > 0 ? [] : led.slice(0, mostSearched)) {
    look(at, pageTable(memory, heapArena, entry, probe.mspan));
  }
  const [first, ...others] = hits;
  return first && { ...first, others: others.map(({ address }) => address) };
}

/** Spans in use, spread over all. */
function someSpans({ sample, struct }: InferredMspan): { readonly start: number; readonly mspan: number }[] {
  const place = (name: string) => struct.fields.find((field) => field.name === name);
  const [start, state] = [place('startAddr'), place('state')];
  if (!start || !state) return [];
  const [starts, states] = [sample.column(start), sample.column(state)];
  const inuse = [...states.keys()].filter((row) => states[row] === 1);
  const step = Math.max(1, Math.floor(inuse.length / asked));
  return inuse
    .filter((_, i) => i % step === 0)
    .slice(0, asked)
    .map((row) => ({ start: starts[row]!, mspan: sample.addresses[row]! }));
}

/** The offset at which the entry of a page is `mspan`. */
function pageTable(memory: Memory, heapArena: number, entry: number, mspan: number): number | undefined {
  const { pointerSize } = memory;
  const { bytes } = memory.bytes(heapArena + entry, mostArenaBytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let offset = 0; offset + pointerSize <= bytes.length; offset += pointerSize) {
    const low = view.getUint32(pointerSize === 8 && !memory.littleEndian ? offset + 4 : offset, memory.littleEndian);
    if (low === mspan % 2 ** 32 && memory.word(heapArena + offset + entry) === mspan) return offset;
  }
  return undefined;
}
