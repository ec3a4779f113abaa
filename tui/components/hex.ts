// A hex dump as lines. Bytes that the image does not have show as `⨯`, with the reason, never as zeros.
import type { BytesResult } from '../../src/analysis/results.js';
import type { Line, Segment } from '../line.js';
import { addressPlus } from '../numbers.js';

export const lineBytes = 16;

/** The engine names the address at fault; here each line has its own. */
const reasonOf = (fault: string) => fault.replace(/^0x[0-9a-f]+: /, '');

/** The lines of `length` bytes from `result.address`; `selected` is the line with the marker. 80 columns with addresses of 12 digits. */
export function hexLines(result: BytesResult, length: number, selected: number): Line[] {
  const lines: Line[] = [];
  const have = result.hex.length >> 1;
  for (let offset = 0, line = 0; offset < length; offset += lineBytes, line++) {
    const count = Math.min(lineBytes, length - offset);
    const hex: string[] = [];
    let text = '';
    for (let at = offset; at < offset + count; at++) {
      const digits = result.hex.slice(at * 2, at * 2 + 2);
      const code = Number.parseInt(digits, 16);
      hex.push(at < have ? digits : ' ⨯');
      text += at >= have ? ' ' : code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : '.';
    }
    const why: Segment =
      have < offset + count && result.fault !== null ? ['unreadable', ` ⨯ ${reasonOf(result.fault)}`] : '';
    lines.push([
      line === selected ? '▶' : ' ',
      `${addressPlus(result.address, offset).padEnd(14)} ${hex.join(' ').padEnd(lineBytes * 3 - 1)} `,
      ['dim', have <= offset ? '' : text],
      why,
    ]);
  }
  return lines;
}
