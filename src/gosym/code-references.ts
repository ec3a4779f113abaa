// Addresses that machine code refers to, for arches where that is told from a few instruction forms: no disassembler, a scan that knows how Go's compilers
// and assemblers form the address of a global. What it gives is a superset: bytes that look like such a form by chance are in it, so callers
// look only for addresses that matter to them, in several functions.
import { rangeOf } from '../image/within.js';

/** A function's code: its bytes, the address of the first one, and the byte order of data (which code has only on ppc64 and mips). */
export interface Code {
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly littleEndian: boolean;
}

/** [start, end) of the data whose addresses are wanted. */
export interface DataRange {
  readonly start: number;
  readonly end: number;
}

type Decoder = (view: DataView, code: Code, found: (address: number) => void) => void;

/** Addresses in `data` (ascending, disjoint) that `code` refers to, for one GOARCH; undefined for an arch without a decoder. */
export function codeReferences(goarch: string, code: Code, data: readonly DataRange[]): Set<number> | undefined {
  const decode = decoderOf(goarch);
  if (!decode) return undefined;
  const addresses = new Set<number>();
  const { bytes } = code;
  decode(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), code, (address) => {
    if (rangeOf(data, address)) addresses.add(address);
  });
  return addresses;
}

/** Made at the first use: it names what is declared below. */
const decoderOf = (goarch: string): Decoder | undefined => decoders()[goarch];

const decoders = (): Readonly<Record<string, Decoder>> => ({
  amd64: ripRelative,
  386: absoluteImmediates,
  arm: literalPools,
  arm64: adrpPairs,
  s390x: relativeLong,
  riscv64: auipcPairs,
  ppc64: upperPairs(ppcForms),
  ppc64le: upperPairs(ppcForms),
  mips: upperPairs(mipsForms),
  mipsle: upperPairs(mipsForms),
  mips64: upperPairs(mipsForms),
  mips64le: upperPairs(mipsForms),
  loong64: pcaddPairs,
});

/** modrm with mod 00 and rm 101 is a displacement from the next instruction, which an immediate of 0, 1 or 4 bytes may stand before. */
function ripRelative(view: DataView, { address }: Code, found: (address: number) => void): void {
  const length = view.byteLength;
  for (let at = 1; at + 4 < length; at += 1) {
    if ((view.getUint8(at) & 0xc7) !== 0x05) continue;
    const opcode = view.getUint8(at - 1);
    const immediate =
      opcode === 0x83 || opcode === 0x80 || opcode === 0xc6 ? 1 : opcode === 0x81 || opcode === 0xc7 ? 4 : 0;
    found(address + at + 5 + immediate + view.getInt32(at + 1, true));
  }
}

/** Addresses stand in the code as they are. */
function absoluteImmediates(view: DataView, _code: Code, found: (address: number) => void): void {
  for (let at = 1; at + 4 <= view.byteLength; at += 1) found(view.getUint32(at, true));
}

/** Addresses stand in words behind the code. */
function literalPools(view: DataView, _code: Code, found: (address: number) => void): void {
  for (let at = 0; at + 4 <= view.byteLength; at += 4) found(view.getUint32(at, true));
}

/** LARL, LGRL, LRL, STRL, CHRL and their kin (opcodes c0, c4, c6): a signed count of halfwords from the instruction. */
function relativeLong(view: DataView, { address }: Code, found: (address: number) => void): void {
  for (let at = 0; at + 6 <= view.byteLength; at += 2) {
    const opcode = view.getUint8(at);
    if (opcode !== 0xc0 && opcode !== 0xc4 && opcode !== 0xc6) continue;
    found(address + at + view.getInt32(at + 2) * 2);
  }
}

const registers = 32;

/** ADRP Xd, page; then ADD Xn, Xd, #low or a load or store at [Xd, #low], scaled by its size. */
function adrpPairs(view: DataView, { address }: Code, found: (address: number) => void): void {
  const page = new Array<number | undefined>(registers);
  for (let at = 0; at + 4 <= view.byteLength; at += 4) {
    const word = view.getUint32(at, true);
    const base = page[(word >>> 5) & 31];
    if ((word & 0x9f000000) >>> 0 === 0x90000000) {
      const high = (word << 8) >> 13;
      const pages = high * 4 + ((word >>> 29) & 3);
      const pc = address + at;
      page[word & 31] = pc - (pc % 4096) + pages * 4096;
      continue;
    }
    if (base === undefined) continue;
    const low = (word >>> 10) & 0xfff;
    if ((word & 0xff800000) >>> 0 === 0x91000000) {
      found(base + ((word & 0x00400000) === 0 ? low : low * 4096));
      // A sum in place: what follows is relative to the variable, no more to the page.
      if ((word & 31) === ((word >>> 5) & 31)) page[word & 31] = undefined;
    } else if ((word & 0x3b000000) === 0x39000000) {
      // Vector registers of 16 bytes have size 0 and a high opc: no global of interest is loaded so.
      found(base + low * 2 ** (word >>> 30));
    }
  }
}

