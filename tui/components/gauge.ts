// A horizontal meter: how much of a whole, by length first, colour second.

import type { BigCount } from '../../src/analysis/results.js';
import type { Line } from '../line.js';
import type { Style } from '../theme.js';

/** `██████░░░░` of `width` columns; all `?` where a part is unknown. A part above 0 shows at least one cell. */
export function gauge(
  part: BigCount | null | undefined,
  whole: BigCount | null | undefined,
  width: number,
  style: Style = 'marked',
): Line {
  const a = Number(part ?? Number.NaN);
  const b = Number(whole ?? Number.NaN);
  if (Number.isNaN(a) || Number.isNaN(b)) return [['dim', '?'.repeat(width)]];
  const share = b > 0 ? Math.min(1, Math.max(0, a / b)) : 0;
  let full = Math.round(share * width);
  if (a > 0 && full === 0) full = 1;
  if (a < b && full === width) full = width - 1;
  return [
    [style, '█'.repeat(full)],
    ['dim', '░'.repeat(width - full)],
  ];
}
