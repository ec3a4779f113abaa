// A line of the screen as pieces of text with a style each, and its way to one string with escape sequences: cleaned, cut to the width, painted.
import { cleanText, cutText, textWidth } from './terminal/text-width.js';
import { paint, type Style, type Theme, toAscii } from './theme.js';

export type Segment = string | readonly [Style, string];
export type Line = readonly Segment[];

/** The line as it goes to the terminal, `width` columns at most; `fill` pads it to exactly that, in the style given. */
export function paintLine(line: Line, width: number, theme: Theme, fill?: Style): string {
  let used = 0;
  let out = '';
  for (const segment of line) {
    const [style, text] = typeof segment === 'string' ? (['plain', segment] as const) : segment;
    const clean = cleanText(text);
    const cut = cutText(clean, width - used);
    if (cut === '' && clean !== '') break;
    used += textWidth(cut);
    const shown = theme.ascii ? toAscii(cut) : cut;
    out += paint(theme, fill === 'selected' ? 'selected' : style, shown);
  }
  if (fill !== undefined && used < width) out += paint(theme, fill, ' '.repeat(width - used));
  return out;
}

/** The line's bare text, for searching. */
export function lineText(line: Line): string {
  return line.map((segment) => (typeof segment === 'string' ? segment : segment[1])).join('');
}

/** Lines as text, one by one, without what a terminal could obey: for a file. */
export async function* asLines(lines: Iterable<Line>): AsyncGenerator<string> {
  for (const line of lines) yield cleanText(lineText(line)).trimEnd();
}

export function lineWidth(line: Line): number {
  let width = 0;
  for (const segment of line) width += textWidth(cleanText(typeof segment === 'string' ? segment : segment[1]));
  return width;
}

/** `left` and `right` on one line of `width` columns; what does not fit is cut from the left part. */
export function leftRight(left: Line, right: Line, width: number): Line {
  const room = width - lineWidth(right);
  if (room < 2) return left;
  const kept = cutLine(left, room - 1);
  return [...kept, ' '.repeat(Math.max(1, room - lineWidth(kept))), ...right];
}

/** The first `width` columns of a line. */
export function cutLine(line: Line, width: number): Line {
  const out: Segment[] = [];
  let used = 0;
  for (const segment of line) {
    const [style, text] = typeof segment === 'string' ? (['plain', segment] as const) : segment;
    const clean = cleanText(text);
    // An empty piece, as a full gauge ends in, is no end of the line.
    if (clean === '') continue;
    const cut = cutText(clean, width - used);
    if (cut === '') break;
    used += textWidth(cut);
    out.push([style, cut]);
  }
  return out;
}

/** Pads a line on the right to exactly `width` columns, cutting if it is longer. */
export function padLine(line: Line, width: number): Line {
  const cut = cutLine(line, width);
  const missing = width - lineWidth(cut);
  return missing > 0 ? [...cut, ' '.repeat(missing)] : cut;
}

/** The line broken between words into lines of `width` columns; `indent` columns stand before the second and each further one. */
export function foldLine(line: Line, width: number, indent: number): Line[] {
  if (lineWidth(line) <= width) return [line];
  const lines: Line[] = [];
  let current: Segment[] = [];
  let used = 0;
  let blank = true;
  for (const segment of line) {
    const [style, text] = typeof segment === 'string' ? (['plain', segment] as const) : segment;
    for (const word of cleanText(text).split(/(?<= )/)) {
      const columns = textWidth(word.trimEnd());
      if (!blank && columns > 0 && used + columns > width) {
        lines.push(withoutGap(current));
        current = [' '.repeat(indent)];
        used = indent;
        blank = true;
      }
      // What stood between two words is no beginning of a line.
      if (blank && columns === 0 && lines.length > 0) continue;
      current.push([style, word]);
      used += textWidth(word);
      blank &&= columns === 0;
    }
  }
  return [...lines, withoutGap(current)];
}

/** Without the space behind its last word. */
function withoutGap(line: readonly Segment[]): Segment[] {
  const last = line.at(-1);
  if (last === undefined) return [];
  const [style, text] = typeof last === 'string' ? (['plain', last] as const) : last;
  return [...line.slice(0, -1), [style, text.trimEnd()]];
}

/** Words broken into lines of `width` columns; a word that is longer than a line is broken too. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let current = '';
  const words = cleanText(text)
    .split(' ')
    .flatMap((word) => pieces(word, Math.max(1, width)));
  for (const word of words) {
    if (current !== '' && textWidth(current) + 1 + textWidth(word) > width) {
      lines.push(current);
      current = word;
    } else current = current === '' ? word : `${current} ${word}`;
  }
  if (current !== '') lines.push(current);
  return lines;
}

function pieces(word: string, width: number): string[] {
  if (textWidth(word) <= width) return [word];
  const out: string[] = [];
  let piece = '';
  for (const char of word) {
    if (textWidth(piece + char) > width) {
      out.push(piece);
      piece = '';
    }
    piece += char;
  }
  return [...out, piece];
}
