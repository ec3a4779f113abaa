// The function table that the Go linker leaves in every binary, stripped or not (`.gopclntab`; runtime/symtab.go, cmd/link/internal/ld/pcln.go):
// functions by index and by pc, and their names. Reads what is asked for and no more. Knows nothing of moduledata: who finds that tells the text base.
import type { Memory } from '../image/memory.js';
import { headersAt, type PclntabHeader } from './pclntab-header.js';

export type { PclntabFormat, PclntabHeader } from './pclntab-header.js';

/** Names of generic functions are long; anything longer is cut. */
const MOST_NAME_BYTES = 4096;
/** Bytes of a name table that are searched (the largest seen have 20 MB), how many at a time, and how many places of wanted names are kept. */
const MOST_NAMES_BYTES = 2 ** 25;
const NAMES_BLOCK = 2 ** 18;
const MOST_PLACES = 2 ** 16;
/** Names of one package that must have been found before a stretch without any says that the package is over. */
const ENOUGH_OF_PACKAGE = 16;
/** Functions whose names are read at a time, and the bytes that the record of one, with its tables behind it, has at most on average. */
const FUNCTIONS_AT_A_TIME = 2048;
const MOST_RECORD_BYTES = 512;
/** No offset into a table of names. */
const UNREADABLE = 0xffffffff;
/** Entries looked at when the order of the table is checked. */
const SAMPLED_ENTRIES = 64;

/** A function: [entry, end), and where its record (`runtime._func`) stands. */
export interface PclntabFunction {
  readonly index: number;
  readonly entry: number;
  readonly end: number;
  readonly record: number;
}

/**
 * The header at `address`, if one stands there that its own table bears out: sizes in range, entries ascending. `anyMagic` takes a table whose magic
 * was overwritten. Undefined where there is none.
 */
export function readPclntabHeader(memory: Memory, address: number, anyMagic = false): PclntabHeader | undefined {
  for (const header of headersAt(memory, address, anyMagic)) if (isOrdered(memory, header)) return header;
  return undefined;
}

/** Whether entries ascend, and records stand behind the table. A sample is looked at, first and last among it. */
export function isOrdered(memory: Memory, header: PclntabHeader): boolean {
  const reader = new Pclntab(memory, header, 0);
  const { functionCount } = header;
  const step = Math.max(1, Math.floor(functionCount / SAMPLED_ENTRIES));
  let before = -1;
  for (let i = 0; i <= functionCount; i = i === functionCount ? i + 1 : Math.min(functionCount, i + step)) {
    const entry = reader.entryAt(i);
    if (entry === undefined || entry <= before) return false;
    before = entry;
  }
  const first = reader.recordAt(0);
  return first !== undefined && first >= header.ftab;
}

/** A table whose text base is known. Reading finds what is there: undefined where memory is missing. */
export class Pclntab {
  readonly header: PclntabHeader;
  readonly #memory: Memory;
  readonly #wide: boolean;
  readonly #entryBytes: number;
  readonly #fieldBytes: number;
  readonly #base: number;

  /** `textBase`: moduledata.text in this memory; what entries are relative to since 1.18 (not used before). */
  constructor(memory: Memory, header: PclntabHeader, textBase: number) {
    this.header = header;
    this.#memory = memory;
    const relative = header.format === 'go1.18' || header.format === 'go1.20';
    this.#wide = !relative && memory.pointerSize === 8;
    this.#fieldBytes = relative ? 4 : memory.pointerSize;
    this.#entryBytes = 2 * this.#fieldBytes;
    this.#base = relative ? textBase : 0;
  }

