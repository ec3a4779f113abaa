// Finds roots in a binary without symbols by the shape of what stands there: a slice whose elements are g's can only be allgs. Gives candidates; the
// validators, which serve every finder, decide. Sources: runtime/mheap.go, proc.go, symtab.go, mstats.go, mgc.go, mgcpacer.go.
import { readOnlyTest } from '../../image/read-only.js';
import { type AddressRange, matchingWords, type Words } from '../../image/scan-words.js';
import { moduleWord } from '../function-tables.js';
import { slotBytesOf } from '../slot-bytes.js';
import type { Finder } from './choose-root.js';
import { isSlice, type ModuleFinder } from './module-finder.js';
import type { Known, RootName } from './names.js';
import { counterSearches } from './search-counters.js';
import { laterSearches, type Search } from './search-later.js';
import type { Scene } from './validate.js';

const maxSpans = 2 ** 27;
const maxGs = 2 ** 26;
const maxPs = 2 ** 16;

/** `ranges`: the writable data of the program, as far as it is known; `modules`: what describes it; `code`: what says where the code looks for a root. */
export function structureFinder(ranges: readonly AddressRange[], modules: ModuleFinder, code: Finder): Finder {
  const candidates = (scene: Scene, known: Known) => {
    const first = known('runtime.firstmoduledata');
    return first === undefined ? modules.candidates(scene) : [first];
  };
  return {
    method: 'structure',
    *find(name, scene, known) {
      if (name === 'runtime.firstmoduledata') yield* candidates(scene, known);
      const search = searches[name];
      if (!search) return;
      let searched = false;
      // The first that serves ends it: what reads this asks for no more. So with the parts of a module.
      for (const module of candidates(scene, known)) {
        for (const part of within(scene, ranges, name, module)) {
          searched = true;
          yield* search(scene, part, known);
        }
      }
      if (!searched) yield* search(scene, ranges, known);
    },
    /** Where the code looks, if what stands there has the shape: nothing that looks alike and is not used takes its place, and no section has to be gone through. */
    *likely(name, scene, known) {
      const search = searches[name];
      if (!search) return;
      for (const address of code.find(name, scene, known)) {
        for (const module of candidates(scene, known)) {
          const part = within(scene, ranges, name, module).flatMap((part) =>
            clipped(part, address, address + scene.memory.pointerSize),
          );
          if (part.length > 0) yield* search(scene, part, known);
        }
      }
    },
  };
}

/**
 * The sections of a module in which the linker puts a variable, likely ones first: by whether it has pointers, and whether it starts as zeros
 * (cmd/link/internal/ld/data.go). In some releases work and mbuckets point only to what the collector does not look at.
 */
const sectionsOf: Partial<Record<RootName, readonly (readonly string[])[]>> = {
  'runtime.memstats': [['noptrbss'], ['noptrdata']],
  'runtime.gcController': [['noptrbss'], ['noptrdata']],
  'runtime.gcphase': [['noptrbss'], ['noptrdata']],
  'runtime.gcCPULimiter': [['noptrbss'], ['noptrdata']],
  'runtime.class_to_size': [['noptrdata'], ['data']],
  'runtime.work': [['bss'], ['data'], ['noptrbss']],
  'runtime.mbuckets': [['bss'], ['data'], ['noptrbss']],
};
const withPointers = [['bss'], ['data']];

/** The linker sorts the variables of a section by size (cmd/link/internal/ld/data.go, dodataSect): behind so many bytes of a noptrbss stand only large arrays of the program's own. */
const mostOfNoptrbss = 8 * 2 ** 20;

/** The parts of `ranges` where `name` can stand, by what a module says. */
function within(
  scene: Scene,
  ranges: readonly AddressRange[],
  name: RootName,
  module: number,
): readonly (readonly AddressRange[])[] {
  return (sectionsOf[name] ?? withPointers)
    .map((group) =>
      group.flatMap((part) => {
        const [start, end] = [moduleWord(scene, module, part), moduleWord(scene, module, `e${part}`)];
        if (start === undefined || end === undefined) return [];
        return clipped(ranges, start, part === 'noptrbss' ? Math.min(end, start + mostOfNoptrbss) : end);
      }),
    )
    .filter((part) => part.length > 0);
}

/** What of [start, end) lies in `ranges`: a damaged moduledata must not send a search through the whole heap. */
function clipped(ranges: readonly AddressRange[], start: number, end: number): AddressRange[] {
  return ranges
    .map((range) => ({ start: Math.max(range.start, start), end: Math.min(range.end, end) }))
    .filter((range) => range.start < range.end);
}

const searches: Partial<Record<RootName, Search>> = {
  ...laterSearches,
  ...counterSearches,
  'runtime.mheap_': findMheap,
  'runtime.allgs': findAllgs,
  'runtime.allp': findAllp,
  'runtime.allm': findAllm,
};

