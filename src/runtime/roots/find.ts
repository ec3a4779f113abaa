// Finds the runtime's global variables: an ordered list of finders, the first whose answer validates wins; every step is recorded.
// Knows which validator belongs to which root, not where symbols come from: a finder is a function from name to address.
import { type Address, tryAddress } from '../../image/address.js';
import {
  type ConfirmingMethod,
  confirmingMethod,
  type FinderMethod,
  type Known,
  laterRootNames,
  type Refusal,
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

export { type FinderMethod, type FirstRootName, type Root, type RootName, rootNames } from './names.js';

/** Gives addresses of a variable in the image (load bias added), best first; a search through memory gives them as it goes. */
export interface Finder {
  readonly method: FinderMethod;
  /** A second look at what another finder found by its shape: whether this one would say the same; undefined where it can't tell. */
  confirms?(name: RootName, scene: Scene, address: number): boolean | undefined;
  find(name: RootName, scene: Scene, known: Known): Iterable<number>;
}

/** Candidates of one finder that are looked at. */
const maxCandidates = 64;

export interface FoundRoots {
  readonly roots: ReadonlyMap<RootName, Root>;
  readonly refusals: readonly Refusal[];
  /** The sample that proved mheap_ and the layout. */
  readonly mheap: MheapVerdict | undefined;
}

/** The roots in `rootNames`. */
export function findRoots(scene: Scene, finders: readonly Finder[]): FoundRoots {
  const roots = new Map<RootName, Root>();
  const refusals: Refusal[] = [];
  let mheap: MheapVerdict | undefined;
  const proved = known(roots);
  for (const name of rootNames) {
    const judge = (address: number): Verdict => {
      if (name !== 'runtime.mheap_') return validate(scene, name, address, proved);
      const verdict = validateMheap(scene, address);
      mheap = mheap?.ok === true && verdict.ok !== true ? mheap : verdict;
      return verdict;
    };
    roots.set(name, findByName(name, scene, finders, proved, judge, refusals));
    if (name === 'runtime.work') confirmClocks(scene, roots, refusals);
  }
  return { roots, refusals, mheap };
}

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
    roots.set(name, findByName(name, scene, finders, likely, judge, refusals));
  }
  return { roots, refusals };
}

function findByName(
  name: RootName,
  scene: Scene,
  finders: readonly Finder[],
  proved: Known,
  judgeOnce: (address: number) => Verdict,
  refusals: Refusal[],
): Root {
  const judge = (address: number, method: FinderMethod): Verdict => {
    let verdict = judgeOnce(address);
    for (let again = 0; scene.live && !isSearch(method) && verdict.ok !== true && again < triesOfLive; again += 1) {
      scene.live.refresh();
      verdict = judgeOnce(address);
    }
    return verdict;
  };
  const candidates = candidatesOf(finders, (finder) => finder.find(name, scene, proved));
  return findOne(name, candidates, judge, (address) => otherWays(finders, name, scene, address), refusals);
}

/** What finders that do not go by shape say of an address that was found by it; those that can't tell are left out. */
interface OtherWays {
  readonly agree: readonly ConfirmingMethod[];
  readonly deny: readonly ConfirmingMethod[];
}

function otherWays(finders: readonly Finder[], name: RootName, scene: Scene, address: number): OtherWays {
  const agree: ConfirmingMethod[] = [];
  const deny: ConfirmingMethod[] = [];
  for (const { method, confirms } of finders) {
    if (!confirms || (method !== 'code' && method !== 'stack')) continue;
    const says = confirms(name, scene, address);
    if (says !== undefined) (says ? agree : deny).push(method);
  }
  return { agree, deny };
}

/** Numbers of a running process may contradict each other at one moment and not at the next. */
const triesOfLive = 5;

/** A doubt for want of anything to compare ends the search: the next finder would cost more and say the same. */
function findOne(
  name: RootName,
  candidates: Iterable<Candidate>,
  judge: (address: number, method: FinderMethod) => Verdict,
  others: (address: number) => OtherWays,
  refusals: Refusal[],
): Root {
  let doubtful: Root | undefined;
  let denied: Refusal | undefined;
  let disputed = false;
  let proved = false;
  const passed: Refusal[] = [];
  for (const { method, candidate } of candidates) {
    const address = tryAddress(candidate);
    if (address === undefined || address === 0) continue;
    const verdict = judge(address, method);
    if (verdict.ok === true) {
      const ways = method === 'structure' ? others(address) : { agree: [], deny: [] };
      const root = judged(name, method, address, verdict, ways, denied);
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
      if (ways.deny.length > 0) denied ??= { name, method, address, why: root.detail };
      // What a name leads to is only unreadable; this is denied.
      if (doubtful && ways.deny.length > 0) continue;
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
  return (
    doubtful ?? {
      name,
      state: 'absent',
      address: undefined,
      method: undefined,
      confirmedBy: [],
      detail: 'no finder knows it',
    }
  );
}

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
  { agree, deny }: OtherWays,
  denied: Refusal | undefined,
): Root {
  const own = confirmingMethod[name];
  const doubt = (detail: string): Root => ({ name, state: 'unconfirmed', address, method, confirmedBy: [], detail });
  if (method !== 'structure') {
    if (denied && isSearch(method)) return doubt(`${why}; but ${hex(denied.address)} looks the same`);
    return { name, state: 'confirmed', address, method, confirmedBy: [own], detail: why };
  }
  if (deny.length > 0) return doubt(`${why}; but the ${deny.join(' and the ')} that should use it does not`);
  const confirmedBy: ConfirmingMethod[] = provedByTwoShapes.includes(name) && !alone ? [own, ...agree] : [...agree];
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
    const believed = agrees && !refusals.some(({ name }) => name === root.name);
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
}

function* candidatesOf(
  finders: readonly Finder[],
  candidates: (finder: Finder) => Iterable<number>,
): Generator<Candidate> {
  for (const finder of finders) {
    let left = maxCandidates;
    for (const candidate of candidates(finder)) {
      if (left-- === 0) break;
      yield { method: finder.method, candidate };
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
