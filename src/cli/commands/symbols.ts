// `symbols [PATTERN]`: functions with address, size and place in the source, stripped or not.
import { existsSync } from 'node:fs';
import { schemaVersion } from '../../analysis/overview.js';
import { binarySymbolRows, type SymbolRow, symbolRows } from '../../analysis/symbols.js';
import { InspectError } from '../../bytes/errors.js';
import { grouped, jsonText, printable } from '../../output/format.js';
import { csvCell } from '../../output/spans-text.js';
import type { CommandSpec, Invocation } from '../command.js';
import { UsageError } from '../options.js';
import { needProcess, openFiles } from './files.js';

const tableLimit = 50;

/** The first operand is a pattern unless it is a file, a raw image or a process. */
function splitPattern(operands: readonly string[]): { pattern: string | undefined; files: readonly string[] } {
  const [first, ...rest] = operands;
  if (first === undefined || existsSync(first) || /^pid:\d+$|@0x[0-9a-f]+$/i.test(first))
    return { pattern: undefined, files: operands };
  return { pattern: first, files: rest };
}

/** A regular expression; what is none is looked for as it stands. */
function matcher(pattern: string | undefined): (name: string) => boolean {
  if (pattern === undefined) return () => true;
  try {
    const expression = new RegExp(pattern);
    return (name) => expression.test(name) || name.includes(pattern);
  } catch {
    return (name) => name.includes(pattern);
  }
}

function runSymbols(invocation: Invocation): number {
  const { options } = invocation;
  const { pattern, files } = splitPattern(invocation.operands);
  if (pattern !== undefined && files.length === 0 && options.pid === undefined && options.open.regions === undefined)
    throw new UsageError(
      'symbols',
      `no file given, and there is no file ${pattern}: spanscope symbols [PATTERN] FILE…`,
    );
  const opened = openFiles('symbols', files, invocation);
  const rows = opened.target.image
    ? symbolRows(needProcess('symbols', opened), matcher(pattern))
    : binarySymbolRows(opened.target, matcher(pattern));
  if (typeof rows === 'string') throw new InspectError('root-not-found', 'symbols', rows);
  const limit = options.limit ?? (options.format === 'table' ? tableLimit : 0);
  let total = 0;
  const shown: SymbolRow[] = [];
  for (const row of rows) {
    total += 1;
    if (limit === 0 || shown.length < limit) shown.push(row);
  }
  write(shown, total, invocation);
  opened.target.close();
  return 0;
}

const columns = ['addr', 'size', 'func', 'file', 'line'] as const;

function write(rows: readonly SymbolRow[], total: number, { options, out }: Invocation): void {
  switch (options.format) {
    case 'json':
      out.write(`{"schemaVersion":${schemaVersion},"total":${total},"shown":${rows.length},"symbols":[`);
      rows.forEach((row, i) => {
        out.write(`${i === 0 ? '\n' : ',\n'}${jsonText(row)}`);
      });
      out.line(']}');
      break;
    case 'ndjson':
      for (const row of rows) out.line(jsonText(row));
      break;
    case 'csv':
      out.line(columns.join(','));
      for (const row of rows) out.line(columns.map((name) => csvCell(row[name])).join(','));
      break;
    default:
      for (const { addr, size, func, file, line } of rows)
        out.line(
          printable(`${addr.padStart(14)}  ${grouped(size).padStart(8)}  ${func}  ${file ?? '?'}:${line ?? '?'}`),
        );
      if (rows.length < total) out.line(`showing ${grouped(rows.length)} of ${grouped(total)} (--limit 0 for all)`);
      else out.line(`${grouped(total)} ${total === 1 ? 'function' : 'functions'}`);
  }
}

export const symbols: CommandSpec = {
  name: 'symbols',
  operands: '[PATTERN] FILE…',
  summary: 'functions out of the pclntab: address, size, place in the source (PATTERN: a regular expression)',
  options: [],
  examples: [
    'spanscope symbols mallocgc ./server',
    'spanscope symbols mallocgc ./server core.1234',
    "spanscope symbols '^main\\.' ./server core.1234 --format csv",
  ],
  run: runSymbols,
};
