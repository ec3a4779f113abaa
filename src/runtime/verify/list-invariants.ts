// What is true of every p, mcache, m and g: they lead to each other as only they do (runtime/runtime2.go, type g, m and p; mcache.go; proc.go).

import type { Memory } from '../../image/memory.js';
import { scanBit } from '../g-status.js';
import { type Answer, type Invariant, isWild, numberAt, type Outcome, once, overAll, type View } from './invariant.js';

type Kind = 'ps' | 'ms' | 'gs';
const structOf: Readonly<Record<Kind, string>> = { ps: 'p', ms: 'm', gs: 'g' };

/** p.status and g.atomicstatus: the highest that there is, in every release (runtime2.go; 1.26 added _Gdeadextra and _Gleaked). */
const highestP = 4;
const highestG = 12;
const [idleP, runningP] = [0, 1];
const [idleG, readyG, runningG, deadG] = [0, 1, 2, 6];
/** More goroutines or threads than a program starts, and less than an address. */
const highestNumber = 2 ** 37;
const longestStack = 2 ** 31;
const maxCached = 256;

/** A test for each p, m or g, over the numbers of the paths that it names: `m`, `sched.g`. */
function ofEach(
  kind: Kind,
  name: string,
  what: string,
  paths: readonly string[],
  test: (numbers: readonly number[], address: number, view: View, index: number) => Answer,
  more: readonly string[] = [],
): Invariant {
  const struct = structOf[kind];
  return {
    name,
    what,
    fields: [...paths.map((path) => `${struct}.${/^[^.]+/.exec(path)?.[0]}`), ...more],
    run(view, quick) {
      const places = paths.map((path) => view.place(struct, path));
      if (places.includes(undefined)) return once(undefined, 0);
      return overAll(view, quick, view.elements[kind], (address, index) => {
        const numbers: number[] = [];
        for (const place of places) {
          const value = numberAt(view.memory, address, place);
          if (value === undefined) return undefined;
          numbers.push(value);
        }
        return test(numbers, address, view, index);
      });
    },
  };
}

/** Numbers that are counted up: no two have the same, and the first is among them. Those that the runtime has counted are small. */
function numbered(kind: Kind, name: string, what: string, path: string, first: number): Invariant {
  const struct = structOf[kind];
  return {
    name,
    what,
    fields: [`${struct}.${path}`],
    run(view, quick): Outcome {
      const place = view.place(struct, path);
      if (place === undefined) return once(undefined, 0);
      const seen = new Set<number>();
      const outcome = overAll({ ...view, live: undefined }, quick, view.elements[kind], (address) => {
        const value = numberAt(view.memory, address, place);
        // A g that was made for a thread of C's, or has not run yet, has none.
        if (value === undefined || (value === 0 && first > 0)) return undefined;
        if (seen.has(value) || value > highestNumber) return false;
        seen.add(value);
        return true;
      });
      if (outcome.checked === 0 || outcome.violated > 0 || seen.has(first)) return outcome;
      return quick && outcome.checked < view.elements[kind].length / 2
        ? outcome
        : { ...outcome, violated: outcome.checked };
    },
  };
}

