// Tables of other releases that may stand in for one that has none: in which order, and each kind once.
import { describe, expect, it } from 'vitest';
import { layoutFromTable, nearbyLayouts } from '../../src/layout/load.js';

const request = (goVersion: string, more: { without?: string[]; experiments?: string[] } = {}) => ({
  goVersion,
  goarch: 'amd64',
  experiments: [],
  ...more,
});
const names = (goVersion: string, more = {}) => {
  const asked = request(goVersion, more);
  return [...nearbyLayouts(asked, ['mspan', 'mheap'], layoutFromTable(asked))].map(({ name }) => name);
};
const lineOf = (name: string) => Number(/go1\.(\d+)/.exec(name)?.[1]);

describe('nearbyLayouts', () => {
  it('gives the nearest line first', () => {
    const lines = names('go1.21.5', { without: ['go1.21'] }).map(lineOf);
    const distances = lines.map((line) => Math.abs(line - 21));
    expect(distances).toEqual([...distances].sort((a, b) => a - b));
    expect(lines).toContain(9);
    expect(lines).not.toContain(21);
  });

  it('gives what reads mspan and mheap alike once', () => {
    const asked = request('go1.28.0');
    const beside = layoutFromTable(asked)!;
    const layouts = [...nearbyLayouts(asked, ['mspan', 'mheap'], beside)];
    const contents = [beside, ...layouts].map((layout) =>
      JSON.stringify(['mspan', 'mheap'].map((name) => [layout.struct(name)?.size, ...layout.struct(name)!.fields])),
    );
    expect(new Set(contents).size).toBe(contents.length);
    expect(layouts.length).toBeGreaterThan(10);
    expect(layouts.every(({ exact, note }) => !exact && note?.includes('was not measured'))).toBe(true);
  });

  it('gives the other side of a border inside a line before other lines', () => {
    // mspan grew between 1.18.8 and 1.18.10.
    const asked = request('go1.18.9');
    const table = layoutFromTable(asked)!;
    expect(table.exact).toBe(false);
    const [other] = nearbyLayouts(asked, ['mspan', 'mheap'], table);
    expect(lineOf(other!.name)).toBe(18);
    expect(other!.struct('mspan')?.size).not.toBe(table.struct('mspan')?.size);
  });

  it('prefers builds with the same experiments, and of unknown versions the newest', () => {
    const green = request('go1.26.3', { experiments: ['nogreenteagc'], without: ['go1.26'] });
    const [first] = nearbyLayouts(green, ['mspan', 'mheap', 'p'], undefined);
    expect(first!.name).toContain('+nogreenteagc');
    const [newest] = nearbyLayouts(request('unknown'), ['mspan', 'mheap'], undefined);
    expect(lineOf(newest!.name)).toBe(27);
  });

  it('gives nothing for an arch without a table', () => {
    expect([...nearbyLayouts({ ...request('go1.20'), goarch: 'pdp11' }, ['mspan'], undefined)]).toEqual([]);
  });
});
