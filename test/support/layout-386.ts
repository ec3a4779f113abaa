// A 32-bit layout with what the span walk needs, until tables have one: Go 1.24's mspan, mheap and mcache, placed by Go's rules of alignment on 386
// (words of 4 bytes, 64-bit integers aligned to 4).
import { layoutFromTable } from '../../src/layout/load.js';
import { makeLayout, structLayout } from '../../src/layout/resolve.js';
import type { Layout } from '../../src/layout/types.js';

const sizes = {
  uintptr: 4,
  uint64: 8,
  uint32: 4,
  uint16: 2,
  uint8: 1,
  '*gcBits': 4,
  '[]*mspan': 12,
  '[136]*mspan': 544,
} as const;
type Member = readonly [name: string, type: keyof typeof sizes];

const mspan: readonly Member[] = [
  ['next', 'uintptr'],
  ['prev', 'uintptr'],
  ['list', 'uintptr'],
  ['startAddr', 'uintptr'],
  ['npages', 'uintptr'],
  ['manualFreeList', 'uintptr'],
  ['freeindex', 'uint16'],
  ['nelems', 'uint16'],
  ['freeIndexForScan', 'uint16'],
  ['allocCache', 'uint64'],
  ['allocBits', '*gcBits'],
  ['gcmarkBits', '*gcBits'],
  ['pinnerBits', '*gcBits'],
  ['sweepgen', 'uint32'],
  ['divMul', 'uint32'],
  ['allocCount', 'uint16'],
  ['spanclass', 'uint8'],
  ['state', 'uint8'],
  ['needzero', 'uint8'],
  ['allocCountBeforeCache', 'uint16'],
  ['elemsize', 'uintptr'],
  ['limit', 'uintptr'],
];
const mheap: readonly Member[] = [
  ['lock', 'uintptr'],
  ['sweepgen', 'uint32'],
  ['allspans', '[]*mspan'],
  ['pagesInUse', 'uintptr'],
];
const p: readonly Member[] = [
  ['id', 'uint32'],
  ['mcache', 'uintptr'],
];
const mcache: readonly Member[] = [['alloc', '[136]*mspan']];

export function layout386(): Layout {
  const wide = layoutFromTable({ goVersion: 'go1.24.0', goarch: 'amd64', experiments: [] })!;
  const placed = Object.entries({ mspan, mheap, p, mcache }).map(([name, members]) => place(name, members));
  const structs = new Map(placed.map((struct) => [struct.name, struct]));
  return makeLayout(
    {
      name: 'test go1.24.0/386',
      goVersion: 'go1.24.0',
      goarch: '386',
      experiments: [],
      pointerSize: 4,
      littleEndian: true,
      source: 'user',
      exact: true,
      traits: { ...wide.traits, heapBitsMaxElemsize: 128 },
    },
    { expand: (name) => structs.get(name), names: () => [...structs.keys()], underlying: () => undefined },
  );
}

function place(name: string, members: readonly Member[]) {
  let end = 0;
  const fields = members.map(([field, type]) => {
    const size = sizes[type];
    const align = Math.min(size, 4);
    const offset = Math.ceil(end / align) * align;
    end = offset + size;
    return { name: field, offset, size, type };
  });
  return structLayout(name, Math.ceil(end / 4) * 4, 'user', fields);
}
