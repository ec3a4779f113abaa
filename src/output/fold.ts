// Long lines for a terminal of 80 columns: broken between words, the rest below the text it belongs to. A word (a path, a build ID, an address) is
// never broken, for it is copied.

const columns = 80;

/** The line, or its pieces: `indent` columns stand before the second and each further one. */
export function fold(line: string, indent: number): string[] {
  const pieces: string[] = [];
  let rest = line;
  while (rest.length > columns) {
    // Where no word ends in the room there is, the first that ends behind it.
    const before = rest.lastIndexOf(' ', columns);
    const at = rest.slice(indent, before).trim() === '' ? rest.indexOf(' ', columns) : before;
    if (at < 0) break;
    pieces.push(rest.slice(0, at).trimEnd());
    rest = ' '.repeat(indent) + rest.slice(at).trimStart();
  }
  if (rest.trim() !== '' || pieces.length === 0) pieces.push(rest);
  return pieces;
}
