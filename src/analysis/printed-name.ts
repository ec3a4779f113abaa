// A function's name as the runtime prints it (runtime/traceback.go, funcNamePiecesForPrint).
import type { TracebackTraits } from '../layout/types.js';

/**
 * Type arguments are left out: `main.(*list[...]).Map[...].func1` of `main.(*list[go.shape.int]).Map[go.shape.string].func1`. Before 1.27, which lets methods
 * have their own, from the first bracket to the last, whatever stands between: `main.(*list[...]).Map.func1.func2` of a closure that was inlined into another. A
 * name whose brackets don’t match, as those of a struct’s tags may, is taken to have one list too. Up to 1.20 the linker has left them out already.
 */
export function printedName(name: string, lists: TracebackTraits['typeLists']): string {
  const open = name.indexOf('[');
  const close = name.lastIndexOf(']');
  if (lists === 'as is' || open < 0 || close <= open) return name;
  const between = lists === 'two' ? betweenLists(name.slice(open + 1, close)) : undefined;
  return `${name.slice(0, open)}[...]${between === undefined ? '' : `${between}[...]`}${name.slice(close + 1)}`;
}

/** What stands between the receiver’s arguments and the method’s: `).Map` of `int]).Map[string`. */
function betweenLists(interior: string): string | undefined {
  let depth = 1;
  let end = -1;
  let begin = -1;
  for (let at = 0; at < interior.length; at++) {
    const char = interior[at];
    if (char === '[') {
      depth += 1;
      if (depth === 1) begin = begin < 0 ? at : begin;
    } else if (char === ']') {
      depth -= 1;
      if (depth < 0) return undefined;
      if (depth === 0 && begin < 0) end = at;
    }
  }
  return depth === 1 && begin >= 0 ? interior.slice(end + 1, begin) : undefined;
}
