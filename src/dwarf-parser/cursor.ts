// A position in a section, with checked reads of DWARF's primitive values. Integers are numbers where they fit 53 bits
// and bigint only above that.

import { LIMIT } from './constants.js';
import { DwarfError } from './errors.js';
import type { Section } from './section.js';

const NOTHING = Buffer.alloc(0);
const TWO_32 = 2 ** 32;
/** 64 bits take ten groups of seven. */
const LEB_BYTES = 10;

export class Cursor {
  readonly section: Section;
  /** Reads end before this section offset. */
  readonly end: number;
  private bytes: Buffer = NOTHING;
  private base: number;
  private at = 0;
  /** Index in `bytes` of the first byte that may not be read. */
  private limit = 0;

  constructor(section: Section, offset: number, end: number = section.size) {
    this.section = section;
    this.base = offset;
    this.end = Math.min(end, section.size);
  }

  get offset(): number {
    return this.base + this.at;
  }

  seek(offset: number): void {
    if (offset >= this.base && offset <= this.base + this.limit) {
      this.at = offset - this.base;
    } else {
      this.bytes = NOTHING;
      this.base = offset;
      this.at = 0;
      this.limit = 0;
    }
  }

  skip(count: number): void {
    if (count <= this.limit - this.at) {
      this.at += count;
      return;
    }
    const offset = this.offset;
    if (count > this.end - offset) {
      throw new DwarfError(this.section.name, offset, `${count} more bytes before 0x${this.end.toString(16)}`);
    }
    this.seek(offset + count);
  }

  u8(): number {
    if (this.at >= this.limit) {
      this.fill(1);
    }
    return this.bytes[this.at++] as number;
  }

  u16(): number {
    this.need(2);
    const value = this.section.littleEndian ? this.bytes.readUInt16LE(this.at) : this.bytes.readUInt16BE(this.at);
    this.at += 2;
    return value;
  }

  u24(): number {
    this.need(3);
    const value = this.section.littleEndian ? this.bytes.readUIntLE(this.at, 3) : this.bytes.readUIntBE(this.at, 3);
    this.at += 3;
    return value;
  }

  u32(): number {
    this.need(4);
    const value = this.section.littleEndian ? this.bytes.readUInt32LE(this.at) : this.bytes.readUInt32BE(this.at);
    this.at += 4;
    return value;
  }

  u64(): number | bigint {
    const first = this.u32();
    const second = this.u32();
    const [low, high] = this.section.littleEndian ? [first, second] : [second, first];
    return high < 1 << 21 ? high * TWO_32 + low : (BigInt(high) << 32n) | BigInt(low);
  }

  /** An unsigned integer of 1, 2, 4, 8 or 16 bytes. */
  unsigned(width: number): number | bigint {
    switch (width) {
      case 1:
        return this.u8();
      case 2:
        return this.u16();
      case 4:
        return this.u32();
      case 8:
        return this.u64();
      default: {
        const first = BigInt(this.u64());
        const second = BigInt(this.u64());
        return narrow(this.section.littleEndian ? (second << 64n) | first : (first << 64n) | second);
      }
    }
  }

  /** A section offset, length or index: 4 or 8 bytes; more than 53 bits is an error. */
  size(width: number): number {
    const at = this.offset;
    return this.asNumber(this.unsigned(width), at);
  }

  /** Unsigned LEB128 that must fit 53 bits: codes, lengths, indexes. */
  ulebNumber(): number {
    if (this.at < this.limit) {
      const byte = this.bytes[this.at] as number;
      if (byte < 0x80) {
        this.at++;
        return byte;
      }
    }
    const at = this.offset;
    return this.asNumber(this.uleb(), at);
  }

  uleb(): number | bigint {
    const start = this.offset;
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 7; i++) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        return value;
      }
      scale *= 0x80;
    }
    return narrow(this.lebTail(start, BigInt(value), 1).value);
  }

  sleb(): number | bigint {
    const start = this.offset;
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 7; i++) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      scale *= 0x80;
      if (byte < 0x80) {
        return byte & 0x40 ? value - scale : value;
      }
    }
    const tail = this.lebTail(start, BigInt(value), 0x7f);
    return narrow(BigInt.asIntN(Math.min(tail.bits, 64), tail.value));
  }

  skipLeb(): void {
    const start = this.offset;
    for (let i = 0; i < LEB_BYTES; i++) {
      if (this.u8() < 0x80) {
        return;
      }
    }
    throw new DwarfError(this.section.name, start, 'a LEB128 number of at most 64 bits');
  }

  /** A NUL-terminated UTF-8 string, without its NUL. */
  cstring(): string {
    const length = this.cstringLength();
    const text = this.bytes.toString('utf8', this.at, this.at + length);
    this.at += length + 1;
    return text;
  }

  skipCstring(): void {
    const length = this.cstringLength();
    this.at += length + 1;
  }

  /** Bytes up to the NUL, all of them in the window afterwards. */
  private cstringLength(): number {
    this.need(1);
    let have = this.limit - this.at;
    let nul = this.bytes.indexOf(0, this.at);
    while (nul < 0 || nul >= this.limit) {
      const offset = this.offset;
      if (have > LIMIT.stringBytes) {
        throw new DwarfError(this.section.name, offset, `a string of at most ${LIMIT.stringBytes} bytes`);
      }
      if (offset + have >= this.end) {
        throw new DwarfError(this.section.name, offset, 'a string that ends');
      }
      this.need(Math.min(have * 2, this.end - offset));
      have = this.limit - this.at;
      nul = this.bytes.indexOf(0, this.at);
    }
    if (nul - this.at > LIMIT.stringBytes) {
      throw new DwarfError(this.section.name, this.offset, `a string of at most ${LIMIT.stringBytes} bytes`);
    }
    return nul - this.at;
  }

  /** The groups after the first seven of a long LEB128 number. A tenth may be only 0 or `lastGroup`, to stay in 64 bits. */
  private lebTail(start: number, low: bigint, lastGroup: number): { value: bigint; bits: number } {
    let value = low;
    for (let i = 7; i < LEB_BYTES; i++) {
      const byte = this.u8();
      value |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) {
        const tooLong = i === LEB_BYTES - 1 && byte !== 0 && byte !== lastGroup;
        if (!tooLong) {
          return { value: BigInt.asUintN(64, value), bits: 7 * (i + 1) };
        }
      }
    }
    throw new DwarfError(this.section.name, start, 'a LEB128 number of at most 64 bits');
  }

  private asNumber(value: number | bigint, at: number): number {
    if (typeof value === 'bigint') {
      throw new DwarfError(this.section.name, at, `a number below 2^53, not ${value}`);
    }
    return value;
  }

  private need(count: number): void {
    if (count > this.limit - this.at) {
      this.fill(count);
    }
  }

  private fill(count: number): void {
    const offset = this.offset;
    if (count > this.end - offset) {
      throw new DwarfError(this.section.name, offset, `${count} more bytes before 0x${this.end.toString(16)}`);
    }
    this.section.load(offset, count, this.end);
    this.bytes = this.section.window;
    this.base = this.section.windowStart;
    this.at = offset - this.base;
    this.limit = Math.min(this.bytes.length, this.end - this.base);
  }
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
