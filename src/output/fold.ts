// Long lines for a terminal: broken between words, the rest below the text it belongs to. A word (a path, a build ID, an address) is never broken, for it is copied.

/** What texts are made for where nothing tells how wide the terminal is. */
const usual = 80;
/** How far the rest of a line stands in from where the line began. */
const hang = 2;

/** The line, or its pieces: `indent` columns stand before the second and each further one. */
export function fold(line: string, indent: number, columns = usual): string[] {
  const pieces: string[] = [];
  let rest = line;
  while (rest.length > columns) {
    // Where no word ends in the room there is, the first that ends behind it.
    const before = rest.lastIndexOf(' ', columns);
    const blank = rest.slice(indent, before).trim() === '';
    const at = blank ? rest.indexOf(' ', Math.max(columns, indent, rest.search(/\S/))) : before;
    if (at < 0) break;
    pieces.push(rest.slice(0, at).trimEnd());
    rest = ' '.repeat(indent) + rest.slice(at).trimStart();
  }
  if (rest.trim() !== '' || pieces.length === 0) pieces.push(rest);
  return pieces;
}

/** Whole lines of text, each of at most so many columns where its words allow it. */
export function foldText(text: string, columns: number): string {
  const lines = text.split('\n').flatMap((line) => {
    const indent = line.length - line.trimStart().length + hang;
    return line.length > columns ? fold(line, Math.min(indent, Math.floor(columns / 2)), columns) : [line];
  });
  return lines.join('\n');
}
