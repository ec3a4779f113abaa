import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Cursor } from '../../src/bytes/cursor.js';
import { InspectError } from '../../src/bytes/errors.js';

fc.configureGlobal({ seed: 1 });

const options = { littleEndian: true, subject: 'thing' };

describe('Cursor', () => {
  test('names what was read, where, and what was expected', () => {
    const cursor = new Cursor(new Uint8Array(6), { ...options, base: 0x100 });
    cursor.skip(4, 'head');
    expect(() => cursor.uint32('count of things')).toThrow(
      new InspectError('truncated', 'thing', 'count of things at offset 260: expected 4 bytes, 2 are left'),
    );
    expect(cursor.position).toBe(4);
  });

  test('reads words by pointer size and byte order', () => {
    const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    expect(new Cursor(bytes, { ...options, pointerSize: 4 }).word('w')).toBe(0x04030201n);
    expect(new Cursor(bytes, { littleEndian: false, pointerSize: 8, subject: 's' }).word('w')).toBe(
      0x0102030405060708n,
    );
    expect(new Cursor(bytes, { littleEndian: false, subject: 's' }).uint16('h')).toBe(0x0102);
  });

  test('refuses sizes and varints beyond 2^53', () => {
    expect(() => new Cursor(new Uint8Array(8).fill(0xff), options).size64('size')).toThrow(/below 2\^53/);
    expect(() => new Cursor(new Uint8Array(12).fill(0xff), options).uvarint('length')).toThrow(/varint below 2\^53/);
    expect(new Cursor(Uint8Array.of(0x80, 0x01), options).uvarint('length')).toBe(128);
  });

  test('strings end at their NUL, or are truncated', () => {
    const cursor = new Cursor(new TextEncoder().encode('ab\0cd'), options);
    expect(cursor.cString('name')).toBe('ab');
    expect(() => cursor.cString('name')).toThrow(/expected a NUL within the remaining 2 bytes/);
  });

  test('any sequence of reads gives what DataView gives, or an InspectError, and never moves past the end', () => {
    const kinds = ['uint8', 'uint16', 'uint32', 'int32', 'uint64', 'word', 'cString', 'uvarint', 'size64'] as const;
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.array(fc.constantFrom(...kinds)),
        fc.boolean(),
        (bytes, reads, littleEndian) => {
          const cursor = new Cursor(bytes, { littleEndian, pointerSize: 4, subject: 's' });
          const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
          for (const kind of reads) {
            const at = cursor.position;
            try {
              const value = cursor[kind]('x');
              if (kind === 'uint32') expect(value).toBe(view.getUint32(at, littleEndian));
              if (kind === 'int32') expect(value).toBe(view.getInt32(at, littleEndian));
              if (kind === 'uint64') expect(value).toBe(view.getBigUint64(at, littleEndian));
              if (kind === 'word') expect(value).toBe(BigInt(view.getUint32(at, littleEndian)));
            } catch (error) {
              expect(error).toBeInstanceOf(InspectError);
            }
            expect(cursor.position).toBeLessThanOrEqual(bytes.length);
          }
        },
      ),
    );
  });
});
