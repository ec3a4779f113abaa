// `gc` for people: what the pacer aims at, then every field by its own name.
import type { BigCount, GcResult, GcStruct } from '../analysis/results.js';
import { bytesText, grouped, printable } from './format.js';

/** 2^64-1: nothing bounds the heap. */
const unbounded = '18446744073709551615';
/** Elements of an array that are shown. */
const shownElements = 8;

const amount = (value: BigCount | null) =>
  value === null
    ? '?'
    : value === unbounded
      ? 'none (GOGC=off, no memory limit)'
      : `${grouped(value)} (${bytesText(value)})`;

export function gcText({ gcController, memstats, derived }: GcResult): string {
  const least = derived.complete ? '' : 'at least ';
  const ended =
    derived.lastGC === 0 || derived.lastGC === null
      ? 'none has ended'
      : new Date(Number(derived.lastGC) / 1e6).toISOString();
  const lines = [
    `${'phase'.padEnd(16)}${derived.phase ?? '?'}`,
    `${'cycles ended'.padEnd(16)}${derived.numGC === null ? '?' : grouped(derived.numGC)}, the last ${ended}`,
    `${'heapLive'.padEnd(16)}${amount(derived.heapLive)}`,
    `${'heapMarked'.padEnd(16)}${amount(derived.heapMarked)}`,
    `${'trigger'.padEnd(16)}${amount(derived.trigger)}, ${derived.heapGoalIs}`,
    `${'heapGoal'.padEnd(16)}${amount(derived.heapGoal)}, ${derived.heapGoalIs}`,
    `${'HeapAlloc'.padEnd(16)}${least}${amount(derived.heapAlloc)}, summed over the spans`,
    `${'HeapObjects'.padEnd(16)}${least}${derived.heapObjects === null ? '?' : grouped(derived.heapObjects)}`,
    `${'HeapInuse'.padEnd(16)}${least}${amount(derived.heapInuse)}`,
    `${'StackInuse'.padEnd(16)}${least}${amount(derived.stackInuse)}`,
    ...structLines('gcController', gcController),
    ...structLines('memstats', memstats),
  ];
  return `${lines.map((line) => printable(line)).join('\n')}\n`;
}

function structLines(name: string, { address, fields }: GcStruct): string[] {
  const width = Math.max(...Object.keys(fields).map((field) => field.length)) + 2;
  return [
    '',
    `${name} at ${address}`,
    ...Object.entries(fields).map(([field, value]) => `  ${field.padEnd(width)}${valueText(value)}`),
  ];
}

function valueText(value: unknown): string {
  if (value === null) return '?';
  if (!Array.isArray(value)) return typeof value === 'object' ? JSON.stringify(value) : String(value);
  const shown = value.slice(0, shownElements).map(valueText).join(' ');
  return value.length > shownElements ? `[${shown} … ${value.length} in all]` : `[${shown}]`;
}
