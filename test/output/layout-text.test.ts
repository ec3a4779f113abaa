import { expect, it } from 'vitest';
import type { LayoutDiffResult } from '../../src/layout/results.js';
import { layoutDiffText } from '../../src/output/layout-text.js';

const moved = { size: { a: 8, b: 16 }, added: [], removed: [], moved: [], retyped: [] };
const heading = (structs: LayoutDiffResult['structs']) =>
  layoutDiffText({ schemaVersion: 1, a: 'go1.21.0', b: 'go1.22.0', arch: 'amd64', structs }).split('\n')[0];

it('counts structs in words that fit the number', () => {
  expect(heading({})).toBe('go1.21.0 and go1.22.0 (amd64): no difference');
  expect(heading({ g: moved })).toBe('go1.21.0 → go1.22.0 (amd64): 1 struct differs');
  expect(heading({ g: moved, m: moved })).toBe('go1.21.0 → go1.22.0 (amd64): 2 structs differ');
});
