// The layout tables against Go's own reading of the DWARF that each release wrote.
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { showLayout } from '../../src/layout/show.js';
import { structName } from '../../src/layout/type-names.js';
import { manifest, spanscopeJson, type TruthStruct, truthStructs } from './prepared.js';

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

/** By the tables' names: types without `runtime.`; `_type` moved to another package. */
function truthByName(binary: string): ReadonlyMap<string, TruthStruct> {
  return new Map(Object.entries(truthStructs(binary)).map(([name, struct]) => [structName(name), struct]));
}

describe.each(manifest.layouts.map((binary) => ({ name: basename(binary), binary })))('$name', ({ binary }) => {
  it('agrees with its own DWARF', () => {
    const { mismatches, checked, exact, table } = spanscopeJson<{
      mismatches: unknown[];
      checked: number;
      exact: boolean;
      table: string;
    }>(['layout', 'verify', binary]);
    expect(mismatches).toEqual([]);
    expect(checked).toBeGreaterThan(400);
    expect({ table, exact }).toEqual({
      table: `table ${tableName(binary)}`.replace(/(go1\.\d+)(?=[+/])/, '$1.0'),
      exact: true,
    });
  });

  it('has the sizes and offsets that debug/dwarf reads', () => {
    const truth = truthByName(binary);
    const { structs } = showLayout(tableName(binary));
    // Up to 1.10 there is one arena.
    const old = /go1\.(9|10)\b/.test(basename(binary));
    const needed = structsNeeded.filter((name) => !old || name !== 'heapArena');
    expect(Object.keys(structs)).toEqual(expect.arrayContaining(needed));
    const compared: string[] = [];
    const different: unknown[] = [];
    for (const [name, { size, fields }] of Object.entries(structs)) {
      const expected = truth.get(name);
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
    expect(compared).toEqual(expect.arrayContaining(needed));
    // 1.9 has 60 structs at all, three of them with a spelling of debug/dwarf's own.
    expect(compared.length).toBeGreaterThanOrEqual(old ? 55 : 60);
  });
});
