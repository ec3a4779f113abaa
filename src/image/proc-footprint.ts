// What Linux says of the memory that a process has: resident and swapped (status), page by mapping (smaps), and the limit of its cgroup. Read of a live process, or of a folder into which
// those files were copied. Knows nothing of Go. Sizes are bytes; a file that makes no sense tells nothing.
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type ProcMapping, parseMapping } from './proc-maps.js';
import { procText } from './proc-status.js';

/** /proc/PID/status (Linux fs/proc/task_mmu.c, task_mem). What a kernel does not write is undefined. */
export interface ResidentSet {
  readonly rss: number;
  readonly anonymous: number | undefined;
  readonly file: number | undefined;
  readonly shared: number | undefined;
  readonly swap: number | undefined;
  /** The most that was ever resident (VmHWM). */
  readonly peak: number | undefined;
}

export interface CgroupMemory {
  /** As /proc/PID/cgroup names it; undefined where only the group's files were saved. */
  readonly path: string | undefined;
  /** The lowest limit on the way to the root; null where there is none; undefined where it is not known. */
  readonly limit: number | null | undefined;
  readonly current: number | undefined;
}

export interface Footprint {
  readonly resident: ResidentSet | undefined;
  readonly cgroup: CgroupMemory | undefined;
  /** `/proc/PID`, or the folder. */
  readonly source: string;
}

/** A mapping with what smaps says of it. */
export interface ResidentMapping {
  readonly start: number;
  readonly end: number;
  readonly rss: number;
  readonly swap: number | undefined;
  readonly anonymous: number | undefined;
  readonly hugePages: number | undefined;
}

const mostMappings = 2 ** 20;
/** cgroups nest no deeper than a path is long. */
const mostGroups = 64;
/** Files of one number or a few lines. */
const mostBytes = 2 ** 20;
/** A limit of cgroup 1 that is none: the largest multiple of a page. */
const noLimit = 2 ** 53;

const kilobytes = (text: string, name: string): number | undefined => {
  const match = new RegExp(`^${name}:[ \\t]*(\\d{1,12}) kB[ \\t]*$`, 'm').exec(text);
  return match ? Number(match[1]) * 1024 : undefined;
};

/** Undefined where the text is none of status's, or that of a process without memory. */
export function parseResident(text: string): ResidentSet | undefined {
  const rss = kilobytes(text, 'VmRSS');
  if (rss === undefined) return undefined;
  return {
    rss,
    anonymous: kilobytes(text, 'RssAnon'),
    file: kilobytes(text, 'RssFile'),
    shared: kilobytes(text, 'RssShmem'),
    swap: kilobytes(text, 'VmSwap'),
    peak: kilobytes(text, 'VmHWM'),
  };
}

/** Whose status it is: its id, and those that it has in the PID namespaces it is in. */
export function pidsOf(text: string): readonly number[] {
  const [pid, inner] = [/^Tgid:[ \t]*(\d{1,10})$/m.exec(text), /^NStgid:((?:[ \t]+\d{1,10}){1,32})$/m.exec(text)];
  return [...new Set([...(pid ? [pid[1]!] : []), ...(inner ? inner[1]!.trim().split(/[ \t]+/) : [])].map(Number))];
}

/** The mappings of /proc/PID/smaps, ascending; one without `Rss` is left out. */
export function parseSmaps(text: string): ResidentMapping[] {
  const found: ResidentMapping[] = [];
  let open: ProcMapping | undefined;
  let sizes = new Map<string, number>();
  const close = () => {
    const rss = sizes.get('Rss');
    if (open && rss !== undefined && open.start >= (found.at(-1)?.end ?? 0) && Number.isSafeInteger(open.end))
      found.push({
        start: open.start,
        end: open.end,
        rss,
        swap: sizes.get('Swap'),
        anonymous: sizes.get('Anonymous'),
        hugePages: sizes.get('AnonHugePages'),
      });
  };
  for (const line of text.split('\n')) {
    const detail = /^([A-Z]\w{1,31}): +(\d{1,12}) kB$/.exec(line);
    if (detail) {
      sizes.set(detail[1]!, Number(detail[2]) * 1024);
      continue;
    }
    const mapping = parseMapping(line);
    if (!mapping) continue;
    close();
    if (found.length >= mostMappings) return found;
    open = mapping.start < mapping.end ? mapping : undefined;
    sizes = new Map();
  }
  close();
  return found;
}

