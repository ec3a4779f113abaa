// Whether spans have the Green Tea collector's marks at their end, which a version string tells only if it lists experiments: spans that give 128 bytes to them have fewer
// slots than spans that do not (runtime/mheap.go, mheap.initSpan).
import type { InlineMarks, Layout } from '../../layout/types.js';
import { mspanOffsets } from '../mspan-offsets.js';
import type { Scene } from '../roots/validate.js';
import { readAllspans } from '../roots/validate-mheap.js';

const mostSampled = 512;
/** Spans that must speak for it, and the share of them that may speak against it. */
const fewest = 4;
const mostAgainst = 0.1;

/** mheap.initSpan: the slots of a span of `bytes` of one of the size classes, where `marks` (if any) stand in small ones. */
export function slotsOf(
  { traits, pointerSize }: Layout,
  { bytes, elemsize, noscan }: { readonly bytes: number; readonly elemsize: number; readonly noscan: boolean },
  marks: InlineMarks | undefined,
): number {
  const { heapBitsInSpan, heapBitsMaxElemsize } = traits;
  const marked = marks !== undefined && elemsize >= marks.minElemsize && elemsize <= marks.maxElemsize;
  const bits = heapBitsInSpan && !noscan && elemsize <= heapBitsMaxElemsize ? bytes / pointerSize / 8 : 0;
  return Math.floor((bytes - bits - (marked ? marks.reservedBytes : 0)) / elemsize);
}

/** A span in use of one of the size classes. */
interface SmallSpan {
  readonly address: number;
  readonly bytes: number;
  readonly elemsize: number;
  readonly noscan: boolean;
  readonly nelems: number;
}

/** Up to `most` of them, from all over allspans. */
export function* smallSpans({ memory, layout }: Scene, mheap: number, most: number): Generator<SmallSpan> {
  const allspans = readAllspans({ memory, layout }, mheap);
  if (!allspans) return;
  const { spanStates, pageSize } = layout.traits;
  const offsets = mspanOffsets(layout);
  const inuse = spanStates.indexOf('inuse');
  const step = Math.max(1, Math.floor(allspans.length / most));
  for (let i = 0; i < allspans.length; i += step) {
    const address = memory.word(allspans.array + i * memory.pointerSize);
    if (!address || memory.uint8(address + offsets.state.offset) !== inuse) continue;
    const spanclass = memory.uint8(address + offsets.spanclass.offset);
    const elemsize = memory.word(address + offsets.elemsize.offset);
    const npages = memory.word(address + offsets.npages.offset);
    const { offset, size } = offsets.nelems;
    const nelems = size === 2 ? memory.uint16(address + offset) : memory.word(address + offset);
    if (spanclass === undefined || spanclass < 2 || !elemsize || !npages || nelems === undefined) continue;
    yield { address, bytes: npages * pageSize, elemsize, noscan: (spanclass & 1) === 1, nelems };
  }
}

/** The experiments with which the layout's release keeps marks as the image's spans do; undefined where the layout does already, or where they don't tell. */
export function otherExperiments(scene: Scene, mheap: number): readonly string[] | undefined {
  const { layout } = scene;
  const { inlineMarks, inlineMarksSwitch } = layout.traits;
  if (!inlineMarksSwitch) return undefined;
  let asLayout = 0;
  let otherwise = 0;
  for (const span of smallSpans(scene, mheap, mostSampled)) {
    const slots = slotsOf(layout, span, inlineMarks);
    const others = slotsOf(layout, span, inlineMarksSwitch.marks);
    // Spans that have as many either way say nothing.
    if (slots === others) continue;
    if (span.nelems === slots) asLayout += 1;
    else if (span.nelems === others) otherwise += 1;
    // However many of the rest speak against it.
    if (asLayout > mostAgainst * 2 * mostSampled) return undefined;
  }
  if (otherwise < fewest || asLayout > mostAgainst * otherwise) return undefined;
  const { drop, add } = inlineMarksSwitch;
  return [...layout.experiments.filter((name) => !drop.includes(name)), ...(add === undefined ? [] : [add])];
}
