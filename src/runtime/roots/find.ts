// Finds the runtime's global variables: an ordered list of finders, the first whose answer validates wins; every step is recorded.
// Knows which validator belongs to which root, not where symbols come from: a finder is a function from name to address.
import { pause } from '../../bytes/pause.js';
import { type Address, tryAddress } from '../../image/address.js';
import {
  type ConfirmingMethod,
  confirmingMethod,
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
  type FinderMethod,
  type FirstRootName,
  type Refusal,
  type Root,
  type RootName,
  rootNames,
} from './names.js';

/** Gives addresses of a variable in the image (load bias added), best first; a search through memory gives them as it goes. */
export interface Finder {
  readonly method: FinderMethod;
  /** A second look at what another finder found by its shape: whether this one would say the same; undefined where it can't tell. */
  confirms?(name: RootName, scene: Scene, address: number): boolean | undefined;
  find(name: RootName, scene: Scene, known: Known): Iterable<number>;
  /** Some of what `find` would give, sooner: looked at first, and of no account where it does not serve. */
  likely?(name: RootName, scene: Scene, known: Known): Iterable<number>;
}

/** Candidates of one finder that are looked at. */
const maxCandidates = 64;

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
  const given = onlyProved && mheap()?.ok !== true;
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
  return findOne(name, candidates, judge, second, refusals);
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
  return root.state === 'confirmed' ? { ...root, detail: `${root.detail}; known from an earlier run` } : undefined;
}

/** What a finder that does not go by shape says of an address that was found by it: the first that can tell, for the next costs more. */
interface SecondWay {
  readonly method: 'code' | 'stack';
  readonly agrees: boolean;
}

function secondWay(finders: readonly Finder[], name: RootName, scene: Scene, address: number): SecondWay | undefined {
  for (const { method, confirms } of finders) {
    if (method !== 'code' && method !== 'stack') continue;
    const agrees = confirms?.(name, scene, address);
    if (agrees !== undefined) return { method, agrees };
  }
  return undefined;
}

/** Numbers of a running process may contradict each other at one moment and not at the next. */
const triesOfLive = 20;

/** A doubt for want of anything to compare ends the search: the next finder would cost more and say the same. */
function findOne(
  name: RootName,
  candidates: Iterable<Candidate>,
  judge: (address: number, method: FinderMethod) => Verdict,
  confirms: (address: number) => SecondWay | undefined,
  refusals: Refusal[],
): Root {
  let doubtful: Root | undefined;
  let denied: Refusal | undefined;
  let disputed = false;
  let proved = false;
  const passed: Refusal[] = [];
  for (const { method, candidate, early } of candidates) {
    const address = tryAddress(candidate);
    if (address === undefined || address === 0) continue;
    const verdict = judge(address, method);
    if (early && verdict.ok !== true) continue;
    if (verdict.ok === true) {
      // What a person says may hold what it should by chance: a word that is 0.
      const second = method === 'structure' || method === 'override' ? confirms(address) : undefined;
      const root = judged(name, method, address, verdict, second, denied);
      // What looks the same and is not used by the code that should use it: the next may be.
      if (root.state === 'confirmed') {
        refusals.push(...passed);
        return root;
      }
      if (method !== 'structure') {
        // Two ways, two addresses, and each holds what it should: nobody can say which.
        doubtful = root;
        disputed = true;
        break;
      }
      if (second?.agrees === false) denied ??= { name, method, address, why: root.detail };
      // What a name leads to is only unreadable; this is denied, and does not take its place.
      if (doubtful && second?.agrees === false) continue;
      if (!proved) {
        proved = true;
        doubtful = root;
      }
      continue;
    }
    const refusal: Refusal = { name, method, address, why: verdict.why };
    // A search offers what looks alike; only who names an address can be wrong about it.
    if (isSearch(method) && verdict.ok === false) continue;
    if (verdict.ok === false) refusals.push(refusal);
    else if (verdict.unreadable) passed.push(refusal);
    const best = proved || (doubtful !== undefined && (verdict.ok === false || passed.length > 1));
    if (!best) doubtful = { name, state: 'unconfirmed', address, method, confirmedBy: [], detail: verdict.why };
    if (verdict.ok === undefined && !verdict.unreadable) break;
  }
  // It stands in the list of roots, with what speaks against it, and nothing is read by it. But a heap that its spans and arenas prove, and no other, is one.
  const read = name === 'runtime.mheap_' && !disputed;
  if (denied && !read && (disputed || doubtful?.address === denied.address)) refusals.push(denied);
  return doubtful ?? absent(name, 'no finder knows it');
}

