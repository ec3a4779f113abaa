// Finds the runtime's global variables: an ordered list of finders, the first whose answer validates wins; every step is recorded.
// Knows which validator belongs to which root, not where symbols come from: a finder is a function from name to address.
import { type Address, tryAddress } from '../../image/address.js';
import type { Scene, Verdict } from './validate.js';
import { validateAllgs, validateAllm, validateAllp } from './validate-lists.js';
import { type MheapVerdict, validateMheap } from './validate-mheap.js';
import { validateModuledata } from './validate-moduledata.js';
import { validateGcController, validateGcphase, validateMemstats, validateWork } from './validate-values.js';

export type RootName =
  `runtime.${'mheap_' | 'gcController' | 'memstats' | 'allgs' | 'allp' | 'allm' | 'firstmoduledata' | 'gcphase' | 'work'}`;

/** Every root that is looked for; a validator may use the roots before its own. */
export const rootNames: readonly RootName[] = [
  'runtime.mheap_',
  'runtime.firstmoduledata',
  'runtime.memstats',
  'runtime.work',
  'runtime.gcController',
  'runtime.gcphase',
  'runtime.allgs',
  'runtime.allp',
  'runtime.allm',
];

export type FinderMethod = 'override' | 'symtab' | 'dwarf' | 'structure' | 'code' | 'stack';

/** Gives addresses of a variable in the image (load bias added), best first; a search through memory gives them as it goes. */
export interface Finder {
  readonly method: FinderMethod;
  /** A second look at what another finder found by its shape: whether this one would say the same; undefined where it can't tell. */
  confirms?(name: RootName, scene: Scene, address: number): boolean | undefined;
  /** `known`: roots that are proved already. */
  find(name: RootName, scene: Scene, known: (name: RootName) => number | undefined): Iterable<number>;
}

/** Candidates of one finder that are looked at. */
const maxCandidates = 64;

export interface Root {
  readonly name: RootName;
  readonly state: 'confirmed' | 'unconfirmed' | 'absent';
  readonly address: Address | undefined;
  readonly method: FinderMethod | undefined;
  /** The independent ways that agree. */
  readonly confirmedBy: readonly ('structure' | 'value' | 'code' | 'stack')[];
  readonly detail: string;
}

/** A finder's answer that was refused, for `--trace` and warnings. */
export interface Refusal {
  readonly name: RootName;
  readonly method: FinderMethod;
  readonly address: number;
  readonly why: string;
}

export interface FoundRoots {
  readonly roots: ReadonlyMap<RootName, Root>;
  readonly refusals: readonly Refusal[];
  /** The sample that proved mheap_ and the layout. */
  readonly mheap: MheapVerdict | undefined;
}

const confirmingMethod: Readonly<Record<RootName, 'structure' | 'value'>> = {
  'runtime.mheap_': 'structure',
  'runtime.firstmoduledata': 'structure',
  'runtime.memstats': 'value',
  'runtime.work': 'value',
  'runtime.gcController': 'value',
  'runtime.gcphase': 'value',
  'runtime.allgs': 'structure',
  'runtime.allp': 'structure',
  'runtime.allm': 'structure',
};

export function findRoots(scene: Scene, finders: readonly Finder[]): FoundRoots {
  const roots = new Map<RootName, Root>();
  const refusals: Refusal[] = [];
  let mheap: MheapVerdict | undefined;
  for (const name of rootNames) {
    const judgeOnce = (address: number): Verdict => {
      if (name !== 'runtime.mheap_') return validate(scene, name, address, roots);
      const verdict = validateMheap(scene, address);
      mheap = mheap?.ok === true && verdict.ok !== true ? mheap : verdict;
      return verdict;
    };
    const judge = (address: number, method: FinderMethod): Verdict => {
      let verdict = judgeOnce(address);
      for (let again = 0; scene.live && !isSearch(method) && verdict.ok !== true && again < triesOfLive; again += 1) {
        scene.live.refresh();
        verdict = judgeOnce(address);
      }
      return verdict;
    };
    const candidates = candidatesOf(finders, (finder) => finder.find(name, scene, known(roots)));
    const confirms = (address: number) => secondWay(finders, name, scene, address);
    roots.set(name, findOne(name, candidates, judge, confirms, refusals));
  }
  confirmClocks(scene, roots);
  return { roots, refusals, mheap };
}

/** What a finder that does not go by shape says of an address that was found by it: the first that can tell. */
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
const triesOfLive = 5;

