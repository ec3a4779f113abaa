// One struct in the target's memory through a Layout: single fields by path, or all fields with offset, value and source. Knows no meanings.
import type { Layout as Codec } from 'buffer-layout';
import { InspectError } from '../bytes/errors.js';
import type { Memory } from '../image/memory.js';
import { scalarField } from './resolve.js';
import { fieldCodec, isAddressField } from './struct-codec.js';
import type { FieldLayout, Layout, Provenance, StructLayout } from './types.js';

/** A field with what it holds. */
export interface DecodedField {
  readonly offset: number;
  readonly size: number;
  readonly type: string;
  /** Addresses as `0x…`, integers of 2^53 and more as decimal text, atomics as their value; null where unreadable. */
  readonly value: unknown;
  readonly source: Provenance;
  /** Only for arrays of which not all elements are in `value`: how many there are. */
  readonly total?: number;
}

export interface DecodeOptions {
  /** Integer fields of this struct to be shown as addresses, beyond those that traits name. */
  readonly addressFields?: ReadonlySet<string>;
  /** Elements shown of one array. @default 1024 */
  readonly maxElements?: number;
}

/** Bytes of one struct that are read; what lies behind is unreadable. heapArena, the largest, has 2.1 MiB. */
const maxStructBytes = 8 << 20;
const codecs = new WeakMap<Layout, Map<string, Codec>>();

/** A struct at an address. Paths as in `Layout.field`; a path may stop at a struct with one member, such as an atomic: its value is read. */
export class StructView {
  readonly memory: Memory;
  readonly address: number;
  readonly layout: Layout;
  readonly struct: StructLayout;

  /** Throws InspectError `no-layout` where the layout has no struct of that name. */
  constructor(memory: Memory, layout: Layout, struct: string, address: number) {
    this.memory = memory;
    this.address = address;
    this.layout = layout;
    this.struct = needStruct(layout, struct);
  }

  has(path: string): boolean {
    return this.layout.field(this.struct.name, path) !== undefined;
  }

  /** An integer, bool (0 or 1) or pointer: a number where that is exact, else bigint; undefined where absent or unreadable. */
  value(path: string): number | bigint | undefined {
    const field = scalarField(this.layout, this.struct.name, path);
    return (
      field &&
      readInteger(this.memory, this.address + field.offset, field.size, this.layout.shape(field.type).kind === 'int')
    );
  }

  /** Like `value`, undefined also for what is not below 2^53. */
  number(path: string): number | undefined {
    const value = this.value(path);
    return typeof value === 'number' ? value : undefined;
  }

  /** A float64 or float32, or the float in an atomic.Float64. */
  float(path: string): number | undefined {
    const field = scalarField(this.layout, this.struct.name, path);
    if (field === undefined || (field.size !== 4 && field.size !== 8)) return undefined;
    const { bytes } = this.memory.bytes(this.address + field.offset, field.size);
    if (bytes.length < field.size) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return field.size === 4
      ? view.getFloat32(0, this.memory.littleEndian)
      : view.getFloat64(0, this.memory.littleEndian);
  }

  /** A struct that stands in this one. */
  member(path: string): StructView | undefined {
    const field = this.layout.field(this.struct.name, path);
    const shape = field && this.layout.shape(field.type);
    if (field === undefined || shape?.kind !== 'named' || this.layout.struct(shape.name) === undefined)
      return undefined;
    return new StructView(this.memory, this.layout, shape.name, this.address + field.offset);
  }

  /** The struct that a `*T` field leads to; undefined for nil, unreadable pointers and types the layout does not have. */
  follow(path: string): StructView | undefined {
    const field = scalarField(this.layout, this.struct.name, path);
    const target = this.number(path);
    if (field === undefined || !field.type.startsWith('*') || !target) return undefined;
    const name = this.layout.struct(field.type.slice(1))?.name;
    return name === undefined ? undefined : new StructView(this.memory, this.layout, name, target);
  }

  decode(options: DecodeOptions = {}): Record<string, DecodedField> {
    return decodeStruct(this.memory, this.layout, this.struct.name, this.address, options);
  }
}

/**
 * Every field of the struct at `address`, in offset order; fields of no size are left out. Throws InspectError `no-layout` where the layout
 * has no such struct; unreadable fields have the value null.
 */
export function decodeStruct(
  memory: Memory,
  layout: Layout,
  struct: string,
  address: number,
  options: DecodeOptions = {},
): Record<string, DecodedField> {
  const { name, size, fields } = needStruct(layout, struct);
  const maxElements = options.maxElements ?? 1024;
  const { bytes } = memory.bytes(address, Math.min(size, maxStructBytes));
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoded: Record<string, DecodedField> = {};
  for (const field of fields.values()) {
    if (field.size === 0) continue;
    const readable = field.offset + field.size <= buffer.length;
    const isAddress = options.addressFields?.has(field.name) === true || isAddressField(layout, name, field.name);
    const value = readable
      ? codecFor(layout, name, field, isAddress, maxElements).decode(buffer, field.offset)
      : partly(memory, layout, address, field, isAddress, maxElements);
    const { offset, type, source } = field;
    const shape = layout.shape(type);
    const cut = shape.kind === 'array' && shape.count > maxElements ? { total: shape.count } : {};
    decoded[field.name] = { offset, size: field.size, type, value, source, ...cut };
  }
  return decoded;
}

/** A field behind a hole may be readable by itself. */
function partly(
  memory: Memory,
  layout: Layout,
  address: number,
  field: FieldLayout,
  isAddress: boolean,
  maxElements: number,
): unknown {
  if (field.size > maxStructBytes) return null;
  const { bytes } = memory.bytes(address + field.offset, field.size);
  if (bytes.length < field.size) return null;
  return fieldCodec(layout, field, isAddress, { maxElements }).decode(
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    0,
  );
}

function codecFor(layout: Layout, struct: string, field: FieldLayout, isAddress: boolean, maxElements: number): Codec {
  const known = codecs.get(layout) ?? new Map<string, Codec>();
  codecs.set(layout, known);
  const key = `${struct}.${field.name} ${maxElements} ${isAddress}`;
  let codec = known.get(key);
  if (codec === undefined) {
    codec = fieldCodec(layout, field, isAddress, { maxElements });
    known.set(key, codec);
  }
  return codec;
}

function needStruct(layout: Layout, struct: string): StructLayout {
  const found = layout.struct(struct);
  if (found === undefined) throw new InspectError('no-layout', struct, `is not in the layout ${layout.name}`);
  return found;
}

/** An unsigned or signed integer of 1, 2, 4 or 8 bytes. */
export function readInteger(
  memory: Memory,
  address: number,
  size: number,
  signed: boolean,
): number | bigint | undefined {
  if (size === 8) {
    const raw = memory.uint64(address);
    const value = raw !== undefined && signed ? BigInt.asIntN(64, raw) : raw;
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
  const raw =
    size === 1
      ? memory.uint8(address)
      : size === 2
        ? memory.uint16(address)
        : size === 4
          ? memory.uint32(address)
          : undefined;
  const sign = 2 ** (size * 8 - 1);
  return raw !== undefined && signed && raw >= sign ? raw - 2 * sign : raw;
}
