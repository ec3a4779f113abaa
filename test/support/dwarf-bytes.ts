// Byte-level writing for tests: LEB128 and integers of either byte order.

export function uleb(value: number | bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt(value);
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}

export function sleb(value: number | bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (;;) {
    const group = Number(rest & 0x7fn);
    rest >>= 7n;
    if ((rest === 0n && group < 0x40) || (rest === -1n && group >= 0x40)) {
      bytes.push(group);
      return Uint8Array.from(bytes);
    }
    bytes.push(group | 0x80);
  }
}

/** A growing buffer in one byte order. */
export class Bytes {
  readonly data: number[] = [];
  private readonly littleEndian: boolean;

  constructor(littleEndian: boolean) {
    this.littleEndian = littleEndian;
  }

  get length(): number {
    return this.data.length;
  }

  add(bytes: Iterable<number>): void {
    for (const byte of bytes) {
      this.data.push(byte);
    }
  }

  int(value: number | bigint, width: number, at = this.length): void {
    let rest = BigInt.asUintN(8 * width, BigInt(value));
    for (let i = 0; i < width; i++) {
      this.data[at + (this.littleEndian ? i : width - 1 - i)] = Number(rest & 0xffn);
      rest >>= 8n;
    }
  }

  cstring(text: string): number {
    const at = this.length;
    this.add(new TextEncoder().encode(text));
    this.data.push(0);
    return at;
  }
}
