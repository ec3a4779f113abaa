// What the checks of one layout share: the scene, where mheap_ stands, and the tally.
import type { Memory } from '../../image/memory.js';
import type { Tally, Typed } from './type-checks.js';

/** What a derived number counts for, against one field of a fitting type. */
export const derived = 8;

export interface View extends Typed {
  readonly tally: Tally;
  readonly mheap: number;
}

/** An unsigned integer of `size` bytes; undefined where it can't be read. */
export function numberAt(memory: Memory, address: number, size: number): number | undefined {
  if (size === 1) return memory.uint8(address);
  if (size === 2) return memory.uint16(address);
  if (size === 4) return memory.uint32(address);
  const value = memory.uint64(address);
  return value === undefined ? undefined : Number(value);
}
