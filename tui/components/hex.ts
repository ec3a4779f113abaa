// A hex dump as lines. Bytes that the image does not have show as `⨯`, with the reason, never as zeros.
import type { BytesResult } from '../../src/analysis/results.js';
import type { Line } from '../line.js';
import { addressPlus } from '../numbers.js';
import { marker } from './table.js';

export const lineBytes = 16;

/** The lines of `length` bytes from `result.address`; `selected` is the line with the marker. */
export function hexLines(result: BytesResult, length: number, selected: number): Line[] {
  const lines: Line[] = [];
  const have = result.hex.length >> 1;
  for (let offset = 0, line = 0; offset < length; offset += lineBytes, line++) {
    const count = Math.min(lineBytes, length - offset);
    let hex = '';
    let text = '';
    for (let i = 0; i < count; i++) {
      const at = offset + i;
      const digits = at < have ? result.hex.slice(at * 2, at * 2 + 2) : ' ⨯';
      const code = Number.parseInt(digits, 16);
      hex += `${i === 8 ? ' ' : ''}${digits} `;
      text += at >= have ? ' ' : code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : '.';
    }
    const why = have < offset + count && have >= offset && result.fault !== null ? result.fault : '';
    lines.push([
      line === selected ? marker : '  ',
      `${addressPlus(result.address, offset)}  ${hex.padEnd(lineBytes * 3 + 1)} `,
      ['dim', text],
      why === '' ? '' : ['unreadable', `⨯ ${why}`],
    ]);
  }
  return lines;
}
