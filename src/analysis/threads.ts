// Threads as results: the m that each is, what it runs, and its stack, over the switch to the goroutine that called for it.

import { placeFile } from '../image/proc-tasks.js';
import { GoroutineReader } from '../runtime/goroutines.js';
import type { GoProcess } from '../runtime/process.js';
import { readFunctions } from '../runtime/unwind/program-functions.js';
import { Stacks } from '../runtime/unwind/stacks.js';
import { readMachines, type Thread, threadsWithMachines, within } from '../runtime/unwind/thread-list.js';
import { stackCalls } from './goroutines.js';
import { addressText, bigCount } from './numbers.js';
import type { ThreadResult } from './results-goroutines.js';

export function threadResults(process: GoProcess): ThreadResult[] {
  const functions = readFunctions(process);
  const threads = threadsWithMachines(process.target.threads(), readMachines(process));
  const stacks = functions && new Stacks(process, functions, threads);
  const reader = new GoroutineReader(process);
  return threads.map((thread) => {
    const { machine } = thread;
    const curg = machine?.curg ? reader.at(machine.curg) : undefined;
    const stack = stacks?.ofThread(thread, curg);
    return {
      tid: thread.tid,
      signal: thread.signal,
      ...(thread.live ? { name: thread.live.name, state: thread.live.state } : {}),
      registers: registersFrom(thread),
      m: machine ? addressText(machine.m) : null,
      mid: machine ? machine.id : null,
      goid: curg ? bigCount(curg.goid) : null,
      on: stackName(thread, curg?.stack),
      pc: addressText(thread.pc),
      sp: addressText(thread.sp),
      ...(functions && stack ? stackCalls(functions, stack) : { frames: [] }),
      complete: stack?.complete ?? false,
      stoppedBecause: stack ? (stack.stoppedBecause ?? null) : 'the program’s function table can’t be read',
    };
  });
}

const registersFrom = ({ live }: Thread): ThreadResult['registers'] =>
  live ? (live.lack === undefined ? placeFile : null) : 'NT_PRSTATUS';

function stackName(
  { sp, machine, live }: Thread,
  goroutine: { readonly lo: number; readonly hi: number } | undefined,
): ThreadResult['on'] {
  if (live?.lack !== undefined) return 'unknown';
  if (within(machine?.gsignalStack, sp)) return 'gsignal';
  if (within(goroutine, sp)) return 'goroutine';
  return within(machine?.g0Stack, sp) ? 'g0' : 'other';
}
