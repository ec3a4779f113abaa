// What a row of `spans --bits` must hold, computed from the independent reader's fields. Rules: the contract's «JSON shapes».
import type { TruthRow } from './prepared.js';

export const stateNames = ['free', 'inuse', 'manual', 'free'] as const;

/** The scalar `name`, whatever the release wraps it in: state, state.s, state.s.value. Exactly one field must match. */
export function scalar(row: TruthRow, name: string): bigint {
  const found = Object.keys(row.fields).filter((key) => key === name || key.startsWith(`${name}.`));
  if (found.length !== 1) throw new Error(`${found.length} fields of mspan are called ${name}`);
  return BigInt(row.fields[found[0]!]!);
}

export function stateOf(row: TruthRow): (typeof stateNames)[number] {
  return stateNames[Number(scalar(row, 'state'))]!;
}

/** A number up to 2^53, a decimal string above. */
function count(value: bigint): number | string {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString();
}

const address = (value: bigint) => `0x${value.toString(16)}`;

/** Slot n is allocated if n < freeindex or its bit is set (runtime/mbitmap.go, isFree). */
function allocatedSlots(row: TruthRow): number {
  const bits = Buffer.from(row.allocBits, 'hex');
  const nelems = Number(scalar(row, 'nelems'));
  let allocated = 0;
  for (let n = 0; n < nelems; n++) {
    if (n < Number(scalar(row, 'freeindex')) || ((bits[n >> 3] ?? 0) >> (n & 7)) & 1) allocated++;
  }
  return allocated;
}

export function expectedRow(row: TruthRow): Record<string, unknown> {
  const spanclass = Number(scalar(row, 'spanclass'));
  const state = stateOf(row);
  return {
    addr: row.addr,
    base: address(scalar(row, 'startAddr')),
    npages: count(scalar(row, 'npages')),
    state,
    spanclass,
    sizeclass: spanclass >> 1,
    noscan: (spanclass & 1) === 1,
    elemsize: count(scalar(row, 'elemsize')),
    nelems: count(scalar(row, 'nelems')),
    freeindex: count(scalar(row, 'freeindex')),
    allocCount: count(scalar(row, 'allocCount')),
    allocated: state === 'inuse' ? allocatedSlots(row) : 0,
    sweepgen: Number(scalar(row, 'sweepgen')),
    limit: address(scalar(row, 'limit')),
    allocBits: row.allocBits,
    gcmarkBits: row.gcmarkBits,
    inlineMarks: row.inlineMarks,
  };
}

/** The first few rows that differ, as pairs of the differing fields; empty where all are equal. */
export function rowDifferences(
  rows: readonly Readonly<Record<string, unknown>>[],
  truth: readonly TruthRow[],
): unknown[] {
  const found: unknown[] = [];
  for (let i = 0; i < Math.max(rows.length, truth.length) && found.length < 5; i++) {
    const row: Readonly<Record<string, unknown>> = rows[i] ?? {};
    const expected = truth[i] === undefined ? {} : expectedRow(truth[i]!);
    const names = new Set([...Object.keys(row), ...Object.keys(expected)]);
    for (const name of ['suspect', 'missing']) names.delete(name);
    for (const name of names) {
      if (row[name] !== expected[name]) found.push({ row: i, name, ours: row[name], truth: expected[name] });
    }
  }
  return found;
}

/**
 * The slot map of an in-use span; undefined while it is being swept (any mix of bits is lawful then). Marked is what allocBits says of a
 * span swept in this cycle, else what gcmarkBits and the inline marks say together (contract, `span ADDR`).
 */
export function expectedSlots(row: TruthRow, gcPhase: number): string | undefined {
  const age = Number(BigInt.asIntN(32, scalar(row, 'sweepgen') - BigInt(row.heapSweepgen)));
  if (stateOf(row) !== 'inuse' || age === -1) return undefined;
  const swept = gcPhase === 0 && (age === 0 || age === 3);
  const bit = (hex: string, n: number) =>
    ((Number.parseInt(hex.slice((n >> 3) * 2, (n >> 3) * 2 + 2) || '0', 16) >> (n & 7)) & 1) === 1;
  let slots = '';
  for (let n = 0; n < Number(scalar(row, 'nelems')); n++) {
    const survived = bit(row.allocBits, n);
    const allocated = survived || n < Number(scalar(row, 'freeindex'));
    const marked = swept ? survived : bit(row.gcmarkBits, n) || bit(row.inlineMarks, n);
    slots += allocated ? (marked ? 'a' : 'A') : marked ? '!' : 'f';
  }
  return slots;
}

export interface HeapSums {
  readonly total: number;
  readonly inuse: number;
  readonly manual: number;
  readonly free: number;
  readonly heapAllocBytes: number;
  readonly heapObjects: number;
  readonly heapInuseBytes: number;
}

/** The sums that overview shows, and the bytes of manual spans. */
export function heapSums(rows: readonly TruthRow[]): { readonly sums: HeapSums; readonly manualBytes: number } {
  const sums = {
    total: rows.length,
    inuse: 0,
    manual: 0,
    free: 0,
    heapAllocBytes: 0,
    heapObjects: 0,
    heapInuseBytes: 0,
  };
  let manualBytes = 0;
  for (const row of rows) {
    const state = stateOf(row);
    sums[state]++;
    const bytes = Number(scalar(row, 'npages')) * 8192;
    if (state === 'manual') manualBytes += bytes;
    if (state !== 'inuse') continue;
    sums.heapObjects += Number(scalar(row, 'allocCount'));
    sums.heapAllocBytes += Number(scalar(row, 'allocCount') * scalar(row, 'elemsize'));
    sums.heapInuseBytes += bytes;
  }
  return { sums, manualBytes };
}
