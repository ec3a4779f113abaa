// Finds roots by the code that uses them: a variable is what all of a few functions, known by their names in the pclntab, refer to. Independent of what
// stands in memory, and so the second way by which a root without a symbol is confirmed; the only way to one without a shape, like gcphase.
import { codeReferences } from '../../gosym/code-references.js';
import { Pclntab, type PclntabFunction, readPclntabHeader } from '../../gosym/pclntab.js';
import type { AddressRange } from '../../image/scan-words.js';
import type { Finder, RootName } from './find.js';
import type { Scene } from './validate.js';

/**
 * Functions that refer to the variable's own address, not to a field further in, in every release from 1.11 to 1.27 on every Linux port (seen in the code of
 * binaries with symbols). Those that a release lacks are passed over.
 */
const functionsUsing: Readonly<Record<RootName, readonly string[]>> = {
  'runtime.mheap_': ['mallocinit', '(*mcentral).grow', 'gcSweep', 'stackpoolalloc', 'stackpoolfree', 'stackalloc', 'stackfree', 'freeStackSpans'],
  'runtime.gcController': ['gcStart', 'gcMarkDone', 'gcMark', 'gcinit', '(*gcWork).balance', '(*gcWork).put', '(*gcWork).putBatch', '(*mcache).refill', '(*mcache).allocLarge', '(*mcache).releaseAll'],
  'runtime.memstats': ['readmemstats_m', '(*mcache).refill', '(*mcache).releaseAll', '(*mheap).allocSpan', '(*mheap).grow', '(*sweepLocked).sweep'],
  'runtime.work': ['gcDrain', 'gcDrainN', 'putfull', 'trygetfull', 'prepareFreeWorkbufs', 'gcMark'],
  'runtime.gcphase': ['queuefinalizer', 'GC', 'gcWaitOnMark', 'gcMarkTermination', 'gcMark', 'gcSweep', 'freeSomeWbufs', 'stackpoolfree', 'stackfree'],
  'runtime.allgs': ['allgadd', 'forEachG', 'markroot', 'gcMarkRootPrepare'],
  'runtime.allp': ['procresize', 'retake', 'preemptall', 'stopTheWorldWithSema', 'flushmcache', 'gcMark'],
  'runtime.allm': ['mcommoninit', 'mexit', 'schedtrace'],
  'runtime.firstmoduledata': ['modulesinit', 'resolveNameOff', 'resolveTypeOff', 'findfunc', 'schedinit'],
}; // biome-ignore format: lists of names

/** Releases that still have the first of these (up to 1.18) refer to the variable itself only here: what they keep at its start others name by the field. */
const soleUsers: Partial<Readonly<Record<RootName, readonly string[]>>> = {
  'runtime.memstats': ['updatememstats', 'readmemstats_m'],
};

/** Functions that must agree, and the share of those found that must. */
const leastVotes = 2;
const enoughShare = 0.6;
/** Bytes of one function that are looked at: the longest of those above have 16 KiB. */
const mostCodeBytes = 2 ** 16;

export interface CodeFinder extends Finder {
  readonly method: 'code';
  /** Whether the functions that use `name` refer to `address`; undefined where it can't be told: no text, no names, no decoder for the arch. */
  confirms(name: RootName, scene: Scene, address: number): boolean | undefined;
}

/** `moduledata`: where that stands, as far as it is known; `data`: the program's writable data. */
export function codeFinder(
  moduledata: (scene: Scene) => number | undefined,
  data: readonly AddressRange[],
): CodeFinder {
  const functions = new Map<Scene, ReadonlyMap<string, PclntabFunction>>();
  const counted = new Map<Scene, Map<RootName, Votes | undefined>>();
  const votesFor = (name: RootName, scene: Scene): Votes | undefined => {
    let known = functions.get(scene);
    if (!known) {
      known = findFunctions(scene, moduledata(scene));
      functions.set(scene, known);
    }
    const votes = counted.get(scene) ?? new Map<RootName, Votes | undefined>();
    counted.set(scene, votes);
    if (!votes.has(name)) votes.set(name, countVotes(scene, known, usersOf(name, known), data));
    return votes.get(name);
  };
  return {
    method: 'code',
    find(name, scene) {
      const votes = votesFor(name, scene);
      return votes ? winnersOf(votes, bytesOf(name, scene)) : [];
    },
    confirms(name, scene, address) {
      const votes = votesFor(name, scene);
      if (!votes || votes.functions < leastVotes) return undefined;
      return (votes.byAddress.get(address) ?? 0) >= needed(votes);
    },
  };
}

function usersOf(name: RootName, functions: ReadonlyMap<string, PclntabFunction>): readonly string[] {
  const sole = soleUsers[name];
  return sole && functions.has(`runtime.${sole[0]}`) ? sole : functionsUsing[name];
}

interface Votes {
  /** Functions whose code was looked at. */
  readonly functions: number;
  readonly byAddress: ReadonlyMap<number, number>;
}

const needed = ({ functions }: Votes) => Math.max(leastVotes, Math.ceil(functions * enoughShare));

/**
 * The address that most functions refer to; several where they tie, but of those that all lie in one variable of `bytes` only the lowest: the others are its fields.
 */
function winnersOf(votes: Votes, bytes: number): readonly number[] {
  const most = Math.max(0, ...votes.byAddress.values());
  if (most < needed(votes)) return [];
  const winners = [...votes.byAddress].filter(([, count]) => count === most).map(([address]) => address);
  const [low, high] = [Math.min(...winners), Math.max(...winners)];
  return high - low < bytes ? [low] : winners;
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

function countVotes(
  { memory, layout }: Scene,
  functions: ReadonlyMap<string, PclntabFunction>,
  names: readonly string[],
  data: readonly AddressRange[],
): Votes | undefined {
  const byAddress = new Map<number, number>();
  let counted = 0;
  for (const name of names) {
    const found = functions.get(`runtime.${name}`);
    if (!found) continue;
    const { bytes } = memory.bytes(found.entry, Math.min(found.end - found.entry, mostCodeBytes));
    const { littleEndian } = memory;
    const addresses = codeReferences(layout.goarch, { address: found.entry, bytes, littleEndian }, data);
    if (!addresses) return undefined;
    if (bytes.length === 0) continue;
    counted += 1;
    for (const address of addresses) byAddress.set(address, (byAddress.get(address) ?? 0) + 1);
  }
  return { functions: counted, byAddress };
}

/** The functions named above, out of the pclntab that moduledata leads to. */
function findFunctions(
  { memory, layout }: Scene,
  moduledata: number | undefined,
): ReadonlyMap<string, PclntabFunction> {
  const found = new Map<string, PclntabFunction>();
  if (moduledata === undefined) return found;
  const word = (path: string) => {
    const field = layout.field('moduledata', path);
    return field && memory.word(moduledata + field.offset);
  };
  const at = word('pcHeader') ?? word('pclntable.array');
  const text = word('text');
  const header = at === undefined ? undefined : readPclntabHeader(memory, at, true);
  if (!header || text === undefined) return found;
  const table = new Pclntab(memory, header, text);
  const wanted = new Set(
    [functionsUsing, soleUsers]
      .flatMap((users) => Object.values(users))
      .flatMap((names) => names.map((name) => `runtime.${name}`)),
  );
  const all = wanted.size;
  for (const [name, fn] of table.named(wanted)) {
    found.set(name, fn);
    if (found.size === all) break;
  }
  return found;
}
