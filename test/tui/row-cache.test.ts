import { describe, expect, it } from 'vitest';
import type { SpanRow } from '../../src/analysis/results.js';
import { RowCache, windowRows } from '../../tui/row-cache.js';

function cacheOf(total: number) {
  const asked: number[] = [];
  const cache = new RowCache(
    async (from, count) => {
      asked.push(from);
      const length = Math.max(0, Math.min(count, total - from));
      const indices = Array.from({ length }, (_, i) => from + i);
      return {
        total,
        matching: total,
        from,
        indices,
        rows: indices.map((i) => ({ addr: `0x${i.toString(16)}` }) as SpanRow),
      };
    },
    () => undefined,
  );
  return { cache, asked };
}

describe('the row cache', () => {
  it('asks for windows, each once', async () => {
    const { cache, asked } = cacheOf(1_000_000);
    await Promise.all([cache.ensure(500_000, 40), cache.ensure(500_001, 40)]);
    await cache.ensure(500_010, 20);
    expect(asked.length).toBeLessThanOrEqual(2);
    expect(cache.at(500_000)).toMatchObject({ index: 500_000, row: { addr: '0x7a120' } });
    expect(cache.at(0)).toBeUndefined();
    expect(cache.matching).toBe(1_000_000);
  });

  it('keeps a bounded number of windows while a million rows go by', async () => {
    const { cache } = cacheOf(1_000_000);
    for (let row = 0; row < 1_000_000; row += windowRows * 7) await cache.ensure(row, 50);
    let kept = 0;
    for (let row = 0; row < 1_000_000; row += windowRows) if (cache.at(row) !== undefined) kept++;
    expect(kept).toBeLessThanOrEqual(24);
    expect(kept).toBeGreaterThan(0);
  });

  it('does not ask for rows behind the end', async () => {
    const { cache, asked } = cacheOf(10);
    await cache.ensure(0, 50);
    await cache.ensure(0, 5000);
    expect(asked).toEqual([0]);
    expect(cache.at(10)).toBeUndefined();
  });

  it('keeps the reason when a window does not come', async () => {
    let fail = true;
    const cache = new RowCache(
      async () => {
        if (fail) throw new Error('engine gone');
        return { total: 1, matching: 1, from: 0, rows: [{ addr: '0x1' } as SpanRow], indices: [0] };
      },
      () => undefined,
    );
    await cache.ensure(0, 10);
    expect(cache.error).toMatchObject({ message: 'engine gone' });
    fail = false;
    cache.forgetError();
    await cache.ensure(0, 10);
    expect(cache.error).toBeUndefined();
    expect(cache.at(0)?.row.addr).toBe('0x1');
  });
});
