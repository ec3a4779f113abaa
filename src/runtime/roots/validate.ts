// What a validator of a root says. The same checks serve every finder: a name that points to something else must not win.
import type { LiveMemory, Memory } from '../../image/memory.js';
import type { Layout } from '../../layout/types.js';

export interface Verdict {
  /** True: the structure itself proves the address. False: it contradicts it. Undefined: it can't be told here (`why` says why). */
  readonly ok: boolean | undefined;
  /** Where it can't be told: because memory is missing, so that another address may do better. */
  readonly unreadable?: true;
  /** Where it holds, but only by the shape that a search goes by: nothing else was there to compare, or it lags. */
  readonly alone?: true;
  /** Where it holds, and something else that is proved leads to this very address: two ways, whichever of them a search went by. */
  readonly twice?: true;
  /** What was seen, in a phrase. */
  readonly why: string;
}

export interface Scene {
  readonly memory: Memory;
  readonly layout: Layout;
  /** The same memory, where its owner runs on: what does not hold is looked at again. */
  readonly live?: LiveMemory;
}

export const holds = (why: string): Verdict => ({ ok: true, why });
export const holdsAlone = (why: string): Verdict => ({ ok: true, alone: true, why });
export const holdsTwice = (why: string): Verdict => ({ ok: true, twice: true, why });
export const contradicts = (why: string): Verdict => ({ ok: false, why });
export const untold = (why: string): Verdict => ({ ok: undefined, why });
export const unreadable = (why: string): Verdict => ({ ok: undefined, unreadable: true, why });

/** Where runtime.allp keeps its pointers: an array up to 1.9, whose entries behind the last P are nil, then a slice. Undefined where it can't be read. */
export function readAllp({ memory, layout }: Scene, address: number): { array: number; length: number } | undefined {
  const { allpArrayLength } = layout.traits;
  return allpArrayLength > 0 ? { array: address, length: allpArrayLength } : readSlice(memory, address);
}

/** A Go slice header at `address`; undefined where it can't be read or cannot be one. */
export function readSlice(
  memory: Memory,
  address: number,
): { array: number; length: number; capacity: number } | undefined {
  const array = memory.word(address);
  const length = memory.word(address + memory.pointerSize);
  const capacity = memory.word(address + 2 * memory.pointerSize);
  if (array === undefined || length === undefined || capacity === undefined) return undefined;
  if (length > capacity || (length > 0 && array === 0)) return undefined;
  return { array, length, capacity };
}

/** Why `readSlice` gave nothing: a header that can't be read proves nothing, one that can be and is none does. */
export function noSlice(memory: Memory, address: number, what: string): Verdict {
  const { fault } = memory.bytes(address, 3 * memory.pointerSize);
  return fault
    ? unreadable(`${what} can’t be read: 0x${fault.address.toString(16)}: ${fault.why}`)
    : contradicts(`${what} is no slice`);
}
