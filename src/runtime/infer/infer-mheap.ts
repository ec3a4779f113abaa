// Where the fields of mheap stand, told from the image: allspans is where its slice was found, central is the array of structs whose byte i is i, and behind
// central the allocator of mspans holds their size and, as the argument of its callback, the heap's own address. That is where mheap_ begins.
// Source: runtime/mheap.go, type mheap and (*mheap).init (spanalloc.init with recordspan).
import type { Memory } from '../../image/memory.js';
import type { ArenaGeometry } from '../../layout/types.js';
import type { FoundAllspans } from './find-allspans.js';
import { findArenas } from './find-arenas.js';
import type { InferredMspan } from './infer-mspan.js';
import type { InferredField, InferredStruct } from './inference.js';

export interface InferredMheap {
  readonly struct: InferredStruct;
  /** Where mheap_ begins, and how that is known. */
  readonly address: number;
  readonly central: CentralFound | undefined;
  /** Offset of spans in a heapArena, where arenas was found. */
  readonly arenaSpans: number | undefined;
}

export interface CentralFound {
  /** Address of central[0], bytes from one element to the next, and how many there are. */
  readonly address: number;
  readonly stride: number;
  readonly count: number;
  /** Offset of spanclass in an element. */
  readonly spanclass: number;
}

export interface MheapWanted {
  readonly memory: Memory;
  readonly allspans: FoundAllspans;
  readonly mspan: InferredMspan;
  readonly arena: ArenaGeometry;
  readonly pageSize: number;
  /** What symbols or code say of mheap_'s own address, where they say anything. */
  readonly named: number | undefined;
}

/** Bytes around allspans that are looked at: mheap has 101 KB at most, up to 1.27. */
const before = 2 ** 18;
const after = 2 ** 18;
/** A span class is one byte; there are 134 or 136. */
const leastClasses = 100;
const mostClasses = 256;
/** Elements are padded to cache lines of 32 to 256 bytes. */
const strideStep = 32;
const mostStride = 1024;

/** Undefined where neither structure nor a name says where mheap_ begins. */
export function inferMheap(wanted: MheapWanted): InferredMheap | undefined {
  const { memory, allspans, mspan, named } = wanted;
  const region = readRegion(memory, allspans.header);
  const run = findClasses(region);
  const spanalloc = findSpanalloc(memory, run, mspan.sample.structBytes, allspans.header);
  const address = spanalloc?.heap ?? named;
  if (address === undefined || address > allspans.header) return undefined;
  const agreed = named === undefined || spanalloc === undefined ? undefined : named === address;
  // Two ways that differ: neither is believed.
  const ofBase = agreed === false ? 0.5 : spanalloc ? 0.99 : 0.95;
  const how =
    agreed === true
      ? 'two ways say where mheap_ begins'
      : agreed === false
        ? `the allocator of mspans and a name differ about where mheap_ begins`
        : spanalloc
          ? 'the allocator of mspans says where mheap_ begins'
          : 'a name says where mheap_ begins';
  const fields: InferredField[] = [];
  const add = (
    name: string,
    at: number,
    size: number,
    type: string,
    confidence: number,
    why: string,
    others: readonly number[] = [],
  ) => {
    const alternatives = [...new Set(others.map((other) => other - address))]
      .filter((offset) => offset >= 0)
      .sort((a, b) => a - b);
    fields.push({
      name,
      offset: at - address,
      size,
      type,
      confidence: Math.round(Math.min(confidence, ofBase) * 100) / 100,
      alternatives,
      why: `${why}; ${how}`,
    });
  };
  const { pointerSize } = memory;
  add(
    'allspans',
    allspans.header,
    3 * pointerSize,
    '[]*mspan',
    allspans.rivals > 0 ? 0.8 : 0.99,
    `the only slice of mspans (${allspans.length})`,
  );
  const { sweepgen } = mspan;
  if (sweepgen && sweepgen.heap.address >= address) {
    const { heap } = sweepgen;
    add(
      'sweepgen',
      heap.address,
      4,
      'uint32',
      heap.confidence,
      `${heap.value}, which the sweepgen of the spans is near`,
      heap.others,
    );
  }
  const central = run && centralOf(run, spanalloc?.address, pointerSize);
  if (central) {
    const { address: at, stride, count } = central;
    add(
      'central',
      at,
      stride * count,
      centralType(count),
      spanalloc ? 0.99 : 0.6,
      `central[i].spanclass == i for ${count} classes at a stride of ${stride}`,
    );
  }
  if (spanalloc) {
    const size = fixallocSize(memory, spanalloc.address, pointerSize);
    if (size !== undefined)
      add(
        'spanalloc',
        spanalloc.address,
        size,
        'fixalloc',
        0.95,
        `hands out structs of ${mspan.sample.structBytes} bytes and tells mheap_ of each`,
      );
  }
  const end = spanalloc?.address ?? central?.address ?? allspans.header + 4096;
  const arenas = findArenas({ ...wanted, mheap: address, end });
  if (arenas) {
    const { l1Bits, l2Bits } = wanted.arena;
    const type = `[${2 ** l1Bits}]*[${2 ** l2Bits}]*heapArena`;
    add(
      'arenas',
      arenas.address,
      2 ** l1Bits * pointerSize,
      type,
      arenas.others.length > 0 ? 0.6 : 0.98,
      `leads back to ${arenas.found} of ${arenas.asked} spans`,
      arenas.others,
    );
  }
  // With words of 32 bits nothing tells whether it has one or two.
  if (pointerSize === 8 && mspan.pagesInUse !== undefined && mspan.pagesInUse > 0) {
    const places = wordsEqual(memory, address, central?.address ?? end, mspan.pagesInUse);
    const [first, ...others] = places;
    if (first !== undefined)
      add(
        'pagesInUse',
        first,
        pointerSize,
        'uintptr',
        others.length > 0 ? 0.7 : 0.97,
        `${mspan.pagesInUse}, the pages of all spans in use`,
        others,
      );
  }
  const ordered = fields.filter(({ offset }) => offset >= 0).sort((a, b) => a.offset - b.offset);
  return { struct: { name: 'mheap', size: undefined, fields: ordered }, address, central, arenaSpans: arenas?.spans };
}

