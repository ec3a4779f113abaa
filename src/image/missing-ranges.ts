// What an image lacks, as a list for people and JSON: ranges with the same reason that touch are one, and the list is bounded.
import type { Segment } from './memory.js';

export interface MissingRange {
  readonly start: number;
  readonly end: number;
  readonly why: string;
}

/** At most `most` ranges in ascending order; where there are more, the last one spans all the rest and says how many they are. */
export function missingRanges(segments: readonly Segment[], most = 1000): readonly MissingRange[] {
  const ranges: MissingRange[] = [];
  for (const { start, end, origin, detail } of segments) {
    if (origin !== 'missing') continue;
    const last = ranges.at(-1);
    if (last !== undefined && last.end === start && last.why === detail) ranges[ranges.length - 1] = { ...last, end };
    else ranges.push({ start, end, why: detail });
  }
  if (ranges.length <= most) return ranges;
  const rest = ranges.slice(most - 1);
  return [
    ...ranges.slice(0, most - 1),
    { start: rest[0]!.start, end: rest.at(-1)!.end, why: `${rest.length} further missing ranges` },
  ];
}