/** AUIPC rd, high; then ADDI, a load or a store relative to rd. */
function auipcPairs(view: DataView, { address }: Code, found: (address: number) => void): void {
  const upper = new Array<number | undefined>(registers);
  for (let at = 0; at + 4 <= view.byteLength; at += 2) {
    const word = view.getUint32(at, true);
    const opcode = word & 0x7f;
    if (opcode === 0x17) {
      upper[(word >>> 7) & 31] = address + at + ((word & 0xfffff000) | 0);
      continue;
    }
    const base = upper[(word >>> 15) & 31];
    if (base === undefined) continue;
    if (opcode === 0x13 || opcode === 0x03) {
      found(base + (word >> 20));
      if (((word >>> 7) & 31) === ((word >>> 15) & 31)) upper[(word >>> 7) & 31] = undefined;
    } else if (opcode === 0x23) found(base + ((word >> 25) * 32 + ((word >>> 7) & 31)));
  }
}

/** PCALAU12I or PCADDU12I rd, high; then ADDI, a load or a store relative to rd (LoongArch). */
function pcaddPairs(view: DataView, { address }: Code, found: (address: number) => void): void {
  const upper = new Array<number | undefined>(registers);
  for (let at = 0; at + 4 <= view.byteLength; at += 4) {
    const word = view.getUint32(at, true);
    const opcode = word >>> 25;
    const high = ((word << 7) >> 12) * 4096;
    if (opcode === 0x0d || opcode === 0x0e) {
      const pc = address + at;
      upper[word & 31] = opcode === 0x0d ? pc - (pc % 4096) + high : pc + high;
      continue;
    }
    const base = upper[(word >>> 5) & 31];
    const group = word >>> 22;
    // addi.w, addi.d; ld and st in all their sizes.
    const adds = group === 0x0a || group === 0x0b;
    if (base === undefined || !(adds || (group >= 0xa0 && group <= 0xaf))) continue;
    found(base + ((word << 10) >> 20));
    if (adds && (word & 31) === ((word >>> 5) & 31)) upper[word & 31] = undefined;
  }
}

/** How an arch writes `upper half` and `lower half, relative to a register` in a word. */
interface PairForms {
  /** The register that gets `value` and, if it is `from` another register, what that holds; undefined if the word does something else. */
  upper(
    word: number,
  ): { readonly register: number; readonly value: number; readonly from: number | undefined } | undefined;
  /** A signed low half added to a register, by an addition, a load or a store; `sum`: the register that an addition writes. */
  lower(word: number): { readonly register: number; readonly low: number; readonly sum?: number } | undefined;
}

function upperPairs({ upper, lower }: PairForms): Decoder {
  return (view, { littleEndian }, found) => {
    const values = new Array<number | undefined>(registers);
    for (let at = 0; at + 4 <= view.byteLength; at += 4) {
      const word = view.getUint32(at, littleEndian);
      const set = upper(word);
      if (set) {
        const from = set.from === undefined ? 0 : values[set.from];
        values[set.register] = from === undefined ? undefined : from + set.value;
        continue;
      }
      const half = lower(word);
      const base = half && values[half.register];
      if (!half || base === undefined) continue;
      found(base + half.low);
      // A sum in place: what follows is relative to the variable, no more to the upper half.
      if (half.sum === half.register) values[half.register] = undefined;
    }
  };
}

/** addis (lis where its register is r0); addi, D-form loads and stores, and the DS-forms, whose two lowest bits are no offset. */
const ppcForms: PairForms = {
  upper(word) {
    if (word >>> 26 !== 15) return undefined;
    const from = (word >>> 16) & 31;
    return { register: (word >>> 21) & 31, value: (word << 16) | 0, from: from === 0 ? undefined : from };
  },
  lower(word) {
    const opcode = word >>> 26;
    const register = (word >>> 16) & 31;
    const low = (word << 16) >> 16;
    if (opcode === 14) return { register, low, sum: (word >>> 21) & 31 };
    if (opcode >= 32 && opcode <= 45) return { register, low };
    return opcode === 58 || opcode === 62 ? { register, low: low & ~3 } : undefined;
  },
};

/** lui; addiu, daddiu, loads and stores. */
const mipsForms: PairForms = {
  upper(word) {
    return word >>> 26 === 0x0f
      ? { register: (word >>> 16) & 31, value: (word << 16) | 0, from: undefined }
      : undefined;
  },
  lower(word) {
    const opcode = word >>> 26;
    const [register, low] = [(word >>> 21) & 31, (word << 16) >> 16];
    if (opcode === 0x09 || opcode === 0x19) return { register, low, sum: (word >>> 16) & 31 };
    return opcode >= 0x20 && opcode <= 0x3f ? { register, low } : undefined;
  },
};
