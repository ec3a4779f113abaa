// Proves class_to_size by the size classes that it must hold, mbuckets as the head of a list of memory profile buckets, and gcCPULimiter by its bucket, which
// follows from the number of Ps (runtime/sizeclasses.go; mprof.go: type bucket; mgclimit.go: resetCapacity).
import type { AddressRange } from '../../image/scan-words.js';
import { moduleChain, moduleWord } from '../function-tables.js';
import type { Known } from './names.js';
import { contradicts, holds, readAllp, type Scene, unreadable, untold, type Verdict } from './validate.js';

/** class_to_size: every size class in order, in two bytes each. */
export function validateClassToSize({ memory, layout }: Scene, address: number): Verdict {
  const { sizeClasses } = layout.traits;
  for (const [i, size] of sizeClasses.entries()) {
    const value = memory.uint16(address + 2 * i);
    if (value === undefined) return unreadable(`entry ${i} is unreadable`);
    if (value !== size) return contradicts(`entry ${i} is ${value}, the class has ${size} bytes`);
  }
  return holds(`all ${sizeClasses.length} size classes stand there`);
}

/** `memProfile` of the bucket types (runtime/mprof.go, in every release). */
const memProfile = 1;
/** Deeper stacks are cut: `debug.profstackdepth` (1.23+) goes up to 1024. */
const mostFrames = 1024;
/** Buckets of the list that are looked at. */
const sampledBuckets = 256;

/** Where a bucket has what tells it; undefined where the layout lacks it. */
export function bucketFields({ layout }: Scene) {
  const at = (path: string) => layout.field('bucket', path)?.offset;
  const [allnext, typ, size, nstk] = [at('allnext'), at('typ'), at('size'), at('nstk')];
  const bytes = layout.struct('bucket')?.size;
  if (allnext === undefined || typ === undefined || size === undefined || nstk === undefined || bytes === undefined)
    return undefined;
  return { allnext, typ, size, nstk, bytes };
}

/** Whether a memory profile bucket stands at `address`: its type, a size, and a stack of addresses of code. Undefined where it can't be read. */
export function isMemBucket(
  { memory }: Scene,
  address: number,
  { typ, size, nstk, bytes }: NonNullable<ReturnType<typeof bucketFields>>,
  text: readonly AddressRange[],
): boolean | undefined {
  const [kind, bytesOfObject, frames] = [
    memory.word(address + typ),
    memory.word(address + size),
    memory.word(address + nstk),
  ];
  if (kind === undefined || bytesOfObject === undefined || frames === undefined) return undefined;
  if (kind !== memProfile || bytesOfObject === 0 || frames === 0 || frames > mostFrames) return false;
  const pc = memory.word(address + bytes);
  if (pc === undefined) return undefined;
  return text.length === 0 ? pc > 0xfff : text.some(({ start, end }) => pc >= start && pc < end);
}

/** The code of all modules: a plugin allocates too. Empty where it is not known. */
export function textRanges(scene: Scene, module: number | undefined): readonly AddressRange[] {
  return [...moduleChain(scene, module)].flatMap((at) => {
    const [start, end] = [moduleWord(scene, at, 'text'), moduleWord(scene, at, 'etext')];
    return start !== undefined && end !== undefined && start < end ? [{ start, end }] : [];
  });
}

/** mbuckets: nil until an allocation was sampled, else the newest of a list through allnext. */
export function validateMbuckets(scene: Scene, address: number, module: number | undefined): Verdict {
  const fields = bucketFields(scene);
  if (!fields) return untold('the layout has no bucket');
  const { memory } = scene;
  let bucket = memory.word(address);
  if (bucket === undefined) return unreadable('mbuckets is unreadable');
  if (bucket === 0) return untold('nil: no allocation was sampled, so nothing can be compared');
  const text = textRanges(scene, module);
  const seen = new Set<number>();
  while (bucket !== undefined && bucket !== 0 && seen.size < sampledBuckets) {
    if (seen.has(bucket)) return contradicts('the list through bucket.allnext loops');
    seen.add(bucket);
    const isOne = isMemBucket(scene, bucket, fields, text);
    if (isOne === undefined) return unreadable('a bucket is unreadable');
    if (!isOne) return contradicts(`bucket ${seen.size - 1} of the list is no memory profile bucket`);
    bucket = memory.word(bucket + fields.allnext);
  }
  if (bucket === undefined) return unreadable('the list through bucket.allnext leaves readable memory');
  return holds(`${seen.size}${bucket === 0 ? '' : ' and more'} memory profile buckets through allnext`);
}

/** ns of CPU time that the bucket holds for each P (runtime/mgclimit.go, capacityPerProc). */
const capacityPerProc = 1_000_000_000n;

/** Where gcCPULimiter has what tells it; undefined before 1.19, which has none. */
export function limiterFields({ layout }: Scene) {
  const at = (path: string) => layout.field('gcCPULimiterState', path)?.offset;
  const [fill, capacity, nprocs] = [at('bucket.fill'), at('bucket.capacity'), at('nprocs')];
  const [enabled, lastUpdate] = [at('enabled'), at('lastUpdate')];
  if (fill === undefined || capacity === undefined || nprocs === undefined) return undefined;
  if (enabled === undefined || lastUpdate === undefined) return undefined;
  return { fill, capacity, nprocs, enabled, lastUpdate };
}

/** gcCPULimiter: capacity is a second for each P, and it is not filled above that; it was updated since the program runs. */
export function validateGcCpuLimiter(scene: Scene, address: number, proved: Known): Verdict {
  const fields = limiterFields(scene);
  if (!fields) return untold('this release has none');
  const { memory } = scene;
  const [fill, capacity] = [memory.uint64(address + fields.fill), memory.uint64(address + fields.capacity)];
  const [nprocs, updated] = [memory.uint32(address + fields.nprocs), memory.uint64(address + fields.lastUpdate)];
  if (fill === undefined || capacity === undefined || nprocs === undefined || updated === undefined)
    return unreadable('gcCPULimiter is unreadable');
  if (nprocs === 0 || capacity !== BigInt(nprocs) * capacityPerProc)
    return contradicts(`capacity ${capacity} is no second for each of ${nprocs} P`);
  if (fill > capacity) return contradicts(`filled to ${fill} of ${capacity}`);
  if (updated >= 2n ** 62n) return contradicts(`lastUpdate ${updated} is no clock`);
  const allp = proved('runtime.allp');
  const ps = allp === undefined ? undefined : readAllp(scene, allp)?.length;
  if (ps === undefined) return untold('allp is not confirmed, so nothing can be compared');
  return nprocs === ps
    ? holds(`its capacity is a second for each of the ${ps} P of allp`)
    : contradicts(`nprocs is ${nprocs}, allp has ${ps}`);
}
