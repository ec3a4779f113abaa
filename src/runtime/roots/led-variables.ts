// The variables that must hold what threads lead to: a word of the data is allgs if the goroutines are in it, allp if the P's stand at their ids, allm if the list of m's begins with it.
// Searches the data for each once; where more than one word could be it, all are given. Sources: runtime/proc.go, runtime2.go.
import { type AddressRange, matchingWords } from '../../image/scan-words.js';
import type { RootName } from './names.js';
import type { Shapes } from './shapes.js';
import type { Evidence } from './stack-evidence.js';
import { readSlice, type Scene } from './validate.js';

/** Entries of allgs that are looked at, and words of data that are searched for one variable. */
const mostGs = 2 ** 22;
const mostDataBytes = 2 ** 26;
/** Candidates for one variable; more than one is no answer. */
const mostTwins = 8;
/** Elements of one list of idle m's or P's. */
const mostIdle = 2 ** 16;

/** Whether the word at `address`, of which the value is given, can be the variable. */
type Match = (address: number, value: number) => boolean;

export class LedVariables {
  readonly #scene: Scene;
  readonly #shapes: Shapes;
  readonly #evidence: Evidence;
  readonly #data: readonly AddressRange[];
  readonly #module: number | undefined;
  readonly #twins = new Map<RootName, readonly number[]>();

  /** `data`: the program's writable data; `module`: its moduledata, which says what of that holds pointers, where it is known. */
  constructor(
    scene: Scene,
    shapes: Shapes,
    evidence: Evidence,
    data: readonly AddressRange[],
    module: number | undefined,
  ) {
    this.#scene = scene;
    this.#shapes = shapes;
    this.#evidence = evidence;
    this.#data = data;
    this.#module = module;
  }

  /** All words of the data that can be the variable, searched once. */
  candidates(name: RootName): readonly number[] {
    let found = this.#twins.get(name);
    if (!found) {
      found = this.#led(name) ?? this.#searchData(name);
      this.#twins.set(name, found);
    }
    return found;
  }

