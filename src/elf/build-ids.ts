// The two build IDs by which a core and a binary are matched: Go's (note type 4, owner Go, text) and GNU's (note type 3, owner GNU, bytes).
import { utf8 } from '../bytes/cursor.js';
import { NT } from './constants.js';
import type { ElfFile } from './elf-file.js';
import { readNote, walkNotes } from './notes.js';

export interface BuildIds {
  /** As `go tool buildid` prints it. */
  readonly go: string | undefined;
  /** Lower-case hex, as `readelf -n` prints it. */
  readonly gnu: string | undefined;
}

const LONGEST_ID = 1024;

/** The first of each kind in the file's notes. One whose bytes are all zero was wiped: two of them say nothing of each other. */
export function readBuildIds(elf: ElfFile): BuildIds {
  let go: string | undefined;
  let gnu: string | undefined;
  for (const location of walkNotes(elf)) {
    if (location.descSize === 0 || location.descSize > LONGEST_ID) continue;
    const isGo = location.owner === 'Go' && location.type === NT.GO_BUILD_ID;
    const isGnu = location.owner === 'GNU' && location.type === NT.GNU_BUILD_ID;
    if (!isGo && !isGnu) continue;
    const { desc } = readNote(elf, location);
    if (desc.every((byte) => byte === 0)) continue;
    if (isGo) go ??= utf8(desc);
    else gnu ??= Buffer.from(desc).toString('hex');
  }
  return { go, gnu };
}

/** Whether two files are of one build; undefined where one of both has no build ID of the kind that the other has: nobody can tell. */
export function sameBuild(a: BuildIds, b: BuildIds): boolean | undefined {
  if (a.go !== undefined && b.go !== undefined) return a.go === b.go;
  return a.gnu === undefined || b.gnu === undefined ? undefined : a.gnu === b.gnu;
}
