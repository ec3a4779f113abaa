// Several images of one program on one command line: for each core the files that are opened with it. A core is one by content; what is none belongs to all of them.
import { existsSync } from 'node:fs';
import type { UnpackedFiles } from '../bytes/open-source.js';
import { PageCache } from '../bytes/page-cache.js';
import { ET } from '../elf/constants.js';
import { openElf } from './classify.js';

export interface ImageFiles {
  /** The core's name, as given; undefined where no file is a core. */
  readonly image: string | undefined;
  readonly files: readonly string[];
}

/** In the order given. Throws InspectError for a file that is no ELF file. */
export function eachImage(files: readonly string[], unpacked: UnpackedFiles = {}): ImageFiles[] {
  const cores: string[] = [];
  const others: string[] = [];
  for (const file of files) (isCore(file, unpacked) ? cores : others).push(file);
  if (cores.length === 0) return [{ image: undefined, files }];
  return cores.map((image) => ({ image, files: [...others, image] }));
}

/** A raw image or a process is no file of its name. */
function isCore(file: string, unpacked: UnpackedFiles): boolean {
  if (!existsSync(file)) return false;
  const { elf, source } = openElf(file, new PageCache(), unpacked);
  const { type } = elf.header;
  source.close();
  return type === ET.CORE;
}
