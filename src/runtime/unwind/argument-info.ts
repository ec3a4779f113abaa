// The arguments of a frame as a dump prints them: `0x1, {0xc000012000?, 0x3}`. Up to 1.16 the words above the frame; since 1.17 the slots that funcdata names, since 1.18 marked
// `?` where the argument came in a register and may have been overwritten where it was spilled to (runtime/traceback.go, printArgs; cmd/compile, emitArgInfo).
import type { Memory } from '../../image/memory.js';
import type { CallFrame, TracebackTraits } from '../../layout/types.js';
import type { StackFrame } from './unwind.js';

/** internal/abi/symtab.go, TraceArgsEndSeq and its kin. */
const END = 0xff;
const START_AGGREGATE = 0xfe;
const END_AGGREGATE = 0xfd;
const DOTS = 0xfc;
const TOO_LARGE = 0xfb;
/** Bytes that are no offset of an argument. */
export const opcodes: ReadonlySet<number> = new Set([END, START_AGGREGATE, END_AGGREGATE, DOTS, TOO_LARGE]);
/** TraceArgsMaxLen: (5 · 3 + 2) · 10 + 1. */
const mostInfoBytes = 171;
/** Words that are printed up to 1.16. */
const mostWords = 10;

export interface ArgumentScene {
  readonly memory: Memory;
  readonly callFrame: CallFrame;
  readonly how: TracebackTraits['arguments'];
}

/** What stands between the parentheses; undefined where any of it can't be read. `outerPc`: where in the function its outermost inlined call is. */
export function printedArguments(scene: ArgumentScene, frame: StackFrame, outerPc: number): string | undefined {
  const { memory, callFrame, how } = scene;
  if (frame.cfa === undefined) return undefined;
  const argp = frame.cfa + callFrame.minFrameBytes;
  if (how === 'words') return words(memory, argp, frame.fn.argsBytes);
  const info = frame.fn.funcdata(how.info);
  if (typeof info !== 'number') return info === null ? '' : undefined;
  const live = how.live === null ? null : frame.fn.funcdata(how.live);
  if (live === undefined) return undefined;
  const { bytes } = memory.bytes(info, mostInfoBytes);
  const index =
    how.live === null ? undefined : frame.fn.pcdata(how.liveIndex, how.at === 'call' ? outerPc : frame.callPc);
  return slots(bytes, memory, argp, live === null ? undefined : { address: live, index: index ?? 0 });
}

/** Of a function that does not say how many it has, as many as are ever printed. */
function words(memory: Memory, argp: number, argsBytes: number | undefined): string | undefined {
  if (argsBytes === undefined) return undefined;
  const { pointerSize } = memory;
  const count = argsBytes < 0 ? Number.POSITIVE_INFINITY : Math.floor(argsBytes / pointerSize);
  const parts: string[] = [];
  for (let i = 0; i < Math.min(count, mostWords); i += 1) {
    const value = valueAt(memory, argp + i * pointerSize, pointerSize);
    if (value === undefined) return undefined;
    parts.push(value);
  }
  if (count > mostWords) parts.push('...');
  return parts.join(', ');
}

/** Bits of what is still true begin at the table's `index`; slots below the offset in its first byte always are. */
interface Liveness {
  readonly address: number;
  readonly index: number;
}

function slots(info: Uint8Array, memory: Memory, argp: number, liveness: Liveness | undefined): string | undefined {
  const start = liveness ? memory.uint8(liveness.address) : 0xff;
  if (start === undefined) return undefined;
  let text = '';
  let first = true;
  let slot = 0;
  const add = (part: string) => {
    text += first ? part : `, ${part}`;
    first = false;
  };
  for (let at = 0; at < info.length; ) {
    const code = info[at++]!;
    if (code === END) return text;
    if (code === START_AGGREGATE) {
      add('{');
      first = true;
    } else if (code === END_AGGREGATE) {
      text += '}';
      first = false;
    } else if (code === DOTS) add('...');
    else if (code === TOO_LARGE) add('_');
    else {
      const size = info[at++] ?? 0;
      const value = valueAt(memory, argp + code, size);
      const live = code < start || !liveness || liveness.index <= 0 || bitAt(memory, liveness, slot);
      if (value === undefined || live === undefined) return undefined;
      add(live ? value : `${value}?`);
      if (code >= start) slot += 1;
    }
  }
  return undefined;
}

function bitAt(memory: Memory, { address, index }: Liveness, slot: number): boolean | undefined {
  const bits = memory.uint8(address + index + (slot >> 3));
  return bits === undefined ? undefined : (bits & (1 << (slot & 7))) !== 0;
}

/** An unsigned number of up to eight bytes. */
function valueAt(memory: Memory, address: number, size: number): string | undefined {
  if (size < 1 || size > 8) return undefined;
  const { bytes } = memory.bytes(address, size);
  if (bytes.length < size) return undefined;
  let value = 0n;
  for (let i = 0; i < size; i += 1) value = (value << 8n) | BigInt(bytes[memory.littleEndian ? size - 1 - i : i]!);
  return `0x${value.toString(16)}`;
}
