// Where runtime.gcController begins, without its layout: around a gcPercent from which a heapMinimum follows (runtime/mgcpacer.go, 1.17+), an address that the functions
// that use it refer to.
import { type AddressRange, matchingWords } from '../../image/scan-words.js';
import { codeFinder } from '../roots/code-finder.js';
import { moduleFinder } from '../roots/module-finder.js';
import type { Scene } from '../roots/validate.js';

const defaultHeapMinimum = 4 * 2 ** 20;
const mostPercent = 1_000_000;
/** heapMinimum stands so near behind gcPercent, and gcPercent so near behind the struct's start. */
const nearBytes = 64;
const mostPlaces = 256;

/** `scene`: with the layout that reads the module's description. Undefined where nothing is such, no code can be read, or several places are referred to. */
export function findGcController(scene: Scene, ranges: readonly AddressRange[]): number | undefined {
  const { memory } = scene;
  const finder = codeFinder(moduleFinder(ranges, undefined), ranges);
  const found = new Set<number>();
  let places = 0;
  const percents = matchingWords(scene, ranges, nearBytes, (words) => {
    const percent = words.uint32(0);
    if (!(percent > 0 && percent <= mostPercent)) return false;
    const minimum = Math.floor((defaultHeapMinimum * percent) / 100);
    for (let offset = memory.pointerSize; offset < nearBytes; offset += memory.pointerSize) {
      const low = memory.pointerSize === 4 && !memory.littleEndian ? offset + 4 : offset;
      if (words.at(low) === minimum && memory.uint64(words.address + offset) === BigInt(minimum)) return true;
    }
    return false;
  });
  for (const address of percents) {
    for (let before = 0; before < nearBytes; before += memory.pointerSize)
      if (finder.confirms('runtime.gcController', scene, address - before)) found.add(address - before);
    places += 1;
    if (places >= mostPlaces) break;
  }
  const [only, other] = found;
  return other === undefined ? only : undefined;
}
