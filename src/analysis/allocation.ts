// Who was allocating: stacks that stand inside the allocator, the sweeper or the scavenger, with the function of the program that asked for it and, as far as it can
// be told, for what (runtime/malloc.go, mcache.go, mcentral.go, mheap.go, mgcsweep.go, mgcscavenge.go). By the names of functions, so a garbled binary has none.
import { GoroutineReader, readGoroutines } from '../runtime/goroutines.js';
import type { GoProcess } from '../runtime/process.js';
import { firstArgument } from '../runtime/unwind/arguments.js';
import { readFunctions } from '../runtime/unwind/program-functions.js';
import { Stacks } from '../runtime/unwind/stacks.js';
import { readMachines, threadsWithMachines } from '../runtime/unwind/thread-list.js';
import type { StackFrame } from '../runtime/unwind/unwind.js';
import { hasStack, stateName } from './goroutine-query.js';
import { callsOf } from './goroutines.js';
import { addressText, bigCount } from './numbers.js';
import type { AllocationResult, AllocationSite } from './results-goroutines.js';
import { isAskedSize, sizeClassOf } from './size-class.js';

type Part = AllocationResult['part'];

/** What a function of the runtime does, by its name without `runtime.`; the innermost of a stack that matches says how far it has come. */
const parts: readonly (readonly [Part, RegExp])[] = [
  ['os', /^(sysAlloc|sysReserve|sysMap|sysUsed|sysHugePage)\w*$/],
  ['sweep', /^(\(\*(sweepLocked|mspan)\)\.sweep|sweepone|deductSweepCredit)$/],
  ['scavenge', /^\(\*(pageAlloc|scavengerState|mheap)\)\.scav\w*$|^\(\*mheap\)\.scavenge\w*$/],
  ['heap', /^\(\*mheap\)\.(alloc|grow|reclaim|sysAlloc)\w*$/],
  ['central', /^\(\*mcentral\)\.(cacheSpan|grow|uncacheSpan|fullSwept|partialSwept)$/],
  ['cache', /^\(\*mcache\)\.(refill|nextFree|allocLarge|releaseAll|prepareForSweep)$/],
  ['malloc', /^(mallocgc\w*|largeAlloc|nextFreeFast|memclrNoHeapPointersChunked)$/],
];

const partOf = (func: string | null): Part | undefined => {
  if (!func?.startsWith('runtime.')) return undefined;
  const name = func.slice('runtime.'.length).replace(/\.func\d+(\.\d+)*$/, '');
  return parts.find(([, pattern]) => pattern.test(name))?.[0];
};

/** What of the image can't be seen, so that its silence says nothing; undefined where all is. */
export function allocationsNotSeen(process: GoProcess): string | undefined {
  if (!readFunctions(process)) return 'the program’s function table can’t be read: nobody’s functions are known';
  const threads = process.target.threads();
  if (threads.length === 0) return 'the image has no registers: goroutines that run are not seen';
  const lacking = threads.filter(({ live }) => live?.lack !== undefined).length;
  if (lacking > 0)
    return `${lacking} of ${threads.length} threads have no registers that can be read (--stop holds them): what they run is not seen`;
  return undefined;
}

