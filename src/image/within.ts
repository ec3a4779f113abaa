// Ranges that ascend and do not overlap, searched by bisection: a damaged binary may have tens of thousands of them.

interface Range {
  readonly start: number;
  readonly end: number;
}

/** Index of the first range that ends behind an address; the number of ranges where none does. */
export function firstEndingBehind(ranges: readonly Pick<Range, 'end'>[], address: number): number {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ranges[middle]!.end > address) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The range that holds an address. */
export function rangeOf<T extends Range>(ranges: readonly T[], address: number): T | undefined {
  const found = ranges[firstEndingBehind(ranges, address)];
  return found !== undefined && address >= found.start ? found : undefined;
}
