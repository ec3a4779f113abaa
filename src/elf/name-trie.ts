// A set of names as a table of steps by byte, so that a string that is none of them is left at its first differing byte. Knows nothing of files.

export class NameTrie {
  /** How many different names. */
  readonly size: number;
  /** By node and byte class: the next node; 0 for none (the root is nobody's child). */
  readonly #steps: Int32Array;
  /** By byte: its class, 0 for bytes that occur in no name. */
  readonly #classOf = new Uint16Array(256);
  readonly #classes: number;
  /** By node: the index of the name that ends there, or -1. */
  readonly #nameAt: Int32Array;

  /** For equal names the first index counts. */
  constructor(names: readonly string[]) {
    const encoded = names.map((name) => new TextEncoder().encode(name));
    let classes = 1;
    for (const bytes of encoded)
      for (const byte of bytes) if (this.#classOf[byte] === 0) this.#classOf[byte] = classes++;
    this.#classes = classes;
    const mostNodes = 1 + encoded.reduce((sum, bytes) => sum + bytes.length, 0);
    this.#steps = new Int32Array(mostNodes * classes);
    this.#nameAt = new Int32Array(mostNodes).fill(-1);
    let nodes = 1;
    let different = 0;
    for (const [index, bytes] of encoded.entries()) {
      let node = 0;
      for (const byte of bytes) {
        const at = node * classes + this.#classOf[byte]!;
        if (this.#steps[at] === 0) this.#steps[at] = nodes++;
        node = this.#steps[at]!;
      }
      if (this.#nameAt[node]! >= 0) continue;
      this.#nameAt[node] = index;
      different++;
    }
    this.size = different;
  }

  /** From `node` (0: the beginning) by one byte; -1 where no name goes on so. */
  step(node: number, byte: number): number {
    const next = this.#steps[node * this.#classes + this.#classOf[byte]!]!;
    return next === 0 ? -1 : next;
  }

  /** The index of the name that ends at `node`; -1 if none does. */
  nameAt(node: number): number {
    return this.#nameAt[node]!;
  }
}
