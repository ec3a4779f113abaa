// A guessed release kept by build ID for the next image of a program in which nothing tells its version. Whatever a file in the folder says, the guess is the one that is made without it.
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { openProcess } from '../../src/runtime/process.js';
import { openTarget } from '../../src/target/open.js';
import { entriesOf, entryOf, freshCache, otherThings, replaceBy } from '../support/kept.js';
import { sample, TempFolder } from '../support/run-cli.js';
import { untoldBytes } from '../support/untold.js';

const temp = new TempFolder();
afterAll(() => temp.remove());

const version = openTarget({ files: [sample.server], options: {} }).go!.version;
const files = [
  temp.file('server', untoldBytes(sample.server, version)),
  temp.file('core', untoldBytes(sample.core, version)),
];
const open = (cache?: string, without: readonly string[] = []) => {
  const target = openTarget({ files, options: {} });
  return openProcess(target, { ...(cache === undefined ? {} : { cache }), without })!;
};
/** What a guess says, and what is read by it. */
const told = ({ target, layout, spans }: ReturnType<typeof open>) => [target.go, layout.name, spans()?.allocated];
const again = (process: ReturnType<typeof open>) =>
  process.target.trace.some((line) => line.includes('only lines that an earlier run ended with'));

const truth = told(open());

describe('a guess', () => {
  it('is kept, and made again by its own lines and the last release of each other', () => {
    const cache = freshCache(temp);
    const first = open(cache);
    expect([again(first), told(first)]).toEqual([false, truth]);
    expect(first.trace.join('\n')).toMatch(/guess kept for the next image of this build/);
    // Nothing speaks against the guessed table: the image is not asked what else may be.
    expect(first.trace.join('\n')).not.toMatch(/inference/);
    const second = open(cache);
    expect([again(second), told(second)]).toEqual([true, truth]);
    expect(second.trace.join('\n')).not.toMatch(/guess kept/);
    expect(second.target.trace.filter((line) => line.includes('observations')).length).toBeLessThan(
      first.target.trace.filter((line) => line.includes('observations')).length,
    );
    expect(entriesOf(cache, 'guesses')).toHaveLength(1);
  });

  it('is another one where tables are hidden', () => {
    const cache = freshCache(temp);
    open(cache);
    const line = version.split('.').slice(0, 2).join('.');
    const hidden = told(open(undefined, [line]));
    expect(hidden).not.toEqual(truth);
    expect(told(open(cache, [line]))).toEqual(hidden);
    expect(told(open(cache))).toEqual(truth);
    expect(entriesOf(cache, 'guesses')).toHaveLength(2);
  });
});

describe('a file that lies', () => {
  const cache = freshCache(temp);
  open(cache);
  const file = entryOf(cache, 'guesses');
  const honest = JSON.parse(readFileSync(file, 'utf8')) as { build: string; lines: string[] };
  const own = honest.lines[0]!;
  const minor = Number(own.split('.')[1]);
  const lines = (...names: unknown[]) => JSON.stringify({ ...honest, lines: names });
  const lies: Readonly<Record<string, string>> = {
    'the line before': lines(`go1.${minor - 1}`),
    'the line behind': lines(`go1.${minor + 1}`),
    'an old line': lines('go1.11'),
    'no line': lines(),
    'a line that is none': lines('../../etc/passwd'),
    'lines that are no text': lines(own, 5),
    'too many lines': lines(...Array(100).fill(own)),
    'a long name': lines(own, 'x'.repeat(1000)),
    'another build': JSON.stringify({ ...honest, build: 'go:other' }),
    'another arch': JSON.stringify({ ...honest, world: 'arm64' }),
    'no JSON': '{',
    'a list': '[1]',
    'a large file': `${JSON.stringify(honest)}${' '.repeat(70_000)}`,
  };

  it.each(Object.keys(lies))('does not win: %s', (name) => {
    writeFileSync(file, lies[name]!);
    const process = open(cache);
    expect([again(process), told(process)]).toEqual([false, truth]);
    // What was found instead is what is kept from now on.
    expect(again(open(cache))).toBe(true);
  });

  it.each(Object.keys(otherThings))('is none: %s', (what) => {
    const folder = freshCache(temp);
    open(folder);
    replaceBy(what, entryOf(folder, 'guesses'));
    const found = open(folder);
    expect([again(found), told(found)]).toEqual([false, truth]);
    expect(again(open(folder))).toBe(what !== 'a folder');
  });

  it('says that a table served, and the image decides: one that it speaks against is not used', () => {
    // Without the tables of its line a table of another is guessed.
    const line = version.split('.').slice(0, 2).join('.');
    const hidden = told(open(undefined, [line]));
    const folder = freshCache(temp);
    const first = open(folder, [line]);
    expect(first.trace.join('\n')).toMatch(/inference: /);
    const path = entryOf(folder, 'guesses');
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), served: true }));
    const second = open(folder, [line]);
    expect([again(second), told(second)]).toEqual([true, hidden]);
    expect(second.trace.join('\n')).toMatch(/inference: /);
  });
});
