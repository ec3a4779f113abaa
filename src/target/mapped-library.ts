// A Go binary that is no program but a library of one (`-buildmode=c-shared`): which of the files that a process has mapped it is, and where that stands.
import { basename } from 'node:path';
import { type BuildIds, sameBuild } from '../elf/build-ids.js';
import { ET, PT } from '../elf/constants.js';
import type { CoreInfo } from '../elf/core.js';
import type { ElfFile } from '../elf/elf-file.js';
import type { Memory } from '../image/memory.js';
import { mainMapping, mappedBuildIds } from '../image/memory-source.js';

export interface MappedLibrary {
  /** As the image names it. */
  readonly path: string;
  /** Added to the library's addresses. */
  readonly bias: number;
  /** What the image holds of its build IDs. */
  readonly ids: BuildIds;
  /** By what it is known, a phrase. */
  readonly by: string;
}

export interface ImageOfFiles {
  readonly core: CoreInfo;
  /** Without any file laid under it. */
  readonly memory: Memory;
  /** The build IDs of the program, as the image holds them. */
  readonly ids: BuildIds;
}

/** A process maps some hundred files at most. */
const mostFiles = 512;

/** The first mapping of each file but the program's own, in the image's order. */
export function* mappedFiles(core: CoreInfo): Generator<{ readonly path: string; readonly start: number }> {
  const seen = new Set([mainMapping(core)?.path]);
  for (const { path, offset, start } of core.files) {
    if (offset !== 0 || !path.startsWith('/') || seen.has(path)) continue;
    seen.add(path);
    yield { path, start };
    if (seen.size > mostFiles) return;
  }
}

/** Where a position-independent file stands whose first page is mapped at `start`; undefined for any other file. */
export function biasAt({ header, programHeaders }: ElfFile, start: number): number | undefined {
  const first = programHeaders.find(({ type, offset }) => type === PT.LOAD && offset === 0);
  const bias = first && start - first.vaddr;
  return header.type === ET.DYN && bias !== undefined && bias >= 0 ? bias : undefined;
}

/**
 * The library that `binary` is: by its build ID, of several copies of one build the one of the same path, else of the same name; else by its name. Undefined where it is the program itself, or nothing
 * that the image names.
 */
export function mappedLibrary(
  { path, elf }: { readonly path: string; readonly elf: ElfFile },
  own: BuildIds,
  { core, memory, ids: programs }: ImageOfFiles,
): MappedLibrary | undefined {
  const program = mainMapping(core);
  if (elf.header.type !== ET.DYN || !program || sameBuild(own, programs)) return undefined;
  const same: MappedLibrary[] = [];
  let named: MappedLibrary | undefined;
  for (const file of mappedFiles(core)) {
    const bias = biasAt(elf, file.start);
    const ids = mappedBuildIds(memory, file.start);
    if (bias === undefined || !ids) continue;
    if (sameBuild(own, ids)) same.push({ path: file.path, bias, ids, by: 'build IDs are equal' });
    // The program's own name counts for the program.
    else if (basename(file.path) === basename(path) && basename(program.path) !== basename(path))
      named ??= { path: file.path, bias, ids, by: 'it has the same name' };
  }
  const called =
    same.find((copy) => path.endsWith(copy.path)) ?? same.find((copy) => basename(copy.path) === basename(path));
  return called ?? same[0] ?? named;
}
