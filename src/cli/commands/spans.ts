// `spans` and `span ADDR`.

import { addressText } from '../../analysis/numbers.js';
import { schemaVersion } from '../../analysis/overview.js';
import { filterRows, findRow, type SortColumn, sortRows } from '../../analysis/query.js';
import { parseFilter } from '../../analysis/query-text.js';
import { spanDetail } from '../../analysis/span-detail.js';
import { bitColumns, spanColumns, spanRow } from '../../analysis/span-rows.js';
import { InspectError } from '../../bytes/errors.js';
import { isTold } from '../../layout/exact.js';
import { grouped, jsonText } from '../../output/format.js';
import { spanRowJson } from '../../output/span-json.js';
import { SpanLines } from '../../output/span-lines.js';
import { csvCell, spanDetailText, spanHeading, spanLine } from '../../output/spans-text.js';
import type { GoProcess } from '../../runtime/process.js';
import type { SpanTable } from '../../runtime/span-table.js';
import type { CommandSpec, Invocation } from '../command.js';
import { addressValue, type RawOptions, text, UsageError, wholeNumber } from '../options.js';
import { needSpans, openFiles, refuseCsv } from './files.js';

const tableLimit = 50;
const states: readonly string[] = ['free', 'inuse', 'manual'];
const sortable: readonly SortColumn[] = [
  'index', 'addr', 'base', 'limit', 'npages', 'state', 'spanclass', 'sizeclass', 'elemsize', 'nelems', 'freeindex', 'allocCount', 'allocated', 'sweepgen', 'used', 'bytes',
]; // biome-ignore format: a list of names

/** The rows that the options ask for, as a function over a table; options are checked before any file is opened. */
function rowChooser(raw: RawOptions): (process: GoProcess, table: SpanTable) => Uint32Array {
  const words: string[] = [];
  const wanted = text(raw, 'state')?.split(',');
  for (const state of wanted ?? [])
    if (!states.includes(state)) throw new UsageError(`--state ${state}`, `is none of ${states.join(', ')}`);
  if (wanted) words.push(`state=${wanted.join(',')}`);
  const sizeclass = text(raw, 'class');
  if (sizeclass !== undefined) {
    if (!/^\d{1,3}n?$/.test(sizeclass)) throw new UsageError(`--class ${sizeclass}`, 'is no size class, like 5 or 5n');
    words.push(`class=${sizeclass}`);
  }
  if (raw.noscan === true) words.push('noscan');
  if (raw.scan === true) words.push('scan');
  if (raw.suspect === true) words.push('suspect');
  const minPages = text(raw, 'minPages');
  if (minPages !== undefined) words.push(`npages>=${wholeNumber('--min-pages', minPages)}`);
  const terms = parseFilter([...words, text(raw, 'where') ?? ''].join(' '));
  const column = text(raw, 'sort') ?? 'index';
  const sort = sortable.find((name) => name.toLowerCase() === column.toLowerCase());
  if (!sort) throw new UsageError(`--sort ${column}`, `is none of ${sortable.join(', ')}`);
  return ({ layout }, table) => {
    const { pageSize } = layout.traits;
    return sortRows(table, filterRows(table, terms, pageSize), sort, raw.reverse === true, pageSize);
  };
}