/** The group that accounts for memory: of cgroup 1 the line that names the controller, else the one line of cgroup 2. */
export function parseCgroup(text: string): { readonly path: string; readonly legacy: boolean } | undefined {
  let unified: string | undefined;
  for (const line of text.slice(0, mostBytes).split('\n')) {
    const match = /^\d{1,9}:([^:]*):(\/.*)$/.exec(line);
    if (!match) continue;
    if (match[1]!.split(',').includes('memory')) return { path: match[2]!, legacy: true };
    if (match[1] === '') unified = match[2];
  }
  return unified === undefined ? undefined : { path: unified, legacy: false };
}

/** A number of bytes; null for `max`. */
function parseLimit(text: string | undefined): number | null | undefined {
  const word = text?.trim();
  if (word === 'max') return null;
  if (word === undefined || !/^\d{1,20}$/.test(word)) return undefined;
  return Number(word) >= noLimit ? null : Number(word);
}

const limitFiles = ['memory.max', 'memory.limit_in_bytes'] as const;
const currentFiles = ['memory.current', 'memory.usage_in_bytes'] as const;

/** Of a live process. Undefined where nothing is told. */
export function liveFootprint(pid: number): Footprint | undefined {
  const group = parseCgroup(procText(pid, 'cgroup') ?? '');
  return footprintOf(parseResident(procText(pid, 'status') ?? ''), group && liveGroup(group), `/proc/${pid}`);
}

export const liveSmaps = (pid: number): ResidentMapping[] => parseSmaps(procText(pid, 'smaps') ?? '');

/** The lowest limit of the group and those around it, as far as they are mounted where they usually are. */
function liveGroup({ path, legacy }: { readonly path: string; readonly legacy: boolean }): CgroupMemory {
  const root = legacy ? '/sys/fs/cgroup/memory' : '/sys/fs/cgroup';
  const kind = legacy ? 1 : 0;
  // A path that leads out of the namespace's root can't be followed from here.
  const names = path.split('/').filter((name) => name !== '');
  const reachable = !names.includes('..') && names.length <= mostGroups;
  let limit: number | null | undefined;
  for (let depth = names.length; reachable && depth >= 0; depth -= 1) {
    const own = parseLimit(readSmall([root, ...names.slice(0, depth), limitFiles[kind]].join('/')));
    if (own !== undefined) limit = own === null ? (limit ?? null) : Math.min(own, limit ?? own);
  }
  const current = reachable ? parseLimit(readSmall([root, ...names, currentFiles[kind]].join('/'))) : undefined;
  return { path, limit, current: current ?? undefined };
}

/** Of a folder with copies of `status`, `cgroup` and the group's own `memory.max` and `memory.current` (or those of cgroup 1). */
export function savedFootprint(folder: string): Footprint | undefined {
  const read = (names: readonly string[]) => names.map((name) => readSmall(join(folder, name))).find((text) => text);
  const path = parseCgroup(read(['cgroup']) ?? '')?.path;
  const limit = parseLimit(read(limitFiles));
  const current = parseLimit(read(currentFiles)) ?? undefined;
  const known = path !== undefined || limit !== undefined || current !== undefined;
  return footprintOf(parseResident(read(['status']) ?? ''), known ? { path, limit, current } : undefined, folder);
}

function footprintOf(
  resident: ResidentSet | undefined,
  cgroup: CgroupMemory | undefined,
  source: string,
): Footprint | undefined {
  return resident || cgroup ? { resident, cgroup, source } : undefined;
}

/** Undefined where there is no such file, where it can't be read, or is larger than such a file can be. */
function readSmall(path: string): string | undefined {
  try {
    const stat = statSync(path);
    return stat.isFile() && stat.size <= mostBytes ? readFileSync(path, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}
