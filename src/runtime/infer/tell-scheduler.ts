// g, m, p, mcache and gcControllerState for `layout infer`: gathers, from what is told of mspan and mheap, what their inference starts from.
import { Pclntab, readPclntabHeader } from '../../gosym/pclntab.js';
import { moduleFinder } from '../roots/module-finder.js';
import { readSlice } from '../roots/validate.js';
import { sure } from './contest.js';
import { findGcController } from './find-gc-controller.js';
import { inferGcController, type PacerScene } from './infer-gc-controller.js';
import { inferScheduler } from './infer-scheduler.js';
import type { InferredField, InferredStruct } from './inference.js';
import { asIn, type Member, withMembers } from './members.js';
import { type Code, executableCode, type SchedulerScene } from './scheduler-scene.js';
import type { InferredHeap, Teller } from './teller.js';

/** mspan.state of a span in use, in every release. */
const inUse = 1;
/** Longer lists of mspans are not read in full, nor is what they hold summed up. */
const mostMspans = 2 ** 23;
const mostSummed = 2 ** 21;

const membersOfG: readonly Member[] = [
  { name: 'stack', type: 'stack', first: 'lo', last: 'hi' },
  { name: 'sched', type: 'gobuf', first: 'sp', last: 'bp' },
];

export const tellScheduler: Teller = (heap) => {
  const { memory, ranges, near } = heap;
  const mspans = mspansOf(heap);
  const [module] = moduleFinder(ranges, undefined).candidates({ memory, layout: near });
  const scene: SchedulerScene = {
    memory,
    goarch: near.goarch,
    data: ranges,
    code: codeOf(heap, module) ?? executableCode(memory),
    threadIds: heap.threadIds,
    mspans,
    spanclassOf: spanclassOf(heap),
    spanClasses: 2 * near.traits.sizeClasses.length,
    ...sweepgenOf(heap),
  };
  const structs = inferScheduler(scene).structs.flatMap((struct) => {
    const told = asIn(near, struct);
    return told.name === 'g' ? withMembers(told, membersOfG, near) : [told];
  });
  const pacer = module === undefined ? undefined : pacerScene(heap, mspans);
  const controller = pacer && inferGcController(pacer);
  return controller && controller.fields.length > 0 ? [...structs, controller] : structs;
};

/** The text and its functions, by the module's description, which the nearest release's layout reads: it held where that was found. */
function codeOf({ memory, near }: InferredHeap, module: number | undefined): Code | undefined {
  const get = (path: string) => {
    const field = near.field('moduledata', path);
    return module === undefined || !field ? undefined : memory.word(module + field.offset);
  };
  const [text, etext] = [get('text'), get('etext')];
  const at = get('pcHeader') ?? get('pclntable.array');
  if (text === undefined || etext === undefined) return undefined;
  const holds = (pc: number) => pc >= text && pc < etext;
  const header = at === undefined ? undefined : readPclntabHeader(memory, at, true);
  if (!header) return { holds };
  const table = new Pclntab(memory, header, text);
  return { holds, entryOf: (pc) => table.functionOf(pc)?.entry };
}

/** A field, where it is sure. */
function fieldOf({ fields }: InferredStruct, name: string): InferredField | undefined {
  return fields.find((field) => field.name === name && field.confidence > sure);
}

function spanclassOf({ memory, mspan }: InferredHeap): SchedulerScene['spanclassOf'] {
  const field = fieldOf(mspan, 'spanclass');
  return (address) => (field ? memory.uint8(address + field.offset) : undefined);
}

function sweepgenOf({ sweepgen }: InferredHeap): { sweepgen?: number } {
  return sweepgen === undefined ? {} : { sweepgen };
}

/** All of allspans where its length is not nonsense, else those that the heap was told from. */
function mspansOf({ memory, mheap, mheapAddress, mspans }: InferredHeap): Float64Array {
  const field = fieldOf(mheap, 'allspans');
  const slice = field && readSlice(memory, mheapAddress + field.offset);
  if (!slice || slice.length <= mspans.length || slice.length > mostMspans) return mspans;
  const all = new Float64Array(slice.length);
  for (let i = 0; i < all.length; i += 1) all[i] = memory.word(slice.array + i * memory.pointerSize) ?? 0;
  return all;
}

/** What the spans add up to, and where the code says that gcController stands; undefined where not all spans are known, or no code says it. */
function pacerScene({ memory, ranges, near, mspan }: InferredHeap, mspans: Float64Array): PacerScene | undefined {
  const [state, npages] = [fieldOf(mspan, 'state'), fieldOf(mspan, 'npages')];
  const [allocCount, elemsize] = [fieldOf(mspan, 'allocCount'), fieldOf(mspan, 'elemsize')];
  if (mspans.length > mostSummed || !state || !npages || !allocCount || !elemsize) return undefined;
  const address = findGcController({ memory, layout: near }, ranges);
  if (address === undefined) return undefined;
  let [pages, allocated] = [0, 0];
  for (const span of mspans) {
    if (memory.uint8(span + state.offset) !== inUse) continue;
    pages += memory.word(span + npages.offset) ?? 0;
    allocated += (memory.uint16(span + allocCount.offset) ?? 0) * (memory.word(span + elemsize.offset) ?? 0);
  }
  return { memory, address, heapInUseBytes: pages * near.traits.pageSize, heapAllocBytes: allocated };
}
