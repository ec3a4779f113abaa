// Why the kernel refuses to show a process' memory, told from what can be seen of both processes. The rules are those of ptrace_may_access with
// PTRACE_MODE_ATTACH_FSCREDS (Linux kernel/ptrace.c, security/yama/yama_lsm.c). Pure: facts in, words out.
import type { ProcStatus } from './proc-status.js';

export interface AccessFacts {
  readonly self: ProcStatus;
  /** Undefined where even /proc/PID/status is hidden. */
  readonly target: ProcStatus | undefined;
  /** Owner of /proc/PID: root where the process is not dumpable. */
  readonly owner: number | undefined;
  /** /proc/sys/kernel/yama/ptrace_scope; undefined where there is no Yama. */
  readonly ptraceScope: number | undefined;
}

export interface Refusal {
  readonly why: string;
  readonly hint: string;
}

/** Linux include/uapi/linux/capability.h. */
const CAP_SYS_PTRACE = 1n << 19n;

/** What is in the way, the first that would be enough by itself. */
export function explainRefusal({ self, target, owner, ptraceScope }: AccessFacts): Refusal {
  const mayTrace = (self.effective & CAP_SYS_PTRACE) !== 0n;
  const me = self.uids[1] ?? -1;
  const capable = 'run spanscope as root (sudo), or with CAP_SYS_PTRACE';
  if (ptraceScope === 3)
    return {
      why: 'no permission: /proc/sys/kernel/yama/ptrace_scope is 3, so nobody may read another process',
      hint: 'it can be changed only by a restart of the machine; a core can still be taken (kill -ABRT with GOTRACEBACK=crash)',
    };
  if (!mayTrace && target) {
    const [uid = -1] = target.uids;
    if (target.uids.slice(0, 3).some((id) => id !== me))
      return {
        why: `no permission: it belongs to uid ${uid}, spanscope runs as uid ${me} without CAP_SYS_PTRACE`,
        hint: `run spanscope as uid ${uid} or as root (sudo), or with CAP_SYS_PTRACE`,
      };
    if (target.gids.slice(0, 3).some((id) => id !== self.gids[1]))
      return {
        why: `no permission: it runs as gid ${target.gids.slice(0, 3).join('/')}, spanscope as gid ${self.gids[1]} without CAP_SYS_PTRACE`,
        hint: capable,
      };
    if (owner === 0 && uid !== 0)
      return {
        why: 'no permission: it is not dumpable (it has changed its ids, has capabilities of its file, its file can’t be read by its user, or it has set PR_SET_DUMPABLE 0)',
        hint: capable,
      };
  }
  if (!mayTrace && ptraceScope === 2)
    return {
      why: 'no permission: /proc/sys/kernel/yama/ptrace_scope is 2, so CAP_SYS_PTRACE is needed',
      hint: capable,
    };
  if (!mayTrace && ptraceScope === 1)
    return {
      why: 'no permission: /proc/sys/kernel/yama/ptrace_scope is 1, so a process can be read only by its ancestors',
      hint: `${capable}, or allow it: sysctl kernel.yama.ptrace_scope=0`,
    };
  if (!mayTrace && target && (target.permitted & ~self.effective) !== 0n)
    return { why: 'no permission: it has capabilities that spanscope has not', hint: capable };
  return {
    why: mayTrace
      ? 'no permission: the kernel refuses it although spanscope has CAP_SYS_PTRACE'
      : 'no permission: the kernel refuses it',
    hint: 'is it in another user namespace or behind a security module or seccomp filter? run spanscope beside it, in its container (--cap-add=SYS_PTRACE)',
  };
}
