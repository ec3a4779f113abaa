// Finds the runtime's global variables: an ordered list of finders, the first whose answer validates wins; every step is recorded.
// Knows which validator belongs to which root, not where symbols come from: a finder is a function from name to address.
import { pause } from '../../bytes/pause.js';
import { tryAddress } from '../../image/address.js';
import {
  absent,
  borneOut,
  candidatesOf,
  type Finder,
  findOne,
  isSearch,
  judged,
  type SecondWay,
  secondWay,
  triesOfLive,
} from './choose-root.js';
import {
  type FinderMethod,
  type FirstRootName,
  type Known,
  laterRootNames,
  neededRootNames,
  type Refusal,
  type Remembered,
  type Root,
  type RootName,
  rootNames,
} from './names.js';
import type { Scene, Verdict } from './validate.js';
import { validateClassToSize, validateGcCpuLimiter, validateMbuckets } from './validate-data.js';
import { validateAllgs, validateAllm, validateAllp } from './validate-lists.js';
import { type MheapVerdict, validateMheap } from './validate-mheap.js';
import { validateModuledata } from './validate-moduledata.js';
import { validateG0, validateM0, validateSched } from './validate-scheduler.js';
import { validateGcController, validateGcphase, validateMemstats, validateWork } from './validate-values.js';

export {
  type FirstRootName,
  type Refusal,
  type Root,
  type RootName,
  rootNames,
} from './names.js';

export interface FoundRoots {
  readonly roots: ReadonlyMap<RootName, Root>;
  readonly refusals: readonly Refusal[];
  /** The sample that proved mheap_ and the layout. */
  readonly mheap: MheapVerdict | undefined;
}

/** What is found of the roots in `rootNames`: some at once, the rest when somebody needs one of them. */
export interface RootSearch {
  /** Those in `neededRootNames`. */
  readonly needed: FoundRoots;
  /** All, in their order; searched for at the first call. `refusals` has those of `needed` too, first. */
  all(): FoundRoots;
}

/**
 * Looks for the roots in `rootNames`. `remembered`: where they stood in another image of the same program; each is judged like any other. `onlyProved`: without an mheap_ that
 * its spans prove nothing else is looked for.
 */
export function searchRoots(
  scene: Scene,
  finders: readonly Finder[],
  remembered?: Remembered,
  onlyProved = false,
): RootSearch {
  const roots = new Map<RootName, Root>();
  const refusals: Refusal[] = [];
  const verdicts = new Map<number, MheapVerdict>();
  let last: MheapVerdict | undefined;
  const proved = known(roots);
  const find = (name: FirstRootName): void => {
    const judge = (address: number): Verdict => {
      if (name !== 'runtime.mheap_') return validate(scene, name, address, proved);
      last = validateMheap(scene, address);
      verdicts.set(address, last);
      return last;
    };
    roots.set(name, findByName(name, { scene, finders, proved, judge, refusals, remembered }));
    // Before gcController, which is held against a work that is proved.
    if (name === 'runtime.work') confirmClocks(scene, roots, refusals);
  };
  // What another address holds says nothing of the one that was chosen.
  const mheap = () => verdicts.get(roots.get('runtime.mheap_')?.address ?? 0) ?? last;
  find('runtime.mheap_');
  const given = onlyProved && verdicts.get(roots.get('runtime.mheap_')?.address ?? 0)?.ok !== true;
  if (!given) for (const name of neededRootNames) if (!roots.has(name)) find(name);
  const needed = { roots: new Map(roots), refusals: [...refusals], mheap: mheap() };
  let all: FoundRoots | undefined = given ? needed : undefined;
  return {
    needed,
    all() {
      if (all) return all;
      for (const name of rootNames) if (!roots.has(name)) find(name);
      all = { roots: new Map(rootNames.map((name) => [name, roots.get(name)!])), refusals, mheap: mheap() };
      return all;
    },
  };
}

/** The roots in `rootNames`, all of them at once. */
export const findRoots = (scene: Scene, finders: readonly Finder[]): FoundRoots => searchRoots(scene, finders).all();

/** The roots in `laterRootNames`, with the help of those that were found before. */
export function findLaterRoots(
  scene: Scene,
  finders: readonly Finder[],
  before: Omit<FoundRoots, 'mheap'>,
): Omit<FoundRoots, 'mheap'> {
  const roots = new Map(before.roots);
  const refusals: Refusal[] = [];
  const refused = new Set(before.refusals.map(({ name }) => name));
  // Lists that nothing else confirms (all names are gone) still must go with what is found beside them.
  const likely: Known = (name) => {
    const root = roots.get(name);
    return root?.state === 'confirmed' || (root?.method === 'structure' && !refused.has(name))
      ? root.address
      : undefined;
  };
  for (const name of laterRootNames) {
    const judge = (address: number) => validate(scene, name, address, likely);
    roots.set(name, findByName(name, { scene, finders, proved: likely, judge, refusals, remembered: undefined }));
  }
  return { roots, refusals };
}

interface Search {
  readonly scene: Scene;
  readonly finders: readonly Finder[];
  readonly proved: Known;
  readonly judge: (address: number) => Verdict;
  readonly refusals: Refusal[];
  readonly remembered: Remembered | undefined;
}