export const listInvariants: readonly Invariant[] = [
  ofEach('ps', 'p.id', 'allp[i].id is i', ['id'], ([id], _, __, i) => id === i),
  ofEach(
    'ps',
    'p.status',
    'a p that runs has an m whose p it is, an idle one has none',
    ['status', 'm'],
    ([status = 0, m = 0], p, view) => {
      if (status > highestP) return false;
      if (status === idleP) return m === 0;
      if (status !== runningP) return undefined;
      return m !== 0 && !isWild(view.memory, m) && pointsBack(view, m, 'm', 'p', p);
    },
    ['m.p'],
  ),
  ofEach('ps', 'p.mcache', "each p's mcache caches spans of the class of each place", ['mcache'], cacheAnswer, [
    'mcache.alloc',
    'mspan.spanclass',
  ]),
  {
    name: 'm.alllink',
    what: 'm.alllink leads to each m but the first once, and ends',
    fields: ['m.alllink'],
    run(view) {
      const place = view.place('m', 'alllink');
      const { ms } = view.elements;
      if (place === undefined || ms.length < 2) return once(undefined, 0);
      const next = ms.map((m) => numberAt(view.memory, m, place));
      return overAll({ ...view, live: undefined }, false, ms, (_, i) =>
        next[i] === undefined ? undefined : next[i] === (ms[i + 1] ?? 0),
      );
    },
  },
  ofEach(
    'ms',
    'm.g0',
    'the m of its g0 is the m, and g0 is no g of allgs',
    ['g0'],
    ([g0 = 0], m, view) =>
      g0 !== 0 && !isWild(view.memory, g0) && !setOf(view.elements.gs).has(g0) && pointsBack(view, g0, 'g', 'm', m),
    ['g.m'],
  ),
  ofEach(
    'ms',
    'm.curg',
    'the m of its curg is the m, and curg is in allgs',
    ['curg'],
    ([curg = 0], m, view) => {
      if (curg === 0) return undefined;
      return setOf(view.elements.gs).has(curg) && pointsBack(view, curg, 'g', 'm', m);
    },
    ['g.m'],
  ),
  numbered('ms', 'm.id', 'no two m have the same id, and one has 0', 'id', 0),
  ofEach(
    'gs',
    'g.sched',
    'g.sched.g is the g itself once it was made to run',
    ['sched.g'],
    ([back], g) => back === g || (back === 0 ? 'lawful' : false),
  ),
  ofEach(
    'gs',
    'g.atomicstatus',
    'a g that runs has an m, one that is ready to or dead has none',
    ['atomicstatus', 'm'],
    ([value = 0, m = 0], g, view) => {
      const status = value & ~scanBit;
      if (status > highestG) return false;
      // _Gidle: made, and not yet what it shall be.
      if (status === idleG) return 'lawful';
      if (status === runningG)
        return m !== 0 && !isWild(view.memory, m) && (pointsBack(view, m, 'm', 'curg', g) === false ? 'lawful' : true);
      return status === readyG || status === deadG ? (m === 0 ? true : 'lawful') : undefined;
    },
    ['m.curg'],
  ),
  ofEach(
    'gs',
    'g.stack',
    'g.stack is a range, and sched.sp lies in it',
    ['stack.lo', 'stack.hi', 'sched.sp'],
    ([lo = 0, hi = 0, sp = 0]) => {
      if (lo === 0 && hi === 0) return undefined;
      if (!(lo < hi) || hi - lo > longestStack) return false;
      return sp === 0 ? undefined : sp > lo && sp <= hi;
    },
  ),
  numbered('gs', 'g.goid', 'no two g have the same goid, and one has 1', 'goid', 1),
];

/** Whether a pointer of what `pointer` leads to is `wanted`. */
function pointsBack({ memory, place }: View, pointer: number, struct: string, path: string, wanted: number) {
  const back = numberAt(memory, pointer, place(struct, path));
  return back === undefined ? undefined : back === wanted;
}

/** mcache.alloc[c] is a span of class c, or one span that is in no table and stands for none. */
function cacheAnswer([mcache = 0]: readonly number[], _: number, view: View): Answer {
  const { memory, layout } = view;
  // A p that was never run has none.
  if (mcache === 0) return undefined;
  const alloc = view.place('mcache', 'alloc');
  const spanclass = view.place('mspan', 'spanclass');
  if (!alloc || !spanclass) return undefined;
  const classes = Math.min(maxCached, Math.floor(alloc.size / memory.pointerSize));
  const known = setOf(view.elements.spans);
  let real = 0;
  let empty: number | undefined;
  for (let i = 0; i < classes; i += 1) {
    const span = pointerAt(memory, mcache + alloc.offset + i * memory.pointerSize);
    if (span === undefined) return undefined;
    if (known.has(span)) {
      const value = memory.uint8(span + spanclass.offset);
      if (value !== undefined && value !== i) return false;
      real += 1;
    } else {
      if (span === 0 || (empty !== undefined && span !== empty)) return false;
      empty = span;
    }
  }
  return real > 0 && classes > 2 * (layout.traits.sizeClasses.length - 1) ? true : undefined;
}

/** Whatever stands there, an address or not. */
function pointerAt(memory: Memory, address: number): number | undefined {
  return numberAt(memory, address, { offset: 0, size: memory.pointerSize });
}

const sets = new WeakMap<object, ReadonlySet<number>>();

/** The same list as a set, made once. */
function setOf(list: Iterable<number> & object): ReadonlySet<number> {
  let set = sets.get(list);
  if (set === undefined) {
    set = new Set(list);
    sets.set(list, set);
  }
  return set;
}
