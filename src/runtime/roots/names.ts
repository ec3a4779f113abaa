// The runtime's global variables that are looked for, which of them at once and which when they are asked for, and what is known of one that was found.
import type { Address } from '../../image/address.js';

/** Needed by an overview: `neededRootNames` are found as soon as an image is opened. */
export type FirstRootName =
  `runtime.${'mheap_' | 'gcController' | 'memstats' | 'allgs' | 'allp' | 'allm' | 'firstmoduledata' | 'gcphase' | 'work'}`;

/** Found when somebody asks: an overview as text does not. */
export type LaterRootName = `runtime.${'m0' | 'g0' | 'sched' | 'class_to_size' | 'mbuckets' | 'gcCPULimiter'}`;

export type RootName = FirstRootName | LaterRootName;

/** In the order in which they are looked for: a validator may use the roots before its own. */
export const rootNames: readonly FirstRootName[] = [
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

/** Those that are looked for as soon as an image is opened: they prove the layout, and lead to stacks. The rest of `rootNames` waits for who asks for one of them. */
export const neededRootNames: readonly FirstRootName[] = [
  'runtime.mheap_',
  'runtime.firstmoduledata',
  'runtime.allgs',
  'runtime.allm',
];

/** In their order, after `rootNames`. */
export const laterRootNames: readonly LaterRootName[] = [
  'runtime.m0',
  'runtime.g0',
  'runtime.sched',
  'runtime.class_to_size',
  'runtime.mbuckets',
  'runtime.gcCPULimiter',
];

export const allRootNames: readonly RootName[] = [...rootNames, ...laterRootNames];

export const isLater = (name: RootName): name is LaterRootName =>
  (laterRootNames as readonly RootName[]).includes(name);

export type FinderMethod = 'override' | 'symtab' | 'dwarf' | 'structure' | 'code' | 'stack';

/** Whether the binary's names led there. */
export const isNamed = (method: FinderMethod): boolean => method === 'symtab' || method === 'dwarf';

/** Ways that bear out what another one found. */
export type ConfirmingMethod = 'structure' | 'value' | 'code' | 'stack';

/** Address of a root that is proved already. */
export type Known = (name: RootName) => number | undefined;

export interface Root {
  readonly name: RootName;
  readonly state: 'confirmed' | 'unconfirmed' | 'absent';
  readonly address: Address | undefined;
  readonly method: FinderMethod | undefined;
  /** The independent ways that agree. */
  readonly confirmedBy: readonly ConfirmingMethod[];
  readonly detail: string;
  /** Another address that holds the same, where nothing tells which of the two is used: neither is read. */
  readonly rival?: Address;
}

/** Where a root stood in another image of the same program, moved to where this image has the program, and how it was found there. */
export interface RememberedRoot {
  readonly address: number;
  readonly method: FinderMethod;
}

export type Remembered = ReadonlyMap<RootName, RememberedRoot>;

/** A finder's answer that was refused, for `--trace` and warnings. */
export interface Refusal {
  readonly name: RootName;
  readonly method: FinderMethod;
  readonly address: number;
  readonly why: string;
  /** It holds what it should, and another way denies it: which of them is wrong nobody can say. */
  readonly disputed?: true;
}

/** What each validator goes by: how things lead to each other, or numbers that agree. */
export const confirmingMethod: Readonly<Record<RootName, 'structure' | 'value'>> = {
  'runtime.mheap_': 'structure',
  'runtime.firstmoduledata': 'structure',
  'runtime.memstats': 'value',
  'runtime.work': 'value',
  'runtime.gcController': 'value',
  'runtime.gcphase': 'value',
  'runtime.allgs': 'structure',
  'runtime.allp': 'structure',
  'runtime.allm': 'structure',
  'runtime.m0': 'structure',
  'runtime.g0': 'structure',
  'runtime.sched': 'value',
  'runtime.class_to_size': 'value',
  'runtime.mbuckets': 'structure',
  'runtime.gcCPULimiter': 'value',
};
