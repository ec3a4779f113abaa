// The layout tables against Go's own reading of the DWARF that each release wrote.
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { manifest, spanscopeJson, type TruthStruct, truthStructs } from './prepared.js';

interface Shown {
  readonly structs: Readonly<Record<string, TruthStruct>>;
}

const structsNeeded = [
  'mheap',
  'mspan',
  'mcentral',
  'mcache',
  'heapArena',
  'gcControllerState',
  'mstats',
  'workType',
  'g',
  'm',
  'p',
  'moduledata',
];

/** `go1.26.11+nogreenteagc-amd64` → `go1.26.11+nogreenteagc/amd64` */
function tableName(binary: string): string {
  const name = basename(binary);
  const dash = name.lastIndexOf('-');
  return `${name.slice(0, dash)}/${name.slice(dash + 1)}`;
}

/** The table's name of a struct is the type's without `runtime.`; what moved to other packages keeps its old name too. */
function truthStruct(all: Readonly<Record<string, TruthStruct>>, name: string): TruthStruct | undefined {
  return all[`runtime.${name}`] ?? (name === '_type' ? all['internal/abi.Type'] : all[name]);
}

describe.each(manifest.layouts.map((binary) => ({ name: basename(binary), binary })))('$name', ({ binary }) => {
  it('agrees with its own DWARF', () => {
    const { mismatches, checked } = spanscopeJson<{ mismatches: unknown[]; checked: number }>([
      'layout',
      'verify',
      binary,
    ]);
    expect(mismatches).toEqual([]);
    expect(checked).toBeGreaterThan(0);
  });

  it('has the sizes and offsets that debug/dwarf reads', () => {
    const truth = truthStructs(binary);
    const { structs } = spanscopeJson<Shown>(['layout', 'show', tableName(binary)]);
    expect(Object.keys(structs)).toEqual(expect.arrayContaining(structsNeeded));
    const compared: unknown[] = [];
    const different: unknown[] = [];
    for (const [name, { size, fields }] of Object.entries(structs)) {
      const expected = truthStruct(truth, name);
      if (expected === undefined) continue;
      compared.push(name);
      if (size !== expected.size) different.push({ name, size, truth: expected.size });
      for (const field of new Set([...Object.keys(fields), ...Object.keys(expected.fields)])) {
        const [ours, theirs] = [fields[field], expected.fields[field]];
        if (ours?.offset !== theirs?.offset || ours?.size !== theirs?.size)
          different.push({ name, field, ours, theirs });
      }
    }
    expect(different).toEqual([]);
    expect(compared).toEqual(expect.arrayContaining(structsNeeded));
  });
});
