// A stack without unwind tables: every word that may be a return address, with what speaks for it, and the chain of them that is most likely. It needs an SP and
// nothing else; a pc, a frame pointer and the names of functions make it surer. The words are candidates: stale ones look the same, and the chain says how far
// each is to be believed.
import type { GoFunction } from '../../gosym/functions.js';
import type { Memory } from '../../image/memory.js';
import { scanStack, type WordClassifier } from '../stack-scan.js';
import { callTarget } from './call-target.js';
import { injectedRoles, outermostRoles, type ProgramFunctions } from './program-functions.js';

/** A word that may be a return address. */
export interface ScanCandidate {
  /** Where it stands: just below what was SP in the caller, on machines that push it. */
  readonly at: number;
  readonly pc: number;
  readonly fn: GoFunction | undefined;
  /** What the call before it calls, where the instruction says so. */
  readonly target: number | undefined;
  /** 0–1: from a word behind a call to a link of the chain that two ways bear out. */
  readonly score: number;
  /** A link of the most likely chain. */
  readonly likely: boolean;
  /** `after a call`, `calls the frame below`, `frame pointer`, `frame size`, `outermost`. */
  readonly reasons: readonly string[];
}

export interface ScanStart {
  readonly sp: number;
  /** Where the innermost function stands; undefined if only a range is given. */
  readonly pc?: number | undefined;
  /** The frame pointer and link registers, where the machine has them and they are known. */
  readonly bp?: number | undefined;
  readonly lr?: number | undefined;
  /** The function that the goroutine was started with: no other returns to goexit. */
  readonly startpc?: number | undefined;
  /** The end of the stack, exclusive. */
  readonly end?: number | undefined;
}

export interface ScanScene {
  readonly memory: Memory;
  readonly goarch: string;
  readonly classifier: WordClassifier;
  readonly functions: ProgramFunctions | undefined;
  /** Calls leave the return address in a register. */
  readonly linkRegister: boolean;
}

export interface ScannedStack {
  /** All, by ascending address. */
  readonly candidates: readonly ScanCandidate[];
  /** The chain ends where nothing calls further. */
  readonly complete: boolean;
}

/** Words of one stack that are kept: deep recursion has hundreds of thousands of frames. */
const mostCandidates = 2 ** 17;
/** Links that are tried for one frame: what lies further up than so many candidates is another frame's. */
const mostTried = 64;

/** A word that may be a return address, before it is known which of them form a chain. */
interface Node {
  readonly at: number;
  readonly pc: number;
  readonly fn: GoFunction | undefined;
  readonly role: string;
  readonly target: number | undefined;
  /** The name of the function that stands there; undefined where that is not known. */
  readonly callee: string | undefined;
  /** False for a pc that stands in text, but behind no call. */
  readonly called: boolean;
  /** The node that the frame pointer saved below this one leads to; -1 for none. */
  pointsTo: number;
}

/** What returns to a node: a node, or what is executing. */
type From = Pick<Node, 'at' | 'pc' | 'fn' | 'role' | 'pointsTo'>;

interface Link {
  readonly to: number;
  readonly weight: number;
  readonly reasons: readonly string[];
}

/** How much a link weighs by what bears it out. One that nothing does costs: of two ways to the end the one with fewer such links is the likelier. */
const weights = { called: 4, pointer: 4, size: 3, nothing: -1, skips: -5 } as const;
/** A chain that reaches an outermost function. */
const reachedEnd = 1000;

export function scanChain(scene: ScanScene, start: ScanStart): ScannedStack {
  const nodes = gather(scene, start);
  const { first, next } = bestChain(scene, nodes, start);
  const inChain = new Map<number, Link>();
  let complete = false;
  for (let link = first; link; link = next[link.to]) {
    inChain.set(link.to, link);
    complete = outermostRoles.has(nodes[link.to]!.role);
  }
  const candidates: ScanCandidate[] = [];
  nodes.forEach(({ at, pc, fn, target, called, role }, i) => {
    const link = inChain.get(i);
    if (!called && !link) return;
    const reasons = [
      ...(outermostRoles.has(role) ? ['outermost'] : called ? ['after a call'] : ['interrupted there']),
      ...(link?.reasons ?? []),
    ];
    candidates.push({
      at,
      pc,
      fn,
      target,
      score: scoreOf(link, fn !== undefined),
      likely: link !== undefined,
      reasons,
    });
  });
  return { candidates, complete };
}

function scoreOf(link: Link | undefined, inFunction: boolean): number {
  if (!link) return inFunction ? 0.2 : 0.1;
  return link.reasons.length >= 2 ? 0.95 : link.reasons.length === 1 ? 0.8 : 0.4;
}

