import { describe, expect, test } from 'vitest';
import type { Address } from '../../src/image/address.js';
import type { Memory } from '../../src/image/memory.js';
import { makeLayout, structLayout } from '../../src/layout/resolve.js';
import { layoutNamed } from '../../src/layout/show.js';
import { decodeStruct, StructView } from '../../src/layout/struct-view.js';
import type { Layout } from '../../src/layout/types.js';

/** Memory of `bytes` at `base`; nothing around it. */
function memoryOf(bytes: Uint8Array, base: number, littleEndian = true, pointerSize: 4 | 8 = 8): Memory {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const inside = (address: number, length: number) => address >= base && address + length <= base + bytes.length;
  const uint = <T>(address: number, length: number, read: (offset: number) => T) =>
    inside(address, length) ? read(address - base) : undefined;
  const memory: Memory = {
    pointerSize,
    littleEndian,
    segments: [],
    window: view,
    copy: () => 0,
    view: () => -1,
    bytes(address, length) {
      const start = address - base;
      const readable = start < 0 || start > bytes.length ? new Uint8Array(0) : bytes.slice(start, start + length);
      return {
        bytes: readable,
        fault:
          readable.length < length ? { address: (address + readable.length) as Address, why: 'not mapped' } : undefined,
      };
    },
    uint8: (address) => uint(address, 1, (at) => view.getUint8(at)),
    uint16: (address) => uint(address, 2, (at) => view.getUint16(at, littleEndian)),
    uint32: (address) => uint(address, 4, (at) => view.getUint32(at, littleEndian)),
    uint64: (address) => uint(address, 8, (at) => view.getBigUint64(at, littleEndian)),
    word: (address) => (pointerSize === 8 ? Number(memory.uint64(address)) : memory.uint32(address)),
    faultAt: () => undefined,
    close() {},
  };
  return memory;
}

const structs: Record<string, [size: number, fields: [string, number, number, string][]]> = {
  all: [
    176,
    [
      ['u8', 0, 1, 'uint8'],
      ['i8', 1, 1, 'int8'],
      ['b', 2, 1, 'bool'],
      ['u16', 4, 2, 'uint16'],
      ['i32', 8, 4, 'int32'],
      ['u32', 12, 4, 'class'],
      ['u64', 16, 8, 'uint64'],
      ['i64', 24, 8, 'int64'],
      ['f64', 32, 8, 'float64'],
      ['f32', 40, 4, 'float32'],
      ['ptr', 48, 8, '*all'],
      ['list', 56, 24, '[]int'],
      ['text', 80, 16, 'string'],
      ['words', 96, 12, '[3]uint32'],
      ['none', 108, 0, 'struct {}'],
      ['count', 112, 8, 'internal/runtime/atomic.Uint64'],
      ['flag', 120, 1, 'internal/runtime/atomic.Bool'],
      ['ratio', 128, 8, 'internal/runtime/atomic.Float64'],
      ['where', 136, 8, 'internal/runtime/atomic.UnsafePointer'],
      ['box', 144, 8, 'box'],
      ['any', 152, 16, 'interface {}'],
      ['start', 168, 8, 'uintptr'],
    ],
  ],
  box: [
    8,
    [
      ['lo', 0, 4, 'int32'],
      ['hi', 6, 2, 'uint16'],
    ],
  ],
  'internal/runtime/atomic.Uint64': [
    8,
    [
      ['noCopy', 0, 0, 'internal/runtime/atomic.noCopy'],
      ['value', 0, 8, 'uint64'],
    ],
  ],
  'internal/runtime/atomic.Bool': [1, [['u', 0, 1, 'uint8']]],
  'internal/runtime/atomic.Float64': [8, [['u', 0, 8, 'internal/runtime/atomic.Uint64']]],
  'internal/runtime/atomic.UnsafePointer': [8, [['value', 0, 8, 'unsafe.Pointer']]],
};

function layoutOf(littleEndian: boolean): Layout {
  const { traits } = layoutNamed('go1.24.13/amd64');
  return makeLayout(
    {
      name: 'test',
      goVersion: 'go1.24.0',
      goarch: 'amd64',
      experiments: [],
      pointerSize: 8,
      littleEndian,
      source: 'table',
      exact: true,
      traits,
    },
    {
      expand(name) {
        const found = structs[name];
        return (
          found &&
          structLayout(
            name,
            found[0],
            'table',
            found[1].map(([field, offset, size, type]) => ({ name: field, offset, size, type })),
          )
        );
      },
      names: () => Object.keys(structs),
      underlying: (name) => (name === 'class' ? 'uint32' : undefined),
    },
  );
}

function filled(littleEndian: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(176));
  view.setUint8(0, 200);
  view.setInt8(1, -3);
  view.setUint8(2, 1);
  view.setUint16(4, 0xbeef, littleEndian);
  view.setInt32(8, -70000, littleEndian);
  view.setUint32(12, 0xfffffff0, littleEndian);
  view.setBigUint64(16, 0xffff_ffff_ffff_fff1n, littleEndian);
  view.setBigInt64(24, -5n, littleEndian);
  view.setFloat64(32, 0.25, littleEndian);
  view.setFloat32(40, -1.5, littleEndian);
  view.setBigUint64(48, 0x1000n, littleEndian);
  view.setBigUint64(56, 0xc000_0120_00n, littleEndian);
  view.setBigUint64(64, 3n, littleEndian);
  view.setBigUint64(72, 4n, littleEndian);
  view.setBigUint64(80, 0x2000n, littleEndian);
  view.setBigUint64(88, 5n, littleEndian);
  for (const i of [0, 1, 2]) view.setUint32(96 + 4 * i, i + 1, littleEndian);
  view.setBigUint64(112, 42n, littleEndian);
  view.setUint8(120, 1);
  view.setFloat64(128, 0.75, littleEndian);
  view.setBigUint64(136, 0xffff_8000_0000_0000n, littleEndian);
  view.setInt32(144, -1, littleEndian);
  view.setUint16(150, 7, littleEndian);
  view.setBigUint64(168, 0xc000_0000_00n, littleEndian);
  return new Uint8Array(view.buffer);
}

