// The tables that give a number for each pc of a function: how far SP has moved, which file and line, which inlined call (runtime/symtab.go, step and
// pcvalue; the encoding is the same since Go 1.2). Knows nothing of what the numbers mean.
import type { Memory } from '../image/memory.js';

/** Bytes of one table that are read: the longest seen, of a generated function of 200 KiB of code, has 40,000. */
const MOST_TABLE_BYTES = 2 ** 18;
/** Read first: nearly every table is shorter. */
const FIRST_BYTES = 512;

/** Where a table begins, which code it speaks of, and the unit of its pc steps. */
export interface PcTable {
  /** Address of the table's first byte. */
  readonly address: number;
  /** Entry of the function: what the first step counts from. */
  readonly entry: number;
  /** Smallest instruction of the arch in bytes (`PclntabHeader.minLC`). */
  readonly minLC: number;
}

/**
 * The value that holds at `pc`; undefined where the table ends before it, can't be read, or is longer than any real one. A table is pairs of varints: a
 * zigzag step of the value, which starts at -1, and a step of the pc, up to which (exclusive) the value holds; a zero in place of a value's step ends it.
 */
export function pcValue(memory: Memory, { address, entry, minLC }: PcTable, pc: number): number | undefined {
  for (let length = FIRST_BYTES; ; length *= 8) {
    const { bytes } = memory.bytes(address, Math.min(length, MOST_TABLE_BYTES));
    const found = valueIn(bytes, entry, minLC, pc);
    if (found !== 'cut') return found;
    if (bytes.length < length || length >= MOST_TABLE_BYTES) return undefined;
  }
}

/** `cut`: the bytes end before the table does. */
function valueIn(bytes: Uint8Array, entry: number, minLC: number, target: number): number | 'cut' | undefined {
  let value = -1;
  let pc = entry;
  let at = 0;
  while (at < bytes.length) {
    let step = 0;
    let shift = 0;
    do {
      if (at >= bytes.length) return 'cut';
      if (shift > 28) return undefined;
      step += (bytes[at]! & 0x7f) * 2 ** shift;
      shift += 7;
    } while (bytes[at++]! >= 0x80);
    if (step === 0 && pc !== entry) return undefined;
    value += step % 2 === 0 ? step / 2 : -(step + 1) / 2;
    let ahead = 0;
    shift = 0;
    do {
      if (at >= bytes.length) return 'cut';
      if (shift > 28) return undefined;
      ahead += (bytes[at]! & 0x7f) * 2 ** shift;
      shift += 7;
    } while (bytes[at++]! >= 0x80);
    pc += ahead * minLC;
    if (target < pc) return value;
  }
  return 'cut';
}
