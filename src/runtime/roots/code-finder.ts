// Finds roots by the code that uses them: a variable is what all of a few functions, known by their names in the pclntab, refer to. Independent of what
// stands in memory, and so the second way by which a root without a symbol is confirmed; the only way to one without a shape, like gcphase.
import { codeReferences } from '../../gosym/code-references.js';
import type { PclntabFunction } from '../../gosym/pclntab.js';
import type { AddressRange } from '../../image/scan-words.js';
import { functionTable, isPlugin, moduleChain } from '../function-tables.js';
import type { Finder } from './choose-root.js';
import { fieldFunctions, fieldsBearOut } from './code-fields.js';
import type { ModuleFinder } from './module-finder.js';
import type { RootName } from './names.js';
import { gcphaseByStores } from './phase-finder.js';
import type { Scene } from './validate.js';

/** Functions that refer to a variable: to its own address or, where `field` is given, to that of a field in it. */
interface Use {
  readonly functions: readonly string[];
  readonly field?: readonly [struct: string, path: string];
  /** Only in releases that have this function, or that do not. */
  readonly having?: string;
  readonly lacking?: string;
}

const ownAddress = (...functions: string[]): readonly Use[] => [{ functions }];

/**
 * Seen in the code of binaries with symbols, in every release from 1.9 to 1.27 on every Linux port. Functions that a release lacks are passed over. Several
 * uses where releases differ: one that agrees is enough, and a later one is searched by only where those before tell nothing.
 */
const usesOf: Readonly<Record<RootName, readonly Use[]>> = {
  'runtime.mheap_': ownAddress('mallocinit', '(*mcentral).grow', 'gcSweep', 'stackpoolalloc', 'stackpoolfree', 'stackalloc', 'stackfree', 'freeStackSpans'),
  'runtime.gcController': ownAddress('gcStart', 'gcMarkDone', 'gcMark', 'gcinit', '(*gcWork).balance', '(*gcWork).put', '(*gcWork).putBatch', '(*mcache).refill', '(*mcache).allocLarge', '(*mcache).releaseAll'),
  'runtime.memstats': [
    { lacking: 'updatememstats', functions: ['readmemstats_m', '(*mcache).refill', '(*mcache).releaseAll', '(*mheap).allocSpan', '(*mheap).grow', '(*sweepLocked).sweep'] },
    // Up to 1.18 only these refer to the variable itself: what stands at its start others name by the field.
    { having: 'updatememstats', functions: ['updatememstats', 'readmemstats_m'] },
    { field: ['mstats', 'other_sys'], functions: ['traceFlush', '(*traceAlloc).alloc', 'getitab', 'recordspan', 'mallocgc', 'persistentalloc1', '(*pollCache).alloc', '(*mheap).init'] },
  ],
  'runtime.work': ownAddress('gcDrain', 'gcDrainN', 'putfull', 'trygetfull', 'prepareFreeWorkbufs', 'gcMark'),
  'runtime.gcphase': ownAddress('queuefinalizer', 'GC', 'gcWaitOnMark', 'gcMarkTermination', 'gcMark', 'gcSweep', 'freeSomeWbufs', 'stackpoolfree', 'stackfree'),
  'runtime.allgs': [
    { functions: ['allgadd', 'forEachG', 'markroot', 'gcMarkRootPrepare'] },
    // Built with -N, which inlines nothing: what gcMarkRootPrepare and others leave to a function of its own.
    { functions: ['allgadd', 'forEachG', 'allGsSnapshot'] },
  ],
  'runtime.allp': ownAddress('procresize', 'retake', 'preemptall', 'stopTheWorldWithSema', 'flushmcache', 'gcMark'),
  'runtime.allm': ownAddress('mcommoninit', 'mexit', 'schedtrace'),
  'runtime.firstmoduledata': ownAddress('modulesinit', 'resolveNameOff', 'resolveTypeOff', 'findfunc', 'schedinit'),
  'runtime.m0': ownAddress('rt0_go', 'main', 'mexit', 'mstart1'),
  'runtime.g0': ownAddress('rt0_go'),
  'runtime.sched': [
    { field: ['schedt', 'lock'], functions: ['goschedImpl', 'runSafePointFn', 'handoffp', 'startTheWorldWithSema', 'stopm', 'mexit', 'mcommoninit', 'injectglist', 'startm', 'incidlelocked'] },
  ],
  'runtime.class_to_size': [
    { functions: ['growslice', 'mallocinit', 'mallocgc', 'mallocgcSmallNoscan', 'mallocgcSmallScanHeader', '(*mcentral).grow', '(*mheap).initSpan'] },
    // With -N as well.
    { having: 'roundupsize', functions: ['roundupsize', 'mallocgc', 'mallocgcSmallNoscan', 'mallocgcSmallScanHeader', '(*mheap).initSpan', '(*mheap).allocSpan'] },
  ],
  'runtime.mbuckets': ownAddress('mProf_FlushLocked', 'stkbucket', 'MemProfile', 'memProfileInternal'),
  'runtime.gcCPULimiter': [
    { field: ['gcCPULimiterState', 'lock'], functions: ['gcMarkTermination', 'procresize', 'gcStart', 'gcAssistAlloc1', 'gcMarkDone', '(*gcControllerState).findRunnableGCWorker'] },
  ],
}; // biome-ignore format: lists of names

