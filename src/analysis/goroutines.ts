// Goroutines as results: status, wait, creator, and the stack taken apart into calls, inlined ones too (runtime/traceback.go, goroutineheader, printcreatedby;
// proc.go, isSystemGoroutine). Hides nothing: what a traceback leaves out is for who writes it.
import { nanotimeAtLeast } from '../runtime/clock.js';
import { readLabels } from '../runtime/goroutine-labels.js';
import { type Goroutine, readGoroutines } from '../runtime/goroutines.js';
import type { GoProcess } from '../runtime/process.js';
import { type ArgumentScene, printedArguments } from '../runtime/unwind/argument-info.js';
import { noFunctions, type ProgramFunctions, readFunctions } from '../runtime/unwind/program-functions.js';
import { type ScanCandidate, type ScanScene, scanChain } from '../runtime/unwind/scan.js';
import { scanScene } from '../runtime/unwind/scan-scene.js';
import { type GoroutineStackTrace, Stacks } from '../runtime/unwind/stacks.js';
import { readMachines, threadsWithMachines } from '../runtime/unwind/thread-list.js';
import type { FrameOrigin, StackFrame, StackStart, Unwound } from '../runtime/unwind/unwind.js';
import { addressText, bigCount } from './numbers.js';
import { printedName } from './printed-name.js';
import type { CallsLeftOut, CreatedBy, FrameResult, GoroutineResult } from './results-goroutines.js';

/** What all goroutines of an image need, made once. */
export class GoroutineList {
  readonly goroutines: readonly Goroutine[];
  /** Whether allgs could be found and read: without it nobody knows how many there are. */
  readonly known: boolean;
  /** Entries of allgs that can't be read. */
  readonly unreadable: number;
  /** Undefined where no function table can be read: stacks are then unknown. */
  readonly functions: ProgramFunctions | undefined;
  readonly #stacks: Stacks;
  #now: number | undefined;
  readonly #process: GoProcess;
  #scene: ScanScene | undefined;
  #unread: ReadonlyMap<Goroutine, string> | undefined;

  /** `goid`: only goroutines of that number are read. */
  constructor(process: GoProcess, goid?: string) {
    this.#process = process;
    const { goroutines, known, unreadable } = readGoroutines(process, goid);
    this.goroutines = goroutines;
    this.known = known;
    this.unreadable = unreadable;
    this.functions = readFunctions(process);
    const threads = threadsWithMachines(process.target.threads(), readMachines(process));
    this.#stacks = new Stacks(process, this.functions ?? noFunctions, threads);
  }

  /** Those whose stacks are not read, because they can’t all be true: each with the reason. */
  get unread(): ReadonlyMap<Goroutine, string> {
    this.#unread ??= this.#stacks.unread(this.goroutines);
    return this.#unread;
  }

