// The lines of /proc/PID/maps (and the first lines of each block of smaps): which addresses are mapped, how, and from which file. Pure text; what a line that
// makes no sense says is left out and counted. Knows nothing of processes, saved folders or images.
import { PF } from '../elf/constants.js';
import type { MappedFile } from '../elf/core.js';

/** One mapping: [start, end), as Linux fs/proc/task_mmu.c, show_map_vma prints it. */
export interface ProcMapping {
  readonly start: number;
  readonly end: number;
  /** PF.R, PF.W and PF.X. */
  readonly flags: number;
  /** MAP_SHARED; else private. */
  readonly shared: boolean;
  /** Offset in the file of the byte at `start`. */
  readonly offset: number;
  /** `fd:01`: major and minor number in hex. */
  readonly device: string;
  /** 0 where no file is behind it. */
  readonly inode: number;
  /** The file's path, or the kernel's word (`[heap]`, `[stack]`, `[vdso]`, `[anon: Go: heap]`); empty where there is none. */
  readonly path: string;
  /** The file was removed or replaced since it was mapped (` (deleted)` behind its path, which is cut off here). */
  readonly deleted: boolean;
}

export interface ProcMaps {
  /** Ascending and disjoint, as the kernel gives them. */
  readonly mappings: readonly ProcMapping[];
  /** Lines that look like a mapping's and make no sense, or that go back; a map cut in its last line has one. */
  readonly badLines: number;
}

/** vm.max_map_count is 65530 unless an administrator raises it. */
const MOST_MAPPINGS = 2 ** 20;
const LINE =
  /^([0-9a-f]{1,16})-([0-9a-f]{1,16}) ([r-])([w-])([x-])([ps]) ([0-9a-f]{1,16}) ([0-9a-f]+:[0-9a-f]+) (\d{1,20})(?: +(.*))?$/;
/** The further lines of smaps: `Rss:                 4 kB`, `VmFlags: rd ex`. */
const SMAPS_DETAIL = /^[A-Z]\w*:/;

/** Reads the text of /proc/PID/maps or smaps. Mappings above 2^53 (vsyscall) are left out. Never throws. */
export function parseProcMaps(text: string): ProcMaps {
  const mappings: ProcMapping[] = [];
  let badLines = 0;
  for (const line of text.split('\n')) {
    if (line === '' || SMAPS_DETAIL.test(line)) continue;
    const mapping = parseMapping(line);
    if (mapping === undefined || mapping.start >= mapping.end || mapping.start < (mappings.at(-1)?.end ?? 0)) {
      badLines += 1;
      continue;
    }
    if (!Number.isSafeInteger(mapping.end)) continue;
    if (mappings.length === MOST_MAPPINGS) break;
    mappings.push(mapping);
  }
  return { mappings, badLines };
}

/** The mappings of files, as NT_FILE of a core lists them. */
export function mappedFiles(mappings: readonly ProcMapping[]): MappedFile[] {
  return mappings
    .filter(({ inode, path }) => inode > 0 && path.startsWith('/'))
    .map(({ start, end, offset, path }) => ({ start, end, offset, path }));
}

/** One line of maps, or the head of a block of smaps; undefined where it is none. Its ends may make no sense. */
export function parseMapping(line: string): ProcMapping | undefined {
  const match = LINE.exec(line);
  if (match === null) return undefined;
  const [, start, end, r, w, x, sharing, offset, device = '', inode, name = ''] = match;
  const deleted = name.endsWith(DELETED);
  return {
    start: Number.parseInt(start!, 16),
    end: Number.parseInt(end!, 16),
    flags: (r === 'r' ? PF.R : 0) | (w === 'w' ? PF.W : 0) | (x === 'x' ? PF.X : 0),
    shared: sharing === 's',
    offset: Number.parseInt(offset!, 16),
    device,
    inode: Number(inode),
    path: unescapePath(deleted ? name.slice(0, -DELETED.length) : name),
    deleted,
  };
}

const DELETED = ' (deleted)';

/** The kernel writes a newline in a path as `\012`, and nothing else (seq_file_path with "\n"). */
function unescapePath(path: string): string {
  return path.replaceAll('\\012', '\n');
}
