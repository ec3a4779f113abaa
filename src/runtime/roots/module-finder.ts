// Finds moduledata in a binary without symbols by its shape: bounds of the text in order around a function table that is one. Several may look so (a hostile
// binary, a plugin's); all are kept, and who asks takes those that serve. Source: runtime/symtab.go, type moduledata.
import { type AddressRange, matchingWords, type Words } from '../../image/scan-words.js';
import { functionTable } from '../function-tables.js';
import { isBareModule } from './bare-module.js';
import type { Scene } from './validate.js';

const maxFunctions = 2 ** 21;
/** Candidates that are kept, and matches of the bare shape that are looked at. */
const maxModules = 8;
const maxLooked = 512;
/** cmd/link/internal/ld/symtab.go: what stands in moduledata of data and bss is in the order of the file. */
const writableSections = ['data', 'edata', 'bss', 'ebss'];

export interface ModuleFinder {
  /** Addresses of what looks like a moduledata: the one that `hint` leads to, else in the order of the ranges. Each is searched for when it is asked for, and kept. */
  candidates(scene: Scene): Iterable<number>;
}

/** `ranges`: the program's writable data, in the order in which it is searched; `hint`: where the binary says that firstmoduledata is (`.go.module`, 1.26+). Searched once for each scene. */
export function moduleFinder(ranges: readonly AddressRange[], hint: number | undefined): ModuleFinder {
  const found = new Map<Scene, Iterable<number>>();
  return {
    candidates(scene) {
      const known = found.get(scene);
      if (known) return known;
      const hinted = hint !== undefined && isModule(scene, hint);
      const modules = hinted ? [hint] : kept(searchModules(scene, ranges));
      found.set(scene, modules);
      return modules;
    },
  };
}

/** What a search gives, as often as one likes; it goes on where it was left. */
function kept(search: Iterator<number>): Iterable<number> {
  const values: number[] = [];
  return {
    *[Symbol.iterator]() {
      for (let i = 0; ; i += 1) {
        if (i === values.length) {
          const next = search.next();
          if (next.done === true) return;
          values.push(next.value);
        }
        yield values[i]!;
      }
    },
  };
}

/** A slice header whose length and capacity make sense. */
export function isSlice(words: Words, offset: number, pointerSize: number, most: number): boolean {
  const length = words.at(offset + pointerSize);
  if (!(length > 0 && length <= most)) return false;
  return words.at(offset) > 0xffff && length <= words.at(offset + 2 * pointerSize);
}

/** By its function table; where the image does not hold that, by what moduledata says of itself. */
function isModule(scene: Scene, address: number): boolean {
  return functionTable(scene, address) !== undefined || isBareModule(scene, address);
}

/** Offsets of bounds that the linker writes in this order; those that a layout lacks are passed over. Nothing else tells names and tables of a position-independent program, which has them among its data, from a module without reading on. */
function sectionsAscend(words: Words, offsets: readonly (number | undefined)[]): boolean {
  let last = 0;
  for (const offset of offsets) {
    if (offset === undefined) continue;
    const bound = words.at(offset);
    if (!(bound >= last && bound > 0)) return false;
    last = bound;
  }
  return true;
}

function* searchModules(scene: Scene, ranges: readonly AddressRange[]): Generator<number> {
  const { memory, layout } = scene;
  const offset = (path: string) => layout.field('moduledata', path)?.offset;
  const [ftab, minpc, maxpc] = [offset('ftab'), offset('minpc'), offset('maxpc')];
  const [text, etext] = [offset('text'), offset('etext')];
  const size = layout.struct('moduledata')?.size;
  if (ftab === undefined || minpc === undefined || maxpc === undefined || size === undefined) return;
  if (text === undefined || etext === undefined) return;
  const sections = writableSections.map(offset);
  const { pointerSize } = memory;
  const isLike = (words: Words) => {
    const low = words.at(minpc);
    const high = words.at(maxpc);
    if (!(low > 0 && low < high)) return false;
    if (!(words.at(text) <= low && high <= words.at(etext))) return false;
    return isSlice(words, ftab, pointerSize, maxFunctions) && sectionsAscend(words, sections);
  };
  const matches = matchingWords(scene, ranges, size, isLike, minpc);
  let [looked, found] = [0, 0];
  for (const address of matches) {
    looked += 1;
    if (isModule(scene, address)) {
      found += 1;
      yield address;
    }
    if (found === maxModules || looked === maxLooked) return;
  }
}
