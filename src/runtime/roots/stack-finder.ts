// Finds roots by what the threads hold: the user's own fallback where symbols, DWARF, names and the shape of the data fail, and a second way that agrees or does not with
// what was found by shape. A word in a register or on a stack is mheap_'s address, or leads into it; the g's, m's and p's that threads lead to are those that allgs, allm and
// allp must hold, and no other variable of the program may hold them likewise.
//
// What no thread leads to: gcController, memstats and gcphase are used by their fixed addresses in code and are no receivers in frames; they have no pointers to be told by.
import type { CoreThread } from '../../elf/core.js';
import type { Pclntab } from '../../gosym/pclntab.js';
import { type AddressRange, matchingWords } from '../../image/scan-words.js';
import { WordClassifier } from '../stack-scan.js';
import type { Finder, RootName } from './find.js';
import { functionTable } from './function-table.js';
import { type MheapCandidate, MheapPointers } from './mheap-pointers.js';
import { Shapes } from './shapes.js';
import { type Evidence, gatherEvidence, type Origin, originText } from './stack-evidence.js';
import { within } from './structure-finder.js';
import { readSlice, type Scene } from './validate.js';

export interface StackFinder extends Finder {
  readonly method: 'stack';
  /** What the threads lead to; gathered at the first call for a scene, and once more where `known` has g's, m's and p's to begin with besides. */
  evidence(scene: Scene, known?: readonly number[]): Evidence;
  /** What was seen, a line each, for `--trace`; empty where nobody asked. */
  story(): readonly string[];
}

/** Entries of allgs that are looked at, and words of data that are searched for one variable. */
const mostGs = 2 ** 22;
const mostDataBytes = 2 ** 26;
/** Candidates for one variable; more than one is no answer. */
const mostTwins = 8;
/** m's in one list of idle ones. */
const mostIdle = 2 ** 16;
/** Words below a word among which the return address is looked for that its frame hangs on. */
const frameWords = 512;
/** Return addresses that a module's text must hold. */
const fewestReturns = 4;

/** `moduledata`: where that stands, as far as it is known: names of functions are told by it, and nothing else. */
export function stackFinder(
  threads: readonly CoreThread[],
  data: readonly AddressRange[],
  moduledata: (scene: Scene) => number | undefined,
): StackFinder {
  const searches = new Map<Scene, Search>();
  const told: string[] = [];
  const searchOf = (scene: Scene): Search => {
    let search = searches.get(scene);
    if (!search) {
      search = new Search(scene, threads, data, moduledata(scene), told);
      searches.set(scene, search);
    }
    return search;
  };
  return {
    method: 'stack',
    find: (name, scene) => searchOf(scene).find(name),
    confirms: (name, scene, address) => searchOf(scene).confirms(name, address),
    evidence: (scene, known) => searchOf(scene).evidence(known),
    story: () => told,
  };
}

class Search {
  readonly #scene: Scene;
  readonly #threads: readonly CoreThread[];
  readonly #data: readonly AddressRange[];
  readonly #module: number | undefined;
  readonly #functions: Pclntab | undefined;
  readonly #classifier: WordClassifier;
  readonly #shapes: Shapes;
  readonly #told: string[];
  readonly #twins = new Map<RootName, readonly number[]>();
  #evidence: Evidence | undefined;
  #begunWith = 0;

  constructor(
    scene: Scene,
    threads: readonly CoreThread[],
    data: readonly AddressRange[],
    module: number | undefined,
    told: string[],
  ) {
    this.#scene = scene;
    this.#threads = threads;
    this.#data = data;
    this.#module = module;
    this.#functions = functionTable(scene, module);
    const { memory, layout } = scene;
    this.#classifier = new WordClassifier({ memory, goarch: layout.goarch, data, functions: this.#functions });
    this.#shapes = new Shapes(scene);
    this.#told = told;
  }

