// The threads of a Linux process by /proc/PID/task: name, state, and where each stands, as far as the kernel tells that to who does not trace it. Knows nothing of Go.
import { readdirSync, readFileSync } from 'node:fs';
import { InspectError } from '../bytes/errors.js';
import { pause } from '../bytes/pause.js';
import { parseStat, procText, readStat } from './proc-status.js';

/** Where a thread stands. The kernel tells no other register. */
export interface TaskPlace {
  readonly pc: bigint;
  readonly sp: bigint;
}

export interface ProcTask {
  readonly tid: number;
  /** Its number in the innermost PID namespace: what gettid says in a container. */
  readonly innerTid: number;
  /** At most 15 bytes that the program chose (comm). */
  readonly name: string;
  /** As in `ProcStat`. */
  readonly state: string;
  /** A phrase where it is not known: why. */
  readonly place: TaskPlace | string;
}

/** More threads than a Go program may have (runtime/debug.SetMaxThreads: 10,000 unless it asks for more). */
export const mostTasks = 65_536;
/** How often a thread that stands still is asked again, a millisecond apart, while it is not quite off its processor. */
const patience = 2000;
/** Stopped by a signal, or by a debugger. */
const stopped: ReadonlySet<string> = new Set(['T', 't']);

export const placeFile = '/proc/PID/task/TID/syscall';

/**
 * A line of /proc/PID/task/TID/syscall (Linux fs/proc/base.c, proc_pid_syscall): `NR SIX ARGUMENTS SP PC` in a system call, `-1 SP PC` of a thread that waits outside of one, and `running`.
 * Undefined where it is none of these.
 */
export function parsePlace(line: string): TaskPlace | 'running' | undefined {
  const text = line.trim();
  if (text === 'running') return 'running';
  const match = /^(?:-1|\d{1,10}(?: 0x[0-9a-f]{1,16}){6}) (0x[0-9a-f]{1,16}) (0x[0-9a-f]{1,16})$/.exec(text);
  return match ? { sp: BigInt(match[1]!), pc: BigInt(match[2]!) } : undefined;
}

/**
 * The threads by ascending number; the first `mostTasks` of them. One that ends meanwhile is left out. `startTime`: what the process began at, so that another one under the same id is told apart.
 * Throws InspectError `read-failed` where the process is gone.
 */
export function readTasks(pid: number, startTime: string | undefined): ProcTask[] {
  let ids: number[] = [];
  try {
    ids = readdirSync(`/proc/${pid}/task`).map(Number).filter(Number.isSafeInteger);
  } catch {
    // What follows tells that it is gone.
  }
  ids.sort((a, b) => a - b);
  const tasks = ids.slice(0, mostTasks).flatMap((tid) => readTask(pid, tid) ?? []);
  if (tasks.length === 0 || readStat(pid)?.startTime !== startTime)
    throw new InspectError('read-failed', `pid:${pid}`, 'ended while its threads were read');
  return tasks;
}

function readTask(pid: number, tid: number): ProcTask | undefined {
  const stat = parseStat(procText(pid, 'task', tid, 'stat') ?? '');
  if (!stat) return undefined;
  const inner = /^NSpid:.*?(\d+)\s*$/m.exec(procText(pid, 'task', tid, 'status') ?? '');
  const place = placeOf(pid, tid);
  if (place === undefined) return undefined;
  return {
    tid,
    innerTid: inner ? Number(inner[1]) : tid,
    name: (procText(pid, 'task', tid, 'comm') ?? '').trimEnd(),
    state: stat.state,
    place,
  };
}

/** Undefined where the thread has ended. */
function placeOf(pid: number, tid: number): TaskPlace | string | undefined {
  for (let asked = 0; ; asked += 1) {
    let line: string;
    try {
      line = readFileSync(`/proc/${pid}/task/${tid}/syscall`, 'latin1');
    } catch (error) {
      return whyRefused(pid, tid, (error as NodeJS.ErrnoException).code);
    }
    const place = parsePlace(line);
    if (typeof place === 'object') return place;
    const state = readState(pid, tid);
    if (state === undefined || state === 'Z' || state === 'X') return undefined;
    if (place === undefined) return `${placeFile} makes no sense`;
    if (!stopped.has(state) || asked >= patience)
      return 'it is running, and of a running thread no register can be read (--stop holds it)';
    pause(1);
  }
}

function whyRefused(pid: number, tid: number, code: string | undefined): string | undefined {
  if (readState(pid, tid) === undefined) return undefined;
  if (code === 'ENOENT') return `this kernel has no ${placeFile}: registers can’t be read`;
  const refused = code === 'EACCES' || code === 'EPERM';
  return refused
    ? `no permission for ${placeFile} (${code}): PTRACE_MODE_ATTACH is refused`
    : `${placeFile} can’t be read (${code})`;
}

const readState = (pid: number, tid: number): string | undefined =>
  parseStat(procText(pid, 'task', tid, 'stat') ?? '')?.state;
