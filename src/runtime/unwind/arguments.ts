// The arguments of a frame, as far as the release lets them be known: words above the frame (up to 1.16), or the slots that funcdata names, with whether the value
// there is still the argument (1.18+; runtime/traceback.go, printArgs). What may be stale is not given.
import type { Memory } from '../../image/memory.js';
import type { Traits } from '../../layout/types.js';
import { opcodes } from './argument-info.js';
import type { StackFrame } from './unwind.js';

/** Slots of registers begin at this offset, where none do. */
const noSlots = 0xff;

/**
 * The frame's first argument where it is a word by itself (a size, a pointer): exact, or undefined where it was in a register and is not known to stand where it
 * would have been spilled to.
 */
export function firstArgument(
  memory: Memory,
  { callFrame, argumentTables }: Traits,
  { cfa, fn, callPc }: StackFrame,
): number | undefined {
  if (cfa === undefined || argumentTables === undefined) return undefined;
  const argp = cfa + callFrame.minFrameBytes;
  if (argumentTables === 'words') return memory.word(argp);
  const info = fn.funcdata(argumentTables.info);
  if (typeof info !== 'number') return undefined;
  const { bytes } = memory.bytes(info, 2);
  const [offset, size] = bytes;
  if (offset === undefined || opcodes.has(offset)) return undefined;
  if (size !== memory.pointerSize) return undefined;
  return isLive(
    memory,
    fn.funcdata(argumentTables.live) ?? undefined,
    fn.pcdata(argumentTables.liveIndex, callPc),
    offset,
  )
    ? memory.word(argp + offset)
    : undefined;
}

/** The first slot's bit is the lowest one. */
function isLive(memory: Memory, live: number | undefined, index: number | undefined, offset: number): boolean {
  if (live === undefined) return true;
  const start = memory.uint8(live) ?? noSlots;
  if (offset < start) return true;
  // Without an index the runtime takes all for live; what was never spilled is not.
  if (index === undefined || index <= 0) return false;
  return ((memory.uint8(live + index) ?? 0) & 1) !== 0;
}
