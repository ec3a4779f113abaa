// Styles by meaning, and what they become: SGR sequences, or nothing but bold and inverse without colour. Colour never carries meaning alone:
// each state has its own glyph, each selected row its mark. With `ascii` every glyph is replaced by an ASCII one of the same width.

export type Style =
  | 'plain'
  | 'dim'
  | 'title'
  | 'selected'
  | 'chosen'
  | 'good'
  | 'warn'
  | 'bad'
  | 'note'
  | 'key'
  | 'marked'
  | 'unmarked'
  | 'free'
  | 'contradiction'
  | 'unreadable'
  | 'boundary'
  | 'cursor';

export interface Theme {
  readonly color: boolean;
  readonly ascii: boolean;
}

const colored: Readonly<Record<Style, string>> = {
  plain: '',
  dim: '90',
  title: '1',
  selected: '7',
  chosen: '4',
  good: '32',
  warn: '33',
  bad: '1;31',
  note: '36',
  key: '1',
  marked: '32',
  unmarked: '33',
  free: '90',
  contradiction: '1;31',
  unreadable: '35',
  boundary: '1;36',
  cursor: '7',
};
const colorless: Partial<Record<Style, string>> = { title: '1', selected: '7', chosen: '4', key: '1', cursor: '7' };

/** `text` in the style's look. */
export function paint(theme: Theme, style: Style, text: string): string {
  const code = theme.color ? colored[style] : colorless[style];
  return code ? `\u001b[${code}m${text}\u001b[0m` : text;
}

const asciiOf: Readonly<Record<string, string>> = {
  '█': '#',
  '▓': '+',
  '░': '-',
  '·': '.',
  '│': '|',
  '─': '-',
  '▶': '>',
  '›': '>',
  '…': '~',
  '↑': '^',
  '↓': 'v',
  '←': '<',
  '→': '>',
  '–': '-',
  '−': '-',
  '—': '-',
  '✓': '=',
  '✗': '!',
  '⨯': 'x',
  '▏': '|',
  '«': '"',
  '»': '"',
  '×': 'x',
  Δ: 'd',
  '≠': '!',
  '⌈': '[',
  '⌉': ']',
  '▌': '#',
  '◀': '<',
  '≥': '>',
  '≤': '<',
  '▲': '^',
  '┊': '|',
  µ: 'u',
  '▁': '_',
  '▂': '.',
  '▃': '-',
  '▄': '=',
  '▅': '+',
  '▆': '*',
  '▇': '%',
};

/** Clean text with every non-ASCII character replaced by an ASCII one. */
export function toAscii(text: string): string {
  if (/^[\u0020-\u007e]*$/.test(text)) return text;
  let out = '';
  for (const char of text) out += char <= '~' ? char : (asciiOf[char] ?? '?');
  return out;
}
