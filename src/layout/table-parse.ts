// Parsing a table file's JSON, the structs one by one when they are asked for: an image needs a few dozen of nearly two hundred, and parsing is what
// opening a table costs. Works on the spacing that table-text.ts writes; any other JSON is parsed whole. Knows nothing of what the values mean.

const head = '\n "structs": {\n';
const tail = '\n },\n "variants": {';

/** The value of `text`; `malformed(path)` makes the error that a struct's broken text ends in, later. Throws SyntaxError for what is not JSON. */
export function parseTableText(text: string, malformed: (path: string) => Error): unknown {
  const start = text.indexOf(head) + head.length;
  const end = text.indexOf(tail, start - 1);
  const structs = start < head.length || end < 0 ? undefined : lazyMembers(text.slice(start, end), malformed);
  if (structs === undefined) return JSON.parse(text);
  const rest: unknown = JSON.parse(`${text.slice(0, start)}${text.slice(end)}`);
  return typeof rest === 'object' && rest !== null ? Object.assign(rest, { structs }) : rest;
}

const opening = / {2}"([^"\\\p{Cc}]+)": \{\n/uy;

/** An object whose members are parsed when they are read; undefined where the text is not spaced as expected. */
function lazyMembers(text: string, malformed: (path: string) => Error): Record<string, unknown> | undefined {
  // No prototype: hundreds of accessors are then added one by one without a hidden class for each.
  const members: Record<string, unknown> = Object.create(null);
  for (let at = 0; at < text.length; ) {
    opening.lastIndex = at;
    const name = opening.exec(text)?.[1];
    const close = text.indexOf('\n  }', at);
    const end = close + '\n  }'.length;
    if (name === undefined || close < 0 || !(end === text.length || text.startsWith(',\n', end))) return undefined;
    addMember(members, name, text.slice(at + name.length + 6, end), malformed);
    at = end + 2;
  }
  return members;
}

function addMember(
  members: Record<string, unknown>,
  name: string,
  text: string,
  malformed: (path: string) => Error,
): void {
  let value: unknown;
  Object.defineProperty(members, name, {
    configurable: true,
    enumerable: true,
    get() {
      if (value === undefined) {
        try {
          value = JSON.parse(text);
        } catch {
          throw malformed(`structs.${name}`);
        }
      }
      return value;
    },
  });
}
