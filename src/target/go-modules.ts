// Which of the files that an image has mapped hold Go, by what the image itself has of them: their first pages, which kernel cores and gcore keep, and their data. For programs of
// another language that have a Go library in them, also where none of these files is at hand. Looks at no file but the image.
import { type BuildIds, readBuildIds } from '../elf/build-ids.js';
import type { CoreInfo } from '../elf/core.js';
import { hasBuildInfo } from '../gosym/build-info.js';
import type { Memory } from '../image/memory.js';
import { mappedElf } from '../image/memory-source.js';
import type { AddressRange } from '../image/scan-words.js';
import { dataOfMappings, dataRanges, type ProgramData } from './data-ranges.js';
import { biasAt, mappedFiles } from './mapped-library.js';

/** A file of the image: one other than its program, unless it is told. */
export interface MappedModule {
  /** As the image names it. */
  readonly path: string;
  /** Undefined where the image does not have its headers. */
  readonly bias: number | undefined;
  readonly ids: BuildIds;
  readonly data: ProgramData;
}

export interface ImageOfModules {
  readonly core: CoreInfo;
  /** With or without files laid under it: a file whose first page the image lacks has none. */
  readonly memory: Memory;
}

const noIds: BuildIds = { go: undefined, gnu: undefined };
/** Bytes of all modules' data that are searched for build info. */
const mostSearched = 64 * 2 ** 20;
/** The runtime's variables alone need more (mheap_ has 20 to 100 KiB, runtime/mheap.go). */
const leastData = 64 * 1024;
/** Modules in which nothing marks Go that are tried all the same, and the data of all of them. */
const mostUnmarked = 16;
const mostUnmarkedData = 32 * 2 ** 20;

/** Every file but the program's own, in the image's order, with its place and its data; `marked`: with a Go build ID only. */
function* mappedModules({ core, memory }: ImageOfModules, marked: boolean): Generator<MappedModule> {
  const seen = new Set<number>();
  for (const { path, start } of mappedFiles(core)) {
    // One place is one file, whatever names a list has for it.
    if (seen.has(start)) continue;
    seen.add(start);
    const elf = mappedElf(memory, start);
    const ids = elf ? readBuildIds(elf) : noIds;
    if (marked && ids.go === undefined) continue;
    const bias = elf && biasAt(elf, start);
    const data =
      elf && bias !== undefined
        ? dataRanges({ elf, bias, inside: undefined }, memory)
        : dataOfMappings(path, core.files, memory);
    yield { path, bias, ids, data };
  }
}

/** The modules that are Go's: those with a Go build ID; where none has one, and that is not all that is asked for, those that have Go's build info in their data (1.13+). */
export function goModules(image: ImageOfModules, byIdAlone = false): MappedModule[] {
  const all = [...mappedModules(image, byIdAlone)];
  const known = all.filter(({ ids }) => ids.go !== undefined);
  if (known.length > 0 || byIdAlone) return known;
  let left = mostSearched;
  return all.filter(({ data }) => {
    const ranges = left > 0 ? data.variablesFirst : [];
    left -= bytesOf(ranges);
    return hasBuildInfo(image.memory, ranges);
  });
}

/** Modules in which nothing marks Go, and which have room for a runtime. */
export function unmarkedModules(image: ImageOfModules): MappedModule[] {
  const found: MappedModule[] = [];
  let left = mostUnmarkedData;
  for (const module of mappedModules(image, false)) {
    const bytes = bytesOf(module.data.all);
    if (module.ids.go !== undefined || bytes < leastData || bytes > left) continue;
    left -= bytes;
    found.push(module);
    if (found.length === mostUnmarked) break;
  }
  return found;
}

const bytesOf = (ranges: readonly AddressRange[]) => ranges.reduce((sum, { start, end }) => sum + end - start, 0);
