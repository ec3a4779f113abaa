// Row views of the span table in the contract's shape: made only for rows that are shown or written.
import type { Memory } from '../image/memory.js';
import type { FieldLayout, Layout } from '../layout/types.js';
import { hexOf } from '../runtime/bitmap.js';
import { readSpanBits, type SpanBits } from '../runtime/span-bits.js';
import { type SpanTable, spanFlag, stateFree, stateInuse, stateManual } from '../runtime/span-table.js';
import { addressText, bigCount } from './numbers.js';
import type { AddressText, BigCount, SpanRow, SpanState } from './results.js';

export const spanColumns = [
  'addr', 'base', 'npages', 'state', 'spanclass', 'sizeclass', 'noscan', 'elemsize', 'nelems', 'freeindex', 'allocCount', 'allocated', 'sweepgen', 'limit',
] as const satisfies readonly (keyof SpanRow)[]; // biome-ignore format: a list of names
export const bitColumns = ['allocBits', 'gcmarkBits', 'inlineMarks'] as const satisfies readonly (keyof SpanRow)[];

/** What the rows are read from. */
export interface SpanSource {
  readonly memory: Memory;
  readonly layout: Layout;
  readonly table: SpanTable;
}

export function stateName(code: number): SpanState | null {
  return code === stateInuse ? 'inuse' : code === stateManual ? 'manual' : code === stateFree ? 'free' : null;
}

/** The mspan's address, also where the entry of allspans is no address. */
function rowAddress(table: SpanTable, row: number): AddressText {
  return addressText(table.garbageAddrs.get(row) ?? table.addr[row]!);
}

/** Row `row` of the table; with bits, if asked for. */
export function spanRow(source: SpanSource, row: number, withBits: boolean): SpanRow {
  const { memory, layout, table } = source;
  const flags = table.flags[row]!;
  const addr = rowAddress(table, row);
  if (flags & spanFlag.unreadable) return unreadableRow(source, row, withBits);
  const exact = flags & spanFlag.saturated ? exactFields(source, row) : undefined;
  const missing: string[] = [];
  if (flags & spanFlag.badState) missing.push('state');
  const unknownCount = (flags & (spanFlag.bitsUnreadable | spanFlag.badNelems)) !== 0;
  if (unknownCount) missing.push('allocated');
  const bits = withBits ? bitTexts(readSpanBits(memory, layout, table, row)) : undefined;
  if (bits) for (const name of bitColumns) if (bits[name] === null) missing.push(name);
  const spanclass = table.spanclass[row]!;
  return {
    addr,
    base: exact ? addressText(exact('startAddr')) : addressText(table.base[row]!),
    npages: exact ? bigCount(exact('npages')) : table.npages[row]!,
    state: stateName(table.state[row]!),
    spanclass,
    sizeclass: spanclass >> 1,
    noscan: (spanclass & 1) === 1,
    elemsize: exact ? bigCount(exact('elemsize')) : table.elemsize[row]!,
    nelems: exact ? bigCount(exact('nelems')) : table.nelems[row]!,
    freeindex: exact ? bigCount(exact('freeindex')) : table.freeindex[row]!,
    allocCount: table.allocCount[row]!,
    allocated: unknownCount ? null : table.allocated[row]!,
    sweepgen: table.sweepgen[row]!,
    limit: exact ? addressText(exact('limit')) : addressText(table.limit[row]!),
    ...bits,
    ...suspectOf(flags),
    ...(missing.length > 0 ? { missing } : {}),
  };
}

export function suspectOf(flags: number): { suspect?: 'mismatch' | 'transient' | 'torn' } {
  if (flags & spanFlag.torn) return { suspect: 'torn' };
  if (flags & spanFlag.mismatch) return { suspect: 'mismatch' };
  if (flags & spanFlag.transient) return { suspect: 'transient' };
  return {};
}

function bitTexts(bits: SpanBits): { allocBits: string | null; gcmarkBits: string | null; inlineMarks: string | null } {
  const text = (bytes: Uint8Array | undefined) => (bytes === undefined ? null : hexOf(bytes));
  return { allocBits: text(bits.allocBits), gcmarkBits: text(bits.gcmarkBits), inlineMarks: text(bits.inlineMarks) };
}

/** Reads a field of the row's mspan again, exactly: for values that do not fit a column. */
function exactFields({ memory, layout, table }: SpanSource, row: number): (name: string) => bigint {
  return (name) => {
    const field = layout.struct('mspan')?.fields.get(name);
    return (field && readUnsigned(memory, table.addr[row]! + field.offset, field.size)) ?? 0n;
  };
}

function readUnsigned(memory: Memory, address: number, size: number): bigint | undefined {
  if (size === 8) return memory.uint64(address);
  const value = size === 4 ? memory.uint32(address) : size === 2 ? memory.uint16(address) : memory.uint8(address);
  return value === undefined ? undefined : BigInt(value);
}

/** An mspan of which a part can't be read: each field on its own, those that fail named in `missing`. */
function unreadableRow({ memory, layout, table }: SpanSource, row: number, withBits: boolean): SpanRow {
  const missing: string[] = [];
  const fields = layout.struct('mspan')?.fields;
  const read = (column: string, field: FieldLayout | undefined): bigint | null => {
    const value = field && readUnsigned(memory, table.addr[row]! + field.offset, field.size);
    if (value === undefined) missing.push(column);
    return value ?? null;
  };
  const count = (column: string): BigCount | null => {
    const value = read(column, fields?.get(column));
    return value === null ? null : bigCount(value);
  };
  const base = read('base', fields?.get('startAddr'));
  const npages = count('npages');
  const stateRaw = read('state', fields?.get('state'));
  const state = stateRaw === null ? null : (layout.traits.spanStates[Number(stateRaw)] ?? null);
  const classRaw = read('spanclass', fields?.get('spanclass'));
  const spanclass = classRaw === null ? null : Number(classRaw);
  if (spanclass === null) missing.push('sizeclass', 'noscan');
  const elemsize = count('elemsize');
  const nelems = count('nelems');
  const freeindex = count('freeindex');
  const allocCount = count('allocCount');
  missing.push('allocated');
  const sweepgen = read('sweepgen', fields?.get('sweepgen'));
  const limit = read('limit', fields?.get('limit'));
  if (withBits) missing.push(...bitColumns);
  return {
    addr: rowAddress(table, row),
    base: base === null ? null : addressText(base),
    npages,
    state,
    spanclass,
    sizeclass: spanclass === null ? null : spanclass >> 1,
    noscan: spanclass === null ? null : (spanclass & 1) === 1,
    elemsize,
    nelems,
    freeindex,
    allocCount,
    allocated: null,
    sweepgen: sweepgen === null ? null : Number(sweepgen),
    limit: limit === null ? null : addressText(limit),
    ...(withBits ? { allocBits: null, gcmarkBits: null, inlineMarks: null } : {}),
    missing,
  };
}
