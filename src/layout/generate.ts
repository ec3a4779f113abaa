// Writing table files: what was measured on binaries, merged with what a file already holds. The reverse of loading.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InspectError } from '../bytes/errors.js';
import { makeFolder } from '../bytes/make-folder.js';
import { openSource } from '../bytes/open-source.js';
import { type Dwarf, openDwarf } from '../dwarf-parser/index.js';
import { ElfDebugSections, hasDebugInfo } from '../elf/debug-sections.js';
import { ElfFile } from '../elf/elf-file.js';
import { readBuildInfo } from '../gosym/build-info.js';
import { goEvidence } from '../gosym/go-evidence.js';
import { loadConstants } from './constants.js';
import { measure, typeUnits } from './from-dwarf.js';
import { layoutsFolder, loadTable } from './load.js';
import { fromTableFile, type Measured } from './measured.js';
import { canonicalRelease, parseRelease } from './release.js';
import type { LayoutGenerateResult } from './results.js';
import { layoutSchemaVersion } from './show.js';
import { formatTableFile, toTableFile } from './table-text.js';

/** Where a table goes: into one file, or into a folder as OS-ARCH.json. With `keep`, releases that a file already holds stay in it. */
export type Destination =
  | { readonly kind: 'file'; readonly path: string; readonly keep: boolean }
  | { readonly kind: 'folder'; readonly path: string; readonly keep: boolean };

/**
 * What the DWARF of the Go binary at `path` says. Experiments that move no field are left out, as they are when a layout is looked up.
 * Throws InspectError: what opening throws, `not-go`, `no-dwarf`, `unsupported` for a version that is no release (a table needs a name for it).
 */
export function measureFile(path: string): Measured {
  const elf = ElfFile.open(openSource(path));
  try {
    if (goEvidence(elf) === undefined) throw new InspectError('not-go', path, 'is not a Go program');
    if (!hasDebugInfo(elf)) {
      throw new InspectError(
        'no-dwarf',
        path,
        'has no debug information to measure',
        'build it without -ldflags=-w or -s; any program built by the same Go release will do',
      );
    }
    const dwarf = openDwarf(new ElfDebugSections(elf));
    const info = readBuildInfo(elf);
    const versionText = info?.release ?? compilerOf(dwarf);
    if (versionText === undefined) throw new InspectError('not-go', path, 'does not say which Go built it');
    const release = parseRelease(versionText);
    if (release === undefined || release.devel) {
      throw new InspectError(
        'unsupported',
        path,
        `is built by ${versionText}, which is no release`,
        'its own images are read with --layout dwarf',
      );
    }
    const { goarch, machine } = elf.header;
    if (goarch === undefined)
      throw new InspectError('unsupported', path, `is for machine ${machine}, which Go does not have`);
    const { layoutNeutralExperiments } = loadConstants(layoutsFolder());
    return measure(dwarf, {
      name: path,
      goVersion: canonicalRelease(release),
      goos: /^build\tGOOS=(\w{1,20})$/m.exec(info?.modinfo ?? '')?.[1] ?? 'linux',
      goarch,
      experiments: (info?.experiments ?? []).filter((name) => !layoutNeutralExperiments.includes(name)),
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

/** The text of a table of what was measured, all of it on one OS and arch. Throws InspectError `unsupported` for several. */
export function tableText(measured: readonly Measured[]): string {
  const ports = [...new Set(measured.map(({ os, arch }) => `${os}/${arch}`))].sort();
  if (ports.length > 1) {
    throw new InspectError(
      'unsupported',
      '--save',
      `a layout file holds one OS and arch, and these binaries are for ${ports.join(', ')}`,
      '--folder DIR writes a file for each',
    );
  }
  return formatTableFile(toTableFile(measured));
}

/**
 * Writes what was measured and returns the files written. Throws InspectError where the system refuses, for several arches in one file,
 * and for a file that is there and is no layout table: nothing else is ever overwritten.
 */
export function saveTables(measured: readonly Measured[], destination: Destination): string[] {
  const byFile = new Map<string, Measured[]>();
  for (const one of measured) {
    const file = destination.kind === 'file' ? destination.path : join(destination.path, `${one.os}-${one.arch}.json`);
    byFile.set(file, [...(byFile.get(file) ?? []), one]);
  }
  const texts = [...byFile].map(([file, list]) => {
    const existing = existsSync(file) ? existingTable(file) : undefined;
    const kept = destination.keep && existing !== undefined ? fromTableFile(existing, file) : [];
    return [file, tableText([...kept, ...list])] as const;
  });
  if (destination.kind === 'folder') write(destination.path, () => makeFolder(destination.path));
  for (const [file, text] of texts) write(file, () => writeFileSync(file, text));
  return [...byFile.keys()].sort();
}

function existingTable(file: string) {
  try {
    return loadTable(file).table;
  } catch (error) {
    if (!(error instanceof InspectError)) throw error;
    throw new InspectError('unsupported', file, `is there and is no layout table (${error.why}): it is left as it is`);
  }
}

function write(path: string, work: () => unknown): void {
  try {
    work();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'failed';
    throw new InspectError(
      code === 'EACCES' || code === 'EPERM' ? 'no-permission' : 'read-failed',
      path,
      `can’t be written (${code})`,
    );
  }
}

/** What was measured, in numbers. */
export function generateResult(
  binaries: readonly string[],
  measured: readonly Measured[],
  files: readonly string[],
): LayoutGenerateResult {
  return {
    schemaVersion: layoutSchemaVersion,
    measured: measured.map(({ goVersion, experiments, os, arch, structs }, i) => ({
      binary: binaries[i] ?? '',
      goVersion,
      experiments,
      os,
      arch,
      structs: structs.size,
      fields: [...structs.values()].reduce((sum, { fields }) => sum + fields.length, 0),
    })),
    files,
  };
}
