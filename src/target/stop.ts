// `--stop`: holds a live process still while it is read. The stop and the continuing are the work of a small process of our own (src/launch/watchdog.cjs) that outlives
// us if we are killed, so that the target never stays stopped. Linux only.
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { pause } from '../bytes/pause.js';
import { readStat, threadStates } from '../image/proc-status.js';

/** How long a process may take to stop: a thread in the kernel's uninterruptible sleep stops only when it comes out. */
const patienceMs = 3000;
/** How long the watchdog may take before that until it stops a first thread, on a machine that does much else. */
const startMs = 30_000;
/** State letters of threads that run nothing of the program: stopped, stopped by a debugger, ended. */
const atRest: ReadonlySet<string> = new Set(['T', 't', 'Z', 'X']);

export interface Stopped {
  /** Whether all of its threads stand still now; `why` where they do not. */
  readonly still: boolean;
  readonly why: string | undefined;
  /** Lets it run again, if it was this that stopped it; true if it stood still all the time. At most once. */
  release(): boolean;
}

/** Beside the bundle, or where it stands in the sources. */
function watchdogFile(): string {
  const beside = new URL('./watchdog.js', import.meta.url);
  return fileURLToPath(existsSync(beside) ? beside : new URL('../launch/watchdog.cjs', import.meta.url));
}

const allAtRest = (pid: number): boolean => {
  const states = threadStates(pid);
  return states.length > 0 && states.every((state) => atRest.has(state));
};

/** Stops process `pid`. Never throws: where it can't be stopped, `why` says so and nothing has changed. */
export function stopProcess(pid: number): Stopped {
  const moving = (why: string): Stopped => ({ still: false, why, release: () => false });
  const stat = readStat(pid);
  if (!stat) return moving('it is gone');
  if (allAtRest(pid)) return { still: true, why: undefined, release: () => allAtRest(pid) };
  try {
    process.kill(pid, 0);
  } catch {
    return moving('no permission to send it signals');
  }
  // Loaded here: it would cost every other command its time.
  const { spawn } = createRequire(import.meta.url)('node:child_process') as typeof import('node:child_process');
  const child = spawn(process.execPath, [watchdogFile(), String(pid), stat.startTime], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
    env: {},
  });
  child.on('error', () => {});
  child.stdin.on('error', () => {});
  child.unref();
  const watchdog = child.pid;
  if (watchdog === undefined) return moving('the process that would watch over it can’t be started');
  const begun = () => threadStates(pid).includes('T') || !runs(watchdog);
  for (let waited = 0; waited < startMs && !begun(); waited += 1) pause(1);
  for (let waited = 0; waited < patienceMs && !allAtRest(pid); waited += 1) pause(1);
  const still = allAtRest(pid);
  if (!still) {
    letGo(child, pid, stat.startTime);
    return moving(`it has not stopped within ${patienceMs / 1000} s`);
  }
  let held: boolean | undefined;
  return {
    still: true,
    why: undefined,
    release() {
      if (held !== undefined) return held;
      held = allAtRest(pid);
      letGo(child, pid, stat.startTime);
      return held;
    },
  };
}

/** Whether a child of ours, for which nobody has waited, has not ended. */
const runs = (pid: number): boolean => !['Z', 'X', undefined].includes(readStat(pid)?.state);

/** Closes the pipe, which tells the watchdog, and sees to it that the target runs: the watchdog may have been killed. */
function letGo(child: ChildProcess, pid: number, startTime: string): void {
  child.stdin?.destroy();
  for (let waited = 0; waited < 500; waited += 1) {
    if (!threadStates(pid).includes('T')) return;
    pause(1);
  }
  if (readStat(pid)?.startTime !== startTime) return;
  // Where it only is slow, its SIGCONT would come in the middle of what somebody else has stopped the target for.
  child.kill('SIGKILL');
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // It has ended meanwhile.
  }
}
