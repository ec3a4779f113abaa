// One pass through a program's data for what can be a variable of the runtime in any release of an arch: every slice header is held against the shapes that the
// layouts have for mheap_, allgs, allp and a moduledata. Gives suspects; who is right is judged elsewhere.
import type { Memory } from '../../image/memory.js';
import { type AddressRange, matchingWords } from '../../image/scan-words.js';
import type { Layout } from '../../layout/types.js';

/** Suspects of one shape that are kept. */
const mostOfShape = 128;
const mostElements = 2 ** 27;
/** Bytes before a slice that a struct which holds it may begin: mheap_ of 1.15 has 100 KiB. */
const mostStructBytes = 2 ** 20;

type What = 'mheap' | 'moduledata' | 'allgs' | 'allp';

/** Where the slice stands in the variable, and what else must hold there. */
interface Shape {
  readonly key: string;
  readonly what: What;
  /** Of the slice in the variable. */
  readonly offset: number;
  fits(memory: Memory, address: number, array: number, length: number): boolean;
}

export interface Suspects {
  /** Addresses of what can be the variable under a layout, lowest first. */
  of(what: What, layout: Layout): readonly number[];
}

export function findSuspects(memory: Memory, ranges: readonly AddressRange[], layouts: readonly Layout[]): Suspects {
  const shapes = new Map<string, Shape>();
  for (const layout of layouts)
    for (const shape of shapesOf(layout)) if (!shapes.has(shape.key)) shapes.set(shape.key, shape);
  const found = new Map<string, number[]>([...shapes.keys()].map((key) => [key, []]));
  const { pointerSize } = memory;
  const slices = matchingWords(
    { memory },
    ranges,
    3 * pointerSize,
    (words) => {
      const length = words.at(pointerSize);
      return length > 0 && length <= mostElements && words.at(0) > 0xffff && length <= words.at(2 * pointerSize);
    },
    0,
  );
  for (const address of slices) {
    const array = memory.word(address);
    const length = memory.word(address + pointerSize);
    if (array === undefined || length === undefined) continue;
    for (const shape of shapes.values()) {
      const addresses = found.get(shape.key)!;
      if (addresses.length < mostOfShape && shape.fits(memory, address - shape.offset, array, length))
        addresses.push(address - shape.offset);
    }
  }
  return {
    of(what, layout) {
      const shape = shapesOf(layout).find((each) => each.what === what);
      return (shape && found.get(shape.key)) ?? [];
    },
  };
}

function shapesOf(layout: Layout): Shape[] {
  return [mheapShape(layout), moduledataShape(layout), allgsShape(layout), allpShape(layout)].filter(
    (shape) => shape !== undefined,
  );
}

/** central[1], [2] and [3] know their place. */
function mheapShape(layout: Layout): Shape | undefined {
  const allspans = layout.field('mheap', 'allspans');
  const classes = [1, 2, 3].map((i) => layout.field('mheap', `central[${i}].mcentral.spanclass`)?.offset);
  if (!allspans || allspans.offset > mostStructBytes || classes.includes(undefined)) return undefined;
  return {
    key: `mheap ${allspans.offset} ${classes.join(' ')}`,
    what: 'mheap',
    offset: allspans.offset,
    fits: (memory, address) => classes.every((offset, i) => memory.uint8(address + offset!) === i + 1),
  };
}

/** Bounds of its sections; in which order they stand is the linker's choice (an external one has another). The slice is ftab. */
const sections = ['noptrdata', 'data', 'bss', 'noptrbss'].flatMap((name) => [name, `e${name}`]);

function moduledataShape(layout: Layout): Shape | undefined {
  const offsets = [...['ftab', 'text', 'minpc', 'maxpc', 'etext'], ...sections].map(
    (name) => layout.field('moduledata', name)?.offset,
  );
  const [ftab, ...rest] = offsets;
  if (ftab === undefined || rest.includes(undefined)) return undefined;
  return {
    key: `moduledata ${offsets.join(' ')}`,
    what: 'moduledata',
    offset: ftab,
    fits(memory, address) {
      const values = rest.map((offset) => memory.word(address + offset!));
      const [code, data] = [values.slice(0, 4), values.slice(4)];
      if (!isAscending(code) || code[1] === code[2]) return false;
      return data.every((_, i) => i % 2 === 1 || isAscending(data.slice(i, i + 2)));
    },
  };
}

function isAscending(values: readonly (number | undefined)[]): boolean {
  return values.every((value, i) => value !== undefined && value > 0 && (i === 0 || value >= values[i - 1]!));
}

/** The first element leads back to itself through g.sched.g. */
function allgsShape(layout: Layout): Shape | undefined {
  const self = layout.field('g', 'sched.g');
  if (!self) return undefined;
  return {
    key: `allgs ${self.offset}`,
    what: 'allgs',
    offset: 0,
    fits(memory, _, array) {
      const g = memory.word(array);
      return g !== undefined && g > 0xffff && memory.word(g + self.offset) === g;
    },
  };
}

/** The first element has id 0 and an mcache, the last knows its place. */
function allpShape(layout: Layout): Shape | undefined {
  const [id, mcache] = [layout.field('p', 'id'), layout.field('p', 'mcache')];
  if (!id || !mcache || layout.traits.allpArrayLength > 0) return undefined;
  return {
    key: `allp ${id.offset} ${mcache.offset}`,
    what: 'allp',
    offset: 0,
    fits(memory, _, array, length) {
      const first = memory.word(array);
      if (!first || memory.uint32(first + id.offset) !== 0 || !memory.word(first + mcache.offset)) return false;
      const last = memory.word(array + (length - 1) * memory.pointerSize);
      return last !== undefined && last > 0xffff && memory.uint32(last + id.offset) === length - 1;
    },
  };
}
