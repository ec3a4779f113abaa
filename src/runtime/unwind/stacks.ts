// Where the stack of each goroutine and thread begins, and the stack itself: from what the g saved when it left the processor, from the registers of its
// thread, or from those that a signal interrupted (runtime/traceback.go, os_linux.go; facts by status: runtime2.go, the comment at _Gidle).
import { type SignalContextLayout, signalContextLayout } from '../../elf/signal-context.js';
import type { Goroutine } from '../goroutines.js';
import type { RuntimeView } from '../mheap.js';
import type { ProgramFunctions } from './program-functions.js';
import { type Machine, type Thread, within } from './thread-list.js';
import { type StackBounds, type StackStart, type UnwindScene, type Unwound, unwind } from './unwind.js';

/** Bytes of a signal handler's stack behind its last frame in which the interrupted registers are looked for. */
const mostContextBytes = 2048;

export interface GoroutineStackTrace extends Unwound {
  /** The thread that runs it, where one of the image does. */
  readonly thread: number | undefined;
}

export class Stacks {
  readonly #scene: UnwindScene;
  readonly #view: RuntimeView;
  readonly #context: SignalContextLayout | undefined;
  readonly #byMachine = new Map<number, Thread>();
  readonly #interrupted = new Map<Thread, StackStart | undefined>();

  constructor(view: RuntimeView, functions: ProgramFunctions, threads: readonly Thread[]) {
    const { memory, layout } = view;
    this.#view = view;
    this.#scene = { memory, functions, callFrame: layout.traits.callFrame };
    this.#context = signalContextLayout(layout.goarch);
    for (const thread of threads) if (thread.machine) this.#byMachine.set(thread.machine.m, thread);
  }

  ofGoroutine(goroutine: Goroutine): GoroutineStackTrace {
    const thread = goroutine.m ? this.#byMachine.get(goroutine.m) : undefined;
    const ran = thread?.machine && thread.machine.curg === goroutine.g ? thread : undefined;
    const found = this.#startOf(goroutine, ran);
    const tid = ran?.tid;
    if (typeof found === 'string') return { frames: [], complete: false, stoppedBecause: found, thread: tid };
    return { ...unwind(this.#scene, found, { bounds: goroutine.stack }), thread: tid };
  }

  /** What a thread executes: its own stack, and the goroutine's that called for it. */
  ofThread(thread: Thread, curg: Goroutine | undefined): Unwound {
    const start = registersOf(thread);
    const { machine } = thread;
    if (machine && within(machine.gsignalStack, thread.sp)) {
      const handler = unwind(this.#scene, start, { bounds: machine.gsignalStack });
      const interrupted = this.#interruptedBy(thread);
      if (!interrupted) return handler;
      const rest = this.#ofThreadFrom(interrupted, machine, curg);
      return { ...rest, frames: [...handler.frames, ...rest.frames] };
    }
    return this.#ofThreadFrom(start, machine, curg);
  }

  #ofThreadFrom(start: StackStart, machine: Machine | undefined, curg: Goroutine | undefined): Unwound {
    if (curg && within(curg.stack, start.sp)) return unwind(this.#scene, start, { bounds: curg.stack });
    const goroutine = curg && { start: savedBy(curg), bounds: curg.stack };
    const bounds = within(machine?.g0Stack, start.sp) ? machine?.g0Stack : undefined;
    return unwind(this.#scene, start, { bounds, goroutine });
  }

  /** Where the goroutine's own frames begin; a phrase where it has none or they can't be told. */
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
    const direct = registersOf(thread);
    const interrupted = within(thread.machine?.gsignalStack, thread.sp) ? this.#interruptedBy(thread) : direct;
    const { vdso } = thread.machine ?? {};
    if (
      vdso &&
      vdso.sp !== 0 &&
      within(stack, vdso.sp) &&
      !(interrupted && within(stack, interrupted.sp) && this.#scene.functions.at(interrupted.pc))
    )
      return { ...vdso, lr: 0, origin: 'vdso', interrupted: false };
    if (interrupted && within(stack, interrupted.sp)) return interrupted;
    // Its thread is on another stack: what the switch to that saved.
    return savedBy(goroutine);
  }

  /** The registers that a signal interrupted, from the handler's stack; undefined where they can't be told. */
  #interruptedBy(thread: Thread): StackStart | undefined {
    if (!this.#interrupted.has(thread)) this.#interrupted.set(thread, this.#findInterrupted(thread));
    return this.#interrupted.get(thread);
  }

  #findInterrupted(thread: Thread): StackStart | undefined {
    const { machine } = thread;
    const layout = this.#context;
    const bounds = machine?.gsignalStack;
    if (!machine || !layout || !bounds) return undefined;
    const { frames } = unwind(this.#scene, registersOf(thread), { bounds });
    const last = frames.at(-1);
    const from = last ? Math.max(last.sp, last.cfa ?? 0) : thread.sp;
    const stacks = [machine.g0Stack, this.#stackOf(machine.curg)];
    const word = this.#view.memory.pointerSize;
    // The last frame is perhaps that of the function that ends the handler, and begins where the registers stand.
    for (let at = last ? last.sp : from; at < Math.min(from + mostContextBytes, bounds.hi); at += word) {
      const pc = this.#register(at, layout.pc);
      const sp = this.#register(at, layout.sp);
      if (!pc || !sp || !stacks.some((stack) => within(stack, sp))) continue;
      const lr = layout.lr === undefined ? 0 : (this.#register(at, layout.lr) ?? 0);
      if (this.#scene.functions.at(pc) || machine.vdso.sp !== 0)
        return { pc, sp, lr, origin: 'signal frame', interrupted: true };
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

function registersOf({ pc, sp, lr }: Thread): StackStart {
  return { pc, sp, lr, origin: 'registers', interrupted: true };
}

/** g.sched, as gopark, a preemption or the switch to the thread's own stack left it. */
function savedBy({ sched }: Goroutine): StackStart {
  return { ...sched, origin: 'gobuf', interrupted: false };
}
