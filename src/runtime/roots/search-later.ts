// Finds, by their shape, the roots that are looked for when somebody asks: m0, g0, sched, class_to_size, mbuckets, gcCPULimiter. Gives candidates; the
// validators decide. Sources: runtime/proc.go, runtime2.go, sizeclasses.go, mprof.go, mgclimit.go.
import { readOnlyTest } from '../../image/read-only.js';
import { type AddressRange, matchingWords, type Words } from '../../image/scan-words.js';
import { slotBytesOf } from '../slot-bytes.js';
import type { Known, LaterRootName } from './names.js';
import { readAllp, type Scene } from './validate.js';
import { bucketFields, isMemBucket, limiterFields, textRanges } from './validate-data.js';
import { schedBounds, schedContradiction, schedNumbers } from './validate-scheduler.js';

/** Gives addresses in `ranges`, best first, as it goes. */
export type Search = (scene: Scene, ranges: readonly AddressRange[], known: Known) => Iterable<number>;

export const laterSearches: Readonly<Record<LaterRootName, Search>> = {
  'runtime.m0': findM0,
  'runtime.g0': findG0,
  'runtime.sched': findSched,
  'runtime.class_to_size': findClassToSize,
  'runtime.mbuckets': findMbuckets,
  'runtime.gcCPULimiter': findGcCpuLimiter,
};

/** m0: the only m among the variables (all others are made at run time) whose g0 is a variable too. */
function findM0(scene: Scene, ranges: readonly AddressRange[]): Iterable<number> {
  const { memory, layout } = scene;
  const [g0, gm] = [layout.field('m', 'g0'), layout.field('g', 'm')];
  if (!g0 || !gm) return [];
  const isVariable = within(ranges);
  const leadsBack = (words: Words) => {
    const g = words.at(g0.offset);
    return isVariable(g) && memory.word(g + gm.offset) === words.address;
  };
  return matchingWords(scene, ranges, g0.offset + memory.pointerSize, leadsBack, g0.offset);
}

/** Whether an address lies in one of the ranges, by bisection: a damaged binary may have tens of thousands. */
function within(ranges: readonly AddressRange[]): (address: number) => boolean {
  const sorted = ranges.toSorted((a, b) => a.start - b.start);
  return (address) => {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sorted[middle]!.start <= address) low = middle + 1;
      else high = middle;
    }
    const range = sorted[low - 1];
    return range !== undefined && address < range.end;
  };
}

function findG0(scene: Scene, ranges: readonly AddressRange[], known: Known): Iterable<number> {
  const { memory, layout } = scene;
  const g0 = layout.field('m', 'g0');
  if (!g0) return [];
  const m0 = known('runtime.m0');
  return (m0 === undefined ? [...findM0(scene, ranges)] : [m0]).flatMap((m) => memory.word(m + g0.offset) ?? []);
}

function findSched(scene: Scene, ranges: readonly AddressRange[], known: Known): Iterable<number> {
  const numbers = schedNumbers(scene);
  const bounds = schedBounds(scene, known);
  if (!numbers || !bounds) return [];
  const reach = scene.layout.struct('schedt')?.size ?? 0;
  const { newestGoid, ahead } = bounds;
  const low = numbers.goidgen + (scene.memory.littleEndian || scene.memory.pointerSize === 8 ? 0 : 4);
  return matchingWords(scene, ranges, reach, (words) => {
    const made = words.at(low);
    if (!(made >= newestGoid && made <= newestGoid + ahead)) return false;
    return schedContradiction(scene, words.address, numbers, bounds) === undefined;
  });
}

/** class_to_size: the table of this release, entry for entry. */
function* findClassToSize(scene: Scene, ranges: readonly AddressRange[]): Iterable<number> {
  const { memory, layout } = scene;
  const { sizeClasses } = layout.traits;
  const table = Buffer.alloc(2 * sizeClasses.length);
  for (const [i, size] of sizeClasses.entries())
    if (memory.littleEndian) table.writeUInt16LE(size, 2 * i);
    else table.writeUInt16BE(size, 2 * i);
  let left = mostBytes;
  for (const { start, end } of readable(memory, ranges)) {
    for (let at = start; at < end && left > 0; at += pieceBytes - table.length) {
      const { bytes } = memory.bytes(at, Math.min(pieceBytes, end - at));
      left -= pieceBytes;
      const piece = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let found = piece.indexOf(table); found >= 0; found = piece.indexOf(table, found + 1)) yield at + found;
    }
  }
}

const pieceBytes = 2 ** 18;
const mostBytes = 2 ** 26;

/** What of `ranges` has bytes: a damaged header may claim the whole address space. */
function readable(memory: Scene['memory'], ranges: readonly AddressRange[]): readonly AddressRange[] {
  const sorted = ranges.toSorted((a, b) => a.start - b.start);
  const pieces: AddressRange[] = [];
  let i = 0;
  // Both ascend, so that tens of thousands of each cost no more than that.
  for (const { start, end, origin } of memory.segments) {
    while (i < sorted.length && sorted[i]!.end <= start) i += 1;
    if (origin === 'missing' || origin === 'zero') continue;
    for (let k = i; k < sorted.length && sorted[k]!.start < end; k += 1)
      pieces.push({ start: Math.max(start, sorted[k]!.start), end: Math.min(end, sorted[k]!.end) });
  }
  return pieces;
}

/** mbuckets: points to a memory profile bucket; the head of the longest such list, because what points further in heads a shorter one. */
function findMbuckets(scene: Scene, ranges: readonly AddressRange[], known: Known): Iterable<number> {
  const { memory } = scene;
  const fields = bucketFields(scene);
  if (!fields) return [];
  const text = textRanges(scene, known('runtime.firstmoduledata'));
  const heads: { address: number; length: number }[] = [];
  const isConstant = readOnlyTest(memory);
  // Buckets are not in the heap (runtime/mprof.go, newBucket: persistentalloc).
  const slotBytes = slotBytesOf(scene, known('runtime.mheap_'));
  const isHead = (words: Words) => {
    const bucket = words.at(0);
    if (!(bucket > 0xffff) || bucket % memory.pointerSize !== 0) return false;
    if (isConstant(bucket) || slotBytes(bucket) !== undefined) return false;
    return isMemBucket(scene, bucket, fields, text) === true;
  };
  for (const address of matchingWords(scene, ranges, 0, isHead, 0)) {
    let length = 0;
    for (let at = memory.word(address); at && length < mostCounted; at = memory.word(at + fields.allnext)) length += 1;
    heads.push({ address, length });
    if (heads.length === mostHeads) break;
  }
  return heads.sort((a, b) => b.length - a.length || a.address - b.address).map(({ address }) => address);
}

/** Lists are told apart by their length up to this; a list that loops is refused later. */
const mostCounted = 2 ** 14;
const mostHeads = 16;

function findGcCpuLimiter(scene: Scene, ranges: readonly AddressRange[], known: Known): Iterable<number> {
  const { memory, layout } = scene;
  const fields = limiterFields(scene);
  const allp = known('runtime.allp');
  const ps = allp === undefined ? undefined : readAllp(scene, allp)?.length;
  if (!fields || !ps) return [];
  const capacity = BigInt(ps) * 1_000_000_000n;
  return matchingWords(
    scene,
    ranges,
    layout.struct('gcCPULimiterState')?.size ?? 0,
    (words) => words.uint32(fields.nprocs) === ps && memory.uint64(words.address + fields.capacity) === capacity,
    fields.nprocs,
  );
}
