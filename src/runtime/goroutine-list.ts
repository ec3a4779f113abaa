// The g's, m's and P's of the runtime as address ranges: whose stack an address lies in, and which struct of the scheduler it points into
// (runtime/runtime2.go: g.stack, m.g0, m.gsignal, p.mcache). No unwinding, no names. Lists are bounded: what an image says of their length is not believed.

import type { StructLayout } from '../layout/types.js';
import { scanBit } from './g-status.js';
import type { RuntimeView } from './mheap.js';
import { readSlice } from './roots/validate.js';

/** Longer lists are cut: four million goroutines fill 8 GiB of stacks. */
const maxGs = 1 << 22;
const maxMs = 100_000;
const maxPs = 1 << 16;

/** Where a g stands and what is its stack. */
export interface GoroutineStack {
  readonly g: number;
  /** 0 for the g0 and gsignal of a thread. */
  readonly goid: bigint;
  readonly lo: number;
  readonly hi: number;
  /** g.atomicstatus without the scan bit; undefined where unreadable. */
  readonly status: number | undefined;
  readonly role: 'goroutine' | 'g0' | 'gsignal';
}

export interface SchedulerObject {
  readonly type: 'g' | 'm' | 'p' | 'mcache';
  readonly address: number;
  readonly size: number;
}

export interface Scheduler {
  stackAt(address: number): GoroutineStack | undefined;
  objectAt(address: number): SchedulerObject | undefined;
  /** The g whose struct stands at `g`. */
  goroutine(g: number): GoroutineStack | undefined;
}

export function readScheduler(view: RuntimeView): Scheduler {
  const stacks: GoroutineStack[] = [];
  const objects: SchedulerObject[] = [];
  const seen = new Set<number>();
  const add = (g: number | undefined, role: GoroutineStack['role']) => {
    if (!g || seen.has(g)) return;
    const found = readG(view, g, role);
    if (!found) return;
    seen.add(g);
    stacks.push(found);
  };
  for (const g of pointersOf(view, 'runtime.allgs', maxGs)) add(g, 'goroutine');
  const mLayout = view.layout.struct('m');
  for (const m of listOfMs(view)) {
    if (mLayout) objects.push({ type: 'm', address: m, size: mLayout.size });
    add(pointerIn(view, mLayout, 'g0', m), 'g0');
    add(pointerIn(view, mLayout, 'gsignal', m), 'gsignal');
  }
  const pLayout = view.layout.struct('p');
  const cacheBytes = view.layout.struct('mcache')?.size;
  for (const p of pointersOf(view, 'runtime.allp', maxPs)) {
    if (pLayout) objects.push({ type: 'p', address: p, size: pLayout.size });
    const cache = pointerIn(view, pLayout, 'mcache', p);
    if (cache && cacheBytes) objects.push({ type: 'mcache', address: cache, size: cacheBytes });
  }
  const gBytes = view.layout.struct('g')?.size ?? 0;
  for (const { g } of stacks) objects.push({ type: 'g', address: g, size: gBytes });
  objects.sort((a, b) => a.address - b.address);
  const byG = new Map(stacks.map((stack) => [stack.g, stack]));
  const withStack = stacks.filter(({ lo, hi }) => lo > 0 && hi > lo).sort((a, b) => a.lo - b.lo);
  return {
    stackAt(address) {
      const found = lastAtOrBefore(withStack, (stack) => stack.lo, address);
      return found && address < found.hi ? found : undefined;
    },
    objectAt(address) {
      const found = lastAtOrBefore(objects, (object) => object.address, address);
      return found && address < found.address + found.size ? found : undefined;
    },
    goroutine: (g) => byG.get(g),
  };
}

/** The last of an ascending list whose key is not above `key`. */
export function lastAtOrBefore<T>(list: readonly T[], keyOf: (item: T) => number, key: number): T | undefined {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keyOf(list[middle]!) <= key) low = middle + 1;
    else high = middle;
  }
  return list[low - 1];
}

function readG({ memory, layout }: RuntimeView, g: number, role: GoroutineStack['role']): GoroutineStack | undefined {
  const [lo, hi] = [layout.field('g', 'stack.lo'), layout.field('g', 'stack.hi')];
  const [goid, status] = [layout.field('g', 'goid'), layout.field('g', 'atomicstatus')];
  if (!lo || !hi || !goid || !status) return undefined;
  const [low, high] = [memory.word(g + lo.offset), memory.word(g + hi.offset)];
  const id = memory.uint64(g + goid.offset);
  const raw = memory.uint32(g + status.offset);
  if (low === undefined || high === undefined || id === undefined) return undefined;
  return { g, goid: id, lo: low, hi: high, status: raw === undefined ? undefined : raw & ~scanBit, role };
}

/** The non-nil pointers of a slice of pointers; chunks that can't be read are passed over. */
function* pointersOf(
  { memory, address }: RuntimeView,
  root: 'runtime.allgs' | 'runtime.allp',
  most: number,
): Generator<number> {
  const at = address(root);
  const slice = at === undefined ? undefined : readSlice(memory, at);
  if (!slice) return;
  const { pointerSize } = memory;
  const chunk = 4096 / pointerSize;
  const length = Math.min(slice.length, most);
  for (let first = 0; first < length; first += chunk) {
    const count = Math.min(chunk, length - first);
    const readable = memory.view(slice.array + first * pointerSize, pointerSize) >= 0;
    const lastReadable = memory.view(slice.array + (first + count - 1) * pointerSize, pointerSize) >= 0;
    if (!readable && !lastReadable) continue;
    for (let i = 0; i < count; i += 1) {
      const pointer = memory.word(slice.array + (first + i) * pointerSize);
      if (pointer) yield pointer;
    }
  }
}

/** Addresses of the m's of allm, in its order; ends where the list loops, can't be read, or is longer than a process's can be. */
export function* listOfMs(view: RuntimeView): Generator<number> {
  const head = view.address('runtime.allm');
  const link = view.layout.field('m', 'alllink');
  if (head === undefined || !link) return;
  const seen = new Set<number>();
  let m = view.memory.word(head);
  while (m && !seen.has(m) && seen.size < maxMs) {
    seen.add(m);
    yield m;
    m = view.memory.word(m + link.offset);
  }
}

function pointerIn({ memory }: RuntimeView, struct: StructLayout | undefined, name: string, address: number) {
  const field = struct?.fields.get(name);
  return field && memory.word(address + field.offset);
}
