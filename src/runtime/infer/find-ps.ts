// The Ps of a program whose layout is not known: a slice in its data whose elements know their place in it and each lead to an mcache (runtime.allp).
import { matchingWords } from '../../image/scan-words.js';
import type { McacheProbe } from './infer-mcache.js';
import type { SchedulerScene } from './scheduler-scene.js';
import { StructSamples } from './struct-samples.js';

const mostPs = 2 ** 16;
/** The front of a p, in which id, status, m and mcache stand. */
const frontBytes = 512;
const idWords = 16;
/** Lists that are looked at in full. */
const mostLists = 4096;

export interface Ps {
  readonly slice: number;
  readonly samples: StructSamples;
  /** Offsets at which each p has its place in the list as a uint32. */
  readonly idOffsets: readonly number[];
  /** Offsets at which each p that has one leads to an mcache. */
  readonly mcacheOffsets: readonly number[];
}

/** The longest list of Ps; undefined where there is none. */
export function findPs(scene: SchedulerScene, probe: McacheProbe): Ps | undefined {
  const { memory, data } = scene;
  const { pointerSize } = memory;
  let best: Ps | undefined;
  let looked = 0;
  const slices = matchingWords(scene, data, 3 * pointerSize, (words) => {
    const length = words.at(pointerSize);
    if (!(length >= 1 && length <= mostPs && length <= words.at(2 * pointerSize))) return false;
    return words.at(0) > 0xffff && words.at(0) % pointerSize === 0;
  });
  for (const slice of slices) {
    const array = memory.word(slice) ?? 0;
    const length = memory.word(slice + pointerSize) ?? 0;
    if (best && length <= best.samples.count) continue;
    if (!mayBePs(scene, array, length)) continue;
    best = psOf(scene, probe, slice, array, length) ?? best;
    looked += 1;
    if (looked >= mostLists) break;
  }
  return best;
}

/** Whether the first and the last element are pointers to what has their place somewhere in front. */
function mayBePs({ memory }: SchedulerScene, array: number, length: number): boolean {
  const { pointerSize } = memory;
  const first = memory.word(array);
  const last = memory.word(array + (length - 1) * pointerSize);
  if (!first || !last || first % pointerSize !== 0 || last % pointerSize !== 0) return false;
  if (length > 1 && first === last) return false;
  for (let offset = 0; offset < idWords * pointerSize; offset += 4) {
    if (memory.uint32(first + offset) === 0 && memory.uint32(last + offset) === length - 1) return true;
  }
  return false;
}

function psOf(scene: SchedulerScene, probe: McacheProbe, slice: number, array: number, length: number): Ps | undefined {
  const { memory } = scene;
  const { pointerSize } = memory;
  const addresses: number[] = [];
  for (let i = 0; i < length; i += 1) {
    const p = memory.word(array + i * pointerSize);
    if (!p) return undefined;
    addresses.push(p);
  }
  if (new Set(addresses).size !== length) return undefined;
  const samples = new StructSamples(memory, addresses, frontBytes);
  if (samples.count !== length) return undefined;
  const rows = addresses.map((_, row) => row);
  const idOffsets = samples
    .where(rows, 4, (row, offset) => samples.uint32(row, offset) === row)
    .filter((offset) => offset < idWords * pointerSize);
  if (idOffsets.length === 0) return undefined;
  const mcacheOffsets = samples
    .where(rows, pointerSize, (row, offset) => {
      const mcache = samples.word(row, offset);
      return mcache === 0 || (mcache % pointerSize === 0 && probe.runAt(mcache) !== undefined);
    })
    .filter((offset) => rows.some((row) => samples.word(row, offset) !== 0));
  if (mcacheOffsets.length === 0) return undefined;
  return { slice, samples, idOffsets, mcacheOffsets };
}
