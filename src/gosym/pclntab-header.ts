// The header of the function table in each of its formats (runtime/symtab.go, type pcHeader; cmd/link/internal/ld/pcln.go): where the parts of the table stand. Whether they bear it out
// is for who reads them.
import type { Memory } from '../image/memory.js';

/**
 * Formats by the magic word (internal/abi.PCLnTabMagic): `go1.2` (Go 1.9–1.15), `go1.16` (1.16–1.17), `go1.18` (1.18–1.19), `go1.20` (1.20 on; from 1.26 on with
 * an empty textStart).
 */
export type PclntabFormat = 'go1.2' | 'go1.16' | 'go1.18' | 'go1.20';

const formatsByMagic: ReadonlyMap<number, PclntabFormat> = new Map([
  [0xfffffffb, 'go1.2'],
  [0xfffffffa, 'go1.16'],
  [0xfffffff0, 'go1.18'],
  [0xfffffff1, 'go1.20'],
]);

/** More functions than any binary has; the largest seen have 400,000. */
const MOST_FUNCTIONS = 2 ** 21;
/** Bytes of the fixed part of the header: magic, two zeros, minLC, pointer size. */
const PREFIX_BYTES = 8;
const MOST_HEADER_WORDS = 8;

/** Where the parts of a table stand: addresses in the memory that it was read from. */
export interface PclntabHeader {
  readonly address: number;
  readonly format: PclntabFormat;
  /** False where the magic is none of the known ones (garbled), and the format was found by what fits. */
  readonly magicKnown: boolean;
  /** Smallest instruction: 1 on 386 and amd64, 2 on s390x, and on riscv64 since 1.26, else 4. */
  readonly minLC: number;
  readonly functionCount: number;
  /** runtime.text as the header has it; undefined where it does not say (before 1.18, from 1.26 on). */
  readonly textStart: number | undefined;
  readonly ftab: number;
  /** What funcoff, and before 1.16 all other offsets, are relative to. */
  readonly pclntable: number;
  readonly funcnametab: number;
  readonly cutab: number | undefined;
  readonly filetab: number | undefined;
  readonly pctab: number;
}

/** The header at `address` by its own words, for each format that it may have: that of its magic, or with `anyMagic` all. What its parts hold is not looked at. */
export function* headersAt(memory: Memory, address: number, anyMagic: boolean): Generator<PclntabHeader> {
  const magic = memory.uint32(address);
  const minLC = memory.uint8(address + 6);
  if (magic === undefined || memory.uint16(address + 4) !== 0 || memory.uint8(address + 7) !== memory.pointerSize)
    return;
  if (minLC !== 1 && minLC !== 2 && minLC !== 4) return;
  const known = formatsByMagic.get(magic);
  for (const format of known ? [known] : anyMagic ? formatsByMagic.values() : []) {
    const header = decodeHeader(memory, address, format, minLC, known !== undefined);
    if (header) yield header;
  }
}

function decodeHeader(
  memory: Memory,
  address: number,
  format: PclntabFormat,
  minLC: number,
  magicKnown: boolean,
): PclntabHeader | undefined {
  const { pointerSize } = memory;
  const words: number[] = [];
  const count = format === 'go1.2' ? 1 : format === 'go1.16' ? 7 : MOST_HEADER_WORDS;
  for (let i = 0; i < count; i += 1) {
    const word = memory.word(address + PREFIX_BYTES + i * pointerSize);
    if (word === undefined) return undefined;
    words.push(word);
  }
  const functionCount = words[0]!;
  if (functionCount === 0 || functionCount > MOST_FUNCTIONS) return undefined;
  const common = { address, format, magicKnown, minLC, functionCount };
  if (format === 'go1.2') {
    const ftab = address + PREFIX_BYTES + pointerSize;
    const filetab = memory.uint32(ftab + functionCount * 2 * pointerSize + pointerSize);
    return {
      ...common,
      textStart: undefined,
      ftab,
      pclntable: address,
      funcnametab: address,
      cutab: undefined,
      filetab: filetab === undefined ? undefined : address + filetab,
      pctab: address,
    };
  }
  const [funcname, cu, filetab, pctab, pcln] = words.slice(-5) as [number, number, number, number, number];
  // The linker writes the parts in this order.
  if (!(PREFIX_BYTES <= funcname && funcname <= cu && cu <= filetab && filetab <= pctab && pctab <= pcln))
    return undefined;
  return {
    ...common,
    textStart: format === 'go1.16' ? undefined : words[2] || undefined,
    ftab: address + pcln,
    pclntable: address + pcln,
    funcnametab: address + funcname,
    cutab: address + cu,
    filetab: address + filetab,
    pctab: address + pctab,
  };
}
