// state of an mspan: the byte of 0 to 3 under which what is in use (1) has a size and a bitmap, what the runtime keeps for itself (2) has neither class nor
// bitmap, and no two of those share a page. Source: runtime/mheap.go, mSpanState.
import { type Contender, decide, mute, no, places, type Told, yes } from './contest.js';
import type { Place, SpanSample } from './span-sample.js';

export interface SpanKnown {
  readonly sample: SpanSample;
  readonly start: Float64Array;
  readonly npages: Float64Array;
  readonly elemsize: Float64Array;
  readonly spanclass: Float64Array;
  readonly pageSize: number;
}

export interface ToldState {
  readonly state: Told;
  /** Row numbers of the spans in use. */
  readonly inuse: Uint32Array;
}

const inuse = 1;
const manual = 2;
const mostState = 3;
/** The share of the runs of pages in use that may overlap: a span that is being split, or an image that was taken while the program ran. */
const overlapping = 0.01;

export function tellState(known: SpanKnown, taken: readonly Place[]): ToldState | undefined {
  const { sample } = known;
  const contenders: Contender[] = [];
  for (const place of places(sample, 1, taken)) {
    const column = sample.column(place);
    if (!column.every((value) => value <= mostState)) continue;
    const verdicts = verdictsOf(known, column);
    if (verdicts) contenders.push({ place, verdicts });
  }
  const state = decide(contenders, 'sizes, classes and pages as a state asks for them');
  if (!state) return undefined;
  const column = sample.column(state.place);
  const rows = [...column.keys()].filter((row) => column[row] === inuse);
  return { state, inuse: Uint32Array.from(rows) };
}

/** Undefined where the column is no state at all. */
function verdictsOf(known: SpanKnown, state: Float64Array): Uint8Array | undefined {
  const { sample, start, npages, elemsize, spanclass, pageSize } = known;
  const verdicts = new Uint8Array(sample.rows).fill(mute);
  const used: number[] = [];
  let counts = 0;
  for (let row = 0; row < sample.rows; row += 1) {
    const value = state[row]!;
    if (value !== inuse && value !== manual) continue;
    if (start[row] === 0) return undefined;
    used.push(row);
    counts |= value;
    const size = elemsize[row]!;
    const pages = npages[row]! * pageSize;
    const sizeclass = spanclass[row]! >> 1;
    const holds = value === inuse ? size > 0 && size <= pages : sizeclass === 0 && size <= pages;
    verdicts[row] = holds ? yes : no;
  }
  // Every process has stacks, and something on its heap.
  if (counts !== (inuse | manual)) return undefined;
  used.sort((a, b) => start[a]! - start[b]!);
  let bad = 0;
  for (let i = 1; i < used.length; i += 1) {
    const before = used[i - 1]!;
    if (start[before]! + npages[before]! * pageSize <= start[used[i]!]!) continue;
    bad += 1;
    verdicts[used[i]!] = no;
    verdicts[before] = no;
  }
  return bad <= used.length * overlapping ? verdicts : undefined;
}
