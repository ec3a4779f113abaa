// What a text takes on the screen, and what of it may go there. Texts come from images of strangers (file names, struct names,
// reasons): control characters, escape sequences and direction marks are taken out here, at the edge, before anything is drawn.

const unwanted = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;
const plain =
  /^[\u0020-\u007e\u00a0-\u02ff\u2010-\u2027\u2030-\u205e\u2190-\u2319\u231c-\u23e8\u2500-\u25fc\u2713-\u2718\u2a2f]*$/;

/** `text` without characters that a terminal could obey. A tab becomes a space. */
export function cleanText(text: string): string {
  return text.replaceAll('\t', ' ').replace(unwanted, '');
}

/** Columns of clean text. Ambiguous widths count as one, as terminals outside East Asian locales draw them. */
export function textWidth(text: string): number {
  if (plain.test(text)) return text.length;
  let width = 0;
  for (const char of text) width += charWidth(char.codePointAt(0) ?? 0);
  return width;
}

/** `text` cut to `width` columns, `…` in the last one if something was cut. */
export function cutText(text: string, width: number): string {
  if (width <= 0) return '';
  if (textWidth(text) <= width) return text;
  if (plain.test(text)) return `${text.slice(0, width - 1)}…`;
  let used = 0;
  let out = '';
  for (const char of text) {
    const columns = charWidth(char.codePointAt(0) ?? 0);
    if (used + columns > width - 1) break;
    out += char;
    used += columns;
  }
  return `${out}…${' '.repeat(Math.max(0, width - 1 - used))}`;
}

/** `text` cut or padded to exactly `width` columns. */
export function fitText(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const cut = cutText(text, width);
  const padding = ' '.repeat(Math.max(0, width - textWidth(cut)));
  return align === 'right' ? padding + cut : cut + padding;
}

const wide: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x2329, 0x232a],
  [0x23e9, 0x23ec],
  [0x25fd, 0x25fe],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1faff],
  [0x20000, 0x3fffd],
];

function charWidth(code: number): number {
  if (code < 0x300) return 1;
  if (code <= 0x36f || (code >= 0xfe00 && code <= 0xfe0f)) return 0;
  for (const [first, last] of wide) if (code >= first && code <= last) return 2;
  return 1;
}
