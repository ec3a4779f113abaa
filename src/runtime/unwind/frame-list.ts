// The frames of one stack as they are found, however many: of a recursion that used up its stack (33 million frames of a GiB) both ends are kept, and of what
// lies between them which calls they are and how often each.

/** Frames kept at each end. */
const keptPerSide = 2 ** 16;
/** Distinct pcs among frames that are left out: a recursion has a few. Behind these a frame counts as one more of the last of them. */
const mostDistinct = 2 ** 12;

/** Frames that were found and not kept. */
export interface LeftOut<F> {
  /** How many frames stand before them. */
  readonly at: number;
  readonly count: number;
  /** One frame of each distinct pc, and how many have that pc; the counts add up to `count`. */
  readonly calls: readonly { readonly frame: F; readonly count: number }[];
}

export class FrameList<F extends { readonly pc: number }> {
  readonly #kept: number;
  readonly #inner: F[] = [];
  /** The outermost so far, a ring once it is full. */
  readonly #outer: F[] = [];
  readonly #calls = new Map<number, { readonly frame: F; count: number }>();
  #last: { readonly frame: F; count: number } | undefined;
  #at = 0;
  #leftOut = 0;

  /** `kept`: frames at each end. */
  constructor(kept = keptPerSide) {
    this.#kept = kept;
  }

  get length(): number {
    return this.#inner.length + this.#outer.length + this.#leftOut;
  }

  push(frame: F): void {
    if (this.#inner.length < this.#kept) this.#inner.push(frame);
    else if (this.#outer.length < this.#kept) this.#outer.push(frame);
    else {
      this.#leave(this.#outer[this.#at]!);
      this.#outer[this.#at] = frame;
      this.#at = (this.#at + 1) % this.#kept;
    }
  }

  #leave(frame: F): void {
    this.#leftOut += 1;
    if (this.#last?.frame.pc !== frame.pc) {
      const known = this.#calls.get(frame.pc);
      if (known) this.#last = known;
      else if (!this.#last || this.#calls.size < mostDistinct) {
        this.#last = { frame, count: 0 };
        this.#calls.set(frame.pc, this.#last);
      }
    }
    this.#last.count += 1;
  }

  /** Innermost first. */
  get frames(): F[] {
    return [...this.#inner, ...this.#outer.slice(this.#at), ...this.#outer.slice(0, this.#at)];
  }

  /** Undefined where all were kept. */
  get leftOut(): LeftOut<F> | undefined {
    if (this.#leftOut === 0) return undefined;
    return { at: this.#inner.length, count: this.#leftOut, calls: [...this.#calls.values()] };
  }
}
