// Goroutines as results: status, wait, creator, and the stack taken apart into calls, inlined ones too (runtime/traceback.go, goroutineheader, printcreatedby;
// proc.go, isSystemGoroutine). Hides nothing: what a traceback leaves out is for who writes it.
import type { SourceCall } from '../gosym/functions.js';
import { nanotimeAtLeast } from '../runtime/clock.js';
import { type Goroutine, readGoroutines } from '../runtime/goroutines.js';
import type { GoProcess } from '../runtime/process.js';
import { type ProgramFunctions, readFunctions } from '../runtime/unwind/program-functions.js';
import { type GoroutineStackTrace, Stacks } from '../runtime/unwind/stacks.js';
import { readMachines, threadsWithMachines } from '../runtime/unwind/thread-list.js';
import type { StackFrame } from '../runtime/unwind/unwind.js';
import { addressText, bigCount } from './numbers.js';
import type { CreatedBy, FrameResult, GoroutineResult } from './results-goroutines.js';

/** What all goroutines of an image need, made once. */
export class GoroutineList {
  readonly goroutines: readonly Goroutine[];
  /** Entries of allgs that can't be read. */
  readonly unreadable: number;
  /** Undefined where no function table can be read: stacks are then unknown. */
  readonly functions: ProgramFunctions | undefined;
  readonly #stacks: Stacks | undefined;
  readonly #now: number;

  constructor(process: GoProcess) {
    const { goroutines, unreadable } = readGoroutines(process);
    this.goroutines = goroutines;
    this.unreadable = unreadable;
    this.functions = readFunctions(process);
    const threads = threadsWithMachines(process.target.threads, readMachines(process));
    this.#stacks = this.functions && new Stacks(process, this.functions, threads);
    this.#now = nanotimeAtLeast(process);
  }

  /** The stack of one; where there are no functions, none, and the reason. */
  stackOf(goroutine: Goroutine): GoroutineStackTrace {
    return (
      this.#stacks?.ofGoroutine(goroutine) ?? {
        frames: [],
        complete: false,
        stoppedBecause: 'the program’s function table can’t be read',
        thread: undefined,
      }
    );
  }

  result(goroutine: Goroutine): GoroutineResult {
    const stack = this.stackOf(goroutine);
    const { goid, status, waitReason, waitSince, lockedm } = goroutine;
    const frames = this.functions ? callsOf(this.functions, stack.frames) : [];
    const startFunc = goroutine.startpc ? this.#nameAt(goroutine.startpc) : undefined;
    return {
      goid: bigCount(goid),
      status: status ?? 'unknown',
      ...(waitReason === undefined ? {} : { waitReason }),
      waitSinceAtLeast: waitSince > 0 && this.#now >= waitSince ? this.#now - waitSince : null,
      lockedToThread: lockedm !== 0,
      thread: stack.thread ?? null,
      system: this.isSystem(goroutine),
      frames,
      createdBy: this.#createdBy(goroutine),
      startFunc: startFunc ?? null,
      stack: { start: addressText(goroutine.stack.lo), end: addressText(goroutine.stack.hi) },
      g: addressText(goroutine.g),
      method: stack.frames.length > 0 ? 'pclntab' : null,
      complete: stack.complete,
      stoppedBecause: stack.stoppedBecause ?? null,
    };
  }

  /** One of the runtime's own, which a traceback leaves out. */
  isSystem({ startpc }: Goroutine): boolean {
    const fn = startpc === 0 ? undefined : this.functions?.at(startpc);
    if (!fn || !this.functions) return false;
    const role = this.functions.roleOf(fn);
    return fn.name.startsWith('runtime.') && !usersRoles.has(role) && fn.name !== 'runtime.main';
  }

  #nameAt(pc: number): string | undefined {
    return this.functions?.at(pc)?.name || undefined;
  }

  /** The main goroutine's is the runtime itself, which a traceback does not tell. */
  #createdBy({ gopc, goid, parentGoid }: Goroutine): CreatedBy | null {
    const fn = gopc === 0 || goid === 1 ? undefined : this.functions?.at(gopc);
    if (!fn) return null;
    const [call] = fn.calls(gopc > fn.entry ? gopc - 1 : gopc);
    const by = { func: fn.name, file: call?.file ?? null, line: call?.line ?? null, offset: gopc - fn.entry };
    return parentGoid === undefined ? by : { ...by, goid: bigCount(parentGoid) };
  }
}

/** Functions of the runtime whose goroutines run the program's code. */
const usersRoles: ReadonlySet<string> = new Set(['runtime_main', 'corostart', 'handleAsyncEvent']);

/** Callees whose calling wrapper is shown: who panics wants to see it (traceback.go, elideWrapperCalling). */
const showsWrapper: ReadonlySet<string> = new Set(['gopanic', 'sigpanic', 'panicwrap']);

/** Frames as calls, innermost first; `wrapper` where a traceback leaves it out as one that the compiler made. */
export function callsOf(functions: ProgramFunctions, frames: readonly StackFrame[]): FrameResult[] {
  const results: FrameResult[] = [];
  let callee = 'normal';
  for (const frame of frames) {
    const { pc, callPc, sp, fn, origin } = frame;
    for (const call of fn.calls(callPc)) {
      const role = call.inlined || call.funcID !== undefined ? functions.roleOfId(call.funcID) : functions.roleOf(fn);
      const wrapper = role === 'wrapper' && !showsWrapper.has(callee);
      callee = role;
      results.push({
        pc: addressText(pc),
        sp: addressText(sp),
        func: shortened(call),
        file: call.file ?? null,
        line: call.line ?? null,
        offset: pc - fn.entry,
        inlined: call.inlined,
        wrapper,
        how: origin,
      });
    }
  }
  return results;
}

/** Type arguments are left out, as the runtime does when it prints (traceback.go, printFuncName). */
function shortened({ func }: SourceCall): string {
  const open = func.indexOf('[');
  const close = func.lastIndexOf(']');
  return open < 0 || close <= open ? func : `${func.slice(0, open)}[...]${func.slice(close + 1)}`;
}
