import { describe, expect, test } from 'vitest';
import { BufferSource } from '../../src/bytes/buffer-source.js';
import { PageCache } from '../../src/bytes/page-cache.js';
import { ElfFile } from '../../src/elf/elf-file.js';
import { findBuildInfo, readBuildInfo } from '../../src/gosym/build-info.js';
import { goEvidence } from '../../src/gosym/go-evidence.js';
import { openBinaryImage } from '../../src/image/binary-image.js';
import { type ElfSpec, join, note, pack, type Shape, text, writeElf } from '../support/elf-writer.js';

const MAGIC = join([Uint8Array.of(0xff, 0x20), text('Go buildinf:')]);
const sentinel = text('0123456789abcdef');
const modinfo = 'path\texample.org/x\nmod\texample.org/x\t(devel)\t\n';
const wrapped = join([sentinel, text(modinfo), sentinel]);

function inline(version: string, mod: Uint8Array): Uint8Array {
  const varint = (value: number) => (value < 128 ? [value] : [(value & 0x7f) | 0x80, value >> 7]);
  return join([
    MAGIC,
    Uint8Array.of(8, 2),
    new Uint8Array(16),
    Uint8Array.of(...varint(version.length)),
    text(version),
    Uint8Array.of(...varint(mod.length)),
    mod,
  ]);
}

const DATA = 0x500000;

/** The old format: header at `DATA`, string headers behind it, texts behind those. */
function pointed(shape: Shape, version: string, zeroPointers = false): Uint8Array {
  const word = (shape.bits ?? 64) / 8;
  const texts = DATA + 64 + 4 * word;
  const w = 'word' as const;
  const address = (value: number) => [w, zeroPointers ? 0 : value] as const;
  const flags = shape.littleEndian === false ? 1 : 0;
  const head = join([
    MAGIC,
    Uint8Array.of(word, flags),
    pack(shape, [address(DATA + 64), address(DATA + 64 + 2 * word)]),
  ]);
  const headers = pack(shape, [
    address(texts),
    [w, version.length],
    address(texts + version.length),
    [w, wrapped.length],
  ]);
  return join([head, new Uint8Array(64 - head.length), headers, text(version), wrapped]);
}

const open = (spec: ElfSpec) => ElfFile.open(new BufferSource('app', writeElf(spec)));
const withData = (data: Uint8Array, extra: Partial<ElfSpec> = {}): ElfSpec => ({
  segments: [{ type: 1, flags: 6, vaddr: DATA, data }],
  ...extra,
});

describe('readBuildInfo', () => {
  test('inline strings, by scanning the writable data', () => {
    const data = join([new Uint8Array(48), inline('go1.26.1-X:nogreenteagc', wrapped)]);
    expect(readBuildInfo(open(withData(data)))).toEqual({
      release: 'go1.26.1',
      experiments: ['nogreenteagc'],
      suffix: '',
      versionText: 'go1.26.1-X:nogreenteagc',
      modinfo,
      address: DATA + 48,
    });
  });

  test('by its section, wherever that is', () => {
    const data = join([new Uint8Array(8), inline('go1.18.1', new Uint8Array(0))]);
    const section = { name: '.go.buildinfo', type: 1, addr: DATA + 8, data: text('x') };
    expect(readBuildInfo(open(withData(data, { sections: [section] })))).toMatchObject({
      release: 'go1.18.1',
      modinfo: '',
      address: DATA + 8,
    });
  });

  test.each([
    { bits: 64, littleEndian: true },
    { bits: 32, littleEndian: true },
    { bits: 64, littleEndian: false },
    { bits: 32, littleEndian: false },
  ] as const)('pointers of the old format, %o', (shape) => {
    expect(readBuildInfo(open({ ...withData(pointed(shape, 'go1.16.15')), ...shape }))).toMatchObject({
      release: 'go1.16.15',
      modinfo,
      address: DATA,
    });
  });

  test('pointers of the old format in a PIE come from its relocations', () => {
    const texts = DATA + 96;
    const rows = [
      [DATA + 16, DATA + 64],
      [DATA + 24, DATA + 80],
      [DATA + 64, texts],
      [DATA + 80, texts + 9],
    ] as const;
    const rela = join(
      rows.map(([at, to]) =>
        pack({}, [
          [8, at],
          [4, 8],
          [4, 0],
          [8, to],
        ]),
      ),
    );
    const sections = [{ name: '.rela.dyn', type: 4, flags: 2, addr: 0x200, data: rela }];
    const elf = open(withData(pointed({}, 'go1.17.13', true), { type: 3, sections }));
    expect(readBuildInfo(elf)).toMatchObject({ release: 'go1.17.13', modinfo });
    expect(readBuildInfo(open(withData(pointed({}, 'go1.17.13', true), { type: 3 })))).toBeUndefined();
  });

  test('is not found in read-only data, nor where it is damaged', () => {
    const data = inline('go1.20', wrapped);
    expect(readBuildInfo(open({ segments: [{ type: 1, flags: 4, vaddr: DATA, data }] }))).toBeUndefined();
    for (let length = 0; length < 32 + 7; length++)
      expect(readBuildInfo(open(withData(data.subarray(0, length))))).toBeUndefined();
    expect(readBuildInfo(open(withData(data.subarray(0, 50))))?.release).toBe('go1.20');
    expect(readBuildInfo(open(withData(inline('no version', wrapped))))).toBeUndefined();
  });
});

describe('findBuildInfo', () => {
  const memoryOf = (data: Uint8Array) => {
    const source = new PageCache().attach(new BufferSource('app', writeElf(withData(data))));
    return openBinaryImage(ElfFile.open(source), source);
  };

  test('reads memory: of the program’s data where that is known, of all that may be', () => {
    const memory = memoryOf(inline('go1.24.2', wrapped));
    expect(findBuildInfo(memory)).toMatchObject({ release: 'go1.24.2', modinfo, address: DATA });
    expect(findBuildInfo(memory, [{ start: DATA, end: DATA + 64 }])?.release).toBe('go1.24.2');
    expect(findBuildInfo(memory, [{ start: DATA + 16, end: DATA + 64 }])).toBeUndefined();
  });

  test('gives up where the text that an old header points to is not there', () => {
    const data = pointed({}, 'go1.15.2');
    expect(findBuildInfo(memoryOf(data))?.release).toBe('go1.15.2');
    expect(findBuildInfo(memoryOf(data.subarray(0, 96)))).toBeUndefined();
  });
});

describe('goEvidence', () => {
  test('is one of note, function table, build info', () => {
    expect(goEvidence(open(withData(new Uint8Array(64))))).toBeUndefined();
    expect(goEvidence(open(withData(inline('go1.20', wrapped))))).toEqual({
      note: false,
      pclntab: false,
      buildInfo: true,
    });
    const sections = [{ name: '.gopclntab', type: 1, data: text('x') }];
    expect(goEvidence(open({ sections, segments: [{ type: 4, data: note({}, 'Go', 4, text('id')) }] }))).toEqual({
      note: true,
      pclntab: true,
      buildInfo: false,
    });
  });
});
