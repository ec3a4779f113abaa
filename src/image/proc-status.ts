// What /proc/PID says of a Linux process: its state and start time (stat), its ids and capabilities (status). Text and numbers only; opens no memory.
import { readdirSync, readFileSync } from 'node:fs';

/** /proc/PID/stat. */
export interface ProcStat {
  /** One letter: R running, S sleeping, D in the kernel, T stopped, t stopped by a debugger, Z ended and not yet waited for, X gone. */
  readonly state: string;
  /** Ticks since the machine started; with the pid it names one process for ever. */
  readonly startTime: string;
}

/** /proc/PID/status. */
export interface ProcStatus {
  /** The process that this id belongs to: another one for the id of a thread. */
  readonly tgid: number;
  /** Real, effective, saved, file system. */
  readonly uids: readonly number[];
  readonly gids: readonly number[];
  readonly permitted: bigint;
  readonly effective: bigint;
  /** A kernel thread has no memory of its own. */
  readonly hasMemory: boolean;
}

/** Undefined where the text is none of stat's. The name in parentheses may hold anything. */
export function parseStat(text: string): ProcStat | undefined {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, startTime] = [fields[0], fields[19]];
  return state?.length === 1 && startTime !== undefined && /^\d+$/.test(startTime) ? { state, startTime } : undefined;
}

/** Undefined where the text is none of status's. */
export function parseStatus(text: string): ProcStatus | undefined {
  const lines = new Map(
    text.split('\n').map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }),
  );
  const numbers = (name: string) => (lines.get(name) ?? '').split(/\s+/).map(Number);
  const mask = (name: string) => BigInt(`0x${/^[0-9a-f]+$/.exec(lines.get(name) ?? '')?.[0] ?? '0'}`);
  const tgid = Number(lines.get('Tgid'));
  if (!Number.isSafeInteger(tgid)) return undefined;
  return {
    tgid,
    uids: numbers('Uid'),
    gids: numbers('Gid'),
    permitted: mask('CapPrm'),
    effective: mask('CapEff'),
    hasMemory: lines.has('VmSize'),
  };
}

/** The text of a file below /proc; undefined where it is gone or refused. */
export function procText(...parts: readonly (string | number)[]): string | undefined {
  try {
    return readFileSync(['/proc', ...parts].join('/'), 'latin1');
  } catch {
    return undefined;
  }
}

export function readStat(pid: number): ProcStat | undefined {
  return parseStat(procText(pid, 'stat') ?? '');
}

/** The state letters of all threads; empty where the process is gone. */
export function threadStates(pid: number): readonly string[] {
  let ids: readonly string[];
  try {
    ids = readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
  return ids.flatMap((id) => parseStat(procText(pid, 'task', id, 'stat') ?? '')?.state ?? []);
}
