// Which words lead into mheap_: it is the receiver of the allocator's methods, and its mcentrals, fixallocs and span lists are receivers themselves, so threads that have
// allocated keep their addresses in registers and frames; up to 1.14 each span in a list of mheap_ points back to it too (mspan.list). From where a word leads the
// start of mheap_ is told by its own field offsets. Sources: runtime/mheap.go, mcentral.go.
import type { Scene } from './validate.js';

/** Offsets in mcentral.`*` at which something of its own begins that is pointed to. */
const ofCentral = [
  '', 'nonempty', 'empty', 'partial[0]', 'partial[1]', 'full[0]', 'full[1]',
] as const; // biome-ignore format: a list of names
/** Span classes whose place in central is looked at before the rest is. */
const lookedAt = [1, 2, 3, 7];

export interface MheapCandidate {
  readonly address: number;
  /** What of it the word points to: empty for itself, `central[5].mcentral`, `spanalloc`. */
  readonly part: string;
}

/** Tells for words into the program's data what mheap_ they may lead into. Reads a few bytes a word. */
export class MheapPointers {
  readonly #scene: Scene;
  readonly #classes: readonly (readonly [spanclass: number, offset: number])[];
  /** mcentral's own offsets, and that of its spanclass. */
  readonly #central: readonly (readonly [part: string, offset: number])[];
  readonly #spanclass: number | undefined;
  readonly #first: number | undefined;
  readonly #stride: number;
  readonly #count: number;
  /** Offsets of the other fields, that of the first left out: it is mheap_'s own. */
  readonly #fields: readonly (readonly [part: string, offset: number])[];

  constructor(scene: Scene) {
    const { layout } = scene;
    const offset = (path: string) => layout.field('mheap', path)?.offset;
    this.#scene = scene;
    this.#classes = lookedAt.flatMap((i) => {
      const at = offset(`central[${i}].mcentral.spanclass`);
      return at === undefined ? [] : [[i, at] as const];
    });
    this.#central = ofCentral.flatMap((part) => {
      const at = part === '' ? 0 : layout.field('mcentral', part)?.offset;
      return at === undefined ? [] : [[part, at] as const];
    });
    this.#spanclass = layout.field('mcentral', 'spanclass')?.offset;
    this.#first = offset('central[0].mcentral');
    this.#stride = (offset('central[1].mcentral') ?? 0) - (this.#first ?? 0);
    this.#count = this.#stride > 0 ? Math.floor((layout.field('mheap', 'central')?.size ?? 0) / this.#stride) : 0;
    this.#fields = [...(layout.struct('mheap')?.fields.values() ?? [])]
      .filter((field) => field.offset > 0)
      .map((field) => [field.name, field.offset]);
  }

  /** Whether central at `address` + its offset knows its place: cheap, and no proof. */
  looksLike(address: number): boolean {
    if (address <= 0 || this.#classes.length < lookedAt.length) return false;
    return this.#classes.every(([spanclass, at]) => this.#scene.memory.uint8(address + at) === spanclass);
  }

  /** The mheap_ that `word` is the address of itself. */
  itself(word: number): MheapCandidate | undefined {
    return this.looksLike(word) ? { address: word, part: '' } : undefined;
  }

  /** The mheap_ in which `word` is an mcentral, one of its lists, or another field. */
  around(word: number): MheapCandidate | undefined {
    for (const [part, at] of this.#central) {
      const mcentral = word - at;
      const spanclass =
        this.#spanclass === undefined ? undefined : this.#scene.memory.uint8(mcentral + this.#spanclass);
      if (spanclass === undefined || spanclass >= this.#count || this.#first === undefined) continue;
      const address = mcentral - this.#first - spanclass * this.#stride;
      if (this.looksLike(address))
        return { address, part: `central[${spanclass}].mcentral${part === '' ? '' : `.${part}`}` };
    }
    for (const [part, at] of this.#fields) if (this.looksLike(word - at)) return { address: word - at, part };
    return undefined;
  }
}
