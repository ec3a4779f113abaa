// Which goroutines are shown, and those with one stack as one group: what `pprof -text` and `goroutine?debug=1` do. Works on results; reads nothing.
import type { FrameResult, GoroutineResult } from './results-goroutines.js';

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
  return goroutines.filter(({ status, waitReason, frames, system: own, createdBy }) => {
    if (states ? !states.includes(status) : !hasStack(status)) return false;
    if (own && !system) return false;
    if (lowered !== undefined && !(waitReason ?? '').toLowerCase().includes(lowered)) return false;
    const names = () => [...frames, ...(createdBy ? [createdBy] : [])].map((frame) => frame.func ?? '');
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
    const key = `${goroutine.status} ${goroutine.waitReason} ${goroutine.frames.map(({ pc }) => pc).join()}`;
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

/**
 * The calls that a traceback of the runtime shows: no wrappers, nothing of the runtime's own but what it exports and where a panic passed through
 * (runtime/traceback.go, showframe, isExportedRuntime).
 */
export function shownFrames(frames: readonly FrameResult[]): FrameResult[] {
  let shown = 0;
  return frames.filter(({ func, wrapper }) => {
    // What has no name may be the program's.
    const shows = !wrapper && (func === null || (func === 'runtime.gopanic' && shown > 0) || isShown(func));
    if (shows) shown += 1;
    return shows;
  });
}

/** Shown since 1.25, which has them: nothing else tells that this is a finalizer or a cleanup (runtime/traceback.go, showfuncinfo). */
const tellsWhy: ReadonlySet<string> = new Set(['runtime.runFinalizers', 'runtime.runCleanups']);

function isShown(func: string): boolean {
  if (!func.includes('.')) return false;
  if (!func.startsWith('runtime.') || tellsWhy.has(func)) return true;
  const name = func.slice('runtime.'.length);
  const method = /^\(?\*?([^.)]*)\)?\.(.*)$/.exec(name);
  return method ? isUpper(method[1]!) && isUpper(method[2]!) : isUpper(name);
}

const isUpper = (name: string) => /^[A-Z]/.test(name);
