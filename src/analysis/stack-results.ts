// Stacks as results, for `stacks`: of every goroutine and thread, unwound or scanned, or of an address range. Where there is no layout, no g and no function
// table, a scan needs only a stack pointer.
import { GoroutineReader, readGoroutines } from '../runtime/goroutines.js';
import type { GoProcess } from '../runtime/process.js';
import { noFunctions } from '../runtime/unwind/program-functions.js';
import { type ScannedStack, type ScanScene, type ScanStart, scanChain } from '../runtime/unwind/scan.js';
import { scanScene } from '../runtime/unwind/scan-scene.js';
import { Stacks } from '../runtime/unwind/stacks.js';
import { readMachines, type Thread, threadsWithMachines, within } from '../runtime/unwind/thread-list.js';
import type { Target } from '../target/target.js';
import { stateName } from './goroutine-query.js';
import { addressText, bigCount } from './numbers.js';
import type { BigCount } from './results.js';
import type { CandidateResult, ScanResult } from './results-goroutines.js';

/** Which stacks; all where nothing is named. */
export interface StackSelection {
  readonly goid?: string;
  readonly tid?: number;
  readonly range?: { readonly start: number; readonly end: number };
}

/** Scans stacks of one image. `process` is absent where no Go runtime was found in it; `onLack` is told of each thread whose SP is not known. */
export function* scanResults(
  target: Target,
  process: GoProcess | undefined,
  { goid, tid, range }: StackSelection,
  onLack?: (what: string) => void,
): Generator<ScanResult> {
  const scene = scanScene(target, process);
  if (range) {
    yield resultOf(scene, { what: 'range' }, { sp: range.start, end: range.end });
    return;
  }
  const machines = process ? readMachines(process) : [];
  const threads = threadsWithMachines(target.threads(), machines);
  if (goid === undefined) {
    for (const thread of threads) {
      if (tid !== undefined && thread.tid !== tid) continue;
      if (thread.live?.lack !== undefined) {
        onLack?.(`thread ${thread.tid}: ${thread.live.lack}`);
        continue;
      }
      yield resultOf(scene, { what: 'thread', tid: thread.tid }, { ...startOf(thread), end: endOf(thread, process) });
    }
  }
  if (!process || tid !== undefined) return;
  const functions = scene.functions;
  const stacks = new Stacks(process, functions ?? noFunctions, threads);
  const { goroutines } = readGoroutines(process, goid);
  const unread = stacks.unread(goroutines);
  for (const goroutine of goroutines) {
    const start = stacks.startOf(goroutine);
    if (typeof start === 'string') continue;
    const why = unread.get(goroutine);
    if (why !== undefined) {
      onLack?.(`goroutine ${goroutine.goid}: ${why}`);
      continue;
    }
    const bp = start.bp ?? (start.origin === 'gobuf' ? goroutine.sched.bp : 0);
    yield resultOf(
      scene,
      { what: 'goroutine', goid: bigCount(goroutine.goid), status: stateName(goroutine) },
      { ...start, bp: bp || undefined, end: goroutine.stack.hi, startpc: goroutine.startpc },
    );
  }
}

const startOf = ({ pc, sp, lr, bp }: Thread): ScanStart => ({ sp, pc, lr: lr || undefined, bp: bp || undefined });

/** The end of the stack that SP lies on, where that is one of Go's. */
function endOf({ sp, machine }: Thread, process: GoProcess | undefined): number | undefined {
  if (!machine) return undefined;
  const curg = process && machine.curg ? new GoroutineReader(process).at(machine.curg)?.stack : undefined;
  return [machine.gsignalStack, curg, machine.g0Stack].find((stack) => within(stack, sp))?.hi;
}

function resultOf(
  scene: ScanScene,
  whose: Pick<ScanResult, 'what'> & { goid?: BigCount; tid?: number; status?: string },
  start: ScanStart,
): ScanResult {
  const { candidates, complete }: ScannedStack = scanChain(scene, start);
  const fn = start.pc === undefined ? undefined : scene.functions?.at(start.pc);
  return {
    ...whose,
    sp: addressText(start.sp),
    pc: start.pc === undefined ? null : addressText(start.pc),
    func: fn?.name ?? null,
    end: start.end === undefined ? null : addressText(start.end),
    method: 'scan',
    complete,
    candidates: candidates.map(({ at, pc, fn: holder, score, likely, reasons }): CandidateResult => {
      // The last is the function itself, where the others were inlined into it.
      const call = holder?.calls(pc - 1).at(-1);
      return {
        at: addressText(at),
        pc: addressText(pc),
        func: holder?.name ?? null,
        offset: holder ? pc - holder.entry : null,
        file: call?.file ?? null,
        line: call?.line ?? null,
        score,
        likely,
        reasons,
      };
    }),
  };
}
