// Where the stack of each goroutine and thread begins, and the stack itself: from what the g saved when it left the processor, from the registers of its
// thread, or from those that a signal interrupted (runtime/traceback.go, os_linux.go; facts by status: runtime2.go, the comment at _Gidle).
import { mayBeSp, type SignalContextLayout, signalContextLayout } from '../../elf/signal-context.js';
import type { Goroutine } from '../goroutines.js';
import type { RuntimeView } from '../mheap.js';
import { unreadStacks } from './overlapping-stacks.js';
import type { ProgramFunctions } from './program-functions.js';
import { type Machine, type Thread, within } from './thread-list.js';
import {
  type StackBounds,
  type StackFrame,
  type StackStart,
  type UnwindScene,
  type Unwound,
  unwind,
} from './unwind.js';

/** Bytes of a signal handler's stack behind its last frame in which the interrupted registers are looked for. */
const mostContextBytes = 2048;

/** Where C made the thread, g0.stack.hi is the address of a local variable of mstart0 (runtime/proc.go, mstart0): its frame and mstart's end behind it. */
const mostBeyondG0 = 512;

/** Signals that interrupt a signal's handler. */
const mostNestedSignals = 8;

interface Interrupted {
  readonly start: StackStart;
  /** Frames of the handlers, innermost first. */
  readonly handlers: readonly StackFrame[];
  /** Why handlers between the innermost one and the others are missing; undefined where none are. */
  readonly gap: string | undefined;
}

export interface GoroutineStackTrace extends Unwound {
  /** The thread that runs it, where one of the image does. */
  readonly thread: number | undefined;
}

export class Stacks {
  readonly #scene: UnwindScene;
  readonly #view: RuntimeView;
  readonly #context: SignalContextLayout | undefined;
  readonly #live: boolean;
  readonly #byMachine = new Map<number, Thread>();
  readonly #interrupted = new Map<Thread, Interrupted | undefined>();

  constructor(view: RuntimeView, functions: ProgramFunctions, threads: readonly Thread[]) {
    const { memory, layout } = view;
    this.#view = view;
    const { callFrame, exactBelow } = layout.traits;
    this.#scene = { memory, functions, callFrame, exactBelow };
    this.#context = signalContextLayout(layout.goarch);
    this.#live = threads.some(({ live }) => live !== undefined);
    for (const thread of threads) if (thread.machine) this.#byMachine.set(thread.machine.m, thread);
  }

