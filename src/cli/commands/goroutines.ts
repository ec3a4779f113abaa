// `goroutines`: every goroutine with its stack.
import { GoroutineList } from '../../analysis/goroutines.js';
import { schemaVersion } from '../../analysis/overview.js';
import { jsonText } from '../../output/format.js';
import { goroutinesText } from '../../output/goroutines-text.js';
import type { CommandSpec, Invocation } from '../command.js';
import { needProcess, openFiles, refuseCsv } from './files.js';

function runGoroutines(invocation: Invocation): number {
  const { options, out } = invocation;
  refuseCsv('goroutines', invocation);
  const opened = openFiles('goroutines', invocation.operands, invocation);
  const process = needProcess('goroutines', opened);
  const list = new GoroutineList(process);
  const goroutines = list.goroutines.map((goroutine) => list.result(goroutine));
  if (options.format === 'json') out.line(jsonText({ schemaVersion, goroutines, unreadable: list.unreadable }, 1));
  else if (options.format === 'ndjson') for (const goroutine of goroutines) out.line(jsonText(goroutine));
  else out.write(goroutinesText(goroutines));
  opened.target.close();
  return 0;
}

export const goroutines: CommandSpec = {
  name: 'goroutines',
  operands: 'FILE…',
  summary: 'every goroutine: status, wait reason, stack',
  options: [],
  examples: ['spanscope goroutines ./server core.1234'],
  run: runGoroutines,
};
