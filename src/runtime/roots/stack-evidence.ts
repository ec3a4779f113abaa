// What the threads of an image lead to, with no root known: from every register and stack word to a g, m, p, mcache or mspan that proves itself (shapes.ts), from these
// to the stacks and structs that they name, and so on. Each thing knows which word led to it. What a finder makes of it is not known here.
//
// Whole stacks are gone through, the part below the stack pointer too: what calls left there that have ended (the allocator's on g0, above all) is no worse a hint than a
// live word, since nothing is believed that does not prove itself. Everything is bounded, by counts alone, so that the same image always gives the same answer.
import type { CoreThread } from '../../elf/core.js';
import { stackWords, type WordClassifier } from '../stack-scan.js';
import { Shapes } from './shapes.js';
import type { Scene } from './validate.js';

/** Where a word stood: in a register, by name, or at an address. */
export interface Origin {
  /** `thread 4711`, `stack of g 0xc000006000`, `p 0xc00002a000`. */
  readonly by: string;
  readonly at: string | number;
}

export interface Seeds {
  readonly threads: readonly CoreThread[];
  /** g's, m's and p's by roots that are proved already: all there is where registers are not known. */
  readonly known?: Iterable<number>;
}

export interface Evidence {
  /** Threads whose registers were looked at. */
  readonly threads: number;
  readonly gs: ReadonlyMap<number, Origin>;
  readonly ms: ReadonlyMap<number, Origin>;
  readonly ps: ReadonlyMap<number, Origin>;
  /** Of these p's, by address. */
  readonly mcaches: ReadonlySet<number>;
  /** mspans that hold, those of the mcaches first. */
  readonly mspans: ReadonlyMap<number, Origin>;
  /** Those of them that stand in an mcache. */
  readonly cached: ReadonlySet<number>;
  /** Words that point into the program's data. */
  readonly dataWords: ReadonlyMap<number, Origin>;
  /** Return addresses. */
  readonly returns: ReadonlySet<number>;
  /** Whether a bound was met. */
  readonly cut: boolean;
}

const mostThreads = 2048;
const mostStacks = 4096;
const mostOfAKind = 4096;
const mostGs = 2 ** 16;
/** Words looked at, and different ones that are tested. */
const mostWords = 2 ** 21;
const mostTested = 2 ** 15;
const mostDataWords = 2 ** 14;
const mostReturns = 2 ** 13;
/** Bytes of a stack above the stack pointer before its g is known, and around it where it is long. */
const unknownStackBytes = 2 ** 16;
const longStackBytes = 2 ** 18;
/** Words below the thread pointer, where g is kept on some ports (runtime·tlsg). */
const tlsBytes = 128;

export function gatherEvidence(scene: Scene, classifier: WordClassifier, seeds: Seeds): Evidence {
  const gatherer = new Gatherer(scene, classifier);
  gatherer.run(seeds);
  return gatherer;
}

class Gatherer implements Evidence {
  threads = 0;
  cut = false;
  readonly gs = new Map<number, Origin>();
  readonly ms = new Map<number, Origin>();
  readonly ps = new Map<number, Origin>();
  readonly mcaches = new Set<number>();
  readonly mspans = new Map<number, Origin>();
  readonly cached = new Set<number>();
  readonly dataWords = new Map<number, Origin>();
  readonly returns = new Set<number>();
  readonly #scene: Scene;
  readonly #classifier: WordClassifier;
  readonly #shapes: Shapes;
  readonly #seen = new Set<number>();
  /** Stacks and structs whose words are still to be looked at. */
  readonly #queue: { readonly by: string; readonly start: number; readonly end: number }[] = [];
  #stacks = 0;
  #words = 0;

  constructor(scene: Scene, classifier: WordClassifier) {
    this.#scene = scene;
    this.#classifier = classifier;
    this.#shapes = new Shapes(scene);
  }

  run({ threads, known = [] }: Seeds): void {
    if (!this.#shapes.usable) return;
    for (const address of known) this.#consider(address, { by: 'a root that is known', at: address });
    if (threads.length > mostThreads) this.cut = true;
    const looked = threads.slice(0, mostThreads).filter(({ registers }) => registers.size > 0);
    this.threads = looked.length;
    for (const thread of looked) this.#addThread(thread);
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) this.#scan(next);
  }

