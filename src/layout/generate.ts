// Writing table files: what was measured on binaries, merged with what a file already holds. The reverse of loading; used by
// the script that rewrites layouts/.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InspectError } from '../bytes/errors.js';
import { openSource } from '../bytes/open-source.js';
import { type Dwarf, openDwarf } from '../dwarf-parser/index.js';
import { ElfDebugSections, hasDebugInfo } from '../elf/debug-sections.js';
import { ElfFile } from '../elf/elf-file.js';
import { readBuildInfo } from '../gosym/build-info.js';
import { measure, typeUnits } from './from-dwarf.js';
import { loadTable } from './load.js';
import { fromTableFile, type Measured } from './measured.js';
import { canonicalRelease, parseRelease } from './release.js';
import type { TableFile } from './schema.js';
import { formatTableFile, toTableFile } from './table-text.js';

/**
 * What the DWARF of the Go binary at `path` says. Throws InspectError: what opening throws, `no-dwarf`, `not-go`, `unsupported` for a version that is
 * no release (a table needs a name for it).
 */
export function measureFile(path: string): Measured {
  const elf = ElfFile.open(openSource(path));
  try {
    if (!hasDebugInfo(elf)) throw new InspectError('no-dwarf', path, 'has no debug information');
    const dwarf = openDwarf(new ElfDebugSections(elf));
    const info = readBuildInfo(elf);
    const versionText = info?.release ?? compilerOf(dwarf);
    if (versionText === undefined) throw new InspectError('not-go', path, 'does not say which Go built it');
    const release = parseRelease(versionText);
    if (release === undefined || release.devel) {
      throw new InspectError('unsupported', path, `is built by ${versionText}, which is no release`);
    }
    const { goarch, machine } = elf.header;
    if (goarch === undefined)
      throw new InspectError('unsupported', path, `is for machine ${machine}, which Go does not have`);
    return measure(dwarf, {
      name: path,
      goVersion: canonicalRelease(release),
      goos: /^build\tGOOS=(\w{1,20})$/m.exec(info?.modinfo ?? '')?.[1] ?? 'linux',
      goarch,
      experiments: info?.experiments ?? [],
      pointerSize: elf.pointerSize,
      littleEndian: elf.littleEndian,
    });
  } finally {
    elf.close();
  }
}

/** Binaries have build information since 1.13; before, the compiler's name in DWARF is all (`Go cmd/compile go1.11.13`). */
function compilerOf(dwarf: Dwarf): string | undefined {
  const producers = typeUnits(dwarf).map(({ producer }) => /^Go cmd\/compile (go[\w.]{1,20})/.exec(producer)?.[1]);
  return producers.find((version) => version !== undefined);
}

/** The table of what was measured, over what `existing` holds; a release measured anew replaces the old measurement. All of one OS and arch. */
function mergeMeasured(existing: TableFile | undefined, file: string, measured: readonly Measured[]): TableFile {
  const before = existing === undefined ? [] : fromTableFile(existing, file);
  return toTableFile([...before, ...measured]);
}

/**
 * Writes OS-ARCH.json into `folder` for each OS and arch among `measured`. With `keep`, releases that a file already holds stay in it.
 * Returns the files written. Throws InspectError for an existing file that cannot be read.
 */
export function writeTables(
  folder: string,
  measured: readonly Measured[],
  options: { readonly keep: boolean },
): string[] {
  const byFile = new Map<string, Measured[]>();
  for (const one of measured) {
    const file = join(folder, `${one.os}-${one.arch}.json`);
    byFile.set(file, [...(byFile.get(file) ?? []), one]);
  }
  for (const [file, list] of byFile) {
    const existing = options.keep && existsSync(file) ? loadTable(file).table : undefined;
    writeFileSync(file, formatTableFile(mergeMeasured(existing, file, list)));
  }
  return [...byFile.keys()].sort();
}
