// Whose stacks are read where goroutines claim the same memory: as much as costs nothing of an image, which must be lying; of a process that runs on, which need not be, those of dozens.
import { expect, it } from 'vitest';
import type { Goroutine } from '../../src/runtime/goroutines.js';
import { unreadStacks } from '../../src/runtime/unwind/overlapping-stacks.js';
import { HeapImage } from '../support/heap-image.js';
import { writeHeap } from '../support/heap-writer.js';

const { layout } = writeHeap({ spans: [{}] });
const base = 0x10_0000;
const stackBytes = 2 ** 17;

/** Pairs of goroutines, each with one stack between them, nearly all of it in use. */
function pairs(count: number) {
  const image = new HeapImage(layout, true);
  image.place(base, count * stackBytes);
  const goroutines = Array.from({ length: 2 * count }, (_, i) => {
    const lo = base + Math.floor(i / 2) * stackBytes;
    return { goid: BigInt(i), stack: { lo, hi: lo + stackBytes } } as unknown as Goroutine;
  });
  const unread = (live: boolean) => unreadStacks(goroutines, image.memory(), ({ stack }) => stack.lo + 64, live);
  return { image: unread(false), process: unread(true) };
}

it('of an image 256 KiB are read of those that overlap', () => {
  const { image } = pairs(30);
  expect(image.size).toBe(28);
  expect([...new Set(image.values())]).toEqual([
    'its stack overlaps another goroutine’s: of such stacks no more than 256 KiB are read',
  ]);
});

it('of a process that runs on 16 MiB are, and the reason says why true stacks may', () => {
  expect(pairs(30).process.size).toBe(0);
  const { process } = pairs(200);
  expect(process.size).toBe(200 - 128);
  expect([...new Set(process.values())]).toEqual([
    'its stack overlaps another goroutine’s, which was perhaps read at another moment: of such stacks no more than 16384 KiB are read',
  ]);
});
