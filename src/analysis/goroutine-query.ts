// Which goroutines are shown, and those with one stack as one group: what `pprof -text` and `goroutine?debug=1` do. Works on results; reads nothing.
import type { TracebackTraits } from '../layout/types.js';
import type { CallsLeftOut, FrameResult, GoroutineResult } from './results-goroutines.js';

export interface GoroutineFilter {
  /** Status words; `dead` ones are shown only where it is named. */
  readonly states?: readonly string[];
  /** Part of the wait reason, any case. */
  readonly reason?: string;
  /** Part of a function's name anywhere on the stack. */
  readonly func?: string;
  /** The package of a function on the stack: `net/http`, or `main`. */
  readonly package?: string;
  /** The runtime's own goroutines too. */
  readonly system: boolean;
}

/** Those that pass, in their order. */
export function filterGoroutines(
  goroutines: readonly GoroutineResult[],
  { states, reason, func, package: wanted, system }: GoroutineFilter,
): GoroutineResult[] {
  const lowered = reason?.toLowerCase();
  return goroutines.filter(({ status, waitReason, frames, leftOut, system: own, createdBy }) => {
    if (states ? !states.includes(status) : !hasStack(status)) return false;
    if (own && !system) return false;
    if (lowered !== undefined && !(waitReason ?? '').toLowerCase().includes(lowered)) return false;
    const between = () => leftOut?.frames.flatMap(({ calls }) => calls) ?? [];
    const names = () => [...frames, ...between(), ...(createdBy ? [createdBy] : [])].map((frame) => frame.func ?? '');
    if (func !== undefined && !names().some((name) => name.includes(func))) return false;
    return wanted === undefined || names().some((name) => packageOf(name) === wanted);
  });
}

/** Statuses of a g that is nobody's (runtime/runtime2.go). */
export const hasStack = (status: string): boolean =>
  !['dead', 'deadextra', 'idle', 'moribund_unused', 'enqueue_unused'].includes(status);

/** What a traceback calls its state; what every list and line that names one says (runtime/traceback.go, goroutineheader; leaked ones since 1.26). */
export const stateName = ({
  status = 'unknown',
  waitReason,
}: {
  readonly status?: string | undefined;
  readonly waitReason?: string | null | undefined;
}): string => (waitReason ? `${waitReason}${status === 'leaked' ? ' (leaked)' : ''}` : status);

/** `net/http` of `net/http.(*conn).serve`; the linker writes dots in a path's last part as %2e. */
export function packageOf(func: string): string {
  const dot = func.indexOf('.', func.lastIndexOf('/', beforeArguments(func)) + 1);
  return (dot < 0 ? func : func.slice(0, dot)).replaceAll('%2e', '.');
}

/** Type arguments and receivers may hold slashes. */
function beforeArguments(func: string): number {
  const at = func.search(/[[(]/);
  return at < 0 ? func.length : at;
}

export interface GoroutineGroup {
  /** All with the same status, wait reason and pcs; the longest waiting first. */
  readonly goroutines: readonly [GoroutineResult, ...GoroutineResult[]];
  /** Of the one that waits longest; null where none is known to wait. */
  readonly waitSinceAtLeast: number | null;
}

/** The largest group first; of one size, the one that waits longest. */
export function groupGoroutines(goroutines: readonly GoroutineResult[]): GoroutineGroup[] {
  const groups = new Map<string, [GoroutineResult, ...GoroutineResult[]]>();
  for (const goroutine of goroutines) {
    const key = `${goroutine.status} ${goroutine.waitReason} ${goroutine.leftOut?.count} ${goroutine.frames.map(({ pc }) => pc).join()}`;
    const group = groups.get(key);
    if (group) group.push(goroutine);
    else groups.set(key, [goroutine]);
  }
  const waits = ({ waitSinceAtLeast }: { readonly waitSinceAtLeast: number | null }) => waitSinceAtLeast ?? -1;
  return [...groups.values()]
    .map((group) => {
      group.sort((a, b) => waits(b) - waits(a));
      return { goroutines: group, waitSinceAtLeast: group[0].waitSinceAtLeast };
    })
    .sort((a, b) => b.goroutines.length - a.goroutines.length || waits(b) - waits(a));
}

/** Which of the runtime's rules for what a dump shows hold: by default those of the newest release, which people's tables go by. */
type ShowRules = Pick<TracebackTraits, 'exported' | 'inlined' | 'wrappers'>;
const newestRules: ShowRules = { exported: 'methods', inlined: 'each', wrappers: 'hidden' };

/**
 * The calls that a traceback of the runtime shows: no wrappers, nothing of the runtime's own but what it exports and where a panic passed through
 * (runtime/traceback.go, showframe, isExportedRuntime).
 */
export function shownFrames(frames: readonly FrameResult[], rules: ShowRules = newestRules): FrameResult[] {
  const named = rules.inlined === 'each' ? frames : framesAround(frames);
  let shown = 0;
  return frames.filter(({ inlined, wrapper }, i) => {
    const { func, wrapper: around } = named[i]!;
    const hidden = rules.inlined === 'with frame' ? around : wrapper;
    const shows = !(hidden && hidesWrapper(rules, shown)) && isShown(func, shown, rules.exported);
    if (shows && !(inlined && rules.inlined === 'with frame')) shown += 1;
    return shows;
  });
}

/** How many of the calls that are left out of a stack are shown. */
export function countLeftOut(
  leftOut: CallsLeftOut | undefined,
  show: (calls: readonly FrameResult[]) => readonly FrameResult[],
): number {
  return leftOut?.frames.reduce((sum, { calls, count }) => sum + show(calls).length * count, 0) ?? 0;
}

const hidesWrapper = ({ wrappers }: ShowRules, shown: number): boolean =>
  wrappers === 'hidden' || (wrappers === 'unless first' && shown > 0);

/** Of each call the frame that it is in: inlined ones come before it. */
function framesAround(frames: readonly FrameResult[]): FrameResult[] {
  const around = [...frames];
  for (let i = frames.length - 2; i >= 0; i -= 1) if (frames[i]!.inlined) around[i] = around[i + 1]!;
  return around;
}

/** Shown since 1.25, which has them: nothing else tells that this is a finalizer or a cleanup (runtime/traceback.go, showfuncinfo). */
const tellsWhy: ReadonlySet<string> = new Set(['runtime.runFinalizers', 'runtime.runCleanups']);

/** `shown`: how many were shown before. What has no name may be the program's. */
function isShown(func: string | null, shown: number, exported: ShowRules['exported']): boolean {
  if (func === null || (func === 'runtime.gopanic' && shown > 0)) return true;
  if (!func.includes('.')) return false;
  if (!func.startsWith('runtime.') || tellsWhy.has(func)) return true;
  const name = func.slice('runtime.'.length);
  if (exported === 'names') return isUpper(name);
  const dot = name.lastIndexOf('.');
  const receiver = name.slice(0, Math.max(0, dot)).replace(/^\(\*(.+)\)$/, '$1');
  return isUpper(name.slice(dot + 1)) && (receiver === '' || isUpper(receiver));
}

const isUpper = (name: string) => /^[A-Z]/.test(name);