  #field(address: number): number | undefined {
    return this.#wide ? this.#memory.word(address) : this.#memory.uint32(address);
  }

  /** Entry pc of function `index`; with `functionCount` the end of the last one. */
  entryAt(index: number): number | undefined {
    const value = this.#field(this.header.ftab + index * this.#entryBytes);
    return value === undefined ? undefined : value + this.#base;
  }

  /** Address of the record of function `index`. */
  recordAt(index: number): number | undefined {
    const offset = this.#field(this.header.ftab + index * this.#entryBytes + this.#fieldBytes);
    return offset === undefined ? undefined : this.header.pclntable + offset;
  }

  functionAt(index: number): PclntabFunction | undefined {
    if (index < 0 || index >= this.header.functionCount) return undefined;
    const entry = this.entryAt(index);
    const end = this.entryAt(index + 1);
    const record = this.recordAt(index);
    if (entry === undefined || end === undefined || record === undefined) return undefined;
    return { index, entry, end, record };
  }

  /** The function whose code holds `pc`: a binary search that reads some twenty entries. */
  functionOf(pc: number): PclntabFunction | undefined {
    let low = 0;
    let high = this.header.functionCount;
    const first = this.entryAt(0);
    const last = this.entryAt(high);
    if (first === undefined || last === undefined || pc < first || pc >= last) return undefined;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      const entry = this.entryAt(middle);
      if (entry === undefined) return undefined;
      if (entry <= pc) low = middle;
      else high = middle;
    }
    return this.functionAt(low);
  }

  /**
   * Functions of the names in `wanted`, in the table's order. The names are searched for first, so that a record costs one number; where none of them is
   * there, no record is read. Names of one package: the linker writes functions package by package, and names in the order of the functions
   * (cmd/link/internal/ld/pcln.go, walkFuncs), so that of a large program little is read behind the package.
   */
  *named(wanted: ReadonlySet<string>): Generator<[string, PclntabFunction]> {
    const enough = Math.min(ENOUGH_OF_PACKAGE, Math.ceil(wanted.size / 2));
    const offsets = this.#nameOffsets(wanted, enough);
    const seen = new Set<string>();
    for (let first = 0; offsets.size > 0 && first < this.header.functionCount; first += FUNCTIONS_AT_A_TIME) {
      const count = Math.min(FUNCTIONS_AT_A_TIME, this.header.functionCount - first);
      const nameOffsets = this.#nameOffsetsOf(first, count);
      let none = true;
      for (let i = 0; i < count; i += 1) {
        const name = offsets.get(nameOffsets[i]!);
        const found = name === undefined ? undefined : this.functionAt(first + i);
        if (name === undefined || !found) continue;
        none = false;
        seen.add(name);
        yield [name, found];
      }
      if (none && seen.size >= enough) return;
    }
  }

  /**
   * Offsets of the names of `count` functions from `first` on, UNREADABLE for those that can't be read. Their records stand together, in the order of the functions, so they
   * are read in one piece; where they do not, one by one.
   */
  #nameOffsetsOf(first: number, count: number): Uint32Array {
    const offsets = new Uint32Array(count).fill(UNREADABLE);
    const { littleEndian } = this.#memory;
    const field = this.#fieldBytes;
    const start = this.recordAt(first);
    const end = this.recordAt(first + count - 1);
    const length = start === undefined || end === undefined ? 0 : end + field + 4 - start;
    const entries = viewOf(
      this.#memory.bytes(this.header.ftab + first * this.#entryBytes, count * this.#entryBytes).bytes,
    );
    const together =
      length > 0 && length <= count * MOST_RECORD_BYTES && entries.byteLength === count * this.#entryBytes;
    const records = together && start !== undefined ? viewOf(this.#memory.bytes(start, length).bytes) : undefined;
    // Offsets of records are far below 2^32.
    const low = field + (this.#wide && !littleEndian ? 4 : 0);
    const shift = this.header.pclntable + field - (start ?? 0);
    for (let i = 0; i < count; i += 1) {
      const place = records ? shift + entries.getUint32(i * this.#entryBytes + low, littleEndian) : -1;
      if (records && place >= 0 && place + 4 <= records.byteLength) {
        offsets[i] = records.getUint32(place, littleEndian);
        continue;
      }
      const record = this.recordAt(first + i);
      const offset = record === undefined ? undefined : this.#memory.uint32(record + field);
      if (offset !== undefined) offsets[i] = offset;
    }
    return offsets;
  }

  /** Offsets in the name table of the names in `wanted`, and of other names that end in one: no record leads there. Ends in a block without any behind `enough` of them. */
  #nameOffsets(wanted: ReadonlySet<string>, enough: number): ReadonlyMap<number, string> {
    const offsets = new Map<number, string>();
    const seen = new Set<string>();
    if (wanted.size === 0) return offsets;
    const { funcnametab, cutab } = this.header;
    const length = Math.min((cutab ?? this.#lastRecord()) - funcnametab, MOST_NAMES_BYTES);
    const names = [...wanted].map((name) => name.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'));
    const pattern = new RegExp(`(${names.join('|')})\\0`, 'g');
    const longest = Math.max(...[...wanted].map((name) => name.length)) + 1;
    // Blocks overlap by what the longest name may reach over.
    for (let start = 0; start < length; start += NAMES_BLOCK) {
      const { bytes } = this.#memory.bytes(funcnametab + start, Math.min(NAMES_BLOCK + longest, length - start));
      if (bytes.length === 0) break;
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
      let none = true;
      for (const match of text.matchAll(pattern)) {
        none = false;
        seen.add(match[1]!);
        offsets.set(start + match.index, match[1]!);
      }
      if (offsets.size > MOST_PLACES || (none && seen.size >= enough)) break;
    }
    return offsets;
  }

  /** Up to 1.15 names stand among the records: the last is not far behind the last of these. */
  #lastRecord(): number {
    return (this.recordAt(this.header.functionCount - 1) ?? this.header.ftab) + MOST_NAME_BYTES;
  }

  /** The name as the linker wrote it, control characters and all; empty for none; undefined where it can't be read. */
  nameOf({ record }: PclntabFunction): string | undefined {
    const offset = this.#memory.uint32(record + this.#fieldBytes);
    return offset === undefined ? undefined : this.nameAt(offset);
  }

  /** The name at an offset of the name table (`_func.nameOff`, and of inline trees). */
  nameAt(offset: number): string | undefined {
    return this.stringAt(this.header.funcnametab + offset);
  }

  /** NUL-terminated bytes at an address (file names stand in tables of their own); undefined where they can't be read. */
  stringAt(address: number): string | undefined {
    return readCString(this.#memory, address);
  }
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** NUL-terminated bytes as UTF-8, at most MOST_NAME_BYTES of them. */
function readCString(memory: Memory, address: number): string | undefined {
  const { bytes } = memory.bytes(address, 128);
  let all = bytes;
  let end = all.indexOf(0);
  if (end < 0 && bytes.length === 128) {
    all = memory.bytes(address, MOST_NAME_BYTES).bytes;
    end = all.indexOf(0);
  }
  if (bytes.length === 0) return undefined;
  return new TextDecoder().decode(end < 0 ? all : all.subarray(0, end));
}