  #addThread({ tid, registers, sp }: CoreThread): void {
    const by = `thread ${tid}`;
    for (const [name, value] of registers) if (value < 2n ** 53n) this.#consider(Number(value), { by, at: name });
    const pointer = sp !== undefined && sp < 2n ** 53n ? Number(sp) : 0;
    if (pointer > 0) this.#queue.push({ by: `${by}’s stack`, start: pointer, end: pointer + unknownStackBytes });
    const tls = registers.get('fs_base');
    if (tls !== undefined && tls > BigInt(tlsBytes) && tls < 2n ** 53n)
      this.#queue.push({ by: `${by}’s thread-local storage`, start: Number(tls) - tlsBytes, end: Number(tls) });
  }

  #scan({ by, start, end }: { by: string; start: number; end: number }): void {
    for (const { at, value } of stackWords(this.#scene.memory, start, end)) {
      if (this.#words++ > mostWords) {
        this.cut = true;
        return;
      }
      if (value <= 0xffff || this.#seen.has(value)) continue;
      this.#consider(value, { by, at });
    }
  }

  #consider(value: number, origin: Origin): void {
    if (value <= 0xffff || this.#seen.has(value)) return;
    if (this.#seen.size >= mostTested) {
      this.cut = true;
      return;
    }
    this.#seen.add(value);
    const classifier = this.#classifier;
    const kind = classifier.kindOf(value);
    if (kind === 'return' && this.returns.size < mostReturns) this.returns.add(value);
    if (kind === 'data' && this.dataWords.size < mostDataWords) this.dataWords.set(value, origin);
    if ((kind !== 'data' && kind !== 'memory') || value % this.#scene.memory.pointerSize !== 0) return;
    const shapes = this.#shapes;
    if (shapes.isG(value)) this.#addG(value, origin);
    else if (shapes.isM(value)) this.#addM(value, origin);
    else if (shapes.isP(value)) this.#addP(value, origin);
    else if (shapes.isInuse(value) || shapes.isManual(value)) this.#addSpan(value, origin);
  }

  #addG(g: number, origin: Origin): void {
    if (this.gs.has(g)) return;
    if (this.gs.size >= mostGs) {
      this.cut = true;
      return;
    }
    this.gs.set(g, origin);
    const m = this.#shapes.pointer(g, 'g.m');
    if (m > 0 && !this.ms.has(m) && this.#shapes.isM(m)) this.#addM(m, { by: `g 0x${g.toString(16)}`, at: 'g.m' });
    this.#addStack(g);
  }

  #addStack(g: number): void {
    const bounds = this.#shapes.stackOf(g);
    if (!bounds) return;
    if (this.#stacks++ >= mostStacks) {
      this.cut = true;
      return;
    }
    let { lo, hi } = bounds;
    if (hi - lo > longStackBytes) {
      const sp = this.#shapes.pointer(g, 'g.sched.sp');
      const middle = sp > lo && sp < hi ? sp : hi;
      hi = Math.min(hi, middle + longStackBytes / 2);
      lo = Math.max(lo, hi - longStackBytes);
    }
    this.#queue.push({ by: `the stack of g 0x${g.toString(16)}`, start: lo, end: hi });
  }

  #addM(m: number, origin: Origin): void {
    // A list of m's is as long as it is: not by recursion.
    for (let at = m, from = origin; at > 0 && !this.ms.has(at) && this.#shapes.isM(at); ) {
      if (this.ms.size >= mostOfAKind) {
        this.cut = true;
        return;
      }
      this.ms.set(at, from);
      this.#seen.add(at);
      const by = `m 0x${at.toString(16)}`;
      this.#queueStruct('m', by, at);
      for (const name of ['m.g0', 'm.gsignal', 'm.curg'] as const) {
        const g = this.#shapes.pointer(at, name);
        if (g > 0 && this.#shapes.pointer(g, 'g.m') === at) this.#addG(g, { by, at: name });
      }
      from = { by, at: 'm.alllink' };
      at = this.#shapes.pointer(at, 'm.alllink');
    }
  }

  #addP(p: number, origin: Origin): void {
    if (this.ps.size >= mostOfAKind) {
      this.cut = true;
      return;
    }
    this.ps.set(p, origin);
    const by = `p 0x${p.toString(16)}`;
    const cache = this.#shapes.pointer(p, 'p.mcache');
    if (cache > 0) this.mcaches.add(cache);
    for (const span of this.#shapes.alloc(cache)?.spans ?? []) {
      this.cached.add(span);
      this.#addSpan(span, { by, at: 'p.mcache.alloc' });
    }
    this.#queueStruct('p', by, p);
  }

  #addSpan(span: number, origin: Origin): void {
    if (this.mspans.has(span)) return;
    if (this.mspans.size >= mostGs) {
      this.cut = true;
      return;
    }
    this.mspans.set(span, origin);
    const list = this.#shapes.listOf(span);
    if (list > 0) this.#consider(list, { by: `mspan 0x${span.toString(16)}`, at: 'mspan.list' });
  }

  #queueStruct(struct: 'm' | 'p', by: string, address: number): void {
    const size = this.#scene.layout.struct(struct)?.size ?? 0;
    this.#queue.push({ by, start: address, end: address + Math.min(size, unknownStackBytes) });
  }
}

/** `thread 4711, r14`, `thread 4711’s stack, 0xc00007fe48`. */
export function originText({ by, at }: Origin): string {
  return `${by}, ${typeof at === 'string' ? at : `0x${at.toString(16)}`}`;
}