function gather({ memory, goarch, classifier, functions }: ScanScene, { sp, lr, end }: ScanStart): Node[] {
  const nodes: Node[] = [];
  const byAddress = new Map<number, number>();
  const add = (at: number, pc: number, called: boolean) => {
    const fn = functions?.at(pc);
    const role = fn && functions ? functions.roleOf(fn) : 'normal';
    const target = callTarget(memory, goarch, pc);
    const callee = target === undefined ? undefined : functions?.at(target)?.name;
    byAddress.set(at, nodes.length);
    nodes.push({ at, pc, fn, role, target, callee, called, pointsTo: -1 });
  };
  const word = memory.pointerSize;
  // A function that calls nothing leaves its return address in the register.
  if (lr && classifier.kindOf(lr) === 'return') add(sp - word, lr, true);
  for (const { at, value, kind } of scanStack({ memory }, classifier, sp, end)) {
    if (kind !== 'return' && kind !== 'text') continue;
    add(at, value, kind === 'return');
    if (nodes.length >= mostCandidates) break;
  }
  for (const node of nodes) {
    const saved = memory.word(node.at - word);
    if (saved !== undefined && saved > node.at) node.pointsTo = byAddress.get(saved + word) ?? -1;
  }
  return nodes;
}

/** From the outermost inwards: for each node the link that begins the chain which weighs most; of equal ones the nearest. */
function bestChain(
  scene: ScanScene,
  nodes: readonly Node[],
  { pc, sp, bp, startpc }: ScanStart,
): { readonly first: Link | undefined; readonly next: readonly (Link | undefined)[] } {
  const next = new Array<Link | undefined>(nodes.length);
  const total = new Float64Array(nodes.length);
  const choose = (from: From | undefined, nearest: number): Link | undefined => {
    let chosen: Link | undefined;
    let most = Number.NEGATIVE_INFINITY;
    const expected = from && callerAt(scene, from);
    const tryOne = (i: number) => {
      const link = linkTo(scene, from, nodes[i]!, i, { expected, startpc });
      if (!link || link.weight + total[i]! <= most) return;
      most = link.weight + total[i]!;
      chosen = link;
    };
    const end = Math.min(nodes.length, nearest + mostTried);
    for (let i = nearest; i < end; i += 1) tryOne(i);
    if (from && from.pointsTo >= end) tryOne(from.pointsTo);
    // What nothing bears out, and does not lead to the end, is no chain.
    return most < 0 ? undefined : chosen;
  };
  for (let i = nodes.length - 1; i >= 0; i -= 1) {
    const node = nodes[i]!;
    if (outermostRoles.has(node.role)) total[i] = reachedEnd;
    else {
      const link = choose(node, i + 1);
      next[i] = link;
      total[i] = link ? link.weight + total[link.to]! : 0;
    }
  }
  const word = scene.memory.pointerSize;
  const pointsTo = bp === undefined ? -1 : nodes.findIndex(({ at }) => at === bp + word);
  const fn = pc === undefined ? undefined : scene.functions?.at(pc);
  const role = fn && scene.functions ? scene.functions.roleOf(fn) : 'normal';
  if (pc !== undefined && outermostRoles.has(role)) return { first: undefined, next };
  return { first: choose(pc === undefined ? undefined : { at: sp - word, pc, fn, role, pointsTo }, 0), next };
}

/** Whether `to` may be the return address of the function that `from` stands in, and what says so. */
function linkTo(
  scene: ScanScene,
  from: From | undefined,
  to: Node,
  index: number,
  { expected, startpc }: { readonly expected: number | undefined; readonly startpc: number | undefined },
): Link | undefined {
  if (!from) return to.called ? { to: index, weight: weights.nothing, reasons: [] } : undefined;
  const reasons: string[] = [];
  let weight = 0;
  if (from.pointsTo === index) {
    reasons.push('frame pointer');
    weight += weights.pointer;
  }
  if (!to.called) {
    // Goexit's address is made up, and an interrupted pc is behind no call.
    const may = to.role === 'goexit' ? to.pc > to.fn!.entry : injectedRoles.has(from.role);
    if (!may) return undefined;
  } else if (to.target !== undefined) {
    if (calls(scene.functions, to, from)) {
      reasons.push('calls the frame below');
      weight += weights.called;
    } else if (reasons.length === 0) return undefined;
  }
  if (to.at === expected) {
    reasons.push('frame size');
    weight += weights.size;
  }
  const misses = to.role === 'goexit' && startpc && from.fn && from.fn.entry !== startpc;
  return { to: index, weight: reasons.length > 0 ? weight : misses ? weights.skips : weights.nothing, reasons };
}

/** Where calls push the return address, the next one stands a frame of the function between them further up; undefined where that is not known. */
function callerAt({ memory, linkRegister }: ScanScene, from: From): number | undefined {
  const delta = linkRegister ? undefined : from.fn?.spDelta(from.pc);
  return delta === undefined ? undefined : from.at + memory.pointerSize + delta;
}

function calls(functions: ProgramFunctions | undefined, { target, callee }: Node, { fn, pc }: From): boolean {
  if (target === undefined) return false;
  // A wrapper for another calling convention has the name of what it wraps.
  if (fn) return target === fn.entry || callee === fn.name;
  return functions === undefined && target <= pc && pc - target < mostFunctionBytes;
}

/** Without a function table, how far behind its entry a function is taken to reach. */
const mostFunctionBytes = 2 ** 14;
