// The files that an image names, program and libraries, where they stand on this machine or below --sysroot. A file is used only where its build ID is the one that the
// image holds: another build's bytes would be read as the process's.
import { statSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { InspectError } from '../bytes/errors.js';
import type { PageCache } from '../bytes/page-cache.js';
import { type BuildIds, readBuildIds, sameBuild } from '../elf/build-ids.js';
import type { CoreInfo } from '../elf/core.js';
import type { PlacedBinary } from '../image/binary-image.js';
import type { Memory } from '../image/memory.js';
import { imageBuildIds, mainMapping, mappedBuildIds } from '../image/memory-source.js';
import { type OpenedElf, openElf } from './classify.js';
import { biasAt, mappedFiles } from './mapped-library.js';

export interface NamedFiles {
  readonly core: CoreInfo;
  /** The image without any file laid under it. */
  readonly memory: Memory;
  readonly cache: PageCache;
  readonly sysroot: string | undefined;
  readonly trace: string[];
  readonly warnings: string[];
}

/** The file at `path` in the world of the image; `..` does not lead out of the sysroot. */
function localPath(path: string, sysroot: string | undefined): string | undefined {
  const local = sysroot === undefined ? path : join(sysroot, normalize(`/${path}`));
  return statSync(local, { throwIfNoEntry: false })?.isFile() === true ? local : undefined;
}

/** The program that the image names, if it is there and of the same build. */
export function namedProgram({ core, memory, cache, sysroot, trace, warnings }: NamedFiles): OpenedElf | undefined {
  const path = mainMapping(core)?.path;
  const local = path === undefined ? undefined : localPath(path, sysroot);
  if (local === undefined) return undefined;
  return openSame('binary', local, imageBuildIds(memory, core), cache, trace, warnings);
}

/** The first of the libraries that the image names which is made by Go, by its build ID in the image, if it is there and of the same build. */
export function namedGoLibrary({ core, memory, cache, sysroot, trace, warnings }: NamedFiles): OpenedElf | undefined {
  for (const { path, start } of mappedFiles(core)) {
    const ids = mappedBuildIds(memory, start);
    const local = ids?.go === undefined ? undefined : localPath(path, sysroot);
    const opened = local && ids && openSame('library', local, ids, cache, trace, warnings);
    if (opened) return opened;
  }
  return undefined;
}

/** The libraries that the image names and that are here, each with its place. Those that the image has no build ID of are left out. */
export function namedLibraries({ core, memory, cache, sysroot, trace, warnings }: NamedFiles): readonly PlacedBinary[] {
  const placed: PlacedBinary[] = [];
  for (const { path, start } of mappedFiles(core)) {
    const local = localPath(path, sysroot);
    const ids = local === undefined ? undefined : mappedBuildIds(memory, start);
    if (local === undefined || ids === undefined || (ids.go === undefined && ids.gnu === undefined)) continue;
    const opened = openSame('library', local, ids, cache, trace, warnings);
    if (opened === undefined) continue;
    const bias = biasAt(opened.elf, start);
    if (bias === undefined) opened.source.close();
    else placed.push({ elf: opened.elf, source: opened.source, bias });
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