/** Every thread and goroutine that is inside the allocator, threads first; one that both show is told once. */
export function allocations(process: GoProcess): AllocationResult[] {
  const functions = readFunctions(process);
  if (!functions) return [];
  const threads = threadsWithMachines(process.target.threads(), readMachines(process));
  const stacks = new Stacks(process, functions, threads);
  const reader = new GoroutineReader(process);
  const results: AllocationResult[] = [];
  const seen = new Set<number>();
  const add = (frames: readonly StackFrame[], whose: Pick<AllocationResult, 'tid' | 'goid' | 'status'>) => {
    const result = allocationOf(process, frames, whose, callsOf(functions, frames));
    if (result) results.push(result);
    return result !== undefined;
  };
  for (const thread of threads) {
    const curg = thread.machine?.curg ? reader.at(thread.machine.curg) : undefined;
    const { frames } = stacks.ofThread(thread, curg);
    if (
      add(frames, {
        tid: thread.tid,
        goid: curg ? bigCount(curg.goid) : null,
        status: curg ? stateName(curg) : null,
      }) &&
      curg
    )
      seen.add(curg.g);
  }
  const { goroutines } = readGoroutines(process);
  const unread = stacks.unread(goroutines);
  for (const goroutine of goroutines) {
    if (seen.has(goroutine.g) || unread.has(goroutine) || goroutine.status === undefined || !hasStack(goroutine.status))
      continue;
    const { frames } = stacks.ofGoroutine(goroutine);
    add(frames, { tid: null, goid: bigCount(goroutine.goid), status: stateName(goroutine) });
  }
  return results;
}

type Calls = ReturnType<typeof callsOf>;

function allocationOf(
  process: GoProcess,
  frames: readonly StackFrame[],
  whose: Pick<AllocationResult, 'tid' | 'goid' | 'status'>,
  calls: Calls,
): AllocationResult | undefined {
  // What the program's own code called last; all that is further in is the runtime's.
  const asked = calls.findIndex(({ func, wrapper }) => !wrapper && func !== null && isProgram(func));
  const inner = asked < 0 ? calls : calls.slice(0, asked);
  const chain = inner.filter(({ func }) => partOf(func) !== undefined);
  const innermost = chain[0];
  if (!innermost) return undefined;
  const site = asked < 0 ? undefined : calls[asked];
  const own = frames.filter((frame) => chain.some(({ pc, sp }) => Number(pc) === frame.pc && Number(sp) === frame.sp));
  return {
    ...whose,
    part: partOf(innermost.func)!,
    chain: chain.map(({ func }) => func!).reverse(),
    site: site ? { func: site.func!, file: site.file, line: site.line } : null,
    allocating: whatOf(process, own),
  };
}

/** Runtime packages help the allocator and are asked by nobody. */
const isProgram = (func: string) =>
  !/^(runtime|internal\/runtime\/\w+|runtime\/internal\/\w+|internal\/abi|reflect|sync\/atomic)\./.test(func) &&
  func.includes('.');

/** Functions that keep their first argument, the size, as they got it, but for what `Traits.mallocSize` says. */
const takesSize = /^runtime\.(mallocgc|mallocgcTiny|mallocgc\w+SC\d+|largeAlloc)$/;

/** The size that an argument tells, and the class: by the mcentral that the frames have in hand, or as far as the size tells it; of a sweeper the one span in hand. */
function whatOf(process: GoProcess, frames: readonly StackFrame[]): AllocationResult['allocating'] {
  const { traits } = process.layout;
  const size = sizeOf(process, frames);
  const bytes = size !== undefined && isAskedSize(traits, size) ? size : null;
  // What other frames hold may be stale: a span or mcentral that an earlier call had in hand.
  const spanclass = centralOf(
    process,
    frames.filter(({ fn }) => /^runtime\.(\(\*mcentral\)\.|\(\*mcache\)\.refill$)/.test(fn.name)),
  );
  if (spanclass !== undefined) return { bytes, ...classResult(traits.sizeClasses, spanclass), source: 'mcentral' };
  if (size !== undefined) {
    const sizeclass = sizeClassOf(traits, size);
    return { bytes, slot: slotOf(traits.sizeClasses, sizeclass), sizeclass, noscan: null, source: 'argument' };
  }
  const span = spanOf(
    process,
    frames.filter(({ fn }) => partOf(fn.name) === 'sweep'),
  );
  return span ? { bytes: null, ...span, source: 'span' } : null;
}

