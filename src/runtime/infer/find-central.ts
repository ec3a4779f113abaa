// mheap_.central and mheap_.spanalloc without their offsets. central is an array whose elements know their place: bytes 0, 1, 2, … at one stride. Right behind it
// stands spanalloc, the allocator of mspans: it holds sizeof(mspan), a callback and the callback's argument, which is mheap_ itself. Sources: runtime/mheap.go
// ((*mheap).init), mcentral.go, mfixalloc.go.
import type { Memory } from '../../image/memory.js';

/** Bytes around allspans that are looked at: mheap has 101 KB at most, up to 1.27. */
const before = 2 ** 18;
const after = 2 ** 18;
/** A span class is one byte; there are 134 or 136. */
const leastClasses = 100;
const mostClasses = 256;
/** Elements are padded to cache lines of 32 to 256 bytes. */
const strideStep = 32;
const mostStride = 1024;

export interface CentralFound {
  /** Address of central[0], bytes from one element to the next, and how many there are. */
  readonly address: number;
  readonly stride: number;
  readonly count: number;
  /** Offset of spanclass in an element. */
  readonly spanclass: number;
}

export interface SpanallocFound {
  readonly address: number;
  /** sizeof(fixalloc), where the next one tells it. */
  readonly size: number | undefined;
  /** mheap_'s own address. */
  readonly heap: number;
}

/** `header`: where allspans stands. */
export function findCentral(
  memory: Memory,
  structBytes: number,
  header: number,
): { readonly central: CentralFound | undefined; readonly spanalloc: SpanallocFound | undefined } {
  const run = findClasses(readRegion(memory, header));
  const found = findSpanalloc(memory, run, structBytes, header);
  const spanalloc = found && { ...found, size: fixallocSize(memory, found.address, memory.pointerSize) };
  return { central: run && centralOf(run, spanalloc?.address, memory.pointerSize), spanalloc };
}

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

/** The longest run of bytes 0, 1, 2, … at one stride; of equal ones that of the least stride, and the first of these. Begins at the ones: most of these bytes are zero. */
function findClasses({ address, bytes }: Region): ClassRun | undefined {
  let best: ClassRun | undefined;
  for (let one = bytes.indexOf(1); one >= 0; one = bytes.indexOf(1, one + 1)) {
    const most = Math.min(mostStride, one, (bytes.length - one) / (leastClasses - 1));
    for (let stride = strideStep; stride <= most; stride += strideStep) {
      if (bytes[one + stride] !== 2 || bytes[one - stride] !== 0 || bytes[one + 2 * stride] !== 3) continue;
      const at = one - stride;
      let count = 4;
      while (count < mostClasses && bytes[at + count * stride] === count) count += 1;
      const better = !best || count > best.count || (count === best.count && stride < best.stride);
      if (count >= leastClasses && better) best = { first: address + at, stride, count };
    }
  }
  return best;
}

/** Behind central: the size of an mspan, a function, and the heap as its argument (runtime/mfixalloc.go: size, first, arg). */
function findSpanalloc(
  memory: Memory,
  run: ClassRun | undefined,
  structBytes: number,
  header: number,
): Omit<SpanallocFound, 'size'> | undefined {
  if (!run) return undefined;
  const { pointerSize } = memory;
  const from = alignUp(run.first + (run.count - 2) * run.stride, pointerSize);
  for (let at = from; at < from + 4 * run.stride + 4096; at += pointerSize) {
    if (memory.word(at) !== structBytes) continue;
    const first = memory.word(at + pointerSize);
    const heap = memory.word(at + 2 * pointerSize);
    if (!first || !heap || heap > header || heap < header - before || heap % pointerSize !== 0) continue;
    // The function itself stands in the binary, which may not be there.
    if (first <= 0xffff) continue;
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

const alignUp = (value: number, to: number) => Math.ceil(value / to) * to;
