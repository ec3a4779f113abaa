// What of a g is about code and its stack: sched, told by where a parked g left off and what its stack then holds; stackguard0, the system call's
// copies, startpc and gopc (runtime/runtime2.go, proc.go, asm_*.s: mcall).

import { scanBit, status } from '../g-status.js';
import { oneOf, tied, unique } from './confidence.js';
import type { Goroutines } from './find-goroutines.js';
import type { InferredField } from './inference.js';
import type { SchedulerScene } from './scheduler-scene.js';

export class GCode {
  readonly #scene: SchedulerScene;
  readonly #gs: Goroutines;
  readonly #self: number;

  /** `self`: where a g leads back to itself, sched.g. */
  constructor(scene: SchedulerScene, gs: Goroutines, self: number) {
    this.#scene = scene;
    this.#gs = gs;
    this.#self = self;
  }

  /** The stack's guard: so many bytes above its lower end in each g, or a number above all addresses where it is asked to stop. */
  stackguard0(): InferredField[] {
    const { samples, withStack } = this.#gs;
    const word = samples.pointerSize;
    const most = samples.pointerSize === 8 ? 2 ** 63 : 2 ** 32 - 4096;
    const fitting = samples.offsets(word).filter((offset) => {
      const distances = new Set<number>();
      for (const row of withStack) {
        const value = samples.word(row, offset);
        if (value < most) distances.add(value - samples.word(row, 0));
      }
      const [distance = 0] = distances;
      return offset > word && distances.size === 1 && distance > 0 && distance < 8192;
    });
    return oneOf(
      { ...pointer('stackguard0', 'uintptr', word), why: 'stands as far above stack.lo in every g' },
      fitting,
      withStack.length,
    );
  }

