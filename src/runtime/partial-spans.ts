// The spans of a heap whose mheap_ can't be read: what of allspans can be had without it. The mspans that threads lead to (mcaches, frames) stand among others: the runtime
// carves them out of chunks of their own (runtime/mfixalloc.go), so what stands beside one is one too, if it holds. And allspans, the list itself, is memory of its own that
// begins at a page: an array of distinct mspans, these among them, which nothing else is. Whichever is found, nobody says that it is all: the table is marked.

import { type AddressRange, matchingWords, type Words } from '../image/scan-words.js';
import { rangeOf } from '../image/within.js';
import { judgeSpans } from './judge-spans.js';
import type { RuntimeView } from './mheap.js';
import { type MspanOffsets, mspanOffsets } from './mspan-offsets.js';
import { Shapes } from './roots/shapes.js';
import type { Evidence } from './roots/stack-evidence.js';
import type { StackFinder } from './roots/stack-finder.js';
import { readAllp, type Scene } from './roots/validate.js';
import { sweepgenPlausible } from './roots/validate-mheap.js';
import {
  type OnProgress,
  readSpansAt,
  readSpanTable,
  type SliceHeader,
  type SpanRows,
  type SpanTable,
  spanFlag,
  stateInuse,
} from './span-table.js';

export interface FoundSpans {
  /** Where the array of allspans stands, to its first nil; undefined where it was not found. */
  readonly allspans: SliceHeader | undefined;
  /** Else the mspans' addresses, ascending. */
  readonly addresses: Float64Array;
  /** Of in-use spans of these, a sample, and those that fulfil the span invariants. */
  readonly checked: number;
  readonly held: number;
  /** What was found and how, for people. */
  readonly why: string;
}

/** Neighbours are looked for in the piece of memory that holds a known mspan, and in the pieces beside it; persistentalloc takes 256 KiB at a time. */
const pieceBytes = 2 ** 18;
const mostPieces = 256;
/** Page starts at which the array is looked for, and words of it that must be mspans for it to be read on. */
const mostPages = 2 ** 15;
const pageBytes = 4096;
const firstWords = 16;
/** Entries of such arrays that are looked at, in all. */
const mostListed = 2 ** 22;
const sampled = 96;
const mostKnown = 4096;
const enoughHold = 0.9;
/** Longest run of freed mspans between two that hold: a chunk of 16 KiB has no more. */
const longestGap = 256;
const mostSpanPages = 2 ** 26;
const writable = 2;

/**
 * Undefined where nothing holds. `whyNot`: why mheap_ does not tell. Where the threads lead to no mspan (a raw image has none), allspans may still be known by its shape.
 */
export function findSpansWithoutHeap(scene: Scene, evidence: Evidence, whyNot: string): FoundSpans | undefined {
  if (!new Shapes(scene).usable) return undefined;
  const seeds = [...evidence.mspans.keys()];
  const finder = new SpanFinder(scene, seeds);
  const threads = `${evidence.threads} ${evidence.threads === 1 ? 'thread' : 'threads'}`;
  const from = evidence.threads > 0 ? `from the stacks of ${threads}` : 'from known roots';
  const begin = `mheap_ can’t be read (${whyNot})`;
  const allspans = finder.allspans();
  if (allspans) {
    const by = seeds.length > 0 ? `a list of mspans that holds all ${seeds.length} found ${from}` : 'a list of mspans';
    const sample = finder.sample(allspans);
    const why = `${begin}: ${allspans.length} mspans, of ${by}, at 0x${allspans.array.toString(16)}: allspans by its shape; there may be more`;
    return sample && { allspans, addresses: new Float64Array(0), ...sample, why };
  }
  if (seeds.length === 0) return undefined;
  const addresses = finder.neighbours();
  const why = `${begin}: ${addresses.length} mspans found ${from} and beside what they lead to; there are more`;
  return { allspans: undefined, addresses, checked: addresses.length, held: addresses.length, why };
}

/**
 * mheap_.sweepgen, told by the spans: the only even number from which each in-use span lies as far as it may (runtime/mheap.go, the comment at mspan.sweepgen); undefined where
 * several would do.
 */