  ofGoroutine(goroutine: Goroutine): GoroutineStackTrace {
    const ran = this.#runs(goroutine);
    const found = this.#startOf(goroutine, ran);
    const tid = ran?.tid;
    if (typeof found === 'string') return { frames: [], complete: false, stoppedBecause: found, thread: tid };
    return { ...unwind(this.#scene, found, { bounds: goroutine.stack }), thread: tid };
  }

  /** Of all goroutines of an image those whose stacks are not to be read, because they can’t all be true: each with the reason. */
  unread(goroutines: readonly Goroutine[]): ReadonlyMap<Goroutine, string> {
    const spOf = (goroutine: Goroutine) => {
      const start = this.startOf(goroutine);
      return typeof start === 'string' ? undefined : start.sp;
    };
    return unreadStacks(goroutines, this.#view.memory, spOf, this.#live);
  }

  /** The thread that runs it, where one of the image does. */
  threadOf(goroutine: Goroutine): number | undefined {
    return this.#runs(goroutine)?.tid;
  }

  #runs({ g, m }: Goroutine): Thread | undefined {
    const thread = m ? this.#byMachine.get(m) : undefined;
    return thread?.machine?.curg === g ? thread : undefined;
  }

  /** What a thread executes: its own stack, and the goroutine's that called for it. */
  ofThread(thread: Thread, curg: Goroutine | undefined): Unwound {
    if (thread.live?.lack !== undefined) return { frames: [], complete: false, stoppedBecause: thread.live.lack };
    const start = registersOf(thread);
    const { machine } = thread;
    if (machine && within(machine.gsignalStack, thread.sp)) {
      const interrupted = this.#interruptedBy(thread);
      if (!interrupted) return unwind(this.#scene, start, { bounds: machine.gsignalStack });
      const rest = this.#ofThreadFrom(interrupted.start, machine, curg);
      const handlers = interrupted.handlers.length;
      const { leftOut } = rest;
      return {
        ...rest,
        frames: [...interrupted.handlers, ...rest.frames],
        ...(leftOut ? { leftOut: { ...leftOut, at: leftOut.at + handlers } } : {}),
        ...(interrupted.gap === undefined ? {} : { complete: false, stoppedBecause: interrupted.gap }),
      };
    }
    return this.#ofThreadFrom(start, machine, curg);
  }

  #ofThreadFrom(at: StackStart, machine: Machine | undefined, curg: Goroutine | undefined): Unwound {
    const start = this.#beforeVdso(at, machine, curg);
    if (curg && within(curg.stack, start.sp)) return unwind(this.#scene, start, { bounds: curg.stack });
    const goroutine = curg && { start: savedBy(curg), bounds: curg.stack };
    const own = machine?.g0Stack;
    const bounds = own && within(own, start.sp) ? { lo: own.lo, hi: own.hi + mostBeyondG0 } : undefined;
    return unwind(this.#scene, start, { bounds, goroutine });
  }

  /** Where the code stood that called into the vDSO, if the thread is in there: no function table tells of it. */
  #beforeVdso(start: StackStart, machine: Machine | undefined, curg: Goroutine | undefined): StackStart {
    const { vdso } = machine ?? {};
    if (!vdso || vdso.sp === 0 || this.#scene.functions.at(start.pc)) return start;
    // A goroutine switches to the thread's own stack for it (runtime/sys_linux_amd64.s, nanotime1).
    const ofGoroutine = within(curg?.stack, vdso.sp) && (within(machine?.g0Stack, start.sp) || vdso.sp >= start.sp);
    const ofThread = within(machine?.g0Stack, vdso.sp) && within(machine?.g0Stack, start.sp) && vdso.sp >= start.sp;
    return ofGoroutine || ofThread ? { ...vdso, lr: 0, origin: 'vdso', interrupted: false } : start;
  }

  /** Where the goroutine's own frames begin; a phrase where it has none or they can't be told. */
  startOf(goroutine: Goroutine): StackStart | string {
    return this.#startOf(goroutine, this.#runs(goroutine));
  }

  #startOf(goroutine: Goroutine, thread: Thread | undefined): StackStart | string {
    const { status, stack, syscall } = goroutine;
    switch (status) {
      case undefined:
        return 'its status can’t be read';
      case 'dead':
      case 'deadextra':
      case 'idle':
      case 'moribund_unused':
        return `it is ${status}: it has no stack`;
      case 'copystack':
        return 'its stack is just being moved';
      case 'syscall':
        if (syscall.sp !== 0) return { ...syscall, lr: 0, origin: 'syscall', interrupted: false };
        break;
      case 'running':
        break;
      default:
        return savedBy(goroutine);
    }
    if (!thread) {
      const why = this.#byMachine.size === 0 ? 'the image has no registers' : 'none of the image’s threads runs it';
      return syscall.sp === 0
        ? `it is ${status}, and ${why}`
        : { ...syscall, lr: 0, origin: 'syscall', interrupted: false };
    }
    if (thread.live?.lack !== undefined)
      return syscall.sp === 0
        ? `thread ${thread.tid} runs it: ${thread.live.lack}`
        : { ...syscall, lr: 0, origin: 'syscall', interrupted: false };
    const direct = registersOf(thread);
    const interrupted = within(thread.machine?.gsignalStack, thread.sp) ? this.#interruptedBy(thread)?.start : direct;
    const { vdso } = thread.machine ?? {};
    if (
      vdso &&
      vdso.sp !== 0 &&
      within(stack, vdso.sp) &&
      !(interrupted && within(stack, interrupted.sp) && this.#scene.functions.at(interrupted.pc))
    )
      return { ...vdso, lr: 0, origin: 'vdso', interrupted: false };
    if (interrupted && within(stack, interrupted.sp)) return this.#switchedTo(interrupted, goroutine);
    // Its thread is on another stack: what the switch to that saved.
    return savedBy(goroutine);
  }

  /** In the instructions of gogo that follow the load of SP the stack is the goroutine's already, and PC is what it goes on at only when they have run (runtime/asm_*.s, gogo; it leaves gobuf.pc as it is). */
  #switchedTo(start: StackStart, goroutine: Goroutine): StackStart {
    const { functions } = this.#scene;
    const saved = savedBy(goroutine);
    // By name: its second half, a function of its own since 1.17, has no funcID.
    if (!/^(runtime\.)?gogo$/.test(functions.at(start.pc)?.name ?? '') || !functions.at(saved.pc)) return start;
    return { ...saved, sp: start.sp };
  }

  /** The registers that a signal interrupted, from the handler's stack; undefined where they can't be told. */
  #interruptedBy(thread: Thread): Interrupted | undefined {
    if (!this.#interrupted.has(thread)) this.#interrupted.set(thread, this.#findInterrupted(thread));
    return this.#interrupted.get(thread);
  }

  /** A handler may itself have been interrupted: a crash raises its signal again. */
  #findInterrupted(thread: Thread): Interrupted | undefined {
    const { machine } = thread;
    const bounds = machine?.gsignalStack;
    if (!machine || !bounds) return undefined;
    const handlers: StackFrame[] = [];
    let start = registersOf(thread);
    let gap: string | undefined;
    for (let nested = 0; nested < mostNestedSignals; nested += 1) {
      const { frames, hidden, stoppedBecause } = unwind(this.#scene, start, { bounds });
      if (hidden) gap = stoppedBecause;
      handlers.push(...frames);
      const context = this.#contextBehind(frames.at(-1), start.sp, machine);
      if (!context) return undefined;
      if (!within(bounds, context.sp)) return { start: context, handlers, gap };
      if (context.sp <= start.sp) return undefined;
      start = context;
    }
    return undefined;
  }

  /** The registers that stand behind a handler's last frame. */
  #contextBehind(last: StackFrame | undefined, sp: number, machine: Machine): StackStart | undefined {
    const layout = this.#context;
    const bounds = machine.gsignalStack;
    if (!layout || !bounds) return undefined;
    // The last frame is perhaps that of the function that ends the handler, which begins where the registers stand.
    const from = last?.sp ?? sp;
    const until = Math.min(Math.max(from, last?.cfa ?? 0) + mostContextBytes, bounds.hi);
    const stacks = [machine.g0Stack, this.#stackOf(machine.curg), { lo: from + 1, hi: bounds.hi }];
    for (let at = from; at < until; at += this.#view.memory.pointerSize) {
      const pc = this.#register(at, layout.pc);
      const stackPointer = this.#register(at, layout.sp);
      if (
        !pc ||
        !stackPointer ||
        !mayBeSp(layout, stackPointer) ||
        !stacks.some((stack) => within(stack, stackPointer))
      )
        continue;
      if (!this.#scene.functions.at(pc) && machine.vdso.sp === 0) continue;
      const lr = layout.lr === undefined ? 0 : (this.#register(at, layout.lr) ?? 0);
      return { pc, sp: stackPointer, lr, origin: 'signal frame', interrupted: true };
    }
    return undefined;
  }

  #register(context: number, offset: number): number | undefined {
    const { memory } = this.#view;
    if (!this.#context?.wide) return memory.word(context + offset);
    return memory.word(context + offset + (memory.littleEndian ? 0 : 4));
  }

  #stackOf(g: number): StackBounds | undefined {
    const { memory, layout } = this.#view;
    const [lo, hi] = [layout.field('g', 'stack.lo'), layout.field('g', 'stack.hi')];
    const low = g && lo ? memory.word(g + lo.offset) : 0;
    const high = g && hi ? memory.word(g + hi.offset) : 0;
    return low && high ? { lo: low, hi: high } : undefined;
  }
}

function registersOf({ pc, sp, lr, bp }: Thread): StackStart {
  return { pc, sp, lr, bp, origin: 'registers', interrupted: true };
}

/** g.sched, as gopark, a preemption or the switch to the thread's own stack left it. */
function savedBy({ sched }: Goroutine): StackStart {
  return { ...sched, origin: 'gobuf', interrupted: false };
}
