// Finds roots by what the threads hold: the user's own fallback where symbols, DWARF, names and the shape of the data fail, and a second way that agrees or does not with
// what was found by shape. A word in a register or on a stack is mheap_'s address, or leads into it; the g's, m's and p's that threads lead to are those that allgs, allm and
// allp must hold, and no other variable of the program may hold them likewise.
//
// What no thread leads to: gcController, memstats, gcphase and gcCPULimiter are used by their fixed addresses in code and are no receivers in frames; they have no pointers to be told by.
import type { CoreThread } from '../../elf/core.js';
import type { Pclntab } from '../../gosym/pclntab.js';
import type { AddressRange } from '../../image/scan-words.js';
import type { Layout } from '../../layout/types.js';
import { functionTable } from '../function-tables.js';
import { WordClassifier } from '../stack-scan.js';
import type { Finder } from './choose-root.js';
import { LedVariables } from './led-variables.js';
import { type MheapCandidate, MheapPointers } from './mheap-pointers.js';
import type { ModuleFinder } from './module-finder.js';
import type { RootName } from './names.js';
import { Shapes } from './shapes.js';
import { type Evidence, gatherEvidence, type Origin, originText } from './stack-evidence.js';
import type { Scene } from './validate.js';

export interface StackFinder extends Finder {
  readonly method: 'stack';
  /** What the threads lead to; gathered at the first call for a scene, and once more where `known` has g's, m's and p's to begin with besides. */
  evidence(scene: Scene, known?: readonly number[]): Evidence;
  /** What was seen, a line each, for `--trace`; empty where nobody asked. */
  story(scene: Scene): readonly string[];
}

/** For the others no stack is looked at. */
const led: ReadonlySet<RootName> = new Set<RootName>([
  'runtime.mheap_',
  'runtime.firstmoduledata',
  'runtime.allgs',
  'runtime.allp',
  'runtime.allm',
  'runtime.m0',
  'runtime.g0',
  'runtime.sched',
]);

/** Words below a word among which the return address is looked for that its frame hangs on. */
const frameWords = 512;
/** Return addresses that a module's text must hold. */
const fewestReturns = 4;

/** `modules`: what describes the program, as far as it is known; the first is taken: it tells names of functions, and which data holds pointers. */
export function stackFinder(
  threads: () => readonly CoreThread[],
  data: readonly AddressRange[],
  modules: ModuleFinder,
): StackFinder {
  // An image has one memory; its layouts are tried one after the other.
  const searches = new Map<Layout, Search>();
  const searchOf = (scene: Scene): Search => {
    let search = searches.get(scene.layout);
    if (!search) {
      const [module] = modules.candidates(scene);
      search = new Search(scene, threads(), data, module);
      searches.set(scene.layout, search);
    }
    return search;
  };
  return {
    method: 'stack',
    find: (name, scene) => (led.has(name) ? searchOf(scene).find(name) : []),
    confirms: (name, scene, address) => (led.has(name) ? searchOf(scene).confirms(name, address) : undefined),
    evidence: (scene, known) => searchOf(scene).evidence(known),
    story: ({ layout }) => searches.get(layout)?.told ?? [],
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
  readonly told: string[] = [];
  #variables: LedVariables | undefined;
  #evidence: Evidence | undefined;
  #begunWith = 0;

  constructor(scene: Scene, threads: readonly CoreThread[], data: readonly AddressRange[], module: number | undefined) {
    this.#scene = scene;
    this.#threads = threads;
    this.#data = data;
    this.#module = module;
    this.#functions = module === undefined ? undefined : functionTable(scene, module);
    const { memory, layout } = scene;
    this.#classifier = new WordClassifier({ memory, goarch: layout.goarch, data, functions: this.#functions });
    this.#shapes = new Shapes(scene);
  }

  evidence(known: readonly number[] = []): Evidence {
    if (this.#evidence && (known.length === 0 || this.#begunWith > 0)) return this.#evidence;
    this.#begunWith = known.length;
    const evidence = gatherEvidence(this.#scene, this.#classifier, { threads: this.#threads, known });
    this.#evidence = evidence;
    this.#variables = new LedVariables(this.#scene, this.#shapes, evidence, this.#data, this.#module);
    const { gs, ms, ps, mspans, cached } = evidence;
    this.told.push(
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
        this.told.push(`stack: ${what} 0x${address.toString(16)}: ${this.#place(origin)}`);
        break;
      }
    }
    return evidence;
  }

  find(name: RootName): Iterable<number> {
    this.evidence();
    if (name === 'runtime.mheap_') return this.#mheaps();
    if (name === 'runtime.firstmoduledata') return this.#modules();
    const twins = this.#candidates(name);
    if (twins.length > 1)
      this.told.push(`stack: ${name}: ${twins.length} words of the data could be it: none is taken`);
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
    this.told.push(
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

  /** Who looks up a function (each traceback, each stack that grows) leaves the address of its module in a frame: funcInfo.datap. */
  *#modules(): Generator<number> {
    for (const [word, origin] of this.evidence().dataWords) {
      if (!this.#holdsReturns(word)) continue;
      this.told.push(`stack: firstmoduledata 0x${word.toString(16)}: ${this.#place(origin)}`);
      yield word;
    }
  }

  #candidates(name: RootName): readonly number[] {
    this.evidence();
    return this.#variables?.candidates(name) ?? [];
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
}
