// Walks one stack by the function tables: from a pc and SP to the function that has no caller (runtime/traceback.go: gentraceback up to 1.20, unwinder since).
// Finds frames and says where and why it stopped; knows nothing of goroutines but where a thread's own stack goes over to one.
import type { GoFunction } from '../../gosym/functions.js';
import type { Memory } from '../../image/memory.js';
import type { CallFrame } from '../../layout/types.js';
import { FrameList, type LeftOut } from './frame-list.js';
import { injectedRoles, outermostRoles, type ProgramFunctions } from './program-functions.js';

/** Why a frame is believed: what gave its pc and SP. */
export type FrameOrigin =
  | 'registers'
  | 'gobuf'
  | 'syscall'
  | 'vdso'
  | 'signal frame'
  | 'pcsp'
  | 'frame pointer'
  | 'scan';

/** Where a stack begins. */
export interface StackStart {
  readonly pc: number;
  readonly sp: number;
  /** The link register, on arches that have one; 0 where the return address stands on the stack; undefined where it may be either, and the register is not known. */
  readonly lr: number | undefined;
  /** The frame pointer, where it is known: for scans. */
  readonly bp?: number;
  readonly origin: FrameOrigin;
  /** The pc is that of an instruction that was interrupted, not a return address. */
  readonly interrupted: boolean;
}

export interface StackBounds {
  readonly lo: number;
  /** Exclusive. */
  readonly hi: number;
}

/** One function's frame, inlined calls not taken apart. */
export interface StackFrame {
  readonly pc: number;
  /** The pc whose file and line are the call's: that before a return address. */
  readonly callPc: number;
  readonly sp: number;
  /** SP in the caller, behind the return address. */
  readonly cfa: number | undefined;
  readonly fn: GoFunction;
  readonly origin: FrameOrigin;
}

export interface Unwound {
  /** Innermost first. */
  readonly frames: readonly StackFrame[];
  /** What a stack of more frames than are kept has between its ends; absent where all are in `frames`. */
  readonly leftOut?: LeftOut<StackFrame>;
  /** The last frame is one that nothing called. */
  readonly complete: boolean;
  /** Where it is not complete: why there is no further frame, in a phrase. */
  readonly stoppedBecause: string | undefined;
  /** It stopped at the innermost frame, whose caller is in a link register that is not known. */
  readonly hidden?: true;
}

export interface UnwindScene {
  readonly memory: Memory;
  readonly functions: ProgramFunctions;
  readonly callFrame: CallFrame;
  /** Roles of functions below which the line is that of the pc itself (`Traits.exactBelow`). */
  readonly exactBelow: readonly string[];
}

export interface UnwindOptions {
  /** The stack's bounds; frames outside of them are not believed. */
  readonly bounds?: StackBounds | undefined;
  /** For a thread's own stack: where the goroutine stands that called it. */
  readonly goroutine?: { readonly start: StackStart; readonly bounds: StackBounds } | undefined;
}

/** A stack of 1 GiB, more than the runtime's limit lets one grow to, with the smallest frames that occur: a return address and a frame pointer. */
const mostFrames = 2 ** 26;

/** Distinct pcs of one stack that are kept. */
const mostPlaces = 2 ** 12;

/** They write SP, but leave both stacks so that they can be walked. */
const writesSpOrderly: ReadonlySet<string> = new Set(['cgocallback', 'cgocallback_gofunc', 'systemstack']);

