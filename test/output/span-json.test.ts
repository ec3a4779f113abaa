import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { SpanRow } from '../../src/analysis/results.js';
import { openProcess, openTarget, spanRow } from '../../src/index.js';
import { spanRowJson } from '../../src/output/span-json.js';

const plain: SpanRow = {
  addr: '0x7f00', base: '0xc000000000', npages: 1, state: 'inuse', spanclass: 5, sizeclass: 2, noscan: true, elemsize: 16,
  nelems: 512, freeindex: 3, allocCount: 3, allocated: 3, sweepgen: 4, limit: '0xc000002000',
}; // biome-ignore format: a row

describe('spanRowJson', () => {
  it.each<[string, SpanRow]>([
    ['a plain row', plain],
    ['bits', { ...plain, allocBits: '00ff', gcmarkBits: '', inlineMarks: null }],
    ['numbers above 2^53', { ...plain, npages: '18446744073709551615', elemsize: '9007199254740993' }],
    [
      'what is unknown',
      { ...plain, base: null, state: null, noscan: null, allocated: null, limit: null, missing: ['base', 'state'] },
    ],
    ['a suspect', { ...plain, suspect: 'mismatch' }],
  ])('writes what JSON.stringify writes: %s', (_, row) => {
    expect(spanRowJson(row)).toBe(JSON.stringify(row));
  });

  it('does so for every row of a real image', () => {
    const folder = mkdtempSync(join(tmpdir(), 'spanscope-'));
    try {
      const files = ['server', 'core.sparse'].map((name) => {
        const file = join(folder, name);
        writeFileSync(file, gunzipSync(readFileSync(join('fixtures/images/go1.27-amd64-mark', `${name}.gz`))));
        return file;
      });
      const target = openTarget({ files, options: {} });
      const process = openProcess(target, {});
      const table = process?.spans();
      if (!process || !table) throw new Error('no spans');
      const source = { memory: process.memory, layout: process.layout, table };
      for (let row = 0; row < table.length; row += 1) {
        const view = spanRow(source, row, true);
        expect(spanRowJson(view)).toBe(JSON.stringify(view));
      }
      target.close();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
