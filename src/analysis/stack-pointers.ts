// Which stacks point into a range: every word from SP up of each goroutine and of each thread's own stack, and the threads' registers. A word is what it is and no more: a slot that
// the program is done with looks like one in use, so this says who may hold what is there, not who does.
import type { Memory } from '../image/memory.js';
import { type Goroutine, GoroutineReader } from '../runtime/goroutines.js';
import type { GoProcess } from '../runtime/process.js';
import { readMachines, threadsWithMachines, within } from '../runtime/unwind/thread-list.js';
import type { GoroutineBrowser, OnUnwound } from './goroutine-browser.js';
import { hasStack, stateName } from './goroutine-query.js';
import { addressText, bigCount } from './numbers.js';
import type { StackPointer, StackPointersResult } from './results-browse.js';
import type { GoroutineResult } from './results-goroutines.js';
import { frameFinder } from './stack-window.js';

/** Bytes of stacks that are looked at. */
const mostBytes = 2 ** 30;
/** Pointers that are listed; all are counted. */
const mostListed = 2000;
/** Goroutines whose stack is unwound to say which frame a word is in. */
const mostUnwound = 500;
const tellEvery = 32;
const pieceBytes = 2 ** 16;
const pageBytes = 4096;

export interface PointerRange {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

interface ScannedStack {
  readonly sp: number;
  readonly hi: number;
  readonly goroutine: Goroutine | undefined;
  readonly tid: number | null;
  readonly state: string;
  readonly whole: boolean;
}

/** `tell` throws where it is to stop. */
export function stackPointers(
  process: GoProcess,
  browser: GoroutineBrowser,
  range: PointerRange,
  tell: OnUnwound,
): StackPointersResult {
  const { memory } = process;
  const stacks = [...threadStacks(process), ...goroutineStacks(browser)];
  const pointers: StackPointer[] = registersInto(process, range);
  let found = pointers.length;
  let [spent, bytes, looked, unreadable] = [0, 0, 0, 0];
  const holders = new Set<Goroutine>();
  for (const [i, stack] of stacks.entries()) {
    if (i % tellEvery === 0) tell(i, stacks.length);
    const length = stack.hi - stack.sp;
    if (spent + length > mostBytes) continue;
    spent += length;
    looked += 1;
    const frames = frameOf(browser, stack.goroutine);
    const read = wordsInto(memory, stack.sp, stack.hi, range, (at, value) => {
      found += 1;
      if (stack.goroutine) holders.add(stack.goroutine);
      if (pointers.length >= mostListed) return;
      pointers.push({
        goid: stack.goroutine ? bigCount(stack.goroutine.goid) : null,
        tid: stack.tid,
        state: stack.state,
        at: addressText(at),
        register: null,
        value: addressText(value),
        ...(holders.size <= mostUnwound ? frames(at) : noFrame),
      });
    });
    bytes += read;
    if (read < length) unreadable += 1;
  }
  return {
    start: addressText(range.start),
    end: addressText(range.end),
    found,
    goroutines: holders.size,
    pointers,
    stacks: looked,
    bytes,
    notLookedAt: stacks.length - looked,
    whole: stacks.filter(({ whole }) => whole).length,
    unreadable,
  };
}

const noFrame = { frame: null, func: null } as const;

/** Tells each aligned word of [start, end) whose value lies in the range; returns how many bytes could be read. */
function wordsInto(
  memory: Memory,
  start: number,
  end: number,
  range: PointerRange,
  found: (at: number, value: number) => void,
): number {
  const { pointerSize, littleEndian } = memory;
  const first = Math.ceil(start / pointerSize) * pointerSize;
  let read = first - start;
  for (let from = first; from < end; ) {
    const { bytes, fault } = memory.bytes(from, Math.min(pieceBytes, end - from));
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let offset = 0; offset + pointerSize <= bytes.length; offset += pointerSize) {
      const low = view.getUint32(littleEndian || pointerSize === 4 ? offset : offset + 4, littleEndian);
      const high = pointerSize === 4 ? 0 : view.getUint32(littleEndian ? offset + 4 : offset, littleEndian);
      const value = high * 2 ** 32 + low;
      if (value >= range.start && value < range.end) found(from + offset, value);
    }
    read += bytes.length;
    from += bytes.length;
    // What is missing is passed over by pages: the lower part of a stack that was never used is often not there.
    if (fault) from = (Math.floor(from / pageBytes) + 1) * pageBytes;
    else if (bytes.length === 0) break;
  }
  return read;
}

