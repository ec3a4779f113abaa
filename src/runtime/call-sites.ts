// Whether a call instruction ends just before an address: what tells a return address from any other word that happens to point into text. A look at a few
// bytes for each machine, no disassembler. Forms: Intel SDM (CALL), Arm ARM (BL, BLR, BLX), Power ISA (bl, bctrl, blrl), RISC-V (jal, jalr, c.jalr), z/Architecture
// (BRASL, BASR), MIPS (jal, jalr and their delay slot), LoongArch (bl, jirl).
import type { Memory } from '../image/memory.js';

/** Bytes before a return address that are looked at. */
const reach = 8;

/** `back(n)` is the byte n bytes before the address. */
type Back = (distance: number) => number;
type Test = (back: Back, littleEndian: boolean) => boolean;

/** CALL rel32; or CALL r/m (FF /2) in each length that its ModRM byte gives. */
const x86: Test = (back) => {
  if (back(5) === 0xe8) return true;
  for (let length = 2; length <= 7; length += 1) {
    if (back(length) !== 0xff) continue;
    const modrm = back(length - 1);
    if (((modrm >> 3) & 7) !== 2) continue;
    const [mode, rm] = [modrm >> 6, modrm & 7];
    if (mode === 3) {
      if (length === 2) return true;
      continue;
    }
    const sib = rm === 4;
    const wide = mode === 2 || (mode === 0 && (rm === 5 || (sib && length > 3 && (back(length - 2) & 7) === 5)));
    if (length === 2 + (sib ? 1 : 0) + (wide ? 4 : mode === 1 ? 1 : 0)) return true;
  }
  return false;
};

/** A machine whose instructions are words of four bytes; `slot` is how far behind the call it returns. */
function fixedWidth(isCall: (word: number) => boolean, slot = 4): Test {
  return (back, littleEndian) => {
    const at = (i: number) => back(slot - (littleEndian ? i : 3 - i));
    return isCall((at(0) | (at(1) << 8) | (at(2) << 16) | (at(3) << 24)) >>> 0);
  };
}

const arm64 = fixedWidth((word) => word >>> 26 === 0x25 || (word & 0xfffffc1f) >>> 0 === 0xd63f0000);
const arm = fixedWidth((word) => ((word >>> 24) & 0xf) === 0xb || (word & 0x0ffffff0) === 0x012fff30);
const ppc64 = fixedWidth(
  // bctrl and blrl, whatever hint they carry for the branch prediction.
  (word) => (word >>> 26 === 18 && (word & 1) === 1) || ((word & 0xffffe7ff) | 0x400) >>> 0 === 0x4e800421,
);
const mips = fixedWidth((word) => word >>> 26 === 3 || (word >>> 26 === 0 && (word & 0x3f) === 9), 8);
const loong64 = fixedWidth((word) => word >>> 26 === 0x15 || (word & 0xfc00001f) >>> 0 === 0x4c000001);

/** jal and jalr that leave the return address in ra; c.jalr. */
const riscv: Test = (back) => {
  const low = back(4) | (back(3) << 8);
  if ((low & 0xfff) === 0xef || (low & 0xfff) === 0xe7) return true;
  const short = back(2) | (back(1) << 8);
  return (short & 0xf07f) === 0x9002 && (short & 0xf80) !== 0;
};

/** BRASL r, and BASR r,r with a register to jump to. */
const s390x: Test = (back) =>
  (back(6) === 0xc0 && (back(5) & 0xf) === 5) || (back(2) === 0x0d && (back(1) & 0xf) !== 0);

const tests: Readonly<Record<string, Test>> = {
  amd64: x86,
  '386': x86,
  arm64,
  arm,
  ppc64,
  ppc64le: ppc64,
  riscv64: riscv,
  s390x,
  mips,
  mipsle: mips,
  mips64: mips,
  mips64le: mips,
  loong64,
};

/** Whether the instruction before `address` is a call; undefined for a machine that is not known here, and where its bytes can't be read. */
export function followsCall(memory: Memory, goarch: string, address: number): boolean | undefined {
  const test = tests[goarch];
  if (!test) return undefined;
  const at = memory.view(address - reach, reach);
  if (at < 0) return undefined;
  const { window } = memory;
  return test((distance) => window.getUint8(at + reach - distance), memory.littleEndian);
}
