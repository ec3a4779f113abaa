// Which file is what, whether binary and image belong together, where the Go version comes from.
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { InspectError } from '../../src/bytes/errors.js';
import { openTarget } from '../../src/target/open.js';
import { writeElf } from '../support/elf-writer.js';
import { sample, TempFolder } from '../support/run-cli.js';

const folder = new TempFolder();
afterAll(() => folder.remove());
const open = (files: readonly string[], options = {}) => openTarget({ files, options });

function refusal(files: readonly string[], options = {}): InspectError {
  try {
    open(files, options).close();
  } catch (error) {
    if (error instanceof InspectError) return error;
    throw error;
  }
  throw new Error('was opened');
}

describe('the sample', () => {
  it('opens in any order of files', () => {
    for (const files of [
      [sample.server, sample.core],
      [sample.core, sample.server],
    ]) {
      const target = open(files);
      expect(target.matches).toBe('go');
      expect(target.go).toEqual({
        version: 'go1.27.4',
        experiments: [],
        os: 'linux',
        arch: 'amd64',
        source: 'build info of the binary',
      });
      expect(target.binary?.info).toMatchObject({ path: sample.server, hasDwarf: true, hasSymbols: true });
      expect(target.image?.path).toBe(sample.core);
      target.close();
    }
  });
  it('finds symbols at the same places as its debug info', () => {
    const target = open([sample.server, sample.core]);
    const names = ['runtime.mheap_', 'runtime.allgs', 'runtime.gcphase'];
    const symbols = target.symbols(names);
    for (const name of names) expect(target.dwarfVariable(name)).toBe(symbols.get(name));
    expect(target.symbols(['runtime.nothing']).size).toBe(0);
    expect(target.dwarfVariable('runtime.nothing')).toBeUndefined();
    target.close();
  });
  it('a core alone tells its Go version from its memory', () => {
    const target = open([sample.core]);
    expect(target.binary).toBeUndefined();
    expect(target.go).toMatchObject({ version: 'go1.27.4', source: 'build info in the image' });
    target.close();
  });
  it('the Go version by hand', () => {
    const target = open([sample.server, sample.core], { go: '1.25.3+greenteagc,x' });
    expect(target.go).toMatchObject({ version: 'go1.25.3', experiments: ['greenteagc', 'x'], source: '--go' });
    target.close();
  });
});

describe('raw regions', () => {
  it('a file of that very name wins over FILE@ADDRESS', () => {
    const file = folder.file('x@0x1000', 'text');
    expect(refusal([file])).toMatchObject({ code: 'unknown-format', subject: file });
  });
  it('need a binary for their word size, a range that exists, and no core beside them', () => {
    const heap = folder.file('heap.bin', new Uint8Array(64));
    expect(refusal([`${heap}@0xc000000000`])).toMatchObject({ code: 'no-image' });
    expect(refusal([sample.core, `${heap}@0xc000000000`])).toMatchObject({ code: 'unsupported' });
    expect(refusal([sample.server, `${join(folder.path, 'none')}@0x1000`])).toMatchObject({ code: 'not-found' });
    const target = open([sample.server, `${heap}@0xc000000000`]);
    expect(target.image).toMatchObject({ kind: 'raw image', bytes: 64 });
    expect(target.memory.bytes(0xc000000000, 100).bytes.length).toBe(64);
    expect(target.matches).toBe('not checked');
    target.close();
  });
});

describe('refusals', () => {
  it('no process id', () => {
    expect(refusal(['pid:0'])).toMatchObject({ code: 'not-found', subject: 'pid:0' });
  });
  it('another word size or byte order, also by force', () => {
    const big = folder.file('big', goLike({ littleEndian: false }));
    const narrow = folder.file('narrow', goLike({ bits: 32, machine: 3 }));
    for (const binary of [big, narrow])
      for (const force of [false, true])
        expect(refusal([binary, sample.core], { force })).toMatchObject({
          code: 'binary-mismatch',
          hint: 'another platform’s build?',
        });
  });
  it('no file at all', () => {
    expect(refusal([])).toMatchObject({ code: 'no-image' });
  });
});

/** An ELF program that says that it is Go's by a section's name. */
function goLike(shape: { bits?: 32 | 64; littleEndian?: boolean; machine?: number }): Uint8Array {
  return writeElf({
    ...shape,
    segments: [{ type: 1, flags: 5, vaddr: 0x400000, data: new Uint8Array(256) }],
    sections: [{ name: '.gopclntab', type: 1, data: new Uint8Array(16) }],
  });
}