/** The frame of a word on a goroutine's stack, which is unwound once, and only if a word is found. */
function frameOf(
  { list }: GoroutineBrowser,
  goroutine: Goroutine | undefined,
): (at: number) => Pick<StackPointer, 'frame' | 'func'> {
  if (!goroutine) return () => noFrame;
  let known:
    | { readonly result: Pick<GoroutineResult, 'frames' | 'leftOut'>; readonly find: (at: number) => number }
    | undefined;
  return (at) => {
    if (!known) {
      const result = list.result(goroutine);
      known = { result, find: frameFinder(result, [goroutine.stack]) };
    }
    const frame = known.find(at);
    if (frame < 0) return noFrame;
    const { frames, leftOut } = known.result;
    return { frame: leftOut && frame >= leftOut.at ? frame + leftOut.count : frame, func: frames[frame]?.func ?? null };
  };
}

/** Where SP is not known, as of one that runs on no thread of the image, all of the stack. */
function* goroutineStacks({ list }: GoroutineBrowser): Generator<ScannedStack> {
  for (const goroutine of list.goroutines) {
    const { status, stack } = goroutine;
    if ((status !== undefined && !hasStack(status)) || !(stack.hi > stack.lo)) continue;
    const start = list.startOf(goroutine);
    const known = typeof start !== 'string' && start.sp >= stack.lo && start.sp < stack.hi;
    yield {
      sp: known ? start.sp : stack.lo,
      hi: stack.hi,
      goroutine,
      tid: null,
      state: stateName(goroutine),
      whole: !known,
    };
  }
}

/** What each thread has in use of the stacks that are its own. */
function* threadStacks(process: GoProcess): Generator<ScannedStack> {
  const threads = threadsWithMachines(process.target.threads(), readMachines(process));
  for (const { tid, sp, machine, live } of threads) {
    const unknown = live?.lack !== undefined;
    for (const [state, bounds] of [
      ['g0', machine?.g0Stack],
      ['gsignal', machine?.gsignalStack],
    ] as const) {
      if (!bounds) continue;
      const known = within(bounds, sp);
      // While a signal's handler runs, the thread's own stack waits, from where is not known; else a stack without SP has nothing on it.
      if (!known && !unknown && (state === 'gsignal' || !within(machine?.gsignalStack, sp))) continue;
      yield { sp: known ? sp : bounds.lo, hi: bounds.hi, goroutine: undefined, tid, state, whole: !known };
    }
  }
}

function registersInto(process: GoProcess, { start, end }: PointerRange): StackPointer[] {
  const machines = readMachines(process);
  const reader = new GoroutineReader(process);
  const threads = threadsWithMachines(process.target.threads(), machines);
  return process.target.threads().flatMap(({ tid, registers }, i) => {
    const curg = threads[i]?.machine?.curg;
    const goroutine = curg ? reader.at(curg) : undefined;
    return [...registers].flatMap(([register, word]): StackPointer[] => {
      if (!(word >= BigInt(start) && word < BigInt(end))) return [];
      return [
        {
          goid: goroutine ? bigCount(goroutine.goid) : null,
          tid,
          state: goroutine ? stateName(goroutine) : 'no goroutine',
          at: null,
          register,
          value: addressText(word),
          ...noFrame,
        },
      ];
    });
  });
}
