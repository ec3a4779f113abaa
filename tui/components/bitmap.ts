// The slot map: one cell a slot. A state is told by its glyph; colour only repeats it. The boundary at freeindex takes a cell of its own
// between two slots. Only the lines on the screen are made, so a span of 65,535 slots costs what one of 100 does.
import type { Line, Segment } from '../line.js';
import type { Style } from '../theme.js';

interface SlotLook {
  readonly glyph: string;
  readonly style: Style;
  /** For the legend. */
  readonly short: string;
  /** For the line about one slot. */
  readonly words: string;
}

const looks: Readonly<Record<string, SlotLook>> = {
  a: { glyph: '█', style: 'marked', short: 'allocated, marked', words: 'allocated, marked' },
  A: { glyph: '▓', style: 'unmarked', short: 'allocated, not marked', words: 'allocated, not marked' },
  f: { glyph: '·', style: 'free', short: 'free', words: 'free' },
  '!': { glyph: '!', style: 'contradiction', short: 'contradiction', words: 'contradiction: marked but not allocated' },
  '?': { glyph: '?', style: 'unreadable', short: 'unreadable', words: 'unreadable' },
};
const unknownLook: SlotLook = { glyph: '?', style: 'unreadable', short: '', words: 'unknown' };

/** Two lines, so that all of it is seen in 55 columns. */
export const legend: readonly Line[] = [
  legendLine(['a', 'A', 'f']),
  [...legendLine(['!', '?']), ['boundary', '│'], ' freeindex'],
];

function legendLine(states: readonly string[]): Line {
  return states.flatMap((state): Segment[] => {
    const look = looks[state] ?? unknownLook;
    return [[look.style, look.glyph], ` ${look.short}  `];
  });
}

export function slotWords(state: string | undefined): string {
  return (looks[state ?? ''] ?? unknownLook).words;
}

/** How many slots go on one line of `width` columns: 128, 64, 32 or 16. */
export function slotsPerLine(width: number, slots: number): number {
  const room = width - labelWidth(slots) - 2;
  return [128, 64, 32].find((n) => n <= room) ?? 16;
}

function labelWidth(slots: number): number {
  return Math.max(4, String(slots).length) + 2;
}

export interface SlotMapView {
  /** A character a slot, as the engine gives them. */
  readonly slots: string;
  readonly freeindex: number | undefined;
  readonly perLine: number;
  readonly top: number;
  readonly height: number;
  /** The slot under the cursor; -1 for none. */
  readonly cursor: number;
}

export function slotMapLines(view: SlotMapView): Line[] {
  const { slots, perLine } = view;
  const lines: Line[] = [];
  const last = Math.ceil(slots.length / perLine);
  for (let line = view.top; line < Math.min(last, view.top + view.height); line++)
    lines.push(slotMapLine(view, line * perLine));
  return lines;
}

function slotMapLine(view: SlotMapView, first: number): Line {
  const { slots, freeindex, perLine, cursor } = view;
  const end = Math.min(first + perLine, slots.length);
  const here = cursor >= first && cursor < end;
  const line: Segment[] = [here ? '▶' : ' ', ['dim', `${String(first).padStart(labelWidth(slots.length) - 2)} `]];
  let run = '';
  let runStyle: Style = 'plain';
  const flush = () => {
    if (run !== '') line.push([runStyle, run]);
    run = '';
  };
  for (let slot = first; slot < end; slot++) {
    if (slot === freeindex) {
      flush();
      line.push(['boundary', '│']);
    }
    const look = looks[slots[slot] ?? ''] ?? unknownLook;
    if (slot === cursor) {
      flush();
      line.push(['cursor', look.glyph]);
      continue;
    }
    if (look.style !== runStyle) flush();
    runStyle = look.style;
    run += look.glyph;
  }
  flush();
  // A full span has its freeindex behind the last slot.
  if (freeindex === slots.length && end === slots.length) line.push(['boundary', '│']);
  return line;
}

/** Bit `index` of a bitmap given as hex, lowest address first; undefined if the bitmap does not reach so far. */
export function bitOf(hex: string | null | undefined, index: number): 0 | 1 | undefined {
  const at = (index >> 3) * 2;
  if (hex === null || hex === undefined || at + 2 > hex.length) return undefined;
  const byte = Number.parseInt(hex.slice(at, at + 2), 16);
  return Number.isNaN(byte) ? undefined : (((byte >> (index & 7)) & 1) as 0 | 1);
}
