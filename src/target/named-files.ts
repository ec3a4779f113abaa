// The files that an image names, program and libraries, where they stand on this machine or below --sysroot. A file is used only where its build ID is the one that the
// image holds: another build's bytes would be read as the process's.
import { statSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { InspectError } from '../bytes/errors.js';
import type { PageCache } from '../bytes/page-cache.js';
import { type BuildIds, readBuildIds } from '../elf/build-ids.js';
import { ET, PT } from '../elf/constants.js';
import type { CoreInfo, MappedFile } from '../elf/core.js';
import type { PlacedBinary } from '../image/binary-image.js';
import type { Memory } from '../image/memory.js';
import { imageBuildIds, mainMapping, mappedBuildIds } from '../image/memory-source.js';
import { type OpenedElf, openElf } from './classify.js';

export interface NamedFiles {
  readonly core: CoreInfo;
  /** The image without any file laid under it. */
  readonly memory: Memory;
  readonly cache: PageCache;
  readonly sysroot: string | undefined;
  readonly trace: string[];
  readonly warnings: string[];
}

/** A process maps some hundred libraries at most. */
const MOST_LIBRARIES = 512;

/** The file at `path` in the world of the image; `..` does not lead out of the sysroot. */
function localPath(path: string, sysroot: string | undefined): string | undefined {
  const local = sysroot === undefined ? path : join(sysroot, normalize(`/${path}`));
  return statSync(local, { throwIfNoEntry: false })?.isFile() === true ? local : undefined;
}

/** Undefined where one of both has no build ID of the kind that the other has: nobody can tell. */
function sameBuild(a: BuildIds, b: BuildIds): boolean | undefined {
  if (a.go !== undefined && b.go !== undefined) return a.go === b.go;
  return a.gnu === undefined || b.gnu === undefined ? undefined : a.gnu === b.gnu;
}

/** The program that the image names, if it is there and of the same build. */
export function namedProgram({ core, memory, cache, sysroot, trace, warnings }: NamedFiles): OpenedElf | undefined {
  const path = mainMapping(core)?.path;
  const local = path === undefined ? undefined : localPath(path, sysroot);
  if (local === undefined) return undefined;
  return openSame('binary', local, imageBuildIds(memory, core), cache, trace, warnings);
}

/** The libraries that the image names, each with its place. Those that the image has no build ID of are left out. */
export function namedLibraries({ core, memory, cache, sysroot, trace, warnings }: NamedFiles): PlacedBinary[] {
  const program = mainMapping(core)?.path;
  const firsts = new Map<string, MappedFile>();
  for (const file of core.files)
    if (file.offset === 0 && file.path !== program && file.path.startsWith('/') && !firsts.has(file.path))
      firsts.set(file.path, file);
  const placed: PlacedBinary[] = [];
  for (const [path, { start }] of [...firsts].slice(0, MOST_LIBRARIES)) {
    const local = localPath(path, sysroot);
    const ids = local === undefined ? undefined : mappedBuildIds(memory, start);
    if (local === undefined || ids === undefined || (ids.go === undefined && ids.gnu === undefined)) continue;
    const opened = openSame('library', local, ids, cache, trace, warnings);
    if (opened === undefined) continue;
    const first = opened.elf.programHeaders.find(({ type, offset }) => type === PT.LOAD && offset === 0);
    if (opened.elf.header.type !== ET.DYN || first === undefined) opened.source.close();
    else placed.push({ elf: opened.elf, source: opened.source, bias: start - first.vaddr });
  }
  return placed;
}

function openSame(
  what: string,
  local: string,
  inImage: BuildIds,
  cache: PageCache,
  trace: string[],
  warnings: string[],
): OpenedElf | undefined {
  try {
    const opened = openElf(local, cache);
    const same = sameBuild(readBuildIds(opened.elf), inImage);
    const found = same === undefined ? 'no build ID to compare' : same ? 'build IDs are equal' : 'another build';
    trace.push(`${what}: ${local}, named by the image: ${found}${same ? '' : ', not used'}`);
    if (same) return opened;
    opened.source.close();
    const hint =
      what === 'binary' ? ': name the binary that was running' : ': --sysroot names the folder of the right ones';
    if (same === undefined)
      warnings.push(
        `${local}, which the image names, is not used: without a build ID in both nobody can tell whether it is the same build${what === 'binary' ? '; if you know that it is, name it' : ''}`,
      );
    else warnings.push(`${local}, which the image names, is another build now and not used${hint}`);
  } catch (error) {
    if (!(error instanceof InspectError)) throw error;
    trace.push(`${what}: ${local}, named by the image: ${error.why}`);
  }
  return undefined;
}
