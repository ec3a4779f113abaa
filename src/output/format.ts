// How numbers look to people: grouped digits, IEC sizes, text that can't hurt a terminal.
import type { OverviewResult } from '../analysis/results.js';

/** What a list or a line calls the state of a goroutine: told in one place. */
export { stateName } from '../analysis/goroutine-query.js';

/** `12345678` → `12,345,678`; decimal strings too. */
export function grouped(value: number | string): string {
  return String(value).replace(/^(-?\d+)/, (digits) => digits.replace(/\B(?=(\d{3})+(?!\d))/g, ','));
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** Bytes in IEC units, three significant digits: `1.42 GiB`, `640 B`. */
export function bytesText(value: number | string): string {
  let rest = Number(value);
  let unit = 0;
  while (Math.abs(rest) >= 1000 && unit < units.length - 1) {
    rest /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || Math.abs(rest) >= 100 ? 0 : Math.abs(rest) >= 10 ? 1 : 2;
  return `${rest.toFixed(digits)} ${units[unit]}`;
}

/** `part` of `whole` in per cent, no digits after the point below 100: `63%`; `–` of nothing. */
export function percentText(part: number, whole: number): string {
  if (whole === 0) return '–';
  const percent = Math.floor((100 * part) / whole);
  return percent === 0 && part > 0 ? '<1%' : `${percent}%`;
}

/** How far two numbers that should be equal are apart, in per cent of `runtime`, rounded up. */
export function percentApart({ ours, runtime }: Record<'ours' | 'runtime', number | string>): number {
  return Math.ceil((100 * Math.abs(Number(ours) - Number(runtime))) / Math.max(1, Number(runtime)));
}

/** What can move a terminal's cursor, end a line or turn the direction of text. */
const harmful = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Without control characters, escape sequences' introducers, and bidirectional overrides; cut to `limit` characters. */
export function printable(text: string, limit = 4096): string {
  const cut = text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
  return cut.replace(harmful, '\ufffd');
}

/** A value as JSON in which such characters are escaped: it means the same, and does nothing to a terminal. `indent` as JSON.stringify has it. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(harmful, (char) =>
    char === '\n' ? char : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const durations = [
  [1, 'ns'],
  [1e3, 'µs'],
  [1e6, 'ms'],
  [1e9, 's'],
  [60e9, 'min'],
  [3600e9, 'h'],
] as const;

/** Nanoseconds in the largest unit of which there is at least one, three significant digits: `35.6 µs`. */
export function durationText(nanoseconds: number | string): string {
  const value = Number(nanoseconds);
  let [scale, unit]: readonly [number, string] = durations[0];
  for (const [from, name] of durations) if (Math.abs(value) >= from) [scale, unit] = [from, name];
  const rest = value / scale;
  const digits = scale === 1 || Math.abs(rest) >= 100 ? 0 : Math.abs(rest) >= 10 ? 1 : 2;
  return `${rest.toFixed(digits)} ${unit}`;
}

/** Puts the mark before a number, or leaves it as it is. */
export type Mark = (text: string) => string;

/**
 * The mark of numbers that were read by offsets told from the image alone, or by those of another release whose table stands in: `~1,234`. One place says so for
 * every text.
 */
export function markOf(source: string): Mark {
  return source === 'inferred' || source === 'stand-in' ? (text) => `~${text}` : (text) => text;
}

/** `14 in allgs: 9 waiting, 4 runnable, 1 running`. */
export function goroutineCountsText({
  total,
  byStatus,
  unreadable,
}: NonNullable<OverviewResult['goroutines']>): string {
  const counts = Object.entries(byStatus).sort(([, a], [, b]) => b - a);
  const texts = counts.map(([status, count]) => `${grouped(count)} ${status}`);
  if (unreadable > 0) texts.push(`${grouped(unreadable)} unreadable`);
  return `${grouped(total)} in allgs${texts.length > 0 ? `: ${texts.join(', ')}` : ''}`;
}