/** A doubt for want of anything to compare ends the search: the next finder would cost more and say the same. */
function findOne(
  name: RootName,
  candidates: Iterable<Candidate>,
  judge: (address: number, method: FinderMethod) => Verdict,
  confirms: (address: number) => SecondWay | undefined,
  refusals: Refusal[],
): Root {
  let doubtful: Root | undefined;
  let contradicted: Refusal | undefined;
  const passed: Refusal[] = [];
  for (const { method, candidate } of candidates) {
    const address = tryAddress(candidate);
    if (address === undefined || address === 0) continue;
    const verdict = judge(address, method);
    if (verdict.ok === true) {
      const second = method === 'structure' ? confirms(address) : undefined;
      const root = judged(name, method, address, verdict, second);
      // What looks the same and is not used by the code that should use it: the next may be.
      if (root.state === 'confirmed') {
        refusals.push(...passed);
        return root;
      }
      if (doubtful?.method !== 'structure') {
        doubtful = root;
        contradicted = second?.agrees === false ? { name, method, address, why: root.detail } : undefined;
      }
      continue;
    }
    const refusal: Refusal = { name, method, address, why: verdict.why };
    // A search offers what looks alike; only who names an address can be wrong about it.
    if (isSearch(method) && verdict.ok === false) continue;
    if (verdict.ok === false) refusals.push(refusal);
    else if (verdict.unreadable) passed.push(refusal);
    const best = doubtful !== undefined && (verdict.ok === false || passed.length > 1);
    if (!best) doubtful = { name, state: 'unconfirmed', address, method, confirmedBy: [], detail: verdict.why };
    if (verdict.ok === undefined && !verdict.unreadable) break;
  }
  // It stands in the list of roots, with what speaks against it, and nothing is read by it.
  if (contradicted && doubtful?.address === contradicted.address) refusals.push(contradicted);
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

/**
 * A root whose address holds what it should. A name that leads there is a way of its own; what was searched for by its shape must be confirmed by another way, but for
 * mheap_, where the search looks at central and the proof at allspans and the arenas.
 */
function judged(
  name: RootName,
  method: FinderMethod,
  address: Address,
  { why }: Verdict,
  second: SecondWay | undefined,
): Root {
  const own = confirmingMethod[name];
  if (method !== 'structure') return { name, state: 'confirmed', address, method, confirmedBy: [own], detail: why };
  const confirmedBy: ('structure' | 'code' | 'stack')[] = name === 'runtime.mheap_' ? [own as 'structure'] : [];
  if (second?.agrees === true) confirmedBy.push(second.method);
  const believed = confirmedBy.length > 0 || name === 'runtime.memstats';
  const against =
    second?.method === 'stack' ? 'but the threads lead elsewhere' : 'but the code that should use it does not';
  const detail = believed || second?.agrees !== false ? why : `${why}; ${against}`;
  return { name, state: believed ? 'confirmed' : 'unconfirmed', address, method, confirmedBy, detail };
}

/**
 * work.tEnd and memstats.last_gc_nanotime are written from one variable (runtime/mgc.go, gcMarkTermination): where they agree, each confirms the other. A
 * memstats that was found by its ring of pauses, and is confirmed by nothing else, was believed until here for the sake of work.
 */
function confirmClocks({ memory, layout }: Scene, roots: Map<RootName, Root>): void {
  const work = roots.get('runtime.work');
  const memstats = roots.get('runtime.memstats');
  if (memstats?.method !== 'structure' || memstats.confirmedBy.length > 0) return;
  const [tEnd, last] = [layout.field('workType', 'tEnd'), layout.field('mstats', 'last_gc_nanotime')];
  const clock = (address: number | undefined, offset: number | undefined) =>
    address === undefined || offset === undefined ? undefined : memory.uint64(address + offset);
  const ended = clock(memstats.address, last?.offset);
  const agrees = ended !== undefined && ended !== 0n && clock(work?.address, tEnd?.offset) === ended;
  roots.set(memstats.name, agrees ? { ...memstats, confirmedBy: ['value'] } : { ...memstats, state: 'unconfirmed' });
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
const known = (roots: ReadonlyMap<RootName, Root>) => (other: RootName) => {
  const root = roots.get(other);
  return root?.state === 'confirmed' ? root.address : undefined;
};

function validate(scene: Scene, name: RootName, address: number, roots: ReadonlyMap<RootName, Root>): Verdict {
  const proved = known(roots);
  switch (name) {
    case 'runtime.mheap_':
      return validateMheap(scene, address);
    case 'runtime.firstmoduledata':
      return validateModuledata(scene, address, proved('runtime.mheap_'));
    case 'runtime.memstats':
      return validateMemstats(scene, address, proved('runtime.mheap_'));
    case 'runtime.work':
      return validateWork(scene, address, proved('runtime.memstats'));
    case 'runtime.gcController':
      return validateGcController(scene, address, proved('runtime.work'));
    case 'runtime.gcphase':
      return validateGcphase(scene, address, proved('runtime.work'), proved('runtime.memstats'));
    case 'runtime.allgs':
      return validateAllgs(scene, address);
    case 'runtime.allp':
      return validateAllp(scene, address);
    case 'runtime.allm':
      return validateAllm(scene, address);
    default:
      return assertNever(name);
  }
}

function assertNever(name: never): never {
  throw new Error(`no validator for ${String(name)}`);
}
