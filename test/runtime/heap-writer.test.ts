// The heap that the tests are written on passes every check of the program, in every release line: else the other tests would prove nothing.
import { describe, expect, it } from 'vitest';
import { overviewOf } from '../../src/analysis/overview.js';
import { openProcess } from '../../src/runtime/process.js';
import { writeHeap } from '../support/heap-writer.js';

const lines = [9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27].map(
  (minor) => `go1.${minor}`,
);
const cases = lines.flatMap((go) => ['amd64', 'arm64', '386', 's390x'].map((arch) => ({ go, arch })));

describe.each(cases)('$go $arch', ({ go, arch }) => {
  const heap = writeHeap({
    go,
    arch,
    spans: [
      { freeindex: 7, allocBits: '1'.repeat(7) },
      { sizeclass: 0, npages: 5, freeindex: 1, allocCount: 1 },
      { state: 'manual', npages: 4, elemsize: 8192 },
      { state: 'manual', npages: 2 },
      { state: 'free' },
      { sizeclass: 20, noscan: false, allocBits: '0101', freeindex: 1 },
      { sizeclass: 30, freeindex: 3, sweep: 3, allocCountBeforeCache: 2 },
    ],
    ps: [[6], []],
  });
  const target = heap.target();
  const process = openProcess(target, {})!;
  const result = overviewOf(target, process, process.spans());

  it('validates with its table, every root confirmed', () => {
    expect(result.layout.validated).toMatchObject({ ok: true, checked: 4, held: 4 });
    expect(result.warnings.filter((warning) => !warning.includes('was not measured'))).toEqual([]);
    for (const [name, root] of Object.entries(result.roots))
      expect(root, name).toMatchObject({ state: 'confirmed', method: 'symtab' });
  });

  it('adds up to what was written', () => {
    const elemsizes = heap.spans.map(({ elemsize }) => elemsize);
    expect(result.spans).toMatchObject({
      total: 7,
      inuse: 4,
      manual: 2,
      free: 1,
      unreadable: 0,
      heapObjects: 7 + 1 + 3 + 3,
      heapAllocBytes: 7 * elemsizes[0]! + elemsizes[1]! + 3 * elemsizes[5]! + 3 * elemsizes[6]!,
      heapInuseBytes: (1 + 5 + 1 + heap.spans[6]!.npages) * 8192,
      stackInuseBytes: 4 * 8192,
      manualBytes: 6 * 8192,
      suspect: { mismatch: 0, transient: 0, torn: 0 },
    });
    expect(result.findings).toEqual([]);
  });

  it('reconciles with the counters, also what an mcache holds', () => {
    expect(result.reconciliation.map(({ what, agrees }) => `${what} ${agrees}`)).toEqual([
      'pages in use true',
      'HeapInuse true',
      'HeapAlloc true',
      'StackInuse true',
    ]);
  });
});