const absent = (name: RootName, detail: string): Root => ({
  name,
  state: 'absent',
  address: undefined,
  method: undefined,
  confirmedBy: [],
  detail,
});

const isSearch = (method: FinderMethod) => method === 'structure' || method === 'code' || method === 'stack';

/** Found by one shape and proved by another: mheap_ by central and by allspans and arenas, m0 by the pointers between it and g0 and as the end of allm. */
const provedByTwoShapes: readonly RootName[] = ['runtime.mheap_', 'runtime.m0', 'runtime.g0'];

/**
 * A root whose address holds what it should. A name that leads there is a way of its own; what was searched for by its shape must be confirmed by another way
 * (`provedByTwoShapes` have one), and what two ways disagree about is confirmed by none. `denied`: another address that was found by its shape.
 */
function judged(
  name: RootName,
  method: FinderMethod,
  address: Address,
  { why, alone }: Verdict,
  second: SecondWay | undefined,
  denied: Refusal | undefined,
): Root {
  const own = confirmingMethod[name];
  const doubt = (detail: string): Root => ({ name, state: 'unconfirmed', address, method, confirmedBy: [], detail });
  const unused = method === 'override' && second?.method === 'code' && !second.agrees;
  if (method !== 'structure' && !unused) {
    if (denied && isSearch(method)) return doubt(`${why}; but ${hex(denied.address)} looks the same`);
    return { name, state: 'confirmed', address, method, confirmedBy: [own], detail: why };
  }
  if (second?.agrees === false)
    return doubt(
      `${why}; but ${second.method === 'stack' ? 'the threads lead elsewhere' : 'the code that should use it does not'}`,
    );
  const confirmedBy: ConfirmingMethod[] = provedByTwoShapes.includes(name) && !alone ? [own] : [];
  if (second) confirmedBy.push(second.method);
  const believed = confirmedBy.length > 0 || name === 'runtime.memstats';
  return { name, state: believed ? 'confirmed' : 'unconfirmed', address, method, confirmedBy, detail: why };
}

const hex = (address: number) => `0x${address.toString(16)}`;

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
    if (root?.method !== 'structure' || root.confirmedBy.length > 0) continue;
    // Where the code could be read and says something else, that counts.
    const believed = agrees && !refusals.some(({ name, address }) => name === root.name && address === root.address);
    roots.set(root.name, {
      ...root,
      state: believed ? 'confirmed' : 'unconfirmed',
      confirmedBy: believed ? ['value'] : [],
    });
  }
}

interface Candidate {
  readonly method: FinderMethod;
  readonly candidate: number;
  /** Comes again in its turn. */
  readonly early: boolean;
}

function* candidatesOf(finders: readonly Finder[], name: RootName, scene: Scene, proved: Known): Generator<Candidate> {
  for (const finder of finders) {
    const { method } = finder;
    for (const candidate of finder.likely?.(name, scene, proved) ?? []) yield { method, candidate, early: true };
    let left = maxCandidates;
    for (const candidate of finder.find(name, scene, proved)) {
      if (left-- === 0) break;
      yield { method, candidate, early: false };
    }
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
  'runtime.gcController': (scene, at, proved) => validateGcController(scene, at, proved('runtime.work')),
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