/** Functions that must agree, and the share of those found that must. Only one knows g0, which is told by m0 as well. */
const leastVotes = (name: RootName) => (name === 'runtime.g0' ? 1 : 2);
const enoughShare = 0.6;
/** Bytes of one function that are looked at: the longest of those above have 16 KiB. */
const mostCodeBytes = 2 ** 16;

export interface CodeFinder extends Finder {
  readonly method: 'code';
  /** Whether the functions that use `name` refer to `address`; undefined where it can't be told: no text, no names, no decoder for the arch. */
  confirms(name: RootName, scene: Scene, address: number): boolean | undefined;
}

/** `data`: the program's writable data. */
export function codeFinder(modules: ModuleFinder, data: readonly AddressRange[]): CodeFinder {
  const functions = new Map<Scene, ReadonlyMap<string, PclntabFunction>>();
  const counted = new Map<Scene, Map<RootName, readonly Votes[]>>();
  const functionsOf = (scene: Scene) => {
    let known = functions.get(scene);
    if (!known) {
      known = findFunctions(scene, modules.candidates(scene));
      functions.set(scene, known);
    }
    return known;
  };
  const phases = new Map<Scene, number | undefined>();
  const phaseOf = (scene: Scene, mheap: number | undefined) => {
    if (mheap === undefined) return undefined;
    if (!phases.has(scene)) phases.set(scene, gcphaseByStores(scene, modules.candidates(scene), data, mheap));
    return phases.get(scene);
  };
  const votesFor = (name: RootName, scene: Scene): readonly Votes[] => {
    const known = functionsOf(scene);
    const votes = counted.get(scene) ?? new Map<RootName, readonly Votes[]>();
    counted.set(scene, votes);
    const count = (use: Use) => (serves(use, known) ? (countVotes(scene, known, name, use, data) ?? []) : []);
    const found = votes.get(name) ?? usesOf[name].flatMap(count);
    votes.set(name, found);
    return found;
  };
  return {
    method: 'code',
    find(name, scene, known) {
      for (const votes of votesFor(name, scene)) {
        const winners = winnersOf(votes, bytesOf(name, scene));
        if (winners.length > 0) return winners;
      }
      const phase = name === 'runtime.gcphase' ? phaseOf(scene, known('runtime.mheap_')) : undefined;
      return phase === undefined ? [] : [phase];
    },
    confirms(name, scene, address) {
      const told = votesFor(name, scene).filter(({ functions, least }) => functions >= least);
      if (told.length === 0) return undefined;
      return told.some((votes) => (votes.byAddress.get(address) ?? 0) >= needed(votes));
    },
    bearsOut: (name, scene, address) =>
      fieldsBearOut(name, scene, address, (fn) => {
        const found = functionsOf(scene).get(`runtime.${fn}`);
        return found && referencesOf(scene, found, data);
      }),
  };
}

/** Whether a use is one of this program's release. */
const serves = ({ having, lacking }: Use, functions: ReadonlyMap<string, PclntabFunction>) =>
  (having === undefined || functions.has(`runtime.${having}`)) &&
  (lacking === undefined || !functions.has(`runtime.${lacking}`));

