// Numbers for people: grouped by thousands, bytes in IEC units, `?` for what is not known. Never 0 for an absent value.
import type { BigCount } from '../src/analysis/results.js';
import { grouped as groupDigits, bytesText as iecText } from '../src/output/format.js';

/** `12,345`; `?` where there is no number. */
export function grouped(value: BigCount | null | undefined): string {
  return value === null || value === undefined ? '?' : groupDigits(value);
}

/** `48 B`, `8 KiB`, `1.25 MiB`; `?` where there is no number. */
export function bytesText(value: BigCount | null | undefined): string {
  return value === null || value === undefined ? '?' : iecText(value).replace(/\.0+ /, ' ');
}

/** Share in whole percent, rounded down as on the command line, but 1 for what is not nothing. `?` if a part is unknown, `–` of nothing. */
export function percentText(part: BigCount | null | undefined, whole: BigCount | null | undefined): string {
  if (part === null || part === undefined || whole === null || whole === undefined) return '?';
  const a = Number(part);
  const b = Number(whole);
  if (b === 0) return '–';
  const percent = Math.floor((100 * a) / b);
  return `${percent === 0 && a > 0 ? 1 : percent}%`;
}

/** 5 scan, 5n noscan: the size class as the tables show it. */
export function classText(sizeclass: number | null, noscan: boolean | null): string {
  if (sizeclass === null) return '?';
  return `${sizeclass}${noscan ? 'n' : ''}`;
}

const addressPattern = /^(?:0x)?([0-9a-f]{1,16})$/i;

/** `0xC000012000` or `c000012000` as `0xc000012000`; undefined if it is no address. */
export function addressFrom(text: string): string | undefined {
  const digits = addressPattern.exec(text.trim())?.[1];
  if (digits === undefined) return undefined;
  return `0x${digits.toLowerCase().replace(/^0+(?=.)/, '')}`;
}

/** `address` moved by `bytes`, both exact. */
export function addressPlus(address: string, bytes: number | bigint): string {
  return `0x${(BigInt(address) + BigInt(bytes)).toString(16)}`;
}

/** Nanoseconds as `437 µs`, `12.4 ms`, `3.20 s`, `2 h 5 min`; `?` where there is no number. */
export function durationText(ns: BigCount | null | undefined): string {
  if (ns === null || ns === undefined) return '?';
  const value = Number(ns);
  if (value < 1000) return `${value} ns`;
  for (const [unit, size] of [
    ['µs', 1e3],
    ['ms', 1e6],
    ['s', 1e9],
  ] as const) {
    const rest = value / size;
    if (rest < (unit === 's' ? 60 : 1000)) return `${rest >= 100 ? Math.round(rest) : rest.toPrecision(3)} ${unit}`;
  }
  const minutes = Math.floor(value / 60e9);
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24];
  if (days > 0) return `${days} d ${hours} h`;
  return hours > 0 ? `${hours} h ${minutes % 60} min` : `${minutes} min ${Math.floor((value / 1e9) % 60)} s`;
}

/** Nanoseconds since 1970 as `2026-11-23 03:09:25.201 UTC`; what is no such time as a number. */
export function timeText(ns: BigCount | null | undefined): string {
  if (ns === null || ns === undefined) return '?';
  const ms = Math.floor(Number(ns) / 1e6);
  if (!(ms > 0 && ms < 4e12)) return grouped(ns);
  return `${new Date(ms).toISOString().replace('T', ' ').replace('Z', '')} UTC`;
}