/** How an element of central is spelt; its size is what tells its stride. */
export const centralElement = 'struct { mcentral mcentral }';
const centralType = (count: number) => `[${count}]${centralElement}`;

interface Region {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** What can be read around allspans without a gap. */
function readRegion(memory: Memory, header: number): Region {
  const segment = memory.segments.find(
    ({ start, end, origin }) => header >= start && header < end && origin !== 'missing',
  );
  let start = Math.max(segment?.start ?? header, header - before);
  // Neighbouring pieces of one mapping are one.
  for (const one of [...memory.segments].reverse()) {
    if (one.end === start && one.origin !== 'missing' && start > header - before)
      start = Math.max(one.start, header - before);
  }
  const { bytes } = memory.bytes(start, header - start + after);
  return { address: start, bytes };
}

interface ClassRun {
  /** Address of the byte that is class 0's. */
  readonly first: number;
  readonly stride: number;
  readonly count: number;
}

/** The longest run of bytes 0, 1, 2, … at one stride. */
function findClasses({ address, bytes }: Region): ClassRun | undefined {
  let best: ClassRun | undefined;
  for (let stride = strideStep; stride <= mostStride; stride += strideStep) {
    const last = bytes.length - leastClasses * stride;
    for (let at = 0; at < last; at += 1) {
      if (bytes[at + stride] !== 1 || bytes[at] !== 0 || bytes[at + 2 * stride] !== 2 || bytes[at + 3 * stride] !== 3)
        continue;
      let count = 4;
      while (count < mostClasses && bytes[at + count * stride] === count) count += 1;
      if (count >= leastClasses && count > (best?.count ?? 0)) best = { first: address + at, stride, count };
    }
  }
  return best;
}

interface Spanalloc {
  readonly address: number;
  readonly heap: number;
}

/** Behind central: the size of an mspan, a function, and the heap as its argument (runtime/mfixalloc.go: size, first, arg). */
function findSpanalloc(
  memory: Memory,
  run: ClassRun | undefined,
  structBytes: number,
  header: number,
): Spanalloc | undefined {
  if (!run) return undefined;
  const { pointerSize } = memory;
  const from = alignUp(run.first + (run.count - 2) * run.stride, pointerSize);
  for (let at = from; at < from + 4 * run.stride + 4096; at += pointerSize) {
    if (memory.word(at) !== structBytes) continue;
    const first = memory.word(at + pointerSize);
    const heap = memory.word(at + 2 * pointerSize);
    if (!first || !heap || heap > header || heap < header - before || heap % pointerSize !== 0) continue;
    if (memory.word(first) === undefined) continue;
    return { address: at, heap };
  }
  return undefined;
}

/**
 * The array, by where it ends: spanalloc follows it in every release. A byte behind the last class may carry the run on by chance. Without spanalloc the
 * first byte of an element is taken for its class.
 */
function centralOf(
  { first, stride, count }: ClassRun,
  spanalloc: number | undefined,
  pointerSize: number,
): CentralFound | undefined {
  if (spanalloc === undefined) return { address: first, stride, count, spanclass: 0 };
  const elements = Math.ceil((spanalloc - first) / stride);
  const address = spanalloc - elements * stride;
  const spanclass = first - address;
  // Behind a lock, or first of all.
  if (elements > count || elements < leastClasses || spanclass < 0 || spanclass > 2 * pointerSize) return undefined;
  return { address, stride, count: elements, spanclass };
}

/** sizeof(fixalloc): at what distance the next one stands, by its size and the statistics that both point to. */
function fixallocSize(memory: Memory, address: number, pointerSize: number): number | undefined {
  for (let size = 7 * pointerSize; size <= 14 * pointerSize; size += pointerSize) {
    const bytes = memory.word(address + size);
    if (bytes === undefined || bytes < 16 || bytes > 16384 || bytes % 4 !== 0) continue;
    for (let stat = 5 * pointerSize; stat < size; stat += pointerSize) {
      const [own, next] = [memory.word(address + stat), memory.word(address + size + stat)];
      if (own && next && own > 0xffff && next > 0xffff && Math.abs(own - next) < 2 ** 16) return size;
    }
  }
  return undefined;
}

/** Addresses in [start, end) whose word is `value`, a few at most. */
function wordsEqual(memory: Memory, start: number, end: number, value: number): number[] {
  const found: number[] = [];
  const { pointerSize } = memory;
  for (let at = start; at < end && found.length < 8; at += pointerSize) if (memory.word(at) === value) found.push(at);
  return found;
}

const alignUp = (value: number, to: number) => Math.ceil(value / to) * to;
