// Tells the files of a command line apart by content: binary, core, raw region. Names never decide; `FILE@ADDRESS` is only read as such where no file
// of the whole name exists.
import { existsSync } from 'node:fs';
import { InspectError } from '../bytes/errors.js';
import { openSource, type UnpackedFiles } from '../bytes/open-source.js';
import type { CachedSource, PageCache } from '../bytes/page-cache.js';
import { readBytes } from '../bytes/read.js';
import { ET } from '../elf/constants.js';
import { ElfFile } from '../elf/elf-file.js';
import { isElf } from '../elf/header.js';
import { parseRawArgument, type RawRegion, readRegionList } from '../image/raw-image.js';

export interface OpenedElf {
  readonly path: string;
  readonly elf: ElfFile;
  /** The same bytes as `elf.source`, through the cache. */
  readonly source: CachedSource;
}

export interface Inputs {
  readonly binary: OpenedElf | undefined;
  readonly core: OpenedElf | undefined;
  readonly regions: readonly RawRegion[];
  /** A live process, by its id. */
  readonly unpacked: UnpackedFiles;
  readonly pid: number | undefined;
}

/** Opens an ELF file through the cache. Throws InspectError where it can't be read or is no ELF file. */
export function openElf(path: string, cache: PageCache, unpacked?: UnpackedFiles): OpenedElf {
  const source = cache.attach(openSource(path, unpacked));
  try {
    if (!isElf(readBytes(source, 0, 16))) {
      throw new InspectError(
        'unknown-format',
        path,
        'is neither an ELF binary nor an ELF core',
        'a raw memory image is given as FILE@ADDRESS',
      );
    }
    return { path, elf: ElfFile.open(source), source };
  } catch (error) {
    source.close();
    throw error;
  }
}

/** Sorts `files` (and the list of regions, if any) into at most one binary and one image. Throws InspectError for what can't be used. */
export function classify(
  files: readonly string[],
  regionList: string | undefined,
  cache: PageCache,
  unpacked: UnpackedFiles = {},
): Inputs {
  let binary: OpenedElf | undefined;
  let core: OpenedElf | undefined;
  let pid: number | undefined;
  const regions: RawRegion[] = regionList === undefined ? [] : [...readRegionList(regionList)];
  try {
    for (const file of files) {
      if (file.startsWith('pid:') && !existsSync(file)) {
        if (!/^pid:[1-9]\d{0,14}$/.test(file))
          throw new InspectError('not-found', file, 'is no process id, like pid:1234');
        if (pid !== undefined)
          throw new InspectError('unsupported', file, `is a second process beside pid:${pid}`, 'one image at a time');
        pid = Number(file.slice(4));
        continue;
      }
      const raw = existsSync(file) ? undefined : parseRawArgument(file);
      if (raw) {
        regions.push(raw);
        continue;
      }
      const opened = openElf(file, cache, unpacked);
      if (opened.elf.header.type === ET.CORE) {
        if (core)
          throw new InspectError('unsupported', file, `is a second core beside ${core.path}`, 'one image at a time');
        core = opened;
      } else if (opened.elf.header.type === ET.EXEC || opened.elf.header.type === ET.DYN) {
        if (binary)
          throw new InspectError(
            'unsupported',
            file,
            `is a second binary beside ${binary.path}`,
            'one binary at a time',
          );
        binary = opened;
      } else {
        throw new InspectError('unknown-format', file, 'is an ELF file, but neither an executable nor a core');
      }
    }
    if (core && regions.length > 0)
      throw new InspectError('unsupported', core.path, 'a core and raw regions can’t be read together');
    if (pid !== undefined && (core || regions.length > 0))
      throw new InspectError(
        'unsupported',
        `pid:${pid}`,
        'a live process is an image by itself',
        'one image at a time',
      );
  } catch (error) {
    binary?.source.close();
    core?.source.close();
    throw error;
  }
  return { binary, core, regions, unpacked, pid };
}
