// An ordered overlay of ranges: where several cover an address, the last one added has it. The result is disjoint and ascending, and is searched by
// bisection. Knows numbers only; what a range means is its value.

/** [start, end) with something attached. */
export interface Range<T> {
  readonly start: number;
  readonly end: number;
  readonly value: T;
}

/**
 * Lays `ranges` over each other, later ones on top, and gives what is visible: disjoint, ascending, pieces of one range that touch joined again.
 * Empty ranges vanish. A piece's value is its range's, so an offset must be counted from the range's own start. O(n log n).
 */
export function overlay<T>(ranges: readonly Range<T>[]): Range<T>[] {
  const order = ranges.map((_, i) => i).filter((i) => ranges[i]!.start < ranges[i]!.end);
  order.sort((a, b) => ranges[a]!.start - ranges[b]!.start);
  const points = [...new Set(order.flatMap((i) => [ranges[i]!.start, ranges[i]!.end]))].sort((a, b) => a - b);
  const open = new MaxHeap();
  const pieces: Range<T>[] = [];
  let next = 0;
  let lastTop = -1;
  for (const [i, point] of points.entries()) {
    while (next < order.length && ranges[order[next]!]!.start === point) open.push(order[next++]!);
    while (open.top >= 0 && ranges[open.top]!.end <= point) open.pop();
    const end = points[i + 1];
    const top = open.top;
    if (end !== undefined && top >= 0) {
      const last = pieces.at(-1);
      if (last !== undefined && top === lastTop && last.end === point) pieces[pieces.length - 1] = { ...last, end };
      else pieces.push({ start: point, end, value: ranges[top]!.value });
    }
    lastTop = top;
  }
  return pieces;
}

/** Disjoint ascending ranges, searched by address. */
export class SegmentMap<T> {
  readonly ranges: readonly Range<T>[];
  readonly #starts: Float64Array;
  readonly #ends: Float64Array;

  /** Overlays `ranges`; see `overlay`. */
  constructor(ranges: readonly Range<T>[]) {
    this.ranges = overlay(ranges);
    this.#starts = Float64Array.from(this.ranges, (range) => range.start);
    this.#ends = Float64Array.from(this.ranges, (range) => range.end);
  }

  /** Index of the range that holds `address`; -1 if none does. */
  find(address: number): number {
    const i = this.firstEndingAfter(address);
    return i < this.#starts.length && this.#starts[i]! <= address ? i : -1;
  }

  /** Index of the first range that ends behind `address`; the number of ranges if there is none. */
  firstEndingAfter(address: number): number {
    const ends = this.#ends;
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (ends[middle]! > address) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** Numbers, the greatest on top. */
class MaxHeap {
  readonly #items: number[] = [];

  /** -1 when empty. */
  get top(): number {
    return this.#items[0] ?? -1;
  }

  push(item: number): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (items[parent]! >= item) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = item;
  }

  pop(): void {
    const items = this.#items;
    const item = items.pop();
    if (item === undefined || items.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && items[child + 1]! > items[child]!) child++;
      if (items[child]! <= item) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = item;
  }
}
