// The engine's answers about goroutines, threads and stacks of one opened target. Keeps what is dear to make: the list with what is unwound of it, and the stacks looked at last.
import { GoroutineBrowser } from '../analysis/goroutine-browser.js';
import { addressText } from '../analysis/numbers.js';
import type { GoroutineResult, ThreadResult } from '../analysis/results-goroutines.js';
import { stackPointers } from '../analysis/stack-pointers.js';
import { frameWindow, placeOf, usedOf } from '../analysis/stack-window.js';
import { threadResults } from '../analysis/threads.js';
import { InspectError } from '../bytes/errors.js';
import { GoroutineReader } from '../runtime/goroutines.js';
import type { GoProcess } from '../runtime/process.js';
import type { OnProgress } from '../runtime/span-table.js';
import { readMachines, threadsWithMachines } from '../runtime/unwind/thread-list.js';
import type { StackBounds } from '../runtime/unwind/unwind.js';
import { parseAddress } from './parse-address.js';
import type { Calls } from './protocol.js';

/** Rows in one window. */
const maxWindow = 2000;
/** Whole stacks kept: of the goroutine that is looked at, and of those one goes back to, as long as they have no more frames than this together. */
const keptStacks = 4;
const keptFrames = 150_000;

export class Scheduling {
  readonly process: GoProcess;
  #browser: GoroutineBrowser | undefined;
  #threads: readonly ThreadResult[] | undefined;
  readonly #stacks = new Map<string, GoroutineResult>();

  constructor(process: GoProcess) {
    this.process = process;
  }

  get browser(): GoroutineBrowser {
    this.#browser ??= new GoroutineBrowser(this.process);
    return this.#browser;
  }

  get threads(): readonly ThreadResult[] {
    this.#threads ??= threadResults(this.process);
    return this.#threads;
  }

  /** Those that a thread's frames can lie on. */
  stacksOf(tid: number): readonly StackBounds[] {
    const { process } = this;
    const machine = threadsWithMachines(process.target.threads(), readMachines(process)).find(
      (thread) => thread.tid === tid,
    )?.machine;
    const curg = machine?.curg ? new GoroutineReader(process).at(machine.curg)?.stack : undefined;
    return [machine?.gsignalStack, machine?.g0Stack, curg].filter((bounds) => bounds !== undefined);
  }

  stack(goid: string): GoroutineResult {
    let result = this.#stacks.get(goid);
    if (!result) {
      const goroutine = this.browser.goroutine(goid);
      if (!goroutine)
        throw new InspectError(
          'address-not-found',
          `goroutine ${goid}`,
          'is none of this image’s',
          ':goroutines lists them',
        );
      result = this.browser.list.result(goroutine);
    }
    this.#stacks.delete(goid);
    this.#stacks.set(goid, result);
    const frames = () => [...this.#stacks.values()].reduce((sum, stack) => sum + stack.frames.length, 0);
    for (const old of this.#stacks.keys())
      if (old !== goid && (this.#stacks.size > keptStacks || frames() > keptFrames)) this.#stacks.delete(old);
    return result;
  }
}

type GoroutineCall = 'goroutineGroups' | 'goroutineWindow' | 'goroutine' | 'threads' | 'thread' | 'stackPointers';
type Answers = {
  readonly [K in GoroutineCall]: (params: Calls[K]['params'], onProgress: OnProgress) => Calls[K]['result'];
};

/** `of` gives what is opened, or throws. */
export function goroutineAnswers(of: () => Scheduling): Answers {
  const rows = (count: number) => Math.min(Math.max(0, count), maxWindow);
  return {
    goroutineGroups: ({ query, from, count, keep }, onProgress) =>
      of().browser.groups(query, from, rows(count), keep, onProgress),
    goroutineWindow: ({ query, from, count, keep }, onProgress) =>
      of().browser.goroutines(query, from, rows(count), keep, onProgress),
    goroutine: ({ goid, from, count, all }) => {
      const found = of().stack(goid);
      const { frames, leftOut: _, ...goroutine } = found;
      const stacks = [{ lo: Number(goroutine.stack.start), hi: Number(goroutine.stack.end) }];
      return {
        goroutine: { ...goroutine, stackUsed: usedOf({ frames, stack: goroutine.stack }) },
        ...frameWindow(found, { from, count: rows(count), all, stacks }),
      };
    },
    threads: () => ({
      threads: of().threads.map(({ frames, leftOut, ...thread }) => ({
        ...thread,
        frames: frames.length + (leftOut?.count ?? 0),
        top: placeOf(frames),
      })),
    }),
    thread: ({ tid, from, count, all }) => {
      const found = of().threads.find((thread) => thread.tid === tid);
      if (!found)
        throw new InspectError('address-not-found', `thread ${tid}`, 'is none of this image’s', ':threads lists them');
      const { frames: _, leftOut: __, ...thread } = found;
      return { thread, ...frameWindow(found, { from, count: rows(count), all, stacks: of().stacksOf(tid) }) };
    },
    stackPointers: ({ start, end }, onProgress) => {
      const range = { start: parseAddress(start), end: parseAddress(end) };
      if (!(range.end > range.start))
        throw new InspectError('unsupported', `${start}–${addressText(range.end)}`, 'is no range');
      const current = of();
      return stackPointers(current.process, current.browser, range, onProgress);
    },
  };
}
