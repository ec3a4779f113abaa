// Texts at the width of a terminal: design width where it is none, folded between words where it is narrower, and nothing of them lost.
import { describe, expect, it } from 'vitest';
import { fold, foldText } from '../../src/output/fold.js';
import { runInPty } from '../support/pty.js';
import { cli, output, run, sample, sampleFiles } from '../support/run-cli.js';

const words = (text: string) => text.split(/\s+/).filter((word) => word !== '');
/** What is copied is never broken; the fields of a struct that a span has are a table. */
const oneWord = (line: string) => words(line).length === 1;
const columnsOf = (line: string) => [...line].length;

describe('fold', () => {
  it('breaks between words and loses none', () => {
    const line = `label     ${'word 0xc000012000 '.repeat(20)}`;
    for (const columns of [20, 33, 80, 200]) {
      const pieces = fold(line, 10, columns);
      expect(words(pieces.join(' '))).toEqual(words(line));
      for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(Math.max(columns, 10 + 12));
      for (const piece of pieces.slice(1)) expect(piece).toMatch(/^ {10}\S/);
    }
  });
  it('leaves a word that is longer than the line whole, and ends', () => {
    const long = 'x'.repeat(100);
    expect(fold(long, 4, 40)).toEqual([long]);
    expect(fold(`    ${long}`, 4, 40)).toEqual([`    ${long}`]);
    expect(fold(`a ${long} b`, 2, 40)).toEqual([`a ${long}`, '  b']);
    expect(fold(`${' '.repeat(60)}${long} b`, 20, 40)).toEqual([`${' '.repeat(60)}${long}`, `${' '.repeat(20)}b`]);
    expect(foldText(`one\n\n  ${'ab '.repeat(10).trim()}\n`, 20)).toBe('one\n\n  ab ab ab ab ab ab\n    ab ab ab ab\n');
  });
});

describe.each([
  ['overview', '--trace'],
  ['gc'],
  ['findings'],
  ['find', '0xc000002000'],
  ['find', '0x401000'],
  ['memory', '0xc000002000'],
  ['stacks', '--alloc'],
])('%s %s', (...args) => {
  it('has at most 80 columns', () => {
    const lines = run([...args.filter((arg) => arg !== undefined), ...sampleFiles]).stdout.split('\n');
    expect(lines.filter((line) => columnsOf(line) > 80 && !oneWord(line))).toEqual([]);
  });
});

describe.runIf(process.platform !== 'win32')('in a terminal of 50 columns', () => {
  it.each([['overview'], ['spans', '--limit', '5'], ['threads']])(
    '%s %s %s is folded, whole words and all',
    async (...args) => {
      const command = [...args.filter((arg) => arg !== undefined), ...sampleFiles];
      const program = runInPty(process.execPath, [cli, ...command], { columns: 50, rows: 2000 });
      expect((await program.ended).exitCode).toBe(0);
      const lines = program.output().split('\r\n');
      expect(lines.filter((line) => columnsOf(line) > 50 && !oneWord(line))).toEqual([]);
      expect(words(lines.join(' '))).toEqual(words(output(command)));
    },
  );
  it.each([
    [['overview', sample.server, '--go', `go1.${'9'.repeat(20)}`, '--nonsense'], 2],
    [
      ['overview', sample.server, '/no/such/file/anywhere/core', '--quiet'],
      [2, 3],
    ],
  ])('what is wrong with «%s» is folded', async (command, code) => {
    const program = runInPty(process.execPath, [cli, ...command], { columns: 50, rows: 200 });
    expect([code].flat()).toContain((await program.ended).exitCode);
    const lines = program.output().trimEnd().split('\r\n');
    expect(lines[0]).toMatch(/^spanscope: /);
    expect(lines.filter((line) => columnsOf(line) > 50 && !oneWord(line))).toEqual([]);
    expect(words(lines.join(' '))).toEqual(words(run(command).stderr));
  });
  it('json is left alone', async () => {
    const command = ['spans', '--limit', '2', '--format', 'ndjson', ...sampleFiles];
    const program = runInPty(process.execPath, [cli, ...command], { columns: 50, rows: 200 });
    await program.ended;
    expect(program.output().replaceAll('\r\n', '\n')).toBe(output(command));
  });
});