export function unwind(scene: UnwindScene, start: StackStart, options: UnwindOptions = {}): Unwound {
  const { memory, functions, callFrame } = scene;
  const { linkRegister } = callFrame;
  const word = memory.pointerSize;
  const found = new FrameList<StackFrame>();
  const stop = (stoppedBecause?: string): Unwound => {
    const { frames, leftOut } = found;
    return { frames, ...(leftOut ? { leftOut } : {}), complete: stoppedBecause === undefined, stoppedBecause };
  };
  let { pc, sp, lr, origin } = start;
  let { bounds } = options;
  let switchTo = options.goroutine;
  let exact = start.interrupted;
  const places = new Places(scene);
  let place: Place | undefined;
  if (pc === 0) {
    // A nil function was called: its caller is the first frame.
    const caller = memory.word(sp);
    if (!caller) return stop(`pc is 0, and there is no return address at SP ${hex(sp)}`);
    pc = caller;
    if (linkRegister) lr = 0;
    else sp += word;
    exact = false;
  }
  for (;;) {
    if (place?.pc !== pc) place = places.at(pc);
    if (!place) return stop(`no function holds the pc ${hex(pc)}`);
    const { fn, role } = place;
    const innermost = found.length === 0;
    if (switchTo && role === 'morestack') {
      ({ pc, sp, lr, origin } = switchTo.start);
      exact = switchTo.start.interrupted;
      ({ bounds } = switchTo);
      switchTo = undefined;
      continue;
    }
    const { delta } = place;
    const unswitched = linkRegister && delta === 0;
    if (switchTo && role === 'systemstack' && !unswitched) {
      ({ sp } = switchTo.start);
      ({ bounds } = switchTo);
      switchTo = undefined;
    }
    if (bounds && !(sp >= bounds.lo && sp <= bounds.hi))
      return stop(`SP ${hex(sp)} lies outside of the stack ${hex(bounds.lo)}–${hex(bounds.hi)}`);
    const callPc = exact || pc <= fn.entry ? pc : pc - 1;
    const cfa = delta === undefined ? undefined : sp + delta + (linkRegister ? 0 : word);
    found.push({ pc, callPc, sp, cfa, fn, origin });
    if (place.outermost) return stop();
    if (cfa === undefined || delta === undefined || delta < 0 || delta % 4 !== 0)
      return stop(`${fn.name} does not tell its frame's size at ${hex(pc)}`);
    if (place.writesSp && !innermost) return stop(`${fn.name} has set SP itself`);
    if (linkRegister) {
      if (lr === undefined && sp === cfa)
        return { ...stop(`the caller of ${fn.name} is in the link register, which is not known here`), hidden: true };
      if ((innermost && sp < cfa) || !lr) lr = memory.word(sp) ?? -1;
    } else lr = memory.word(cfa - word) ?? -1;
    if (lr === -1) {
      const fault = memory.faultAt(linkRegister ? sp : cfa - word);
      return stop(`the return address can’t be read: ${hex(fault?.address ?? cfa)}: ${fault?.why ?? 'unreadable'}`);
    }
    if (lr === 0) return stop(`the return address of ${fn.name} is 0`);
    if (cfa < sp || (cfa === sp && lr === pc) || found.length >= mostFrames) return stop('the frames go in a circle');
    exact = place.exactBelow;
    pc = lr;
    lr = 0;
    sp = cfa;
    origin = 'pcsp';
    if (linkRegister && injectedRoles.has(role)) {
      // The signal handler has pushed the link register of what it interrupted.
      const saved = memory.word(sp) ?? 0;
      const { minFrameBytes, alignBytes } = callFrame;
      sp += Math.ceil(minFrameBytes / alignBytes) * alignBytes;
      const below = functions.at(pc);
      if (!below) pc = saved;
      else if (below.spDelta(pc) === 0) lr = saved;
    }
  }
}

/** What the function tables say of one pc. */
interface Place {
  readonly pc: number;
  readonly fn: GoFunction;
  readonly role: string;
  readonly delta: number | undefined;
  readonly outermost: boolean;
  readonly writesSp: boolean;
  readonly exactBelow: boolean;
}

/** Places of one stack, each worked out once: a recursion comes to the same pcs again and again. */
class Places {
  readonly #scene: UnwindScene;
  readonly #known = new Map<number, Place>();

  constructor(scene: UnwindScene) {
    this.#scene = scene;
  }

  at(pc: number): Place | undefined {
    const known = this.#known.get(pc);
    if (known) return known;
    const { functions, exactBelow } = this.#scene;
    const fn = functions.at(pc);
    if (!fn) return undefined;
    const role = functions.roleOf(fn);
    const place = {
      pc,
      fn,
      role,
      delta: fn.spDelta(pc),
      outermost: fn.isTopFrame === true || outermostRoles.has(role),
      writesSp: fn.writesSp && !writesSpOrderly.has(role),
      exactBelow: exactBelow.includes(role),
    };
    if (this.#known.size < mostPlaces) this.#known.set(pc, place);
    return place;
  }
}

const hex = (address: number) => `0x${address.toString(16)}`;