  /** The stack of one; where there are no functions, none, and the reason. */
  stackOf(goroutine: Goroutine): GoroutineStackTrace {
    const why = this.unread.get(goroutine);
    if (why !== undefined)
      return { frames: [], complete: false, stoppedBecause: why, thread: this.#stacks.threadOf(goroutine) };
    const stack = this.#stacks.ofGoroutine(goroutine);
    if (this.functions || stack.stoppedBecause === undefined || stack.frames.length > 0) return stack;
    const start = this.#stacks.startOf(goroutine);
    return typeof start === 'string'
      ? stack
      : { ...stack, stoppedBecause: 'the program’s function table can’t be read' };
  }

  /** Where its own frames begin; a phrase where it has none or they can’t be told. */
  startOf(goroutine: Goroutine): StackStart | string {
    return this.#stacks.startOf(goroutine);
  }

  /** `dump`: with the arguments of each frame, as the runtime prints them. */
  result(goroutine: Goroutine, dump = false): GoroutineResult {
    const { memory, layout } = this.#process;
    const { callFrame, traceback } = layout.traits;
    const withArguments = dump ? { memory, callFrame, how: traceback.arguments } : undefined;
    const stack = this.stackOf(goroutine);
    const { goid, status, waitReason, waitSince, lockedm, bubble } = goroutine;
    const labels = readLabels(this.#process, goroutine.labels);
    const { frames: exact, leftOut } = this.functions
      ? stackCalls(this.functions, stack, withArguments)
      : { frames: this.#innermost(goroutine) };
    const scanned = stack.complete || this.unread.has(goroutine) ? undefined : this.#scanBehind(goroutine, stack);
    const frames = scanned ? [...exact, ...scanned.frames] : exact;
    const startFunc = goroutine.startpc ? this.#nameAt(goroutine.startpc) : undefined;
    return {
      goid: bigCount(goid),
      status: status ?? 'unknown',
      ...(waitReason === undefined ? {} : { waitReason }),
      waitSinceAtLeast: this.#waitOf(waitSince),
      lockedToThread: lockedm !== 0,
      ...(goroutine.scanned ? { scanned: true } : {}),
      ...(bubble ? { bubble: { kind: bubble.kind, id: bigCount(bubble.id), durable: bubble.durable } } : {}),
      ...(labels.length > 0 ? { labels } : {}),
      thread: stack.thread ?? null,
      system: this.isSystem(goroutine, () => frames),
      frames,
      ...(leftOut ? { leftOut } : {}),
      createdBy: this.#createdBy(goroutine),
      startFunc: startFunc ?? null,
      stack: { start: addressText(goroutine.stack.lo), end: addressText(goroutine.stack.hi) },
      g: addressText(goroutine.g),
      method: scanned ? 'scan' : exact.length > 0 ? 'pclntab' : null,
      complete: stack.complete || scanned?.complete === true,
      stoppedBecause: scanned?.complete === true ? null : (stack.stoppedBecause ?? null),
    };
  }

  /** The clock is read where somebody waits: it asks for roots that nothing else here does. */
  #waitOf(since: number): number | null {
    if (!(since > 0)) return null;
    this.#now ??= nanotimeAtLeast(this.#process);
    return this.#now >= since ? this.#now - since : null;
  }

  /** Without a function table: where it stands, as addresses. */
  #innermost(goroutine: Goroutine): FrameResult[] {
    const start = this.#stacks.startOf(goroutine);
    return typeof start === 'string' || start.pc === 0 ? [] : [unnamed(start.pc, start.sp, start.origin)];
  }

  /** Where the tables do not tell the way, the likeliest return addresses do. */
  #scanBehind(
    goroutine: Goroutine,
    { frames }: GoroutineStackTrace,
  ): { readonly frames: readonly FrameResult[]; readonly complete: boolean } | undefined {
    const start = this.#stacks.startOf(goroutine);
    if (typeof start === 'string') return undefined;
    this.#scene ??= scanScene(this.#process.target, this.#process);
    const last = frames.at(-1);
    const bp = last ? undefined : (start.bp ?? (start.origin === 'gobuf' ? goroutine.sched.bp : 0));
    const from = last
      ? { pc: last.pc, sp: last.sp }
      : { pc: start.pc, sp: start.sp, lr: start.lr || undefined, bp: bp || undefined };
    const { candidates, complete } = scanChain(this.#scene, {
      ...from,
      end: goroutine.stack.hi,
      startpc: goroutine.startpc,
    });
    const chain = candidates.filter(({ likely }) => likely);
    if (chain.length === 0) return undefined;
    return { frames: chain.flatMap((candidate) => this.#scannedCalls(candidate)), complete };
  }

  #scannedCalls({ at, pc, fn, reasons }: ScanCandidate): FrameResult[] {
    const how = reasons.includes('frame pointer') ? 'frame pointer' : 'scan';
    const sp = at + this.#process.memory.pointerSize;
    if (fn && this.functions)
      return callsOf(this.functions, [{ pc, callPc: pc - 1, sp, cfa: undefined, fn, origin: how }]);
    return [unnamed(pc, sp, how)];
  }

  /** One of the runtime's own, which a traceback leaves out. Told by where it started; only for those that run the program's finalizers and cleanups `frames` is asked. */
  isSystem(goroutine: Goroutine, frames = () => this.result(goroutine).frames): boolean {
    const { startpc } = goroutine;
    const fn = startpc === 0 ? undefined : this.functions?.at(startpc);
    if (!fn || !this.functions) return false;
    const role = this.functions.roleOf(fn);
    if (!fn.name.startsWith('runtime.') || usersRoles.has(role) || fn.name === 'runtime.main') return false;
    return !(callUsersCode.has(fn.name) && frames().some(({ func }) => func !== null && isUsers(func)));
  }

