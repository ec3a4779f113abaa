// A folder into which files of /proc/PID were copied when an image was taken (maps or smaps, auxv, environ, status, cgroup, and others that are for people): it tells of a raw image, or of a core
// without notes, what a core's notes tell.
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InspectError } from '../bytes/errors.js';
import { parseAuxv } from '../elf/auxv.js';
import type { CoreInfo } from '../elf/core.js';
import type { DataModel } from './memory.js';
import { type Footprint, parseSmaps, pidsOf, type ResidentMapping, savedFootprint } from './proc-footprint.js';
import { mappedFiles, type ProcMapping, parseProcMaps } from './proc-maps.js';

export interface SavedProc {
  readonly mappings: readonly ProcMapping[];
  readonly auxv: ReadonlyMap<number, bigint>;
  /** `NAME=value`, each ended by a zero byte. */
  readonly environ: Uint8Array | undefined;
  readonly footprint: Footprint | undefined;
  /** What was resident of each mapping, as smaps has it; empty where it was not saved. */
  readonly resident: () => readonly ResidentMapping[];
  /** The ids that `status` names; empty where it was not saved. */
  readonly pids: readonly number[];
  readonly warnings: readonly string[];
}

const MOST_BYTES = 64 * 2 ** 20;

/** Reads the folder. Throws InspectError where it is none, or holds none of the files that are looked at. */
export function readSavedProc(folder: string, model: DataModel): SavedProc {
  const subject = `--proc ${folder}`;
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new InspectError('not-found', subject, 'is no folder', 'name a folder with copies of files of /proc/PID');
  const read = (name: string): Buffer | undefined => {
    const path = join(folder, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isFile() !== true) return undefined;
    if (stat.size > MOST_BYTES)
      throw new InspectError('too-large', path, `${stat.size} bytes are no copy of /proc/PID/${name}`);
    try {
      return readFileSync(path);
    } catch {
      throw new InspectError('no-permission', path, 'can’t be read');
    }
  };
  const smaps = read('smaps');
  const maps = read('maps') ?? smaps;
  const auxv = read('auxv');
  const environ = read('environ');
  const footprint = savedFootprint(folder);
  if (maps === undefined && auxv === undefined && environ === undefined && !footprint)
    throw new InspectError(
      'not-found',
      subject,
      'holds neither maps, smaps, auxv, environ, status nor cgroup',
      'cp /proc/PID/maps /proc/PID/auxv /proc/PID/environ DIR',
    );
  const { mappings, badLines } = parseProcMaps(maps?.toString('utf8') ?? '');
  return {
    mappings,
    auxv: parseAuxv(auxv ?? new Uint8Array(0), model),
    environ,
    footprint,
    resident: () => parseSmaps(smaps?.toString('utf8') ?? ''),
    pids: pidsOf(read('status')?.toString('utf8') ?? ''),
    warnings: badLines > 0 ? [`${join(folder, 'maps')}: ${badLines} lines make no sense and were left out`] : [],
  };
}

/** `core` with what it lacks; a raw image has nothing of its own. */
export function withSavedProc(core: CoreInfo | undefined, { mappings, auxv }: SavedProc): CoreInfo {
  return {
    threads: core?.threads ?? [],
    files: core && core.files.length > 0 ? core.files : mappedFiles(mappings),
    auxv: core && core.auxv.size > 0 ? core.auxv : auxv,
    process: core?.process,
    problems: core?.problems ?? [],
  };
}