  /** Words that point into the g's own stack in each of `rows`, and not as far from its lower end in all. */
  #inStack(rows: readonly number[]): number[] {
    const { samples } = this.#gs;
    const word = samples.pointerSize;
    return samples
      .where(rows, word, (row, offset) => {
        const value = samples.word(row, offset);
        return offset > word && value >= samples.word(row, 0) && value <= samples.word(row, word);
      })
      .filter((offset) => new Set(rows.map((row) => samples.word(row, offset) - samples.word(row, 0))).size > 1);
  }

  /**
   * sched.sp: of what points into the stack of a parked g the lowest; what is above it are frame pointers and the stack's top. On arm64 the frame pointer
   * stands a word below it, and heads a chain of frames, as sp does not.
   */
  sp(parked: readonly number[], pcs: readonly number[]): InferredField | undefined {
    const { samples } = this.#gs;
    const word = samples.pointerSize;
    const inside = this.#inStack(parked);
    const lowest = inside.filter((offset) =>
      parked.every((row) => inside.every((other) => samples.word(row, offset) <= samples.word(row, other) + word)),
    );
    const heads = lowest.filter((offset) => !parked.every((row) => this.#isFrame(row, samples.word(row, offset))));
    // Where the return address stands lowest in a frame, sp leads to one, and bp leads to a frame pointer.
    const toCode = heads.filter((offset) => parked.every((row) => this.#leadsToCode(samples.word(row, offset))));
    const fitting = heads.length > 1 && toCode.length === 1 ? toCode : heads;
    const why = `within the stack of ${parked.length} parked g’s, below all else that is`;
    const told = { ...pointer('sched.sp', 'uintptr', word), why };
    const [only] = fitting;
    // Without the pc behind it, it may be what is left where the true one is damaged.
    if (fitting.length === 1 && only !== undefined)
      return unique(told, only, parked.length, pcs.includes(only + word) ? 1 : 0.7);
    const near = this.nearest(fitting);
    return near === undefined ? undefined : tied(told, near, fitting);
  }

  #leadsToCode(address: number): boolean {
    const value = this.#scene.memory.word(address);
    return value !== undefined && this.#scene.code.holds(value);
  }

  /** Whether a frame pointer saved in the g's stack stands at `at`, with a return address above it. */
  #isFrame(row: number, at: number): boolean {
    const { memory, code } = this.#scene;
    const { samples } = this.#gs;
    const word = samples.pointerSize;
    const hi = samples.word(row, word);
    if (!(at >= samples.word(row, 0) && at < hi)) return false;
    const [up, back] = [memory.word(at), memory.word(at + word)];
    return up !== undefined && back !== undefined && (up === 0 || (up > at && up < hi)) && code.holds(back);
  }

  /** The last offset in front of sched.g. */
  nearest(offsets: readonly number[]): number | undefined {
    return offsets.findLast((offset) => offset < this.#self) ?? offsets[0];
  }

  /** Where sched.pc may be: code in every g, and of all words that are the one with the fewest places, for nearly all are parked in gopark. */
  pcs(): number[] {
    const { samples, withStack } = this.#gs;
    const { code } = this.#scene;
    const inCode = samples.offsets(samples.pointerSize).filter((offset) => {
      let found = 0;
      for (const row of withStack) {
        const value = samples.word(row, offset);
        if (value === 0) continue;
        if (!code.holds(value)) return false;
        found += 1;
      }
      return found * 10 >= withStack.length * 8;
    });
    const counted = inCode.map((offset) => ({ offset, places: this.#places(offset) }));
    const fewest = Math.min(...counted.map(({ places }) => places));
    return counted.filter(({ places }) => places === fewest).map(({ offset }) => offset);
  }

  pc(fitting: readonly number[], sp: number | undefined): InferredField | undefined {
    const { samples, withStack } = this.#gs;
    const word = samples.pointerSize;
    const why = `code in ${withStack.length} g’s; no other word has so few places`;
    const told = { ...pointer('sched.pc', 'uintptr', word), why };
    const beside = sp === undefined ? undefined : fitting.find((offset) => offset === sp + word);
    if (fitting.length === 1 && beside !== undefined) return unique(told, beside, withStack.length);
    const offset = beside ?? this.nearest(fitting);
    return offset === undefined ? undefined : tied(told, offset, fitting);
  }

  /** Values over the first g's, which the runtime started itself, each at another place. */
  #places(offset: number): number {
    const { samples, withStack } = this.#gs;
    return new Set(withStack.slice(0, 16).map((row) => samples.word(row, offset))).size;
  }

  /** Rows that stand where most of them do: in gopark. */
  parked(pc: number): number[] {
    const { samples, withStack } = this.#gs;
    const counts = new Map<number, number>();
    for (const row of withStack) counts.set(samples.word(row, pc), (counts.get(samples.word(row, pc)) ?? 0) + 1);
    const [place] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [];
    return withStack.filter((row) => samples.word(row, pc) === place);
  }

  /** bp: the head of a chain of frame pointers, each with a return address above it. lr stands before it. */
  behindSelf(pc: number): InferredField[] {
    const { goarch } = this.#scene;
    const { samples } = this.#gs;
    const word = samples.pointerSize;
    const fields: InferredField[] = [];
    const parked = this.parked(pc).slice(0, 64);
    const chained = samples.where(
      parked,
      word,
      (row, offset) => offset > this.#self && this.#isFrame(row, samples.word(row, offset)),
    );
    const bp = oneOf(
      { ...pointer('sched.bp', 'uintptr', word), why: `heads the frames of ${parked.length} parked g’s` },
      chained,
      parked.length,
    );
    fields.push(...bp);
    const link = { ...pointer('sched.lr', 'uintptr', word) };
    const [frame] = bp;
    const places = [2, 3].map((n) => this.#self + n * word);
    const written = places.filter((offset) => this.#linkIn(offset));
    if (frame?.alternatives.length === 0 && places.includes(frame.offset - word)) {
      fields.push(unique({ ...link, why: 'stands before sched.bp' }, frame.offset - word, 1));
    } else if (written.length === 1) {
      fields.push(unique({ ...link, why: 'code in some g’s, else zero' }, written[0]!, 1));
    } else if (goarch !== 'amd64' && goarch !== '386') {
      fields.push(tied({ ...link, why: 'zero in every g' }, places[0]!, places));
    }
    return fields;
  }

  #linkIn(offset: number): boolean {
    const { samples, withStack } = this.#gs;
    if (offset + samples.pointerSize > samples.bytes) return false;
    let found = 0;
    for (const row of withStack) {
      const value = samples.word(row, offset);
      if (value === 0) continue;
      if (!this.#scene.code.holds(value)) return false;
      found += 1;
    }
    return found > 0;
  }

  /** syscallsp and syscallpc: what sched has, in g's that are in a system call (proc.go, reentersyscall); sp zero in all others. */
  syscall(sp: number, pc: number, state: number): InferredField[] {
    const { samples, withStack } = this.#gs;
    const word = samples.pointerSize;
    const inCall = withStack.filter((row) => samples.uint32(row, state) % scanBit === status.syscall);
    if (inCall.length === 0) return [];
    const rest = withStack.filter((row) => samples.uint32(row, state) % scanBit === status.waiting);
    const why = `what sched has, in ${inCall.length} g’s in a system call`;
    const sps = samples
      .where(inCall, word, (row, offset) => offset !== sp && samples.word(row, offset) === samples.word(row, sp))
      .filter((offset) => rest.every((row) => samples.word(row, offset) === 0));
    const pcs = samples.where(
      inCall,
      word,
      (row, offset) => offset !== pc && samples.word(row, offset) === samples.word(row, pc),
    );
    return [
      ...oneOf({ ...pointer('syscallsp', 'uintptr', word), why }, sps, inCall.length),
      ...oneOf({ ...pointer('syscallpc', 'uintptr', word), why }, pcs, inCall.length),
    ];
  }

  /** startpc: the first instruction of a function, in every g; gopc: code, but within one. */
  starts(pc: number): InferredField[] {
    const { entryOf, holds } = this.#scene.code;
    if (!entryOf) return [];
    const { samples, withStack } = this.#gs;
    const word = samples.pointerSize;
    const rows = withStack.slice(0, 256);
    const behind = (offset: number) => offset > this.#self && offset !== pc;
    const entries = samples.where(rows, word, (row, offset) => {
      const value = samples.word(row, offset);
      return behind(offset) && holds(value) && entryOf(value) === value;
    });
    const within = samples
      .where(rows, word, (row, offset) => behind(offset) && holds(samples.word(row, offset)))
      .filter((offset) => rows.some((row) => entryOf(samples.word(row, offset)) !== samples.word(row, offset)));
    return [
      ...oneOf(
        { ...pointer('startpc', 'uintptr', word), why: `a function’s entry in ${rows.length} g’s` },
        entries,
        rows.length,
      ),
      ...oneOf(
        { ...pointer('gopc', 'uintptr', word), why: `code within functions in ${rows.length} g’s` },
        within,
        rows.length,
      ),
    ];
  }
}

const pointer = (name: string, type: string, size: number) => ({ name, size, type });