export function sweepgenOf({ length, state, sweepgen }: SpanRows): number | undefined {
  let newest: number | undefined;
  for (let row = 0; row < length; row += 1)
    if (state[row] === stateInuse && (newest === undefined || ((sweepgen[row]! - newest) | 0) > 0))
      newest = sweepgen[row]!;
  if (newest === undefined) return undefined;
  const possible = [0, 1, 3].map((ahead) => (newest - ahead) >>> 0).filter((generation) => generation % 2 === 0);
  const fitting = possible.filter((generation) => {
    for (let row = 0; row < length; row += 1)
      if (state[row] === stateInuse && !sweepgenPlausible(sweepgen[row]!, generation)) return false;
    return true;
  });
  return fitting.length === 1 ? fitting[0] : undefined;
}

/** The same by a finder's evidence, and by what proved roots lead to. */
export function withoutHeap(view: RuntimeView, stack: StackFinder, whyNot: string): FoundSpans | undefined {
  const scene = { memory: view.memory, layout: view.layout };
  return findSpansWithoutHeap(scene, stack.evidence(scene, knownObjects(view)), whyNot);
}

/** What the proved roots lead to, for images without registers: the newest m, and the P's. */
function knownObjects(view: RuntimeView): readonly number[] {
  const { memory } = view;
  const [allm, allp] = [view.address('runtime.allm'), view.address('runtime.allp')];
  const slice = allp === undefined ? undefined : readAllp(view, allp);
  const count = Math.min(slice?.length ?? 0, mostKnown);
  const ps = Array.from({ length: count }, (_, i) => memory.word(slice!.array + i * memory.pointerSize));
  return [allm === undefined ? undefined : memory.word(allm), ...ps].filter((each) => each !== undefined);
}

/** The rows of what was found, judged. Where no sweepgen can be told, what differs may be what a sweeper is at. */
export function readFoundSpans(view: RuntimeView, found: FoundSpans, onProgress?: OnProgress): SpanTable {
  const { memory, layout } = view;
  const read = found.allspans
    ? readSpanTable(memory, layout, found.allspans, onProgress)
    : readSpansAt(memory, layout, found.addresses);
  const generation = sweepgenOf(read);
  judgeSpans(view, read, generation);
  if (generation === undefined)
    for (const row of read.differing) {
      read.flags[row]! &= ~spanFlag.mismatch;
      read.flags[row]! |= spanFlag.transient;
    }
  return { ...read, partial: found.why };
}

class SpanFinder {
  readonly #scene: Scene;
  readonly #seeds: readonly number[];
  readonly #shapes: Shapes;
  readonly #offsets: MspanOffsets;
  /** Writable memory, ascending. */
  readonly #written: readonly AddressRange[];
  #listed = 0;

