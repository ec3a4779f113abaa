// Decoders for whole single structs, built with buffer-layout from a Layout when a struct is first decoded. Plain data out: numbers, booleans,
// floats, addresses as 0x strings, integers of 2^53 and more as decimal strings, arrays, nested objects. Never for loops over spans.
import {
  Blob,
  Layout as Codec,
  f32,
  f32be,
  f64,
  f64be,
  Int,
  IntBE,
  Sequence,
  Structure,
  UInt,
  UIntBE,
} from 'buffer-layout';
import { membersOf, soleMember } from './resolve.js';
import type { FieldLayout, Layout } from './types.js';

export interface CodecOptions {
  /** Elements decoded of one array; the rest is left out. */
  readonly maxElements: number;
}

/** How deep structs and arrays are followed; Go's own nest eight deep at most. */
const maxDepth = 24;

/** A decoder for a field's value, `span` bytes as the layout says (a cut array is followed by what was left out). */
export function fieldCodec(layout: Layout, field: FieldLayout, address: boolean, options: CodecOptions): Codec {
  return codecOf({ layout, options }, field.type, field.size, address, 0);
}

interface Context {
  readonly layout: Layout;
  readonly options: CodecOptions;
}

function codecOf(context: Context, type: string, size: number, address: boolean, depth: number): Codec {
  const { layout } = context;
  const shape = layout.shape(type);
  if (depth > maxDepth || size === 0) return new Skipped(size);
  switch (shape.kind) {
    case 'uint':
      return address || isAddressType(layout, type)
        ? new Word(size, layout.littleEndian, 'address')
        : integer(layout, size, false);
    case 'int':
      return integer(layout, size, true);
    case 'bool':
      return new Word(size, layout.littleEndian, 'bool');
    case 'float':
      return float(layout, size);
    case 'pointer':
      return new Word(size, layout.littleEndian, 'address');
    case 'array':
      return array(context, shape.element, shape.count, size, depth);
    case 'complex':
      return array(context, `float${(size / 2) * 8}`, 2, size, depth);
    default:
      return atomic(context, type, size, depth) ?? composite(context, type, size, depth);
  }
}

function array(context: Context, element: string, count: number, size: number, depth: number): Codec {
  const shown = Math.min(count, context.options.maxElements);
  if (count === 0 || !Number.isInteger(size / count)) return new Skipped(size);
  return new Sequence(codecOf(context, element, size / count, false, depth + 1), shown);
}

/** Members in offset order with unnamed gaps between them. */
function composite(context: Context, type: string, size: number, depth: number): Codec {
  const parts: Codec[] = [];
  let at = 0;
  for (const [name, member] of membersOf(context.layout, type) ?? []) {
    if (member.size === 0 || member.offset < at || member.offset + member.size > size) continue;
    if (member.offset > at) parts.push(new Blob(member.offset - at));
    const address = isAddressField(context.layout, type, name);
    parts.push(new Placed(codecOf(context, member.type, member.size, address, depth + 1), member.size, name));
    at = member.offset + member.size;
  }
  if (at < size) parts.push(new Blob(size - at));
  return new Structure(parts);
}

const atomicType = /^(?:[\w.-]+\/)*atomic\.(\w+)(?:\[.*\])?$/;

/** The atomic types are shown as their value: their one member with a size. */
function atomic(context: Context, type: string, size: number, depth: number): Codec | undefined {
  const name = atomicType.exec(type)?.[1];
  if (name === undefined) return undefined;
  if (name === 'Bool') return new Word(size, context.layout.littleEndian, 'bool');
  if (name === 'Float64') return float(context.layout, size);
  const member = soleMember(context.layout, type);
  return member?.size === size ? codecOf(context, member.type, size, name.includes('Pointer'), depth + 1) : undefined;
}

function integer({ littleEndian }: Layout, size: number, signed: boolean): Codec {
  if (size === 8) return new Word(8, littleEndian, signed ? 'int' : 'uint');
  if (size !== 1 && size !== 2 && size !== 4) return new Skipped(size);
  if (signed) return littleEndian ? new Int(size) : new IntBE(size);
  return littleEndian ? new UInt(size) : new UIntBE(size);
}

/** JSON has no NaN and no infinities: these become text. */
function float({ littleEndian }: Layout, size: number): Codec {
  if (size === 8) return new Finite(littleEndian ? f64() : f64be());
  return size === 4 ? new Finite(littleEndian ? f32() : f32be()) : new Skipped(size);
}

/** Uintptrs that hold addresses by their type: `guintptr`, `gclinkptr`, … */
function isAddressType(layout: Layout, type: string): boolean {
  return layout.traits.addressTypes.includes(type);
}

/** Uintptrs that hold addresses by the field they are in. */
export function isAddressField(layout: Layout, struct: string, field: string): boolean {
  const fields = layout.traits.addressFields;
  return Object.hasOwn(fields, struct) && (fields[struct] ?? []).includes(field);
}

/** A value of the given length that is not decoded. */
class Skipped extends Codec<null> {
  override decode(): null {
    return null;
  }
}

/** A member: its decoder under its name, as long as the struct's layout says. */
class Placed extends Codec {
  readonly #codec: Codec;

  constructor(codec: Codec, size: number, name: string) {
    super(size, name);
    this.#codec = codec;
  }

  override decode(buffer: Buffer, offset = 0): unknown {
    return this.#codec.decode(buffer, offset);
  }
}

class Finite extends Codec<number | string> {
  readonly #codec: Codec<number>;

  constructor(codec: Codec<number>) {
    super(codec.span);
    this.#codec = codec;
  }

  override decode(buffer: Buffer, offset = 0): number | string {
    const value = this.#codec.decode(buffer, offset);
    return Number.isFinite(value) ? value : String(value);
  }
}

type WordKind = 'uint' | 'int' | 'bool' | 'address';

/** Words that may hold anything: read exactly, 64 bits as bigint where they do not fit a number (buffer-layout's nu64 rounds). */
class Word extends Codec<number | string | boolean | null> {
  readonly #littleEndian: boolean;
  readonly #kind: WordKind;

  constructor(size: number, littleEndian: boolean, kind: WordKind) {
    super(size);
    this.#littleEndian = littleEndian;
    this.#kind = kind;
  }

  override decode(buffer: Buffer, offset = 0): number | string | boolean | null {
    const value = this.#read(buffer, offset);
    if (value === undefined) return null;
    if (this.#kind === 'address') return `0x${value.toString(16)}`;
    // A bool that is neither 0 nor 1 is damage, and shown as what it is.
    if (this.#kind === 'bool') return value === 0 || value === 1 ? value === 1 : presentable(value);
    return presentable(value);
  }

  #read(buffer: Buffer, offset: number): number | bigint | undefined {
    const little = this.#littleEndian;
    if (this.span === 1) return buffer.readUInt8(offset);
    if (this.span === 2) return little ? buffer.readUInt16LE(offset) : buffer.readUInt16BE(offset);
    if (this.span === 4) return little ? buffer.readUInt32LE(offset) : buffer.readUInt32BE(offset);
    if (this.span !== 8) return undefined;
    if (this.#kind === 'int') return little ? buffer.readBigInt64LE(offset) : buffer.readBigInt64BE(offset);
    return little ? buffer.readBigUInt64LE(offset) : buffer.readBigUInt64BE(offset);
  }
}

/** An integer for JSON: a number where that is exact, else decimal text. */
function presentable(value: number | bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}
