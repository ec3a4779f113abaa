// `--format traceback` beside what the program wrote of itself, line by line: headers, names, places, what is left out of a stack of 100,000 frames in that
// release's own words, who created it. Arguments are `...` in ours; addresses of frames stand in the dumps of GOTRACEBACK=crash alone.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dumpOf } from './dump-differences.js';
import { images, type PreparedImage, shapes, spanscope } from './prepared.js';

/** Blocks by goid, without what ours can't have: of a goroutine that is dumped twice the longer one. */
function blocksOf(text: string): Map<string, string> {
  const blocks = new Map<string, string>();
  for (const block of text.trimEnd().split('\n\n')) {
    const lines = block.split('\n');
    const from = lines.findLastIndex((line) => /^goroutine [1-9]\d* .*:$/.test(line));
    if (from < 0) continue;
    // Behind a goroutine that a signal found on its thread stand the thread's registers.
    const plain = lines
      .slice(from)
      .filter((line) => !/^\w+ +0x[0-9a-f]+(\t\w+ +0x[0-9a-f]+)?$/.test(line))
      .map(comparable);
    const goid = /^goroutine (\d+)/.exec(plain[0]!)![1]!;
    if (plain.length >= (blocks.get(goid)?.split('\n').length ?? 0)) blocks.set(goid, plain.join('\n'));
  }
  return blocks;
}

function comparable(line: string): string {
  if (line.startsWith('\t')) return line.replace(/ fp=0x[0-9a-f]+ sp=.*$/, '');
  if (line.startsWith('goroutine ')) return line.replace(/ gp=\S+ m=\S+( mp=\S+)? /, ' ').replace(' (scan)', '');
  return line;
}

/** Those whose program dumped itself as it stands in the image: of images by gdb, and of a program that a panic ended, that is not so. */
const whole = [
  ...images.filter((image) => dumpOf(image).length > 0),
  ...shapes.filter(({ name }) => /^(deep|cgo|preempt|waits|synctest)-/.test(name)),
];

describe.each(whole.map((image) => ({ name: image.name, image })))('$name', ({ image }) => {
  it('writes what its program wrote', () => {
    const dumped = blocksOf(readFileSync(join(dirname(image.server), 'stderr.txt'), 'utf8'));
    const ours = blocksOf(spanscope(['goroutines', ...image.files, '--format', 'traceback', '--all']));
    expect(dumped.size).toBeGreaterThan(3);
    for (const [goid, text] of dumped) expect(ours.get(goid)).toBe(text);
    if (image.name.startsWith('deep'))
      expect([...ours.values()].some((text) => /^\.\.\..* frames elided\.\.\.$/m.test(text))).toBe(true);
  });
});

/** What runtime.Stack said under GOTRACEBACK=all, by goid, but of the goroutine that asked. */
function stacksOf(image: PreparedImage): Map<string, string> {
  const blocks = blocksOf(readFileSync(join(dirname(image.server), 'stacks.txt'), 'utf8'));
  blocks.delete('1');
  return blocks;
}

describe.each(shapes.filter(({ name }) => name.startsWith('waits-')).map((image) => ({ name: image.name, image })))(
  '$name',
  ({ image }) => {
    it('hides what the runtime hides', () => {
      const stacks = stacksOf(image);
      const ours = blocksOf(spanscope(['goroutines', ...image.files, '--format', 'traceback']));
      ours.delete('1');
      expect([...ours.keys()].sort()).toEqual([...stacks.keys()].sort());
      expect(stacks.size).toBeGreaterThan(35);
      for (const [goid, text] of stacks) expect(ours.get(goid)).toBe(text);
    });
  },
);