  /** Those that need no search. */
  #led(name: string): readonly number[] | undefined {
    switch (name) {
      case 'runtime.m0':
        return this.#first('m');
      case 'runtime.g0':
        return this.#first('g');
      case 'runtime.sched':
        return this.#sched();
      default:
        return undefined;
    }
  }

  /** sched: its lists of idle m's and P's begin with such, and are as long as it says. None where no m is idle. */
  #sched(): readonly number[] {
    const at = this.#scene.layout.field('schedt', 'midle')?.offset;
    const { ms } = this.#evidence;
    if (at === undefined || ms.size === 0) return [];
    const { memory, layout } = this.#scene;
    const [pidle, npidle] = [layout.field('schedt', 'pidle'), layout.field('schedt', 'npidle')];
    const psAgree = (sched: number) =>
      pidle !== undefined &&
      npidle !== undefined &&
      this.#chain(memory.word(sched + pidle.offset) ?? 0, 'p', 'link') === memory.uint32(sched + npidle.offset);
    return this.#matching(
      (address, value) =>
        ms.has(value) &&
        this.#isMember(address, 'schedt', 'midle', 'nmidle', this.#idleFrom(value)) &&
        psAgree(address - at),
    ).map((address) => address - at);
  }

  #searchData(name: RootName): readonly number[] {
    const matches = this.#matcher(name);
    return matches ? this.#matching(matches) : [];
  }

  #matching(matches: Match): readonly number[] {
    const ranges = this.#pointerData();
    if (ranges.reduce((sum, { start, end }) => sum + end - start, 0) > mostDataBytes) return [];
    const { ms } = this.#evidence;
    const mBytes = this.#scene.layout.struct('m')?.size ?? 0;
    const found: number[] = [];
    const words = matchingWords(this.#scene, ranges, 0, (word) => matches(word.address, word.at(0)));
    for (const address of words) {
      // m0 stands in the data; its snapshots of allp (1.23.12 on) are not the variable.
      if ([...ms.keys()].some((m) => address >= m && address < m + mBytes)) continue;
      found.push(address);
      if (found.length >= mostTwins) break;
    }
    return found;
  }

  /** Of the data what holds pointers, where the module says what does: bss and data. */
  #pointerData(): readonly AddressRange[] {
    const { memory, layout } = this.#scene;
    const bound = (path: string) => {
      const field = layout.field('moduledata', path);
      return this.#module === undefined || !field ? undefined : memory.word(this.#module + field.offset);
    };
    const parts = (['data', 'bss'] as const).flatMap((part) => {
      const [start, end] = [bound(part), bound(`e${part}`)];
      if (start === undefined || end === undefined) return [];
      return this.#data
        .map((range) => ({ start: Math.max(range.start, start), end: Math.min(range.end, end) }))
        .filter((range) => range.start < range.end);
    });
    return parts.length > 0 ? parts : this.#data;
  }

  /** m0 ends the list of m's, and stands in the data (runtime/proc.go, allm); its g0 does too. Both only where their struct lies there whole. */
  #first(struct: 'm' | 'g'): readonly number[] {
    const { ms } = this.#evidence;
    const ends = [...ms.keys()].filter((m) => this.#shapes.pointer(m, 'm.alllink') === 0);
    const m0 = ends.length === 1 ? ends[0]! : 0;
    const address = struct === 'm' ? m0 : this.#shapes.pointer(m0, 'm.g0');
    const size = this.#scene.layout.struct(struct)?.size ?? 0;
    return this.#data.some(({ start, end }) => address >= start && address + size <= end) ? [address] : [];
  }

  /** Undefined where the threads say nothing of the variable. */
  #matcher(name: RootName): Match | undefined {
    switch (name) {
      case 'runtime.allp':
        return this.#allp();
      case 'runtime.allgs':
        return this.#allgs();
      case 'runtime.allm':
        return this.#allm();
      default:
        return undefined;
    }
  }

  /** Every P that threads led to stands at its id. */
  #allp(): Match | undefined {
    const { memory, layout } = this.#scene;
    const { pointerSize } = memory;
    const ps = [...this.#evidence.ps.keys()].map((p) => ({ p, at: this.#shapes.idOf(p) * pointerSize }));
    if (ps.length === 0) return undefined;
    const last = Math.max(...ps.map(({ at }) => at)) / pointerSize;
    const { allpArrayLength } = layout.traits;
    if (allpArrayLength > 0)
      return (address) => ps.every(({ p, at }) => memory.word(address + at) === p) && this.#isArrayOfPs(address);
    return (address, value) => {
      if (!(value > 0xffff)) return false;
      const length = memory.word(address + pointerSize);
      return length !== undefined && length > last && ps.every(({ p, at }) => memory.word(value + at) === p);
    };
  }

  /** The array that allp was: P's by id, then nil. */
  #isArrayOfPs(address: number): boolean {
    const { memory, layout } = this.#scene;
    let ended = false;
    for (let i = 0; i < layout.traits.allpArrayLength; i += 1) {
      const p = memory.word(address + i * memory.pointerSize);
      if (p === 0) ended = true;
      else if (p === undefined || ended || this.#shapes.idOf(p) !== i) return false;
    }
    return true;
  }

  /** Every goroutine that threads run or hold is among its elements. g0 and gsignal are no goroutines. */
  #allgs(): Match | undefined {
    const { memory } = this.#scene;
    const gs = [...this.#evidence.gs.keys()].filter((g) => this.#shapes.isGoroutine(g));
    if (gs.length === 0) return undefined;
    return (address, value) => {
      const first = value > 0xffff ? memory.word(value) : undefined;
      if (!first || !this.#shapes.isG(first)) return false;
      const slice = readSlice(memory, address);
      if (!slice || slice.length < gs.length || slice.length > mostGs) return false;
      if (this.#isMember(address, 'workType', 'stackRoots', 'nStackRoots', slice.length)) return false;
      const missing = new Set(gs);
      for (let i = 0; i < slice.length && missing.size > 0; i += 1)
        missing.delete(memory.word(slice.array + i * memory.pointerSize) ?? 0);
      return missing.size === 0;
    };
  }

  /** It points to the newest m, which no other's alllink does, and from which all are reached. */
  #allm(): Match | undefined {
    const { ms } = this.#evidence;
    const heads = new Set(ms.keys());
    for (const m of ms.keys()) heads.delete(this.#shapes.pointer(m, 'm.alllink'));
    if (heads.size !== 1) return undefined;
    return (address, value) =>
      heads.has(value) && !this.#isMember(address, 'schedt', 'midle', 'nmidle', this.#idleFrom(value));
  }

  /** How many idle m's there are from `m` on: through m.schedlink, since 1.26 through m.idleNode (runtime/list_manual.go). */
  #idleFrom(m: number): number {
    const { layout } = this.#scene;
    return this.#chain(m, 'm', layout.field('m', 'idleNode.next') ? 'idleNode.next' : 'schedlink');
  }

  /** Elements of the list through a field, from `first` on. */
  #chain(first: number, struct: string, field: string): number {
    const { memory, layout } = this.#scene;
    const link = layout.field(struct, field);
    const seen = new Set<number>();
    for (let at = first; link && at > 0 && !seen.has(at) && seen.size < mostIdle; ) {
      seen.add(at);
      at = memory.word(at + link.offset) ?? 0;
    }
    return seen.size;
  }

  /**
   * Whether the word at `address` is a field of a struct that holds the same by nature, told by the count beside it: work.stackRoots is a copy of allgs while a cycle marks
   * (1.18+), sched.midle is the newest m if that is the last that fell idle.
   */
  #isMember(address: number, struct: string, field: string, counter: string, count: number): boolean {
    const { memory, layout } = this.#scene;
    const [at, counted] = [layout.field(struct, field), layout.field(struct, counter)];
    if (!at || !counted || count === 0) return false;
    const counterAt = address - at.offset + counted.offset;
    return (counted.size === 4 ? memory.uint32(counterAt) : memory.word(counterAt)) === count;
  }
}
