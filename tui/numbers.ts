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
