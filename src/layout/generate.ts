// Writing table files: what was measured on binaries, merged with what a file already holds. The reverse of loading; used by
// `layout generate` and by the script that rewrites layouts/.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadTable } from './load.js';
import { fromTableFile, type Measured } from './measured.js';
import { checkTableFile, type TableFile } from './schema.js';
import { formatTableFile, toTableFile } from './table-text.js';

/** The table of what was measured, over what `existing` holds; a release measured anew replaces the old measurement. All of one OS and arch. */
export function mergeMeasured(existing: TableFile | undefined, file: string, measured: readonly Measured[]): TableFile {
  const before = existing === undefined ? [] : fromTableFile(existing, file);
  const merged = toTableFile([...before, ...measured]);
  checkTableFile(merged, file);
  return merged;
}

/** The text of a table file for `layout generate`: without touching any file. */
export function tableText(measured: readonly Measured[]): string {
  return formatTableFile(mergeMeasured(undefined, 'the new table', measured));
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