describe.each([true, false])('little endian: %s', (littleEndian) => {
  const layout = layoutOf(littleEndian);
  const memory = memoryOf(filled(littleEndian), 0x1000, littleEndian);

  test('every kind of field', () => {
    const decoded = decodeStruct(memory, layout, 'all', 0x1000, { addressFields: new Set(['start']) });
    expect(Object.fromEntries(Object.entries(decoded).map(([name, { value }]) => [name, value]))).toEqual({
      u8: 200,
      i8: -3,
      b: true,
      u16: 0xbeef,
      i32: -70000,
      u32: 0xfffffff0,
      u64: '18446744073709551601',
      i64: -5,
      f64: 0.25,
      f32: -1.5,
      ptr: '0x1000',
      list: { array: '0xc000012000', len: 3, cap: 4 },
      text: { str: '0x2000', len: 5 },
      words: [1, 2, 3],
      count: 42,
      flag: true,
      ratio: 0.75,
      where: '0xffff800000000000',
      box: { lo: -1, hi: 7 },
      any: { tab: '0x0', data: '0x0' },
      start: '0xc000000000',
    });
    expect(decoded.u16).toEqual({ offset: 4, size: 2, type: 'uint16', value: 0xbeef, source: 'table' });
  });

  test('single fields', () => {
    const view = new StructView(memory, layout, 'all', 0x1000);
    expect([view.number('u8'), view.number('i8'), view.number('i32'), view.number('i64')]).toEqual([
      200, -3, -70000, -5,
    ]);
    expect(view.value('u64')).toBe(0xffff_ffff_ffff_fff1n);
    expect(view.number('u64')).toBeUndefined();
    expect(view.number('count')).toBe(42);
    expect(view.number('list.len')).toBe(3);
    expect(view.number('words[2]')).toBe(3);
    expect([view.float('f64'), view.float('f32'), view.float('ratio')]).toEqual([0.25, -1.5, 0.75]);
    expect(view.member('box')?.number('hi')).toBe(7);
    expect(view.follow('ptr')?.number('u8')).toBe(200);
    expect(view.follow('where')).toBeUndefined();
    expect([view.has('u8'), view.has('nope')]).toEqual([true, false]);
    expect(view.number('nope')).toBeUndefined();
  });
});

describe('what is not there', () => {
  const layout = layoutOf(true);

  test('fields behind the end of readable memory are null, those before it are not', () => {
    const decoded = decodeStruct(memoryOf(filled(true).slice(0, 60), 0x1000), layout, 'all', 0x1000);
    expect(decoded.f32?.value).toBe(-1.5);
    expect(decoded.list?.value).toBeNull();
    expect(decoded.box?.value).toBeNull();
  });

  test('fields behind a hole are read by themselves', () => {
    const memory = memoryOf(filled(true).slice(140), 0x1000 + 140);
    const decoded = decodeStruct(memory, layout, 'all', 0x1000);
    expect(decoded.u8?.value).toBeNull();
    expect(decoded.box?.value).toEqual({ lo: -1, hi: 7 });
    expect(new StructView(memory, layout, 'all', 0x1000).number('u8')).toBeUndefined();
  });

  test('long arrays are cut and say so', () => {
    const decoded = decodeStruct(memoryOf(filled(true), 0), layout, 'all', 0, { maxElements: 2 });
    expect(decoded.words).toMatchObject({ value: [1, 2], total: 3 });
    expect(decoded.box?.value).toEqual({ lo: -1, hi: 7 });
  });

  test('odd values are shown as they are', () => {
    const bytes = filled(true);
    bytes[2] = 9;
    new DataView(bytes.buffer).setFloat64(32, Number.NaN, true);
    const decoded = decodeStruct(memoryOf(bytes, 0), layout, 'all', 0);
    expect([decoded.b?.value, decoded.f64?.value]).toEqual([9, 'NaN']);
  });

  test('a struct that the layout does not have', () => {
    expect(() => decodeStruct(memoryOf(filled(true), 0), layout, 'nope', 0)).toThrow(
      expect.objectContaining({ code: 'no-layout' }),
    );
  });
});

test('every struct of every release can be decoded, from zeros and from noise', () => {
  const zeros = memoryOf(new Uint8Array(4 << 20), 0);
  const noise = memoryOf(
    new Uint8Array(4 << 20).map((_, i) => (i * 2654435761) >>> 13),
    0,
  );
  for (const name of ['go1.16.15/amd64', 'go1.22.12/arm64', 'go1.27.4/amd64']) {
    const layout = layoutNamed(name);
    for (const struct of layout.structNames()) {
      const decoded = decodeStruct(zeros, layout, struct, 0, { maxElements: 8 });
      const sized = [...(layout.struct(struct)?.fields.values() ?? [])].filter(({ size }) => size > 0);
      expect(Object.keys(decoded)).toEqual(sized.map((field) => field.name));
      for (const [field, { value }] of Object.entries(decoded))
        expect(value, `${name} ${struct}.${field}`).not.toBeNull();
      expect(() => JSON.stringify(decodeStruct(noise, layout, struct, 0, { maxElements: 8 }))).not.toThrow();
    }
  }
});
