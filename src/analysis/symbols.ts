// The functions of a program by their names, out of its function table: what `nm` and `go tool nm` show where there is a symbol table.
import { type GoProcess, layoutOf } from '../runtime/process.js';
import { type ProgramFunctions, readBinaryFunctions, readFunctions } from '../runtime/unwind/program-functions.js';
import type { Target } from '../target/target.js';
import { addressText } from './numbers.js';
import type { AddressText } from './results.js';

export interface SymbolRow {
  readonly addr: AddressText;
  /** Bytes to the next function: padding is counted. */
  readonly size: number;
  /** As in pclntab. */
  readonly func: string;
  /** Of the function's first instruction; null where the table does not say. */
  readonly file: string | null;
  readonly line: number | null;
}

/** Functions whose name matches, by ascending address of each module; a phrase where no function table can be read. */
export function symbolRows(process: GoProcess, matches: (name: string) => boolean): Iterable<SymbolRow> | string {
  const functions = readFunctions(process);
  return functions ? rows(functions.all(), matches) : 'the program’s function table can’t be read';
}

/** The same of a binary alone, at its link-time addresses. */
export function binarySymbolRows(target: Target, matches: (name: string) => boolean): Iterable<SymbolRow> | string {
  const layout = layoutOf(target, {});
  if (!layout) return 'no layout is known of this Go release';
  const functions = readBinaryFunctions(target, layout);
  return typeof functions === 'string' ? functions : rows(functions.all(), matches);
}

function* rows(
  functions: ReturnType<ProgramFunctions['all']>,
  matches: (name: string) => boolean,
): Generator<SymbolRow> {
  for (const fn of functions) {
    const { name, entry, end } = fn;
    // Gaps between Go's functions, where C code stands, have entries without a name.
    if (name === '' || !matches(name)) continue;
    const { file, line } = fn.start;
    yield { addr: addressText(entry), size: end - entry, func: name, file: file ?? null, line: line ?? null };
  }
}