  constructor(scene: Scene, seeds: readonly number[]) {
    this.#scene = scene;
    this.#seeds = seeds;
    this.#shapes = new Shapes(scene);
    this.#offsets = mspanOffsets(scene.layout);
    this.#written = scene.memory.segments.filter(
      ({ origin, flags }) =>
        origin !== 'missing' && origin !== 'zero' && (flags === undefined || (flags & writable) !== 0),
    );
  }

  /** The longest array of distinct mspans that has every seed in it. */
  allspans(): SliceHeader | undefined {
    let best: SliceHeader | undefined;
    let left = mostPages;
    for (const { start, end } of this.#besideHeap()) {
      for (let page = Math.ceil(start / pageBytes) * pageBytes; page < end && left > 0; page += pageBytes) {
        left -= 1;
        if (!this.#beginsList(page)) continue;
        const length = this.#lengthOfList(page);
        if (length > (best?.length ?? 0)) best = { array: page, length, capacity: length };
      }
    }
    return best;
  }

  /** Of in-use spans in a list, how many hold; undefined where too few do: the layout is not this image's, or the heap is broken. */
  sample({ array, length }: SliceHeader): { readonly checked: number; readonly held: number } | undefined {
    const { memory, layout } = this.#scene;
    const inuse = layout.traits.spanStates.indexOf('inuse');
    let checked = 0;
    let held = 0;
    for (let i = 0; i < length && checked < sampled; i += Math.max(1, Math.floor(length / sampled))) {
      const span = memory.word(array + i * memory.pointerSize) ?? 0;
      if (memory.uint8(span + this.#offsets.state.offset) !== inuse) continue;
      checked += 1;
      if (this.#shapes.isInuse(span)) held += 1;
    }
    return checked > 0 && held >= checked * enoughHold ? { checked, held } : undefined;
  }

  /** What is no heap (the mspans say what is), nearest to the seeds first; without seeds the highest first, where the system maps what is asked for. */
  #besideHeap(): AddressRange[] {
    const { layout, memory } = this.#scene;
    const { heapArenaBytes, addressOffset } = layout.traits.arena;
    const arenas = new Set<number>();
    for (const seed of this.#seeds) {
      const base = memory.word(seed + this.#offsets.startAddr.offset) ?? 0;
      arenas.add(Math.floor((base + addressOffset) / heapArenaBytes));
    }
    const first = this.#seeds[0] ?? Number.MAX_SAFE_INTEGER;
    const distance = ({ start, end }: AddressRange) => (first < start ? start - first : first >= end ? first - end : 0);
    return this.#written
      .filter(({ start }) => !arenas.has(Math.floor((start + addressOffset) / heapArenaBytes)))
      .sort((a, b) => distance(a) - distance(b));
  }

  /** Distinct pointers, half of them at least to mspans in use; the others may be freed ones. */
  #beginsList(address: number): boolean {
    const { memory } = this.#scene;
    const seen = new Set<number>();
    let held = 0;
    for (let i = 0; i < firstWords; i += 1) {
      const span = memory.word(address + i * memory.pointerSize);
      if (!span || span % memory.pointerSize !== 0 || seen.has(span)) return false;
      seen.add(span);
      if (this.#holds(span)) held += 1;
      else if (i < 2 && !this.#isFreed(span)) return false;
    }
    return held >= firstWords / 2;
  }

  /** Up to the first nil; 0 where an entry comes twice, points to nothing mapped, or a seed is not among them. */
  #lengthOfList(address: number): number {
    const { memory } = this.#scene;
    const { pointerSize } = memory;
    const missing = new Set(this.#seeds);
    let length = 0;
    for (; this.#listed < mostListed; length += 1, this.#listed += 1) {
      const span = memory.word(address + length * pointerSize);
      if (span === 0) break;
      if (span === undefined || span % pointerSize !== 0 || !rangeOf(this.#written, span)) return 0;
      missing.delete(span);
    }
    if (missing.size > 0 || this.#listed >= mostListed) return 0;
    const sorted = Float64Array.from({ length }, (_, i) => memory.word(address + i * pointerSize) ?? 0).sort();
    return sorted.every((span, i) => span !== sorted[i - 1]) ? length : 0;
  }

  #holds = (span: number): boolean => this.#shapes.isInuse(span) || this.#shapes.isManual(span);

  /** Whole pages, and no use: what is left of a span that was freed. */
  #isFreed(span: number): boolean {
    const { memory, layout } = this.#scene;
    const state = memory.uint8(span + this.#offsets.state.offset);
    if (state === undefined || layout.traits.spanStates[state] !== 'free') return false;
    const base = memory.word(span + this.#offsets.startAddr.offset);
    const npages = memory.word(span + this.#offsets.npages.offset);
    if (base === undefined || npages === undefined) return false;
    return base > 0 && base % layout.traits.pageSize === 0 && npages > 0 && npages < mostSpanPages;
  }

  /** Ascending: the seeds, what holds near them, and the freed ones in between at the same stride. */
  neighbours(): Float64Array {
    const found = new Set(this.#seeds);
    const visited = new Set<number>();
    const queue = [...new Set(this.#seeds.map((seed) => Math.floor(seed / pieceBytes)))];
    const searcher = { memory: this.#scene.memory };
    const matches = this.#matcher();
    for (let piece = queue.shift(); piece !== undefined && visited.size < mostPieces; piece = queue.shift()) {
      if (visited.has(piece)) continue;
      visited.add(piece);
      const range = { start: piece * pieceBytes, end: (piece + 1) * pieceBytes };
      let any = false;
      for (const span of matchingWords(searcher, [range], this.#offsets.size, matches)) {
        any = true;
        found.add(span);
      }
      if (any) queue.push(piece - 1, piece + 1);
    }
    const held = Float64Array.from(found).sort();
    for (let i = 1; i < held.length; i += 1) {
      const gap = (held[i]! - held[i - 1]!) / this.#offsets.size;
      if (!Number.isInteger(gap) || gap > longestGap) continue;
      for (let k = 1; k < gap; k += 1) {
        const between = held[i - 1]! + k * this.#offsets.size;
        if (this.#isFreed(between)) found.add(between);
      }
    }
    return Float64Array.from(found).sort();
  }

  #matcher(): (words: Words) => boolean {
    const { pageSize } = this.#scene.layout.traits;
    const { startAddr, npages } = this.#offsets;
    return (words) => {
      const base = words.at(startAddr.offset);
      if (!(base > 0xffff) || base % pageSize !== 0) return false;
      const pages = words.at(npages.offset);
      return pages > 0 && pages < mostSpanPages && this.#holds(words.address);
    };
  }
}
