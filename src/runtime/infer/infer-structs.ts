// Inference from end to end: finds the spans of an image without a layout, tells mspan and mheap from them, and hands what is then known to those who tell
// other structs. Never looks at the table of the image's own release, nor at debug info for an offset.
import type { Memory } from '../../image/memory.js';
import type { AddressRange } from '../../image/scan-words.js';
import { layoutFromTable, layoutsFolder, type TableRequest } from '../../layout/load.js';
import { lineOf, parseRelease } from '../../layout/release.js';
import { loadTraits } from '../../layout/traits.js';
import type { Layout } from '../../layout/types.js';
import { findAllspans } from './find-allspans.js';
import { inferMheap } from './infer-mheap.js';
import { type InferredMspan, inferMspan, type NotInferred } from './infer-mspan.js';
import type { InferredStruct } from './inference.js';
import { otherTellers } from './other-tellers.js';
import type { InferredHeap } from './teller.js';

/** What inference looks at. */
export interface InferenceScene {
  readonly memory: Memory;
  /** The program's writable data. */
  readonly ranges: readonly AddressRange[];
  /** The release, to know whose table is not looked at, and what stands nearest. */
  readonly request: TableRequest;
  /** mheap_'s own address as symbols have it or the user says it: where the struct begins, not what stands where. */
  readonly symbol: number | undefined;
  /** Linux thread IDs as a core's notes tell them. */
  readonly threadIds?: readonly number[];
  /** Only mspan and mheap are told. */
  readonly onlyHeap?: boolean;
  /** The same by the code that uses it; asked only where the image's structure does not say it. `near` is a layout to read the module's description with. */
  byCode(near: Layout): number | undefined;
}

export interface Inference {
  /** mspan and mheap, structs that they lead to, and what others told. */
  readonly structs: readonly InferredStruct[];
  readonly mheapAddress: number;
  /** The nearest layout that is not of the image's own line: it has what was not told. */
  readonly near: Layout;
}

export function inferStructs(scene: InferenceScene): Inference | NotInferred {
  const { memory, ranges } = scene;
  const near = layoutFromTable({ ...scene.request, without: hiddenLines(scene.request) });
  if (!near) return { why: `no table of ${scene.request.goarch} says how memory is laid out there` };
  const { pageSize } = near.traits;
  const allspans = findAllspans(memory, ranges, pageSize);
  if (!allspans) return { why: 'nothing in the program’s data looks like mheap_.allspans' };
  const { sizeTables } = loadTraits(layoutsFolder());
  const mspan = inferMspan({ memory, allspans, pageSize, sizeTables });
  if ('why' in mspan) return mspan;
  const mheap = inferMheap({
    memory,
    allspans,
    mspan,
    arena: near.traits.arena,
    pageSize,
    mcentralBytes: near.struct('mcentral')?.size,
    symbol: scene.symbol,
    byCode: () => scene.byCode(near),
  });
  if (!mheap) return { why: 'nothing says where mheap_ begins' };
  const heap: InferredHeap = {
    memory,
    ranges,
    mspans: mspan.sample.addresses,
    mspan: mspan.struct,
    mheap: mheap.struct,
    mheapAddress: mheap.address,
    sweepgen: mspan.sweepgen?.heap?.value,
    spanclassOf: spanclasses(mspan),
    threadIds: scene.threadIds ?? [],
    near,
  };
  const others = scene.onlyHeap ? [] : otherTellers.flatMap((tell) => tell(heap));
  const structs = [mspan.struct, mheap.struct, ...mheap.parts, ...others];
  return { structs, mheapAddress: mheap.address, near };
}

/** spanclass by the mspan's address; the map is made at the first call. */
function spanclasses({ sample, struct }: InferredMspan): (mspan: number) => number | undefined {
  let rows: Map<number, number> | undefined;
  const place = struct.fields.find(({ name }) => name === 'spanclass');
  return (mspan) => {
    rows ??= new Map(Array.from(sample.addresses, (address, row) => [address, row]));
    const row = rows.get(mspan);
    return row === undefined || !place ? undefined : sample.byteAt(row, place.offset);
  };
}

/** The lines whose tables are not looked at: those the user hides, and the image's own. */
function hiddenLines({ goVersion, without = [] }: TableRequest): readonly string[] {
  const own = parseRelease(goVersion);
  return own ? [...without, lineOf(own)] : without;
}
