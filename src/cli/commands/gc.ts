// `gc`: gcController and memstats by their own names, and what the pacer aims at.
import { gcOf } from '../../analysis/gc.js';
import { summedSpans } from '../../analysis/span-totals.js';
import { jsonText } from '../../output/format.js';
import { gcText } from '../../output/gc-text.js';
import type { CommandSpec, Invocation } from '../command.js';
import { needProcess, openFiles, refuseCsv } from './files.js';

function runGc(invocation: Invocation): number {
  refuseCsv('gc', invocation);
  const opened = openFiles('gc', invocation.operands, invocation);
  const process = needProcess('gc', opened);
  const result = gcOf(process, summedSpans(process)?.sums.totals);
  const { format } = invocation.options;
  if (format === 'table') invocation.out.write(gcText(result));
  else invocation.out.line(jsonText(result, format === 'json' ? 2 : undefined));
  opened.target.close();
  return 0;
}

export const gc: CommandSpec = {
  name: 'gc',
  operands: 'FILE…',
  summary: 'gcController and memstats: phase, live heap, trigger, goal, every field',
  options: [],
  examples: ['spanscope gc ./server core.1234', 'spanscope gc ./server core.1234 --json'],
  run: runGc,
};
