// Zeros agree with zeros: memory that holds nothing must confirm no root.
import { describe, expect, it } from 'vitest';
import { validateAllgs, validateAllm, validateAllp } from '../../src/runtime/roots/validate-lists.js';
import { validateMemstats } from '../../src/runtime/roots/validate-values.js';
import { HeapImage } from '../support/heap-image.js';
import { writeHeap } from '../support/heap-writer.js';

const { layout } = writeHeap({ spans: [{}] });
const base = 0x10_0000;
const zeroed = 0x20_0000;

/** A slice of one pointer, and a lone pointer, to a page of zeros. */
function scene() {
  const image = new HeapImage(layout, true);
  image.place(base, 0x1000);
  image.place(zeroed, 0x4000);
  image.slice(base, base + 0x100, 1, 1);
  image.word(base + 0x100, zeroed);
  return { memory: image.memory(), layout };
}

describe('a pointer to zeros', () => {
  it('is no list of g, p or m', () => {
    expect(validateAllgs(scene(), base).ok).toBe(false);
    expect(validateAllp(scene(), base).ok).toBe(false);
    expect(validateAllm(scene(), base + 0x100).ok).toBeUndefined();
  });
});

it('a small number where a slice keeps its array is no allgs, whatever stands behind it', () => {
  const image = new HeapImage(layout, true);
  image.place(base, 0x1000);
  image.slice(base, 1, 1, 2);
  expect(validateAllgs({ memory: image.memory(), layout }, base)).toMatchObject({
    ok: false,
    why: 'allgs leads to no pointers',
  });
});

it('a count of cycles beside a ring of zeros is no memstats', () => {
  const image = new HeapImage(layout, true);
  image.place(base, 0x4000);
  image.set('mstats', 'numgc', base, 975_162);
  image.set('mstats', 'enablegc', base, 1);
  expect(validateMemstats({ memory: image.memory(), layout }, base, undefined)).toMatchObject({
    ok: false,
    why: 'numgc is 975162, but last_gc_unix is 0',
  });
});
