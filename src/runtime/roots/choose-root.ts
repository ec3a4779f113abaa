// Which of the addresses that finders name is the root: each is judged, and what was found by its shape alone needs a second way that agrees.
import { type Address, tryAddress } from '../../image/address.js';
import {
  type ConfirmingMethod,
  confirmingMethod,
  type FinderMethod,
  isNamed,
  type Known,
  type Refusal,
  type Root,
  type RootName,
} from './names.js';
import type { Scene, Verdict } from './validate.js';

/** Gives addresses of a variable in the image (load bias added), best first; a search through memory gives them as it goes. */
export interface Finder {
  readonly method: FinderMethod;
  /** A second look at what another finder found by its shape: whether this one would say the same; undefined where it can't tell. */
  confirms?(name: RootName, scene: Scene, address: number): boolean | undefined;
  /** A look by other means than `find` and `confirms` go by, at what memory can't tell yet; undefined where there are none. */
  bearsOut?(name: RootName, scene: Scene, address: number): boolean | undefined;
  find(name: RootName, scene: Scene, known: Known): Iterable<number>;
  /** Some of what `find` would give, sooner: looked at first, and of no account where it does not serve. */
  likely?(name: RootName, scene: Scene, known: Known): Iterable<number>;
}

/** Candidates of one finder that are looked at. */
const maxCandidates = 64;

export interface Candidate {
  readonly method: FinderMethod;
  readonly candidate: number;
  /** Comes again in its turn. */
  readonly early: boolean;
}

