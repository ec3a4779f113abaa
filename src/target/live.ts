// Opens a live process: tells first why it can't be read, then gives its memory, what it runs, and what a core's notes would say of it. Linux only.
import { closeSync, openSync, readlinkSync, statSync } from 'node:fs';
import { InspectError } from '../bytes/errors.js';
import type { PageCache } from '../bytes/page-cache.js';
import { parseAuxv } from '../elf/auxv.js';
import type { CoreInfo, CoreThread } from '../elf/core.js';
import { registerLayout } from '../elf/registers.js';
import { mappedFiles } from '../image/proc-maps.js';
import { explainRefusal } from '../image/proc-refusal.js';
import { parseStatus, procText, readStat, threadStates } from '../image/proc-status.js';
import { type ProcTask, readTasks } from '../image/proc-tasks.js';
import { ProcessMemory } from '../image/process-memory.js';
import { type OpenedElf, openElf } from './classify.js';
import { type Stopped, stopProcess } from './stop.js';

export interface LiveProcess {
  readonly pid: number;
  readonly memory: ProcessMemory;
  /** What it runs: /proc/PID/exe, readable also where the file was removed. `path` is the one it had. */
  readonly exe: OpenedElf;
  readonly info: CoreInfo;
  readonly threads: number;
  /** Its threads at the first call; the same after. Throws InspectError `read-failed` where it is gone. */
  registers(): readonly CoreThread[];
  /** Its root folder, for the files that it names. */
  readonly root: string;
  /** Whether it may change while it is read. */
  readonly moving: boolean;
  readonly warnings: readonly string[];
  /** Lets it go on, if it was stopped for us; what is read after that is another moment's. */
  release(): void;
  /** Releases it and closes what was opened of it. */
  close(): void;
}

const maxPid = 2 ** 22;

function refuse(
  code: 'not-found' | 'no-permission' | 'unsupported' | 'read-failed',
  pid: number,
  why: string,
  hint?: string,
): never {
  throw new InspectError(code, `pid:${pid}`, why, hint);
}

/** Throws InspectError where process `pid` can't be read, with what is in the way. `stop`: hold it still until `release`. */
export function openLive(pid: number, cache: PageCache, stop: boolean): LiveProcess {
  if (process.platform !== 'linux')
    refuse('unsupported', pid, 'live processes can be read on Linux only', 'take a core there, and open that');
  lookAt(pid);
  const startTime = readStat(pid)?.startTime;
  let exe: OpenedElf | undefined;
  let held: Stopped | undefined;
  try {
    // Opened first: who may read the memory may read everything else.
    closeSync(openSync(`/proc/${pid}/mem`, 'r'));
    exe = { ...openElf(`/proc/${pid}/exe`, cache), path: exePath(pid) };
    held = stop ? stopProcess(pid) : undefined;
    const memory = new ProcessMemory(pid, exe.elf, cache);
    return describe(pid, memory, exe, held, startTime);
  } catch (error) {
    held?.release();
    exe?.source.close();
    throw asRefusal(pid, error);
  }
}

function describe(
  pid: number,
  memory: ProcessMemory,
  exe: OpenedElf,
  held: Stopped | undefined,
  startTime: string | undefined,
): LiveProcess {
  let registers: readonly CoreThread[] | undefined;
  let holding = held?.still === true;
  const release = () => {
    if (!holding) return;
    holding = false;
    if (!held?.release()) warnings.push(`pid:${pid} was continued by something else while it was read`);
  };
  const warnings =
    held?.still === false ? [`pid:${pid} could not be stopped (${held.why}): it is read as it runs`] : [];
  return {
    pid,
    memory,
    exe,
    info: infoOf(memory, exe),
    threads: threadStates(pid).length,
    registers() {
      registers ??= readTasks(pid, startTime).map((task) => threadOf(task, exe.elf.header));
      return registers;
    },
    root: `/proc/${pid}/root`,
    warnings,
    get moving() {
      return !holding;
    },
    release,
    close() {
      release();
      memory.close();
      exe.source.close();
    },
  };
}

