// Where the fields of mspan stand, told from the spans of an image alone: no table, no debug info. Each field by an invariant of the runtime that all spans
// fulfil; what two fields fulfil alike is a tie and said to be one. Order matters: what is told helps to tell the next.
import type { Memory } from '../../image/memory.js';
import type { Told } from './contest.js';
import type { FoundAllspans } from './find-allspans.js';
import type { InferredField, InferredStruct } from './inference.js';
import { type Place, SpanSample } from './span-sample.js';
import { tellBits, tellFreeIndexForScan } from './tell-bits.js';
import { tellClasses } from './tell-classes.js';
import { tellDivMul, tellSlots } from './tell-slots.js';
import { type SpanKnown, tellState } from './tell-state.js';
import { type ToldSweepgen, tellSweepgen } from './tell-sweepgen.js';

export interface InferredMspan {
  readonly struct: InferredStruct;
  readonly sample: SpanSample;
  readonly sweepgen: ToldSweepgen | undefined;
  /** The sum of npages of the spans in use; undefined where not all spans were looked at. */
  readonly pagesInUse: number | undefined;
}

/** What could not be told, and so ends it. */
export interface NotInferred {
  readonly why: string;
}

interface Wanted {
  readonly memory: Memory;
  readonly allspans: FoundAllspans;
  readonly pageSize: number;
  /** Sizes by class, of the releases that are known. */
  readonly sizeTables: readonly (readonly number[])[];
}

export function inferMspan({ memory, allspans, pageSize, sizeTables }: Wanted): InferredMspan | NotInferred {
  const sample = SpanSample.take(memory, allspans.array, allspans.length);
  if (!sample) return { why: 'the mspans stand too irregularly for their size to be told' };
  const { pointerSize } = memory;
  const list: (readonly [name: string, type: string, told: Told])[] = [];
  const taken: Place[] = [];
  const add = (name: string, type: string, told: Told | undefined) => {
    if (!told) return;
    list.push([name, type, told]);
    taken.push(told.place);
  };
  const finish = (sweepgen: ToldSweepgen | undefined, pagesInUse: number | undefined): InferredMspan => ({
    struct: { name: 'mspan', size: sample.structBytes, fields: list.map(asField).sort((a, b) => a.offset - b.offset) },
    sample,
    sweepgen,
    pagesInUse,
  });

  const runs = `page-aligned beside a number of pages in ${Math.round(allspans.share * 100)} % of mspans`;
  const ofRuns = allspans.rivals > 0 ? 0.8 : 0.99 * allspans.share;
  const word = (offset: number): Told => ({
    place: { offset, size: pointerSize },
    confidence: ofRuns,
    alternatives: [],
    why: runs,
  });
  add('startAddr', 'uintptr', word(allspans.startAddr));
  add('npages', 'uintptr', word(allspans.startAddr + pointerSize));
  const start = sample.column(taken[0]!);
  const npages = sample.column(taken[1]!);

  const classes = tellClasses(sample, npages, taken, sizeTables, pageSize);
  if (!classes) return { why: 'no word and byte of an mspan go together as elemsize and spanclass do' };
  add('elemsize', 'uintptr', classes.elemsize);
  add('spanclass', 'uint8', classes.spanclass);
  const known: SpanKnown = {
    sample,
    start,
    npages,
    elemsize: sample.column(classes.elemsize.place),
    spanclass: sample.column(classes.spanclass.place),
    pageSize,
  };
  const state = tellState(known, taken);
  if (!state) return { why: 'no byte of an mspan behaves as its state does' };
  add('state', 'uint8', state.state);
  const { inuse } = state;
  const pagesInUse = sample.whole ? inuse.reduce((sum, row) => sum + npages[row]!, 0) : undefined;

  const slots = tellSlots(known, inuse, taken);
  if (!slots) return { why: 'no two fields of an mspan go together as limit and nelems do' };
  add('limit', 'uintptr', slots.limit);
  add('nelems', unsigned(slots.nelems, pointerSize), slots.nelems);
  const nelems = sample.column(slots.nelems.place);

  const bitsKnown = {
    memory,
    sample,
    rows: inuse,
    nelems,
    nelemsOffset: slots.nelems.place.offset,
    spanclassOffset: classes.spanclass.place.offset,
  };
  const bits = tellBits(bitsKnown, taken);
  if (!bits) return { why: 'no fields of an mspan fulfil the equation of allocated slots' };
  add('freeindex', unsigned(bits.freeindex, pointerSize), bits.freeindex);
  add('allocCount', unsigned(bits.allocCount, pointerSize), bits.allocCount);
  add('allocBits', '*gcBits', bits.allocBits);
  add('gcmarkBits', '*gcBits', bits.gcmarkBits);
  add('allocCache', 'uint64', bits.allocCache);
  add('divMul', 'uint32', tellDivMul(known, inuse, taken));
  const sweepgen = tellSweepgen(memory, sample, inuse, allspans.header, taken);
  add('sweepgen', 'uint32', sweepgen?.span);
  const scan = tellFreeIndexForScan(bitsKnown, bits.freeindex.place, taken);
  if (scan && scan.alternatives.length === 0) add('freeIndexForScan', unsigned(scan, pointerSize), scan);
  return finish(sweepgen, pagesInUse);
}

const unsigned = ({ place }: Told, pointerSize: number) =>
  place.size === pointerSize ? 'uintptr' : `uint${place.size * 8}`;

function asField([name, type, { place, confidence, alternatives, why }]: readonly [
  string,
  string,
  Told,
]): InferredField {
  return {
    name,
    offset: place.offset,
    size: place.size,
    type,
    confidence: Math.round(confidence * 100) / 100,
    alternatives,
    why,
  };
}
