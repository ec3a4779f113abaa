// What was found wrong with a file that is used all the same: phrases for people, bounded, because a damaged file repeats itself.

const MOST = 8;

export class Problems {
  readonly list: string[] = [];
  #more = 0;

  add(text: string): void {
    if (this.list.length < MOST) this.list.push(text);
    else this.#more++;
  }

  /** All that was kept, and how many were not. */
  all(): readonly string[] {
    return this.#more === 0 ? this.list : [...this.list, `${this.#more} more of the kind`];
  }
}