  #nameAt(pc: number): string | undefined {
    return this.functions?.at(pc)?.name || undefined;
  }

  /** The main goroutine's is the runtime itself, which a traceback does not tell. */
  #createdBy({ gopc, goid, parentGoid }: Goroutine): CreatedBy | null {
    if (gopc === 0 || goid === 1) return null;
    const fn = this.functions?.at(gopc);
    const [call] = fn?.calls(gopc > fn.entry ? gopc - 1 : gopc) ?? [];
    const by = {
      pc: addressText(gopc),
      func: fn && this.functions ? printedName(fn.name, this.functions.typeLists) : null,
      file: call?.file ?? null,
      line: call?.line ?? null,
      offset: fn ? gopc - fn.entry : 0,
    };
    // Zero of one that no goroutine made: a timer’s function runs in its own.
    return !parentGoid ? by : { ...by, goid: bigCount(parentGoid) };
  }
}

const unnamed = (pc: number, sp: number, how: FrameOrigin): FrameResult => ({
  pc: addressText(pc),
  sp: addressText(sp),
  func: null,
  file: null,
  line: null,
  offset: 0,
  inlined: false,
  wrapper: false,
  how,
});

/** Functions of the runtime whose goroutines run the program's code. */
const usersRoles: ReadonlySet<string> = new Set(['runtime_main', 'corostart', 'handleAsyncEvent']);

/** The runtime's goroutines that a traceback shows while they are in a finalizer or a cleanup of the program (traceback.go, isSystemGoroutine). */
const callUsersCode: ReadonlySet<string> = new Set(['runtime.runfinq', 'runtime.runFinalizers', 'runtime.runCleanups']);

const isUsers = (func: string): boolean => !/^(internal\/)?runtime[./]/.test(func);

/** Callees whose calling wrapper is shown: who panics wants to see it (traceback.go, elideWrapperCalling). */
const showsWrapper: ReadonlySet<string> = new Set(['gopanic', 'sigpanic', 'panicwrap']);

/** All calls of a stack that was unwound, and those that are left out of a very long one. */
export function stackCalls(
  functions: ProgramFunctions,
  { frames, leftOut }: Unwound,
  withArguments?: ArgumentScene,
): { readonly frames: FrameResult[]; readonly leftOut?: CallsLeftOut } {
  if (!leftOut) return { frames: callsOf(functions, frames, withArguments) };
  const inner = callsOf(functions, frames.slice(0, leftOut.at), withArguments);
  const outer = callsOf(functions, frames.slice(leftOut.at), withArguments);
  const between = leftOut.calls.map(({ frame, count }) => ({ calls: callsOf(functions, [frame]), count }));
  const count = between.reduce((sum, one) => sum + one.calls.length * one.count, 0);
  return { frames: [...inner, ...outer], leftOut: { at: inner.length, count, frames: between } };
}

/** Frames as calls, innermost first; `wrapper` where a traceback leaves it out as one that the compiler made. `withArguments`: `args` too. */
export function callsOf(
  functions: ProgramFunctions,
  frames: readonly StackFrame[],
  withArguments?: ArgumentScene,
): FrameResult[] {
  const results: FrameResult[] = [];
  let callee = 'normal';
  for (const frame of frames) {
    const { pc, callPc, sp, fn, origin } = frame;
    for (const call of fn.calls(callPc)) {
      const role = call.inlined ? functions.roleOfId(call.funcID) : functions.roleOf(fn);
      const wrapper = role === 'wrapper' && !showsWrapper.has(callee);
      callee = role;
      results.push({
        pc: addressText(pc),
        sp: addressText(sp),
        func: printedName(call.func, functions.typeLists),
        file: call.file ?? null,
        line: call.line ?? null,
        offset: pc - fn.entry,
        inlined: call.inlined,
        wrapper,
        how: origin,
        ...(withArguments && !call.inlined ? { args: printedArguments(withArguments, frame, call.pc) ?? null } : {}),
      });
    }
  }
  return results;
}
