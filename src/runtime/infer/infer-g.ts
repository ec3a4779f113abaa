// g told from an image: every field by what its values must be over all g's (runtime/runtime2.go, proc.go). What a parked g left in sched, that its stack
// holds; states and IDs; and that g, its m and the m's g0 lead to each other.

import { scanBit, status } from '../g-status.js';
import { inOffsetOrder, oneOf, tied, unique } from './confidence.js';
import type { Goroutines } from './find-goroutines.js';
import { GCode } from './infer-g-code.js';
import type { InferredField, InferredStruct } from './inference.js';
import type { SchedulerScene } from './scheduler-scene.js';

/** More goroutines than a process can have started in years. */
const mostGoid = 2 ** 32;

export interface InferredG {
  readonly struct: InferredStruct;
  readonly gs: Goroutines;
  /** Offsets that the inference of m goes on with. */
  readonly self: number;
  readonly m: MOfG | undefined;
}

/** How g's and m's lead to each other: g.m, and m.g0, whose m it is again. */
export interface MOfG {
  readonly gm: number;
  readonly g0: number;
  /** m's that were met, distinct. */
  readonly ms: readonly number[];
}

export function inferG(scene: SchedulerScene, gs: Goroutines): InferredG {
  const inference = new GInference(scene, gs);
  const fields = inference.fields();
  const { self, mutual } = inference;
  return { struct: { name: 'g', size: undefined, fields: inOffsetOrder(fields) }, gs, self, m: mutual };
}

class GInference {
  readonly #scene: SchedulerScene;
  readonly #gs: Goroutines;
  readonly #code: GCode;
  readonly self: number;
  mutual: MOfG | undefined;

  constructor(scene: SchedulerScene, gs: Goroutines) {
    this.#scene = scene;
    this.#gs = gs;
    this.self = gs.selfOffsets[0] ?? 0;
    this.#code = new GCode(scene, gs, this.self);
  }