function runSpans(invocation: Invocation): number {
  const { options, raw, out } = invocation;
  const choose = rowChooser(raw);
  const opened = openFiles('spans', invocation.operands, invocation);
  const { process, table } = needSpans('spans', opened);
  const rows = choose(process, table);
  const limit = options.limit ?? (options.format === 'table' ? tableLimit : 0);
  const shown = limit === 0 ? rows : rows.subarray(0, limit);
  const withBits = raw.bits === true;
  const source = { memory: process.memory, layout: process.layout, table };
  const view = (row: number) => {
    if (withBits) process.settle(row);
    return spanRow(source, row, withBits);
  };
  switch (options.format) {
    case 'ndjson':
      if (!withBits) {
        const lines = new SpanLines(source, (bytes) => out.bytes(bytes));
        for (const row of shown) lines.add(row);
        lines.flush();
        break;
      }
      for (const row of shown) out.line(spanRowJson(view(row)));
      break;
    case 'csv': {
      const header = [...spanColumns, ...(withBits ? bitColumns : []), 'suspect', 'missing'] as const;
      out.line(header.join(','));
      for (const row of shown) {
        const cells = view(row);
        out.line(header.map((name) => csvCell(cells[name])).join(','));
      }
      break;
    }
    case 'json': {
      out.write(
        `{"schemaVersion":${schemaVersion},${isTold(process.layout, 'mspan') ? '"source":"inferred",' : ''}"total":${table.length},"unreadableEntries":${table.unreadableEntries},${table.partial === undefined ? '' : `"partial":${JSON.stringify(table.partial)},`}"matching":${rows.length},"shown":${shown.length},"spans":[`,
      );
      shown.forEach((row, i) => {
        out.write(`${i === 0 ? '\n' : ',\n'}${spanRowJson(view(row))}`);
      });
      out.line(']}');
      break;
    }
    default: {
      out.line(spanHeading());
      const told = isTold(process.layout, 'mspan');
      for (const row of shown) out.line(spanLine(spanRow(source, row, false), told ? 'inferred' : 'table'));
      if (shown.length < rows.length)
        out.line(`showing ${grouped(shown.length)} of ${grouped(rows.length)} (--limit 0 for all)`);
      else if (rows.length < table.length) out.line(`${grouped(rows.length)} of ${grouped(table.length)} spans match`);
    }
  }
  if (table.partial !== undefined) invocation.warn(table.partial);
  if (table.unreadableEntries > 0)
    invocation.warn(`allspans: ${grouped(table.unreadableEntries)} entries can't be read, their spans are not shown`);
  opened.target.close();
  return 0;
}

export const spans: CommandSpec = {
  name: 'spans',
  operands: 'FILE…',
  summary: 'the span table: a row per mspan in allspans',
  options: [
    { flags: '--state <list>', help: 'free, inuse, manual; several joined by commas' },
    { flags: '--class <class>', help: 'size class; 5n: the noscan one' },
    { flags: '--noscan', help: 'only spans without pointers' },
    { flags: '--scan', help: 'only spans with pointers' },
    { flags: '--min-pages <n>', help: 'at least that many pages' },
    { flags: '--suspect', help: 'only spans that contradict themselves' },
    { flags: '--where <filter>', help: 'like "class=5 used<70 !manual elemsize>=1k 0xc000012000"' },
    { flags: '--sort <column>', help: 'by a column; default: allspans order' },
    { flags: '--reverse', help: 'largest first' },
    { flags: '--bits', help: 'with allocBits, gcmarkBits and inlineMarks' },
  ],
  examples: [
    'spanscope spans ./server core.1234 --state inuse --sort elemsize --reverse',
    'spanscope spans ./server core.1234 --format ndjson --bits > spans.ndjson',
  ],
  run: runSpans,
};

function runSpan(invocation: Invocation): number {
  const [first, ...files] = invocation.operands;
  if (first === undefined) throw new UsageError('span', 'no address given: spanscope span ADDR FILE…');
  const address = addressValue('span', first);
  refuseCsv('span', invocation);
  const opened = openFiles('span', files, invocation);
  const { process, table } = needSpans('span', opened);
  const row = findRow(table, address, process.layout.traits.pageSize);
  if (row < 0)
    throw new InspectError(
      'address-not-found',
      addressText(address),
      'belongs to no span and is no mspan',
      'spanscope spans lists what there is',
    );
  const detail = spanDetail(process, table, row);
  if (table.partial !== undefined) invocation.warn(table.partial);
  if (invocation.options.format === 'json' || invocation.options.format === 'ndjson') {
    invocation.out.line(jsonText(detail, invocation.options.format === 'json' ? 2 : undefined));
  } else invocation.out.write(spanDetailText(detail, invocation.options.ascii, isTold(process.layout, 'mspan')));
  opened.target.close();
  return 0;
}

export const span: CommandSpec = {
  name: 'span',
  operands: 'ADDR FILE…',
  summary: 'one span, by its mspan’s address or any address inside it: fields, slot map',
  options: [],
  examples: [
    'spanscope span 0xc000112000 ./server core.1234',
    'spanscope span 0x7f3a2c01e5f8 ./server core.1234 --json',
  ],
  run: runSpan,
};
