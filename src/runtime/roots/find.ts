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

export type FinderMethod = 'override' | 'symtab' | 'dwarf' | 'structure';

/** Gives addresses of a variable in the image (load bias added), best first; a search through memory gives them as it goes. */
export interface Finder {
  readonly method: FinderMethod;
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
  readonly confirmedBy: readonly ('structure' | 'value')[];
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
    const judge = (address: number): Verdict => {
      if (name !== 'runtime.mheap_') return validate(scene, name, address, roots);
      mheap = validateMheap(scene, address);
      return mheap;
    };
    const candidates = (finder: Finder) => finder.find(name, scene, known(roots));
    roots.set(name, findOne(name, finders, candidates, judge, refusals));
  }
  return { roots, refusals, mheap };
}

/** A doubt for want of anything to compare ends the search: the next finder would cost more and say the same. */
function findOne(
  name: RootName,
  finders: readonly Finder[],
  candidates: (finder: Finder) => Iterable<number>,
  judge: (address: number) => Verdict,
  refusals: Refusal[],
): Root {
  let doubtful: Root | undefined;
  const passed: Refusal[] = [];
  for (const { method, candidate } of candidatesOf(finders, candidates)) {
    const address = tryAddress(candidate);
    if (address === undefined || address === 0) continue;
    const verdict = judge(address);
    const detail = verdict.why;
    if (verdict.ok === true) {
      refusals.push(...passed);
      return { name, state: 'confirmed', address, method, confirmedBy: [confirmingMethod[name]], detail };
    }
    const refusal: Refusal = { name, method, address, why: detail };
    // A search offers what looks alike; only who names an address can be wrong about it.
    if (method === 'structure' && verdict.ok === false) continue;
    if (verdict.ok === false) refusals.push(refusal);
    else if (verdict.unreadable) passed.push(refusal);
    const best = doubtful !== undefined && (verdict.ok === false || passed.length > 1);
    if (!best) doubtful = { name, state: 'unconfirmed', address, method, confirmedBy: [], detail };
    if (verdict.ok === undefined && !verdict.unreadable) break;
  }
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

function* candidatesOf(
  finders: readonly Finder[],
  candidates: (finder: Finder) => Iterable<number>,
): Generator<{ readonly method: FinderMethod; readonly candidate: number }> {
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
