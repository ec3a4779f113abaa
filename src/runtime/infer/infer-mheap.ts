// Where the fields of mheap stand, told from the image: allspans is where its slice was found; central knows its own order; spanalloc behind it says where
// mheap_ begins; arenas leads back to the spans; pagesInUse is their sum. Source: runtime/mheap.go, type mheap.
import type { Memory } from '../../image/memory.js';
import { matchingWords } from '../../image/scan-words.js';
import type { ArenaGeometry } from '../../layout/types.js';
import type { FoundAllspans } from './find-allspans.js';
import { findArenas } from './find-arenas.js';
import { type CentralFound, findCentral } from './find-central.js';
import type { InferredMspan } from './infer-mspan.js';
import type { InferredField, InferredStruct } from './inference.js';

export interface InferredMheap {
  readonly struct: InferredStruct;
  readonly address: number;
  /** Structs that mheap holds or leads to, as far as they came out of it: an element of central, mcentral, heapArena. */
  readonly parts: readonly InferredStruct[];
}

export interface MheapWanted {
  readonly memory: Memory;
  readonly allspans: FoundAllspans;
  readonly mspan: InferredMspan;
  readonly arena: ArenaGeometry;
  readonly pageSize: number;
  /** sizeof(mcentral) in a release nearby: how the padding of central's elements is spelt, and nothing else. */
  readonly mcentralBytes: number | undefined;
  /** What a symbol says of mheap_'s own address, and the code that uses it; the latter asked only where nothing else says it. */
  readonly symbol: number | undefined;
  readonly byCode: () => number | undefined;
}

/** Undefined where neither structure nor a name says where mheap_ begins. */
export function inferMheap(wanted: MheapWanted): InferredMheap | undefined {
  const { memory, allspans, mspan, arena, pageSize } = wanted;
  const { pointerSize } = memory;
  const { central, spanalloc } = findCentral(memory, mspan.sample.structBytes, allspans.header);
  const begin = beginOf(wanted, spanalloc?.heap);
  if (!begin || begin.address > allspans.header) return undefined;
  const fields = new FieldList(begin);

  const only = allspans.rivals > 0 ? 0.8 : 0.99;
  fields.add('allspans', '[]*mspan', allspans.header, 3 * pointerSize, only, `a slice of ${allspans.length} mspans`);
  const heap = mspan.sweepgen?.heap;
  if (heap) {
    const why = `${heap.value}, which the sweepgen of the spans is near`;
    fields.add('sweepgen', 'uint32', heap.address, 4, heap.confidence, why, heap.others);
  }
  const element = central && elementOf(central, wanted.mcentralBytes);
  if (central && element) {
    const { address, stride, count } = central;
    const why = `central[i].spanclass == i for ${count} classes at a stride of ${stride}`;
    fields.add('central', `[${count}]${element.name}`, address, stride * count, spanalloc ? 0.99 : 0.6, why);
  }
  if (spanalloc?.size !== undefined) {
    const why = `hands out structs of ${mspan.sample.structBytes} bytes`;
    fields.add('spanalloc', 'fixalloc', spanalloc.address, spanalloc.size, 0.95, why);
  }
  const end = spanalloc?.address ?? central?.address ?? allspans.header + unknownEnd;
  const arenas = findArenas({ memory, mspan, arena, pageSize, mheap: begin.address, end });
  if (arenas) {
    const type = `[${2 ** arena.l1Bits}]*[${2 ** arena.l2Bits}]*heapArena`;
    const why = `leads back to ${arenas.found} of ${arenas.asked} spans`;
    const sure = arenas.others.length > 0 ? 0.6 : 0.98;
    fields.add('arenas', type, arenas.address, 2 ** arena.l1Bits * pointerSize, sure, why, arenas.others);
  }
  // Where words have 32 bits nothing tells whether it has one or two of them.
  if (pointerSize === 8 && mspan.pagesInUse !== undefined && mspan.pagesInUse > 0) {
    const [first, ...others] = wordsEqual(memory, begin.address, central?.address ?? end, mspan.pagesInUse);
    const why = `${mspan.pagesInUse}, the pages of all spans in use; nothing else depends on it`;
    if (first !== undefined)
      fields.add('pagesInUse', 'uintptr', first, pointerSize, others.length > 0 ? 0.7 : 0.9, why, others);
  }
  const parts: InferredStruct[] = [];
  if (central && element) {
    parts.push(element);
    const place = { name: 'spanclass', offset: central.spanclass, size: 1, type: 'uint8' };
    const why = 'where the elements of central say their class';
    parts.push(part('mcentral', undefined, place, spanalloc ? 0.99 : 0.6, why));
  }
  if (arenas) {
    const pages = arena.heapArenaBytes / pageSize;
    const place = { name: 'spans', offset: arenas.spans, size: pages * pointerSize, type: `[${pages}]*mspan` };
    const why = `holds the mspan for the pages of ${arenas.found} of ${arenas.asked} spans`;
    parts.push(part('heapArena', undefined, place, 0.98, why));
  }
  return { struct: { name: 'mheap', size: undefined, fields: fields.sorted() }, address: begin.address, parts };
}