  evidence(known: readonly number[] = []): Evidence {
    if (this.#evidence && (known.length === 0 || this.#begunWith > 0)) return this.#evidence;
    this.#begunWith = known.length;
    this.#twins.clear();
    const evidence = gatherEvidence(this.#scene, this.#classifier, { threads: this.#threads, known });
    this.#evidence = evidence;
    const { gs, ms, ps, mspans, cached } = evidence;
    this.#told.push(
      evidence.threads === 0
        ? 'stack: no registers are known: no thread to begin with'
        : `stack: the registers and stacks of ${evidence.threads} threads lead to ${gs.size} g, ${ms.size} m, ${ps.size} p, ${mspans.size} mspans (${cached.size} of them cached)${evidence.cut ? '; not all was looked at' : ''}`,
    );
    for (const [what, found] of [
      ['g', gs],
      ['m', ms],
      ['p', ps],
    ] as const) {
      for (const [address, origin] of found) {
        this.#told.push(`stack: ${what} 0x${address.toString(16)}: ${this.#place(origin)}`);
        break;
      }
    }
    return evidence;
  }

  find(name: RootName): Iterable<number> {
    this.evidence();
    if (name === 'runtime.mheap_') return this.#mheaps();
    const twins = this.#candidates(name);
    if (twins.length > 1)
      this.#told.push(`stack: ${name}: ${twins.length} words of the data could be it: none is taken`);
    return twins.length === 1 ? twins : [];
  }

  confirms(name: RootName, address: number): boolean | undefined {
    const evidence = this.evidence();
    if (name === 'runtime.mheap_') {
      const pointers = new MheapPointers(this.#scene);
      for (const [word, origin] of evidence.dataWords) {
        const found = pointers.itself(word) ?? pointers.around(word);
        if (found?.address !== address) continue;
        this.#tellMheap(found, word, origin);
        return true;
      }
      return undefined;
    }
    if (name === 'runtime.firstmoduledata') return this.#holdsReturns(address);
    const twins = this.#candidates(name);
    if (twins.length === 0 || (twins.length > 1 && twins.includes(address))) return undefined;
    return twins.includes(address);
  }

  *#mheaps(): Generator<number> {
    const { dataWords } = this.evidence();
    const pointers = new MheapPointers(this.#scene);
    const seen = new Set<number>();
    for (const look of ['itself', 'around'] as const) {
      for (const [word, origin] of dataWords) {
        const found = pointers[look](word);
        if (!found || seen.has(found.address)) continue;
        seen.add(found.address);
        this.#tellMheap(found, word, origin);
        yield found.address;
      }
    }
  }

  #tellMheap({ address, part }: MheapCandidate, word: number, origin: Origin): void {
    const where = this.#place(origin);
    this.#told.push(
      part === ''
        ? `stack: mheap_ 0x${address.toString(16)}: ${where}`
        : `stack: mheap_ 0x${address.toString(16)}: 0x${word.toString(16)} is mheap_.${part}: ${where}`,
    );
  }

  /** Where a word stood, and behind which return address, where the function's name is known. */
  #place(origin: Origin): string {
    const text = originText(origin);
    if (typeof origin.at !== 'number') return text;
    const { memory } = this.#scene;
    for (let i = 1; i <= frameWords && this.#functions; i += 1) {
      const value = memory.word(origin.at - i * memory.pointerSize);
      if (value === undefined) break;
      const fn = this.#classifier.isReturnAddress(value) ? this.#classifier.functionOf(value) : undefined;
      const name = fn && this.#functions.nameOf(fn);
      if (name) return `${text}, above a return address in ${name}`;
    }
    return text;
  }

  /** moduledata: the return addresses on the stacks lie in its text. C's lie elsewhere. */
  #holdsReturns(module: number): boolean | undefined {
    const { returns } = this.evidence();
    const bound = (path: string) => {
      const field = this.#scene.layout.field('moduledata', path);
      return field && this.#scene.memory.word(module + field.offset);
    };
    const [low, high, etext] = [bound('minpc'), bound('maxpc'), bound('etext')];
    if (low === undefined || high === undefined || returns.size < fewestReturns) return undefined;
    if (
      etext === undefined ||
      low >= high ||
      high > etext ||
      !this.#classifier.isText(low) ||
      !this.#classifier.isText(high - 1)
    )
      return false;
    let inside = 0;
    for (const pc of returns) if (pc > low && pc <= high) inside += 1;
    return inside === 0 ? false : inside >= Math.max(fewestReturns, returns.size / 2) ? true : undefined;
  }

  /** All words of the data that can be the variable, searched once. */
  #candidates(name: RootName): readonly number[] {
    let found = this.#twins.get(name);
    if (!found) {
      found = this.#searchData(name);
      this.#twins.set(name, found);
    }
    return found;
  }

  #searchData(name: RootName): readonly number[] {
    const matches = this.#matcher(name);
    if (!matches) return [];
    const ranges = within(this.#scene, this.#data, name, this.#module);
    if (ranges.reduce((sum, { start, end }) => sum + end - start, 0) > mostDataBytes) return [];
    const { ms } = this.evidence();
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
    const ps = [...this.evidence().ps.keys()].map((p) => ({ p, at: this.#shapes.idOf(p) * pointerSize }));
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
    const gs = [...this.evidence().gs.keys()].filter((g) => this.#shapes.isGoroutine(g));
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
    const { ms } = this.evidence();
    const heads = new Set(ms.keys());
    for (const m of ms.keys()) heads.delete(this.#shapes.pointer(m, 'm.alllink'));
    if (heads.size !== 1) return undefined;
    return (address, value) =>
      heads.has(value) && !this.#isMember(address, 'schedt', 'midle', 'nmidle', this.#idleFrom(value));
  }

  /** How many idle m's follow from `m` on: through m.schedlink, since 1.26 through m.idleNode (runtime/list_manual.go). */
  #idleFrom(m: number): number {
    const { memory, layout } = this.#scene;
    const link = layout.field('m', 'idleNode.next') ?? layout.field('m', 'schedlink');
    const seen = new Set<number>();
    for (let at = m; link && at > 0 && !seen.has(at) && seen.size < mostIdle; ) {
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

/** Whether the word at `address`, of which the value is given, can be the variable. */
type Match = (address: number, value: number) => boolean;
