// What of an image nothing can have written: the program's text, constants and types. What a search for structures of the run need not follow pointers to.
import { PF } from '../elf/constants.js';
import type { Memory } from './memory.js';
import { rangeOf } from './within.js';

/**
 * Whether an address lies in memory that is known to be read-only; false where the image does not say (raw regions), and where nothing is mapped. By bisection, with the range of the last
 * answer at hand: neighbouring words mostly point to the same segment.
 */
export function readOnlyTest({ segments }: Pick<Memory, 'segments'>): (address: number) => boolean {
  const constant = segments.filter(({ flags }) => flags !== undefined && (flags & PF.W) === 0);
  let [start, end] = [0, 0];
  return (address) => {
    if (address >= start && address < end) return true;
    const found = rangeOf(constant, address);
    if (found === undefined) return false;
    ({ start, end } = found);
    return true;
  };
}
