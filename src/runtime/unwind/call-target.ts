// What the call before a return address calls, where its instruction says so itself: the second thing that tells a true return address from a stale one. A few
// forms for each machine, no disassembler (Intel SDM; Arm ARM; Power ISA; RISC-V; z/Architecture; MIPS; LoongArch).
import type { Memory } from '../../image/memory.js';

/** Bytes before a return address that are looked at. */
const reach = 8;

type Decode = (code: Code) => number | undefined;

interface Code {
  /** The return address. */
  readonly address: number;
  byte(distance: number): number;
  /** The instruction word of four bytes that ends `distance - 4` bytes before the address. */
  word(distance: number): number;
}

const signed = (value: number, bits: number): number => (value << (32 - bits)) >> (32 - bits);

const x86: Decode = ({ address, byte }) => {
  if (byte(5) !== 0xe8) return undefined;
  return address + (byte(4) | (byte(3) << 8) | (byte(2) << 16) | (byte(1) << 24) | 0);
};

/** BL with a signed count of words from the instruction. */
const branch =
  (matches: (word: number) => boolean, offset: (word: number) => number, slot = 4): Decode =>
  (code) => {
    const word = code.word(slot);
    return matches(word) ? code.address - slot + offset(word) : undefined;
  };

const arm64 = branch(
  (word) => word >>> 26 === 0x25,
  (word) => signed(word & 0x3ffffff, 26) * 4,
);
const arm = branch(
  (word) => ((word >>> 24) & 0xf) === 0xb,
  (word) => signed(word & 0xffffff, 24) * 4 + 8,
);
const ppc64 = branch(
  (word) => word >>> 26 === 18 && (word & 3) === 1,
  (word) => signed(word & 0x3fffffc, 26),
);
const loong64 = branch(
  (word) => word >>> 26 === 0x15,
  (word) => signed(((word & 0x3ff) << 16) | ((word >>> 10) & 0xffff), 26) * 4,
);

/** JAL replaces the low 28 bits of the delay slot's address. */
const mips: Decode = ({ address, word }) => {
  const call = word(8);
  if (call >>> 26 !== 3) return undefined;
  const slot = address - 4;
  return slot - (slot % 2 ** 28) + (call & 0x3ffffff) * 4;
};

/** BRASL: a signed count of halfwords. */
const s390x: Decode = ({ address, byte }) => {
  if (byte(6) !== 0xc0 || (byte(5) & 0xf) !== 5) return undefined;
  return address - 6 + (byte(1) | (byte(2) << 8) | (byte(3) << 16) | (byte(4) << 24) | 0) * 2;
};

/** JAL, or AUIPC and JALR by way of the same register. */
const riscv64: Decode = ({ address, word }) => {
  const call = word(4);
  if ((call & 0x7f) === 0x6f) {
    const bits =
      ((call >>> 31) << 20) |
      (((call >>> 12) & 0xff) << 12) |
      (((call >>> 20) & 1) << 11) |
      (((call >>> 21) & 0x3ff) << 1);
    return address - 4 + signed(bits, 21);
  }
  const upper = word(8);
  if ((call & 0x7f) !== 0x67 || (upper & 0x7f) !== 0x17 || ((upper >>> 7) & 31) !== ((call >>> 15) & 31))
    return undefined;
  return address - 8 + ((upper & 0xfffff000) | 0) + (call >> 20);
};

const decoders: Readonly<Record<string, Decode>> = {
  amd64: x86,
  '386': x86,
  arm64,
  arm,
  ppc64,
  ppc64le: ppc64,
  riscv64,
  s390x,
  mips,
  mipsle: mips,
  mips64: mips,
  mips64le: mips,
  loong64,
};

/** Machines whose instructions are little-endian whatever the data is: all but those that have both, where code goes with the data, and s390x. */
const alwaysLittle: ReadonlySet<string> = new Set(['arm', 'arm64', 'riscv64', 'loong64']);

/** The address that is called; undefined where it stands in a register or in memory, can't be read, or the machine is not known here. */
export function callTarget(memory: Memory, goarch: string, address: number): number | undefined {
  const decode = decoders[goarch];
  const at = decode ? memory.view(address - reach, reach) : -1;
  if (!decode || at < 0) return undefined;
  const { window } = memory;
  const littleEndian = memory.littleEndian || alwaysLittle.has(goarch);
  return decode({
    address,
    byte: (distance) => window.getUint8(at + reach - distance),
    word: (distance) => window.getUint32(at + reach - distance, littleEndian),
  });
}