/** A thread as a core would have it, with the two registers that the kernel tells. */
function threadOf(
  { tid, innerTid, name, state, place }: ProcTask,
  { machine, bits }: OpenedElf['elf']['header'],
): CoreThread {
  const layout = registerLayout(machine, bits);
  const known = typeof place === 'object' ? place : undefined;
  const registers = known && layout ? [[layout.pc, known.pc] as const, [layout.sp, known.sp] as const] : [];
  return {
    tid,
    signal: 0,
    registers: new Map(registers),
    pc: known?.pc,
    sp: known?.sp,
    lr: undefined,
    g: undefined,
    cause: undefined,
    live: { name, state, innerTid, lack: typeof place === 'string' ? place : undefined },
  };
}

/** What a core would hold in NT_FILE and NT_AUXV. */
function infoOf(memory: ProcessMemory, { elf }: OpenedElf): CoreInfo {
  const files = mappedFiles(memory.mappings);
  const auxv = parseAuxv(Buffer.from(procText(memory.pid, 'auxv') ?? '', 'latin1'), elf);
  return { threads: [], files, auxv, process: undefined, problems: [] };
}

/** The path of the program as the process sees it, also where it is gone. */
function exePath(pid: number): string {
  return readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, '');
}

/** Whether there is such a process, with memory that could be read by whoever may. */
function lookAt(pid: number): void {
  if (pid === process.pid) refuse('unsupported', pid, 'is spanscope itself');
  if (!procText('self', 'status'))
    refuse('read-failed', pid, '/proc is not mounted, or can’t be read', 'live processes are read through /proc');
  const text = pid > maxPid ? undefined : procText(pid, 'status');
  if (text === undefined) refuseAbsent(pid);
  const status = parseStatus(text);
  if (!status) refuse('read-failed', pid, `/proc/${pid}/status makes no sense`);
  if (status.tgid !== pid)
    refuse(
      'unsupported',
      pid,
      `is a thread of process ${status.tgid}, not a process`,
      `name the process: pid:${status.tgid}`,
    );
  const state = readStat(pid)?.state;
  if (state === 'Z' || state === 'X')
    refuse(
      'unsupported',
      pid,
      'has ended and only waits to be collected by its parent (a zombie): it has no memory any more',
    );
  if (!status.hasMemory) refuse('unsupported', pid, 'is a kernel thread: it has no memory of its own');
}

function refuseAbsent(pid: number): never {
  if (pid <= maxPid) {
    try {
      process.kill(pid, 0);
      refuseHidden(pid);
    } catch (error) {
      if (error instanceof InspectError) throw error;
      if ((error as NodeJS.ErrnoException).code === 'EPERM') refuseHidden(pid);
    }
  }
  refuse(
    'not-found',
    pid,
    'there is no such process',
    'in a container only its own processes are seen, under other ids than outside',
  );
}

/** It can be signalled, so it is there; /proc hides it. */
function refuseHidden(pid: number): never {
  refuse(
    'no-permission',
    pid,
    'is hidden: /proc is mounted with hidepid',
    'run spanscope as its user, as root, or in the group that hidepid’s gid names',
  );
}

function asRefusal(pid: number, error: unknown): unknown {
  const code = error instanceof InspectError ? error.code : (error as NodeJS.ErrnoException).code;
  if (code === 'no-permission' || code === 'EACCES' || code === 'EPERM') {
    const { why, hint } = explainRefusal({
      self: parseStatus(procText('self', 'status') ?? '')!,
      target: parseStatus(procText(pid, 'status') ?? ''),
      owner: statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid,
      ptraceScope: scope(),
    });
    return new InspectError('no-permission', `pid:${pid}`, why, hint);
  }
  if (code === 'ENOENT' || code === 'ESRCH' || code === 'not-found')
    return new InspectError('read-failed', `pid:${pid}`, 'ended while it was being opened');
  return error;
}

function scope(): number | undefined {
  const text = procText('sys/kernel/yama/ptrace_scope');
  return text === undefined ? undefined : Number(text);
}
