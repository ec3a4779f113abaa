// `layout verify`: the table of a binary's release against the binary's own DWARF, struct by struct.
import { InspectError } from '../bytes/errors.js';
import type { Dwarf } from '../dwarf-parser/index.js';
import { type DwarfBinary, layoutFromDwarf } from './from-dwarf.js';
import { layoutFromTable } from './load.js';
import { releaseKey } from './release.js';
import type { LayoutVerifyResult } from './results.js';
import { layoutSchemaVersion, type TableOptions } from './show.js';
import type { FieldLayout, StructLayout } from './types.js';

type Mismatch = LayoutVerifyResult['mismatches'][number];

/**
 * Compares every struct of the table with DWARF: size, and each field's offset, size and type. Structs that only one side has are listed, not
 * judged. Throws InspectError `no-layout` where no table covers the arch, `no-dwarf` where the binary has no debug information of the runtime.
 */
export function verifyLayout(dwarf: Dwarf, binary: DwarfBinary, options: TableOptions = {}): LayoutVerifyResult {
  const table = layoutFromTable({ ...binary, ...options });
  if (table === undefined) {
    const key = `${releaseKey(binary.goVersion, binary.experiments)}/${binary.goarch}`;
    throw new InspectError('no-layout', key, 'no layout table covers it', 'layout generate makes one from a binary');
  }
  const own = layoutFromDwarf(dwarf, binary, options.folder);
  const mismatches: Mismatch[] = [];
  const unknown: { struct: string; why: string }[] = [];
  let checked = 0;
  let structsChecked = 0;
  for (const name of new Set([...table.structNames(), ...own.structNames()])) {
    const inTable = table.struct(name);
    const inDwarf = own.struct(name);
    if (inTable === undefined || inDwarf === undefined) {
      unknown.push({
        struct: name,
        why: inTable === undefined ? 'not in the table' : 'not in the binary: the linker drops types that nothing uses',
      });
      continue;
    }
    structsChecked++;
    checked += compare(inTable, inDwarf, mismatches);
  }
  return {
    schemaVersion: layoutSchemaVersion,
    goVersion: binary.goVersion,
    arch: binary.goarch,
    experiments: [...binary.experiments],
    table: table.name,
    exact: table.exact,
    ...(table.note === undefined ? {} : { note: table.note }),
    checked,
    structsChecked,
    mismatches,
    unknown,
  };
}

/** Adds what differs to `mismatches`; returns the number of fields compared. */
function compare(table: StructLayout, dwarf: StructLayout, mismatches: Mismatch[]): number {
  if (table.size !== dwarf.size)
    mismatches.push({ struct: table.name, field: null, table: table.size, dwarf: dwarf.size });
  const names = new Set([...table.fields.keys(), ...dwarf.fields.keys()]);
  for (const field of names) {
    const a = place(table.fields.get(field));
    const b = place(dwarf.fields.get(field));
    if (JSON.stringify(a) !== JSON.stringify(b)) mismatches.push({ struct: table.name, field, table: a, dwarf: b });
  }
  return names.size;
}

function place(field: FieldLayout | undefined): { offset: number; size: number; type: string } | null {
  return field === undefined ? null : { offset: field.offset, size: field.size, type: field.type };
}