export function* candidatesOf(
  finders: readonly Finder[],
  name: RootName,
  scene: Scene,
  proved: Known,
): Generator<Candidate> {
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

/** What a finder that does not go by shape says of an address that was found by it: the first that can tell, for the next costs more. */
export interface SecondWay {
  readonly method: 'code' | 'stack' | 'structure';
  readonly agrees: boolean;
}

/** What another look says where memory can't tell: of the first finder that has one. */
export function borneOut(
  finders: readonly Finder[],
  name: RootName,
  scene: Scene,
  address: number,
): boolean | undefined {
  for (const { bearsOut } of finders) {
    const agrees = bearsOut?.(name, scene, address);
    if (agrees !== undefined) return agrees;
  }
  return undefined;
}

export function secondWay(
  finders: readonly Finder[],
  name: RootName,
  scene: Scene,
  address: number,
): SecondWay | undefined {
  for (const { method, confirms } of finders) {
    if (method !== 'code' && method !== 'stack') continue;
    const agrees = confirms?.(name, scene, address);
    if (agrees !== undefined) return { method, agrees };
  }
  return undefined;
}

/** Numbers of a running process may contradict each other at one moment and not at the next. */
export const triesOfLive = 20;

/** Who is asked about an address. */
export interface Judges {
  readonly judge: (address: number, method: FinderMethod) => Verdict;
  readonly confirms: (address: number) => SecondWay | undefined;
  readonly bearsOut: (address: number) => boolean | undefined;
}

/** What memory can't tell yet, told by the code: of what a name leads to, whether the functions use it that should; of what these lead to, whether others use its fields. */
function toldByCode(address: number, method: FinderMethod, { confirms, bearsOut }: Judges): SecondWay | undefined {
  if (method === 'structure' || method === 'stack') return undefined;
  if (method !== 'code') return confirms(address);
  const agrees = bearsOut(address);
  return agrees === undefined ? undefined : { method: 'structure', agrees };
}

/** Roots that names lead to and that are refused: one may be damaged, of more the names are wrong. */
const enoughAstray = 2;

/** A doubt for want of anything to compare ends the search, unless the code denies it: the next finder would cost more and say the same. */
export function findOne(name: RootName, candidates: Iterable<Candidate>, judges: Judges, refusals: Refusal[]): Root {
  const { judge, confirms } = judges;
  let doubtful: Root | undefined;
  let denied: Refusal | undefined;
  let disputed = false;
  let proved = false;
  const alike: Alike[] = [];
  const passed: Refusal[] = [];
  for (const { method, candidate, early } of candidates) {
    const address = tryAddress(candidate);
    if (address === undefined || address === 0) continue;
    const verdict = judge(address, method);
    if (early && verdict.ok !== true) continue;
    if (verdict.ok === true) {
      // A word that is 0 holds what it should by chance: where a person says so, and where others of the same names lead astray, as with a wrong bias.
      const astray = isNamed(method) && refusals.some((each) => each.method === method);
      const second = method === 'structure' || method === 'override' || astray ? confirms(address) : undefined;
      if (astray && verdict.alone && second?.agrees !== true) {
        const why = `${verdict.why}; but so would much else be, and other names lead astray`;
        refusals.push({ name, method, address, why });
        doubtful ??= { name, state: 'unconfirmed', address, method, confirmedBy: [], detail: why };
        continue;
      }
      const root = judged(name, method, address, verdict, second, denied);
      // What looks the same and is not used by the code that should use it: the next may be.
      if (root.state === 'confirmed' && !(onlyByShape(root) && unlikeAnother.includes(name))) {
        refusals.push(...passed);
        return root;
      }
      if (method === 'structure' && !second) addAlike(alike, root, verdict);
      if (method !== 'structure') {
        // Two ways, two addresses, and each holds what it should: nobody can say which.
        doubtful = root;
        disputed = true;
        break;
      }
      if (second?.agrees === false) denied ??= { name, method, address, why: root.detail, disputed: true };
      // What a name leads to is only unreadable; this is denied, and does not take its place.
      if (doubtful && second?.agrees === false) continue;
      if (!proved) {
        proved = true;
        doubtful = root;
      }
      continue;
    }
    const nothingYet = verdict.ok === undefined && !verdict.unreadable;
    // Names and code of one file stand where its load bias puts them: where the names lead astray, so does the code.
    const misplaced = refusals.filter((each) => each.method === method && isNamed(method)).length >= enoughAstray;
    const told = nothingYet && !misplaced ? toldByCode(address, method, judges) : undefined;
    if (told?.agrees && !denied) {
      const detail = `${verdict.why}; but ${told.method === 'structure' ? 'its fields are where the code uses them' : 'the code that should use it does'}`;
      return { name, state: 'confirmed', address, method, confirmedBy: [told.method], detail };
    }
    const refusal: Refusal = { name, method, address, why: verdict.why };
    // A search offers what looks alike; only who names an address can be wrong about it.
    if (isSearch(method) && verdict.ok === false) continue;
    if (verdict.ok === false) refusals.push(refusal);
    else if (verdict.unreadable) passed.push(refusal);
    const best = proved || (doubtful !== undefined && (verdict.ok === false || passed.length > 1));
    if (!best) doubtful = { name, state: 'unconfirmed', address, method, confirmedBy: [], detail: verdict.why };
    // Of several that the code leads to, what it denies by another look is not the one.
    if (nothingYet && !(method === 'code' && told)) break;
  }
  // It stands in the list of roots, with what speaks against it, and nothing is read by it. But a heap that its spans and arenas prove, and no other, is one.
  const best = unlikeAnother.includes(name) && !disputed ? bestOf(alike) : undefined;
  if (best) return best;
  const read = name === 'runtime.mheap_' && !disputed;
  if (denied && !read && (disputed || doubtful?.address === denied.address)) refusals.push(denied);
  return doubtful ?? absent(name, 'no finder knows it');
}

/**
 * Where nothing but the shape tells, what else has it is as good: which of them is used nobody can say. Not so of the lists, which the runtime itself has more than one slice of
 * (work.stackRoots is what allgs was), nor of moduledata, which plugins have too.
 */
const unlikeAnother: readonly RootName[] = [
  'runtime.memstats',
  'runtime.work',
  'runtime.gcController',
  'runtime.sched',
];

/** An address that holds what it should, of which no other way says anything. */
interface Alike {
  readonly root: Root;
  readonly alone: boolean;
}

const onlyByShape = ({ method, confirmedBy }: Root) => method === 'structure' && confirmedBy.length === 0;

function addAlike(alike: Alike[], root: Root, { alone }: Verdict): void {
  // What was likely comes again in its turn.
  if (!alike.some((other) => other.root.address === root.address)) alike.push({ root, alone: alone === true });
}

/** The first that holds by more than its shape, without a rival if it is the only one; else the first. */
function bestOf(alike: readonly Alike[]): Root | undefined {
  const held = alike.filter(({ alone }) => !alone);
  const [best = alike[0], other] = held;
  if (!best || other?.root.address === undefined) return best?.root;
  const detail = `${best.root.detail}; but ${hex(other.root.address)} looks the same`;
  return { ...best.root, state: 'unconfirmed', confirmedBy: [], detail, rival: other.root.address };
}

export const absent = (name: RootName, detail: string): Root => ({
  name,
  state: 'absent',
  address: undefined,
  method: undefined,
  confirmedBy: [],
  detail,
});

export const isSearch = (method: FinderMethod) => method === 'structure' || method === 'code' || method === 'stack';

/** Found by one shape and proved by another: mheap_ by central and by allspans and arenas, m0 by the pointers between it and g0 and as the end of allm. */
const provedByTwoShapes: readonly RootName[] = ['runtime.mheap_', 'runtime.m0', 'runtime.g0'];

/**
 * A root whose address holds what it should. A name that leads there is a way of its own; what was searched for by its shape must be confirmed by another way
 * (`provedByTwoShapes` have one), and what two ways disagree about is confirmed by none. `denied`: another address that was found by its shape.
 */
export function judged(
  name: RootName,
  method: FinderMethod,
  address: Address,
  { why, alone, twice }: Verdict,
  second: SecondWay | undefined,
  denied: Refusal | undefined,
): Root {
  const own = confirmingMethod[name];
  const doubt = (detail: string): Root => ({ name, state: 'unconfirmed', address, method, confirmedBy: [], detail });
  const unused = method === 'override' && second?.method === 'code' && !second.agrees;
  if (method !== 'structure' && !unused) {
    if (denied && isSearch(method))
      return doubt(
        `${why}; but ${denied.address === address ? unusedByCode : `${hex(denied.address)} looks the same`}`,
      );
    return { name, state: 'confirmed', address, method, confirmedBy: [own], detail: why };
  }
  if (second?.agrees === false)
    return doubt(`${why}; but ${second.method === 'stack' ? 'the threads lead elsewhere' : unusedByCode}`);
  const confirmedBy: ConfirmingMethod[] = twice || (provedByTwoShapes.includes(name) && !alone) ? [own] : [];
  if (second) confirmedBy.push(second.method);
  const believed = confirmedBy.length > 0 || name === 'runtime.memstats';
  return { name, state: believed ? 'confirmed' : 'unconfirmed', address, method, confirmedBy, detail: why };
}

const unusedByCode = 'the code that should use it does not';

const hex = (address: number) => `0x${address.toString(16)}`;