/** What stands where the outermost of these functions has its size. */
function sizeOf({ memory, layout }: GoProcess, frames: readonly StackFrame[]): number | undefined {
  for (const frame of frames.toReversed()) {
    if (!takesSize.test(frame.fn.name)) continue;
    const size = firstArgument(memory, layout.traits, frame);
    if (size !== undefined && size > 0 && size < mostBytes) return size;
  }
  return undefined;
}

/** Larger than any allocation that can succeed. */
const mostBytes = 2 ** 47;

function classResult(sizeClasses: readonly number[], spanclass: number) {
  const sizeclass = spanclass >> 1;
  return { slot: slotOf(sizeClasses, sizeclass), sizeclass, noscan: (spanclass & 1) === 1 };
}

/** Large objects have no class whose slots have a size. */
const slotOf = (sizeClasses: readonly number[], sizeclass: number | null): number | null =>
  sizeclass ? (sizeClasses[sizeclass] ?? null) : null;

/** The mcentral at work: a receiver that is known, else the one pointer into mheap_.central in the frames. Undefined where there is none, or several. */
function centralOf(process: GoProcess, frames: readonly StackFrame[]): number | undefined {
  const { layout } = process;
  const mheap = process.address('runtime.mheap_');
  const [first, second] = [0, 1].map((i) => layout.field('mheap', `central[${i}].mcentral`)?.offset);
  const all = layout.field('mheap', 'central');
  if (mheap === undefined || first === undefined || second === undefined || !all) return undefined;
  const stride = second - first;
  const count = Math.floor(all.size / stride);
  const found = new Set<number>();
  const look = (values: Iterable<number | undefined>) => {
    for (const value of values) {
      const index = ((value ?? 0) - mheap - first) / stride;
      if (Number.isInteger(index) && index >= 0 && index < count) found.add(index);
    }
  };
  const methods = frames.filter(({ fn }) => fn.name.startsWith('runtime.(*mcentral).'));
  look(methods.map((frame) => firstArgument(process.memory, layout.traits, frame)));
  if (found.size === 0) look(wordsOf(process, frames));
  return found.size === 1 ? [...found][0] : undefined;
}

/** The one mspan in use that the frames point to. */
function spanOf(process: GoProcess, frames: readonly StackFrame[]) {
  const mspan = process.layout.struct('mspan');
  const spanclass = process.layout.field('mspan', 'spanclass');
  const startAddr = process.layout.field('mspan', 'startAddr');
  if (!mspan || !spanclass || !startAddr) return undefined;
  const table = process.spans();
  if (!table) return undefined;
  const rows = new Map<number, number>();
  const wanted = new Set(wordsOf(process, frames));
  for (let row = 0; row < table.length && rows.size < 2; row += 1)
    if (wanted.has(table.addr[row]!)) rows.set(table.addr[row]!, row);
  const [found] = rows.values();
  if (rows.size !== 1 || found === undefined) return undefined;
  return {
    ...classResult(process.layout.traits.sizeClasses, table.spanclass[found]!),
    span: addressText(table.addr[found]!),
  };
}

const mostFrameWords = 4096;

function* wordsOf({ memory }: GoProcess, frames: readonly StackFrame[]): Generator<number> {
  for (const { sp, cfa } of frames) {
    const end = Math.min(cfa ?? sp, sp + mostFrameWords * memory.pointerSize);
    for (let at = sp; at < end; at += memory.pointerSize) {
      const value = memory.word(at);
      if (value) yield value;
    }
  }
}

/** Sites by how many stacks stand there, most first. */
export function allocationSites(results: readonly AllocationResult[]): AllocationSite[] {
  const sites = new Map<string, AllocationSite>();
  for (const { site, part } of results) {
    const key = site ? `${site.func} ${site.file}:${site.line}` : '';
    const known = sites.get(key);
    sites.set(key, {
      site,
      count: (known?.count ?? 0) + 1,
      parts: { ...known?.parts, [part]: (known?.parts[part] ?? 0) + 1 },
    });
  }
  return [...sites.values()].sort((a, b) => b.count - a.count);
}
