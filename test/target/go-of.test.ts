// Which of the versions that a program's string variables hold is its own, where build info is gone.
import { expect, it } from 'vitest';
import type { ProgramData } from '../../src/target/data-ranges.js';
import { findGo } from '../../src/target/go-of.js';
import { HeapImage } from '../support/heap-image.js';
import { writeHeap } from '../support/heap-writer.js';

const { layout } = writeHeap({ spans: [{}] });
const base = 0x10_0000;

function goOf(...texts: string[]) {
  const image = new HeapImage(layout, true);
  image.place(base, 0x1000);
  for (const [i, text] of texts.entries()) {
    const at = base + 0x400 + i * 64;
    image.word(base + 0x100 + i * 16, at);
    image.word(base + 0x108 + i * 16, text.length);
    for (const [j, byte] of Buffer.from(text, 'latin1').entries()) image.write(at + j, 1, byte);
  }
  const data = { certain: false, initialized: [{ start: base, end: base + 0x1000 }] } as unknown as ProgramData;
  return findGo(undefined, 0, image.memory(), undefined, data);
}

it('the only one is, and the only release among lines', () => {
  expect(goOf('go1.20.14')).toMatchObject({ version: 'go1.20.14', source: 'a string variable of the program' });
  expect(goOf('go1.22', 'go1.20.14', 'go1.18')?.version).toBe('go1.20.14');
  expect(goOf('go1.22', 'go1.20.14')?.source).toBe('a string variable of the program (others there: go1.22)');
});

it('of several releases none is said to be', () => {
  expect(goOf('go1.22.3', 'go1.20.14')).toBeUndefined();
  expect(goOf('go1.18', 'go1.20.14', 'go1.22.3')).toBeUndefined();
});
