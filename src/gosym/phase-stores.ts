// Finds where machine code sets the collector's phase: setGCPhase (runtime/mgc.go), which the compiler puts into its callers, stores a word atomically, reads it again, compares it with _GCmark and
// stores a byte, writeBarrier's. Nothing else does that, whatever functions are called. Seen in every release from 1.11 to 1.27 on the two ports that it knows.
import type { Code } from './code-references.js';

/** One place in the code. */
export interface PhaseStore {
  /** Where it begins in the code. */
  readonly at: number;
  /** The word that is stored, and read again: gcphase. */
  readonly phase: number;
  /** The byte that is stored behind it: of writeBarrier. */
  readonly barrier: number;
}

/** Bytes of code from the first instruction of such a place to its last, at most. */
export const longestPhaseStore = 128;

/** The places in `code`, in its order; undefined for an arch without a decoder. One that `code` does not hold whole is not seen. */
export function phaseStores(goarch: string, code: Code): Iterable<PhaseStore> | undefined {
  if (goarch === 'amd64') return storesOfAmd64(code);
  return goarch === 'arm64' ? storesOfArm64(code) : undefined;
}

/**
 * LEA A(RIP), R1; XCHG R2, (R1); MOV A(RIP), R3; CMP $1, R3; up to three instructions of what becomes of that; MOV R3, B(RIP). Each may have a REX prefix; [.] is what a RIP-relative operand has in its
 * modrm byte.
 */
const rip = '([\\x05\\x0d\\x15\\x1d\\x25\\x2d\\x35\\x3d])([^]{4})';
const rex = '[\\x40-\\x4f]?';
const amd64Form = `\\x8d${rip}${rex}\\x87[\\x00-\\x3f]${rex}\\x8b${rip}${rex}\\x83[\\xf8-\\xff]\\x01[^]{2,32}?\\x88${rip}`;

function* storesOfAmd64({ address, bytes }: Code): Generator<PhaseStore> {
  // Searched as text, which native code does.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const match of text.matchAll(new RegExp(amd64Form, 'dg'))) {
    // A displacement counts from the next instruction, which begins behind it.
    const [stored, read, barrier] = [2, 4, 6].map((group) => {
      const at = match.indices![group]![0];
      return address + at + 4 + view.getInt32(at, true);
    });
    if (stored === read && stored !== barrier) yield { at: address + match.index, phase: stored!, barrier: barrier! };
  }
}

/** Instructions behind the atomic store in which the others stand. */
const instructions = 24;

/** ADRP, ADD R1; STLRW R2, (R1); ADRP and MOVWU of the same word; CMPW $1; MOVB to another address. */
function* storesOfArm64({ address, bytes }: Code): Generator<PhaseStore> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // The upper half of STLRW.
  const stlr = Buffer.from([0x9f, 0x88]);
  for (let half = buffer.indexOf(stlr); half >= 0; half = buffer.indexOf(stlr, half + 1)) {
    const at = half - 2;
    if (at % 4 !== 0 || at < 8 || (view.getUint16(at, true) & 0xfc00) !== 0xfc00) continue;
    const found = storeAt(view, address, at);
    if (found) yield found;
  }
}

function storeAt(view: DataView, address: number, at: number): PhaseStore | undefined {
  const base = (view.getUint32(at, true) >>> 5) & 31;
  const registers = new Map<number, number>();
  let phase: number | undefined;
  let isRead = false;
  let isCompared = false;
  for (let i = at - 8; i + 4 <= Math.min(view.byteLength, at + instructions * 4); i += 4) {
    const word = view.getUint32(i, true);
    const [from, to] = [(word >>> 5) & 31, word & 31];
    const known = registers.get(from);
    const low = (word >>> 10) & 0xfff;
    if ((word & 0x9f000000) >>> 0 === 0x90000000) {
      const pages = ((word << 8) >> 13) * 4 + ((word >>> 29) & 3);
      registers.set(to, Math.floor((address + i) / 4096) * 4096 + pages * 4096);
    } else if ((word & 0xffc00000) >>> 0 === 0x91000000 && known !== undefined) registers.set(to, known + low);
    else if (i === at) {
      phase = registers.get(base);
      if (phase === undefined) return undefined;
    } else if ((word & 0xffc00000) >>> 0 === 0xb9400000 && known !== undefined) {
      if (!isRead && known + low * 4 !== phase) return undefined;
      isRead = true;
    } else if ((word & 0xfffffc1f) >>> 0 === 0x7100041f) isCompared = isRead;
    else if ((word & 0xffc00000) >>> 0 === 0x39000000 && known !== undefined && phase !== undefined)
      return isCompared && known + low !== phase ? { at: address + at - 8, phase, barrier: known + low } : undefined;
  }
  return undefined;
}