  fields(): InferredField[] {
    const { samples, withStack, selfOffsets } = this.#gs;
    const word = samples.pointerSize;
    const fields: InferredField[] = [
      unique(
        { ...pointer('stack.lo', 'uintptr', word), why: `${withStack.length} stacks of 2^n bytes` },
        0,
        withStack.length,
      ),
      unique({ ...pointer('stack.hi', 'uintptr', word), why: 'ends the stack' }, word, withStack.length),
      ...oneOf(
        { ...pointer('sched.g', 'guintptr', word), why: `leads back to the g in ${samples.count} of ${samples.count}` },
        selfOffsets,
        samples.count,
      ),
    ];
    const guard = this.#code.stackguard0();
    fields.push(...guard);
    const pcs = this.#code.pcs();
    const [place] = pcs;
    const sp =
      place === undefined ? undefined : this.#code.sp(this.#code.parked(this.#code.nearest(pcs) ?? place), pcs);
    const pc = this.#code.pc(pcs, sp?.offset);
    if (sp) fields.push(sp);
    if (pc) fields.push(pc);
    const state = this.#atomicstatus(pc?.offset);
    fields.push(...state, ...this.#goid(), ...this.#m());
    if (sp && pc) fields.push(...this.#code.behindSelf(pc.offset));
    if (sp && pc && state[0]) fields.push(...this.#code.syscall(sp.offset, pc.offset, state[0].offset));
    if (pc) fields.push(...this.#code.starts(pc.offset));
    return fields;
  }

  /** atomicstatus: a state in every g, waiting in most of those that are parked, and not the same in all. */
  #atomicstatus(pc: number | undefined): InferredField[] {
    if (pc === undefined) return [];
    const { memory } = this.#scene;
    const { samples, withStack, variables } = this.#gs;
    const parked = this.#code.parked(pc);
    const given = new Set(withStack);
    const rows = samples.addresses.map((_, row) => row);
    const state = (row: number, offset: number) => {
      const value = samples.uint32(row, offset);
      return value >= scanBit ? value - scanBit : value;
    };
    const fitting = samples.where(rows, 4, (row, offset) => {
      const value = state(row, offset);
      return (
        value <= status.most && (given.has(row) || value === status.dead || value === status.deadExtra || value === 0)
      );
    });
    const waiting = fitting.filter((offset) => {
      const count = parked.filter((row) => state(row, offset) === status.waiting).length;
      return count * 2 > parked.length;
    });
    const told = { name: 'atomicstatus', size: 4, type: 'uint32' };
    const states = (offset: number) => new Set(rows.map((row) => state(row, offset)));
    // The g0 of a thread is none of these, and never waits.
    const others = (offset: number) => variables.some((g) => memory.uint32(g + offset) !== status.waiting);
    const why = (offset: number) =>
      `states ${[...states(offset)].sort((a, b) => a - b).join(', ')} in ${rows.length} g’s`;
    const [only] = waiting;
    if (only === undefined) return [];
    if (waiting.length > 1) return [tied({ ...told, why: 'waiting in most g’s' }, only, waiting)];
    // Where all wait, a constant would pass as well.
    const differs = states(only).size > 1 || others(only);
    return [unique({ ...told, why: why(only) }, only, parked.length, differs ? 1 : 0.85)];
  }

  /** goid: distinct in all g's that have a stack, small, and 1 in one of them: the main goroutine. */
  #goid(): InferredField[] {
    const { samples, withStack } = this.#gs;
    const step = samples.pointerSize;
    const fitting = samples.offsets(8).filter((offset) => {
      if (offset % step !== 0) return false;
      const seen = new Set<number>();
      for (const row of withStack) {
        const id = samples.uint64(row, offset);
        if (id < 1 || id >= mostGoid || seen.has(id)) return false;
        seen.add(id);
      }
      return seen.has(1);
    });
    return oneOf(
      { name: 'goid', size: 8, type: 'uint64', why: `distinct in ${withStack.length} g’s, 1 in one` },
      fitting,
      withStack.length,
    );
  }

  /** m: nil, or an m whose g0 leads back to it by the same offset. */
  #m(): InferredField[] {
    const { samples, variables } = this.#gs;
    const word = samples.pointerSize;
    const all = [...variables, ...samples.addresses];
    const listed = new Set(samples.addresses);
    const found: { gm: number; g0: number; ms: Set<number>; witnesses: number }[] = [];
    for (const gm of samples.offsets(word)) {
      if (gm <= word || gm === this.self) continue;
      // Where m.g0 stands: in the front of m; the first m decides.
      for (let g0 = 0; g0 < 8 * word; g0 += word) {
        const told = this.#leadBack(all, listed, gm, g0);
        if (told) found.push({ gm, g0, ...told });
      }
    }
    found.sort((a, b) => b.witnesses - a.witnesses);
    const [best] = found;
    if (!best) return [];
    this.mutual = { gm: best.gm, g0: best.g0, ms: [...best.ms] };
    const offsets = [...new Set(found.map(({ gm }) => gm))];
    const why = `${best.witnesses} g’s have an m whose g0 leads back to it`;
    const told = { ...pointer('m', '*m', word), why };
    // Each m leads over a g0 of its own: the variable alone is one chain of three pointers.
    return offsets.length === 1
      ? [unique(told, best.gm, best.witnesses + best.ms.size)]
      : [tied(told, best.gm, offsets)];
  }

  #leadBack(
    all: readonly number[],
    listed: ReadonlySet<number>,
    gm: number,
    g0: number,
  ): { ms: Set<number>; witnesses: number } | undefined {
    const { memory } = this.#scene;
    const ms = new Set<number>();
    let witnesses = 0;
    let began = false;
    for (const g of all) {
      const m = memory.word(g + gm);
      if (!m) continue;
      if (m % memory.pointerSize !== 0) return undefined;
      const back = memory.word(m + g0);
      // A g0 is in no list: what leads back to the g itself is a sudog.
      if (!back || listed.has(back) || memory.word(back + gm) !== m) return undefined;
      const self = memory.word(back + this.self);
      // The g0 of an m that waits for a thread of C has not run yet.
      if (self !== back && self !== 0) return undefined;
      ms.add(m);
      witnesses += 1;
      began ||= self === back;
    }
    return began ? { ms, witnesses } : undefined;
  }
}

const pointer = (name: string, type: string, size: number) => ({ name, size, type });
