// `findings` for people: title, evidence, meaning, advice, at 80 columns.
import type { Finding } from '../analysis/results.js';
import { bytesText, grouped, type Mark, printable, unmarked } from './format.js';

const width = 80;
const indent = '  ';

/** `notRead`: what of the heap could not be looked at, a phrase each; `mark`: of what rests on the spans. */
export function findingsText(findings: readonly Finding[], notRead: readonly string[], mark: Mark = unmarked): string {
  const doubts = notRead.flatMap((line) => wrap(line, '', '! ')).map((line) => printable(line));
  const none = notRead.length === 0 ? 'none' : 'none in what could be read';
  const parts = findings.length === 0 ? [none] : findings.map((finding) => one(finding, mark));
  return `${[...(doubts.length > 0 ? [doubts.join('\n')] : []), ...parts].join('\n\n')}\n`;
}

function one({ id, severity, title, evidence, meaning, advice }: Finding, mark: Mark): string {
  const lines = [
    ...wrap(`${severity.toUpperCase()} ${id}: ${mark(title)}`, ''),
    ...evidence.flatMap(({ what, value, address }) =>
      wrap(
        `${what}${value === undefined || value === null ? '' : `: ${mark(valueText(value))}`}${address ? ` at ${address}` : ''}`,
        indent,
        '- ',
      ),
    ),
    ...wrap(meaning, indent),
    ...wrap(advice, indent, '→ '),
  ];
  return lines.map((line) => printable(line)).join('\n');
}

/** Large numbers in evidence are bytes or counts: grouped, with a size where it tells more. */
function valueText(value: unknown): string {
  if (typeof value !== 'number') return String(value);
  return value >= 1 << 20 ? `${grouped(value)} (${bytesText(value)})` : grouped(value);
}

/** Lines of at most 80 columns; `mark` stands before the first. A word longer than a line has one to itself. */
function wrap(text: string, before: string, mark = ''): string[] {
  const lines: string[] = [];
  let line = `${before}${mark}`;
  let empty = true;
  for (const word of text.split(' ')) {
    if (!empty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = `${before}${' '.repeat(mark.length)}`;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line];
}