interface Votes {
  /** Functions whose code was looked at, and how many must agree at least. */
  readonly functions: number;
  readonly least: number;
  /** What they refer to is a field of the variable: several of these say nothing of where it begins. */
  readonly byField: boolean;
  readonly byAddress: ReadonlyMap<number, number>;
}

const needed = ({ functions, least }: Votes) => Math.max(least, Math.ceil(functions * enoughShare));

/**
 * The address that most functions refer to; several where they tie, but of those that all lie in one variable of `bytes` only the lowest: the others are its fields.
 */
function winnersOf(votes: Votes, bytes: number): readonly number[] {
  const most = Math.max(0, ...votes.byAddress.values());
  if (most < needed(votes)) return [];
  const winners = [...votes.byAddress].filter(([, count]) => count === most).map(([address]) => address);
  const [low, high] = [Math.min(...winners), Math.max(...winners)];
  return !votes.byField && high - low < bytes ? [low] : winners;
}

const structs: Partial<Readonly<Record<RootName, string>>> = {
  'runtime.mheap_': 'mheap',
  'runtime.gcController': 'gcControllerState',
  'runtime.memstats': 'mstats',
  'runtime.work': 'workType',
  'runtime.firstmoduledata': 'moduledata',
};
const slices: readonly RootName[] = ['runtime.allgs', 'runtime.allp'];

/** How many bytes a root takes; 0 where it is one word, or the layout does not know. */
function bytesOf(name: RootName, { memory, layout }: Scene): number {
  const struct = structs[name];
  if (struct) return layout.struct(struct)?.size ?? 0;
  return slices.includes(name) ? 3 * memory.pointerSize : 0;
}

/** What a function's code refers to in `data`; undefined where there is none, or nothing that reads it. */
function referencesOf(
  { memory, layout }: Scene,
  { entry, end }: PclntabFunction,
  data: readonly AddressRange[],
): ReadonlySet<number> | undefined {
  const { bytes } = memory.bytes(entry, Math.min(end - entry, mostCodeBytes));
  const { littleEndian } = memory;
  return bytes.length === 0 ? undefined : codeReferences(layout.goarch, { address: entry, bytes, littleEndian }, data);
}

function countVotes(
  scene: Scene,
  functions: ReadonlyMap<string, PclntabFunction>,
  root: RootName,
  { field, functions: names }: Use,
  data: readonly AddressRange[],
): Votes | undefined {
  const into = field ? scene.layout.field(...field)?.offset : 0;
  if (into === undefined) return undefined;
  const byAddress = new Map<number, number>();
  let counted = 0;
  for (const name of names) {
    const found = functions.get(`runtime.${name}`);
    if (!found) continue;
    const addresses = referencesOf(scene, found, data);
    if (!addresses) continue;
    counted += 1;
    for (const address of addresses) byAddress.set(address - into, (byAddress.get(address - into) ?? 0) + 1);
  }
  return { functions: counted, least: leastVotes(root), byField: field !== undefined, byAddress };
}

const wanted: ReadonlySet<string> = new Set(
  [...Object.values(usesOf).flatMap((uses) => uses.flatMap(({ functions }) => functions)), ...fieldFunctions].map(
    (name) => `runtime.${name}`,
  ),
);
/** Enough of them to tell that a module holds the runtime. */
const enoughFunctions = 16;

/** Function tables that are searched: a real program's is the first, or behind a few. */
const mostTables = 8;

/** The functions named above, out of the first module that has them: of several candidates that look like one, and of those behind each, one holds the runtime. */
function findFunctions(scene: Scene, candidates: Iterable<number>): ReadonlyMap<string, PclntabFunction> {
  let left = mostTables;
  for (const module of candidates) {
    for (const each of moduleChain(scene, module)) {
      const table = isPlugin(scene, each) ? undefined : functionTable(scene, each);
      if (!table) continue;
      if (left-- <= 0) return new Map();
      const found = new Map<string, PclntabFunction>();
      for (const [name, fn] of table.named(wanted)) {
        if (!found.has(name)) found.set(name, fn);
        if (found.size === wanted.size) break;
      }
      if (found.size >= enoughFunctions) return found;
    }
  }
  return new Map();
}
