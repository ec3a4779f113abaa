// find, memory and the heap map of the sample, against the rows of its span table and the bytes of its memory.
import { afterAll, describe, expect, it } from 'vitest';
import { createFinder } from '../../src/analysis/find.js';
import { heapMapOf } from '../../src/analysis/heap-map.js';
import { memoryOf } from '../../src/analysis/memory.js';
import { openProcess, openTarget } from '../../src/index.js';
import { stateInuse, stateManual } from '../../src/runtime/span-table.js';
import { sampleFiles } from '../support/run-cli.js';

const target = openTarget({ files: sampleFiles, options: {} });
const process = openProcess(target, {})!;
const table = process.spans()!;
const finder = createFinder(target, process, table);
const { pageSize } = process.layout.traits;
const hex = (value: number) => `0x${value.toString(16)}`;
afterAll(() => target.close());

describe('find', () => {
  it('knows the span of every page in use, and the mspan of every span', () => {
    for (let row = 0; row < table.length; row += 1) {
      const addr = table.addr[row]!;
      expect(finder.find(addr + 8)).toMatchObject({ kind: 'mspan', object: { type: 'mspan', address: hex(addr) } });
      if (table.state[row] !== stateInuse) continue;
      const last = table.base[row]! + table.npages[row]! * pageSize - 1;
      for (const address of [table.base[row]!, last]) expect(finder.find(address).span?.addr).toBe(hex(addr));
    }
  });
  it('knows the slot and how far into it', () => {
    const row = table.state.findIndex((state, i) => state === stateInuse && table.elemsize[i] === 48);
    const slot = finder.find(table.base[row]! + 3 * 48 + 16).slot;
    expect(slot).toMatchObject({ index: 3, address: hex(table.base[row]! + 144), size: 48, offset: 16 });
  });
  it('knows roots, functions, and what is nowhere', () => {
    const mheap = process.address('runtime.mheap_')!;
    expect(finder.find(mheap)).toMatchObject({ kind: 'runtime', symbol: { name: 'runtime.mheap_', offset: 0 } });
    expect(finder.find(target.symbols(['main.main']).get('main.main')! + 4)).toMatchObject({
      kind: 'function',
      section: 'text',
      symbol: { name: 'main.main', offset: 4 },
    });
    expect(finder.find(1)).toMatchObject({ kind: 'unmapped', mapping: null });
  });
});

it('memory: the bytes, and a hole named, never zeros', () => {
  const start = table.base[table.state.indexOf(stateInuse)]!;
  const shown = memoryOf(target, finder, start, 64);
  expect(shown.pieces).toEqual([
    { address: hex(start), hex: Buffer.from(target.memory.bytes(start, 64).bytes).toString('hex') },
  ]);
  expect(shown.words).toHaveLength(8);
  expect(memoryOf(target, finder, 16, 16)).toMatchObject({
    pieces: [],
    missing: [{ start: '0x10', end: '0x20' }],
    words: [{ value: null }, { value: null }],
  });
});

it('the heap map: every page once, whatever the window', () => {
  const sum = (state: number) =>
    table.npages.reduce((pages, n, row) => pages + (table.state[row] === state ? n : 0), 0);
  for (const pagesPerCell of [1, 7, 64]) {
    const { totalCells } = heapMapOf(target.memory, process.layout, table, { pagesPerCell, from: 0, count: 0 });
    const cells = [];
    for (let from = 0; from < totalCells; from += 100)
      cells.push(
        ...heapMapOf(target.memory, process.layout, table, { pagesPerCell, from, count: 100 }).regions.flatMap(
          ({ cells }) => cells,
        ),
      );
    expect(cells).toHaveLength(totalCells);
    expect(cells.reduce((pages, cell) => pages + cell.inuse, 0)).toBe(sum(stateInuse));
    expect(cells.reduce((pages, cell) => pages + cell.manual, 0)).toBe(sum(stateManual));
  }
});