/** Bytes behind allspans in which the rest is looked for where central was not found. */
const unknownEnd = 4096;

interface Begin {
  readonly address: number;
  readonly confidence: number;
  readonly how: string;
}

/** Two ways that differ are both doubted: every offset counts from here. */
function beginOf({ symbol, byCode }: MheapWanted, structure: number | undefined): Begin | undefined {
  const found = 'the allocator of mspans says where mheap_ begins';
  if (structure !== undefined) {
    if (symbol === undefined) return { address: structure, confidence: 0.98, how: found };
    if (symbol === structure) return { address: structure, confidence: 0.99, how: `${found}, as its symbol does` };
    return { address: structure, confidence: 0.5, how: `${found}, its symbol says otherwise` };
  }
  if (symbol !== undefined) return { address: symbol, confidence: 0.95, how: 'its symbol says where mheap_ begins' };
  const code = byCode();
  return code === undefined
    ? undefined
    : { address: code, confidence: 0.9, how: 'the code that uses it says where mheap_ begins' };
}

class FieldList {
  readonly #begin: Begin;
  readonly #fields: InferredField[] = [];

  constructor(begin: Begin) {
    this.#begin = begin;
  }

  /** A field at an address; none where that lies before the struct. */
  add(
    name: string,
    type: string,
    at: number,
    size: number,
    sure: number,
    why: string,
    others: readonly number[] = [],
  ): void {
    const { address, confidence, how } = this.#begin;
    if (at < address) return;
    const alternatives = [...new Set(others.map((other) => other - address))].filter((offset) => offset >= 0);
    this.#fields.push({
      name,
      offset: at - address,
      size,
      type,
      confidence: Math.min(sure, confidence),
      alternatives: alternatives.sort((a, b) => a - b),
      why: `${why}; ${how}`,
    });
  }

  sorted(): InferredField[] {
    return this.#fields.sort((a, b) => a.offset - b.offset);
  }
}

/** An element of central, spelt as DWARF does, padding and all. */
function elementOf({ stride }: CentralFound, mcentralBytes: number | undefined): InferredStruct {
  const pad = mcentralBytes !== undefined && mcentralBytes < stride ? stride - mcentralBytes : 0;
  const name = pad > 0 ? `struct { mcentral mcentral; pad [${pad}]uint8 }` : 'struct { mcentral mcentral }';
  return part(name, stride, { name: 'mcentral', offset: 0, size: stride - pad, type: 'mcentral' }, 0.9, 'the stride');
}

function part(
  name: string,
  size: number | undefined,
  place: { readonly name: string; readonly offset: number; readonly size: number; readonly type: string },
  confidence: number,
  why: string,
): InferredStruct {
  return { name, size, fields: [{ ...place, confidence, alternatives: [], why }] };
}

/** Addresses in [start, end) whose word is `value`, which is not 0: a few at most. */
function wordsEqual(memory: Memory, start: number, end: number, value: number): number[] {
  const found: number[] = [];
  for (const at of matchingWords({ memory }, [{ start, end }], 0, (words) => words.at(0) === value, 0)) {
    found.push(at);
    if (found.length === 8) break;
  }
  return found;
}
