// `overview`: everything of a first look, and what the program does without a command where stdout is no terminal.
import { overviewOf } from '../../analysis/overview.js';
import { summedSpans } from '../../analysis/span-totals.js';
import { jsonText } from '../../output/format.js';
import { overviewText } from '../../output/overview-text.js';
import { layoutOf } from '../../runtime/process.js';
import type { CommandSpec, Invocation } from '../command.js';
import { openFiles, refuseCsv, shortRunBudget } from './files.js';

/** From so many mspans on, their loops are what an overview's time goes into. */
const manySpans = 50_000;

export function runOverview(invocation: Invocation): number {
  refuseCsv('overview', invocation);
  const opened = openFiles('overview', invocation.operands, invocation);
  if (Number(opened.process?.allspans?.length ?? 0) <= manySpans) invocation.optimizeAfter(shortRunBudget);
  const spans = opened.process && summedSpans(opened.process);
  const layout = opened.process ? undefined : layoutOf(opened.target, invocation.options.open);
  const { format } = invocation.options;
  const json = format === 'json' || format === 'ndjson';
  const result = overviewOf(opened.target, opened.process, spans, layout, { everyRoot: json });
  if (json) invocation.out.line(jsonText(result, format === 'json' ? 2 : undefined));
  else invocation.out.write(overviewText(result));
  opened.target.close();
  return 0;
}

export const overview: CommandSpec = {
  name: 'overview',
  operands: 'FILE…',
  summary: 'Go version, how each root was found, heap totals, GC, findings',
  options: [],
  examples: ['spanscope overview ./server core.1234', 'spanscope overview ./server heap.bin@0xc000000000 --json'],
  run: runOverview,
};