function findByName(name: RootName, { scene, finders, proved, judge: judgeOnce, refusals, remembered }: Search): Root {
  const judge = (address: number, method: FinderMethod): Verdict => {
    let verdict = judgeOnce(address);
    for (let again = 0; scene.live && !isSearch(method) && verdict.ok !== true && again < triesOfLive; again += 1) {
      // A cycle of the collector that begins or ends takes a moment.
      if (again > 2) pause(again);
      scene.live.refresh();
      verdict = judgeOnce(address);
    }
    return verdict;
  };
  if (name === 'runtime.gcCPULimiter' && !scene.layout.struct('gcCPULimiterState'))
    return absent(name, 'this release has none');
  const second = (address: number) => secondWay(finders, name, scene, address);
  const known = recalled(name, remembered, judge, second);
  if (known) return known;
  const candidates = candidatesOf(finders, name, scene, proved);
  const bearsOut = (address: number) => borneOut(finders, name, scene, address);
  return findOne(name, candidates, { judge, confirms: second, bearsOut }, refusals);
}

/** A root from an earlier run, if it is confirmed on this image as one that is found here and now would be; else undefined: it is searched for. */
function recalled(
  name: RootName,
  remembered: Remembered | undefined,
  judge: (address: number, method: FinderMethod) => Verdict,
  confirms: (address: number) => SecondWay | undefined,
): Root | undefined {
  const earlier = remembered?.get(name);
  const address = earlier && tryAddress(earlier.address);
  if (!earlier || address === undefined) return undefined;
  const { method } = earlier;
  const verdict = judge(address, method);
  if (verdict.ok !== true) return undefined;
  const second = confirms(address);
  // What the code said then it must say now.
  if (method === 'code' && !(second?.method === 'code' && second.agrees)) return undefined;
  const root = judged(name, method, address, verdict, second, undefined);
  // What nothing but the shape tells is searched for: something else may look the same.
  if (method === 'structure' && root.confirmedBy.length === 0) return undefined;
  return root.state === 'confirmed' ? { ...root, detail: `${root.detail}; known from an earlier run` } : undefined;
}

/**
 * work.tEnd and memstats.last_gc_nanotime are written from one variable (runtime/mgc.go, gcMarkTermination): where they agree, each confirms the other. A
 * memstats that was found by its ring of pauses, and is confirmed by nothing else, was believed until here for the sake of work.
 */
function confirmClocks({ memory, layout }: Scene, roots: Map<RootName, Root>, refusals: readonly Refusal[]): void {
  const work = roots.get('runtime.work');
  const memstats = roots.get('runtime.memstats');
  const [tEnd, last] = [layout.field('workType', 'tEnd'), layout.field('mstats', 'last_gc_nanotime')];
  const clock = (address: number | undefined, offset: number | undefined) =>
    address === undefined || offset === undefined ? undefined : memory.uint64(address + offset);
  const ended = clock(memstats?.address, last?.offset);
  const agrees = ended !== undefined && ended !== 0n && clock(work?.address, tEnd?.offset) === ended;
  for (const root of [memstats, work]) {
    if (root?.method !== 'structure' || root.confirmedBy.length > 0 || root.rival !== undefined) continue;
    // Where the code could be read and says something else, that counts.
    const believed = agrees && !refusals.some(({ name, address }) => name === root.name && address === root.address);
    roots.set(root.name, {
      ...root,
      state: believed ? 'confirmed' : 'unconfirmed',
      confirmedBy: believed ? ['value'] : [],
    });
  }
}

// What is not proved itself proves and refutes nothing.
const known =
  (roots: ReadonlyMap<RootName, Root>): Known =>
  (other) => {
    const root = roots.get(other);
    return root?.state === 'confirmed' ? root.address : undefined;
  };

type Validator = (scene: Scene, address: number, proved: Known) => Verdict;

const validators: Readonly<Record<RootName, Validator>> = {
  'runtime.mheap_': validateMheap,
  'runtime.firstmoduledata': (scene, at, proved) => validateModuledata(scene, at, proved('runtime.mheap_')),
  'runtime.memstats': (scene, at, proved) => validateMemstats(scene, at, proved('runtime.mheap_')),
  'runtime.work': (scene, at, proved) => validateWork(scene, at, proved('runtime.memstats')),
  'runtime.gcController': (scene, at, proved) => validateGcController(scene, at, proved('runtime.work'), proved('runtime.mheap_')),
  'runtime.gcphase': (scene, at, proved) => validateGcphase(scene, at, proved('runtime.work'), proved('runtime.memstats')),
  'runtime.allgs': validateAllgs,
  'runtime.allp': validateAllp,
  'runtime.allm': validateAllm,
  'runtime.m0': (scene, at, proved) => validateM0(scene, at, proved('runtime.allm')),
  'runtime.g0': (scene, at, proved) => validateG0(scene, at, proved('runtime.m0')),
  'runtime.sched': (scene, at, proved) => validateSched(scene, at, proved),
  'runtime.class_to_size': validateClassToSize,
  'runtime.mbuckets': (scene, at, proved) => validateMbuckets(scene, at, proved('runtime.firstmoduledata')),
  'runtime.gcCPULimiter': (scene, at, proved) => validateGcCpuLimiter(scene, at, proved),
}; // biome-ignore format: one line each

const validate = (scene: Scene, name: RootName, address: number, proved: Known): Verdict =>
  validators[name](scene, address, proved);
