// A hex dump as lines. Bytes that the image does not have show as `⨯`, with the reason, never as zeros.
import type { BytesResult } from '../../src/analysis/results.js';
import type { Line, Segment } from '../line.js';
import { addressPlus } from '../numbers.js';

export const lineBytes = 16;

/** Memory becomes readable again at the beginning of a page, of 4 KiB at least. */
const pageBytes = 4096n;

/** Where to look for more after the fault in `result`; undefined if it has all of `length` bytes or the next page begins after them. */
export function afterFault(result: BytesResult, length: number): { address: string; length: number } | undefined {
  const have = result.hex.length >> 1;
  if (result.fault === null || have >= length) return undefined;
  const start = BigInt(result.address);
  const next = ((start + BigInt(have)) / pageBytes + 1n) * pageBytes;
  const rest = start + BigInt(length) - next;
  return rest > 0n ? { address: `0x${next.toString(16)}`, length: Number(rest) } : undefined;
}

/** The engine names the address at fault; here each line has its own. */
const reasonOf = (fault: string) => fault.replace(/^0x[0-9a-f]+: /, '');

/**
 * The lines of `length` bytes from `result.address`, of which `rest` has what stands behind a fault; `selected` is the line with the marker.
 * 80 columns with addresses of 12 digits.
 */
export function hexLines(result: BytesResult, length: number, selected: number, rest?: BytesResult): Line[] {
  const lines: Line[] = [];
  const restOffset = rest === undefined ? length : Number(BigInt(rest.address) - BigInt(result.address));
  for (let offset = 0, line = 0; offset < length; offset += lineBytes, line++) {
    const count = Math.min(lineBytes, length - offset);
    const hex: string[] = [];
    let text = '';
    let fault: string | null = null;
    for (let at = offset; at < offset + count; at++) {
      const behind = rest !== undefined && at >= restOffset;
      const digits = behind ? digitsAt(rest, at - restOffset) : digitsAt(result, at);
      if (digits === '') fault = (behind ? rest : result).fault;
      const code = Number.parseInt(digits, 16);
      hex.push(digits === '' ? ' ⨯' : digits);
      text += digits === '' ? ' ' : code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : '.';
    }
    const why: Segment = fault === null ? '' : ['unreadable', ` ⨯ ${reasonOf(fault)}`];
    lines.push([
      line === selected ? '▶' : ' ',
      `${addressPlus(result.address, offset).padEnd(14)} ${hex.join(' ').padEnd(lineBytes * 3 - 1)} `,
      ['dim', text.trim() === '' && fault !== null ? '' : text],
      why,
    ]);
  }
  return lines;
}

const digitsAt = ({ hex }: BytesResult, at: number) => hex.slice(at * 2, at * 2 + 2);