/** mheap_: allspans is a slice, and central[1], [2] and [3] know their place. */
function findMheap(scene: Scene, ranges: readonly AddressRange[]): Iterable<number> {
  const { memory, layout } = scene;
  const allspans = layout.field('mheap', 'allspans');
  const classes = [1, 2, 3].map((i) => layout.field('mheap', `central[${i}].mcentral.spanclass`)?.offset);
  if (!allspans || classes.some((offset) => offset === undefined)) return [];
  return matchingWords(
    scene,
    ranges,
    allspans.offset + 3 * memory.pointerSize,
    (words) =>
      isSlice(words, allspans.offset, memory.pointerSize, maxSpans) &&
      classes.every((offset, i) => memory.uint8(words.address + offset!) === i + 1),
    allspans.offset,
  );
}

/** allgs: the first element is a g that leads back to itself. */
function findAllgs(scene: Scene, ranges: readonly AddressRange[]): Iterable<number> {
  const { memory, layout } = scene;
  const self = layout.field('g', 'sched.g');
  if (!self) return [];
  const { pointerSize } = memory;
  const holdsGs = (words: Words) => {
    if (!isSlice(words, 0, pointerSize, maxGs)) return false;
    const g = memory.word(words.at(0));
    return g !== undefined && g !== 0 && memory.word(g + self.offset) === g;
  };
  return matchingWords(scene, ranges, 3 * pointerSize, holdsGs, 0);
}

/** allp: the first element is p 0, the last knows its place. */
function findAllp(scene: Scene, ranges: readonly AddressRange[]): Iterable<number> {
  const { memory, layout } = scene;
  const id = layout.field('p', 'id');
  const mcache = layout.field('p', 'mcache');
  if (!id || !mcache) return [];
  const { pointerSize } = memory;
  if (layout.traits.allpArrayLength > 0) {
    return matchingWords(scene, ranges, 2 * pointerSize, (words) => {
      const [first, second] = [words.at(0), words.at(pointerSize)];
      if (!(first > 0xffff) || memory.uint32(first + id.offset) !== 0) return false;
      return second === 0
        ? (memory.word(first + mcache.offset) ?? 0) > 0xffff
        : memory.uint32(second + id.offset) === 1;
    });
  }
  const holdsPs = (words: Words) => {
    if (!isSlice(words, 0, pointerSize, maxPs)) return false;
    const last = words.at(pointerSize) - 1;
    return [0, last].every((i) => {
      const p = memory.word(words.at(0) + i * pointerSize);
      return p !== undefined && p !== 0 && memory.uint32(p + id.offset) === i;
    });
  };
  return matchingWords(scene, ranges, 3 * pointerSize, holdsPs, 0);
}

/** allm: heads the longest list of m's through alllink; each other word that points to an m heads a shorter one. */
export function findAllm(scene: Scene, ranges: readonly AddressRange[], known: Known): Iterable<number> {
  const { memory, layout } = scene;
  const alllink = layout.field('m', 'alllink');
  const g0 = layout.field('m', 'g0');
  const gm = layout.field('g', 'm');
  if (!alllink || !g0 || !gm) return [];
  const isConstant = readOnlyTest(memory);
  const slotBytes = slotBytesOf(scene, known('runtime.mheap_'));
  const bytes = layout.struct('m')?.size ?? 0;
  const isM = (m: number) => {
    // Most pointers of a large program's data lead to constants and to small objects: no m stands there, and each would cost a block of a file.
    if (m % memory.pointerSize !== 0 || isConstant(m) || (slotBytes(m) ?? bytes) < bytes) return false;
    const g = memory.word(m + g0.offset);
    return g !== undefined && g !== 0 && memory.word(g + gm.offset) === m;
  };
  const heads: { address: number; length: number }[] = [];
  const lengths = new Map<number, number>();
  for (const address of matchingWords(scene, ranges, 0, (words) => words.at(0) > 0xffff && isM(words.at(0)), 0)) {
    const length = listLength(memory, memory.word(address), alllink.offset, lengths);
    if (length > 0) heads.push({ address, length });
    if (heads.length > 1000 || lengths.size > mostMs) break;
  }
  return heads.sort((a, b) => b.length - a.length || a.address - b.address).map(({ address }) => address);
}

/** More threads than a process can have. */
const mostMs = 2 ** 20;

/** How many elements a list has until it ends in nil; 0 where it loops or leaves readable memory. `known`: those of lists that were walked before. */
function listLength(
  memory: Scene['memory'],
  first: number | undefined,
  link: number,
  known: Map<number, number>,
): number {
  const walked: number[] = [];
  let at = first;
  while (at !== undefined && at !== 0 && !known.has(at) && walked.length < mostMs) {
    // Until the end is known, and if it loops for good.
    known.set(at, 0);
    walked.push(at);
    at = memory.word(at + link);
  }
  let length = at === undefined ? 0 : (known.get(at) ?? 0);
  const ends = at === 0 || length > 0;
  for (const element of ends ? walked.reverse() : []) {
    length += 1;
    known.set(element, length);
  }
  return first === undefined ? 0 : (known.get(first) ?? 0);
}
