// `findings`: the diagnosis, and an exit code for scripts.
import { findingsOf } from '../../analysis/findings.js';
import { schemaVersion, unreadWarnings } from '../../analysis/overview.js';
import type { Finding } from '../../analysis/results.js';
import { sumSpans } from '../../analysis/span-totals.js';
import { findingsText } from '../../output/findings-text.js';
import { jsonText, marksOf } from '../../output/format.js';
import type { CommandSpec, Invocation } from '../command.js';
import { text, UsageError } from '../options.js';
import { needSpans, openFiles, refuseCsv } from './files.js';

const severities: readonly Finding['severity'][] = ['low', 'medium', 'high'];

function runFindings(invocation: Invocation): number {
  const { options, raw, out } = invocation;
  refuseCsv('findings', invocation);
  const failOn = text(raw, 'failOn');
  const threshold = severities.indexOf(failOn as Finding['severity']);
  if (failOn !== undefined && threshold < 0)
    throw new UsageError(`--fail-on ${failOn}`, `is none of ${severities.join(', ')}`);
  const opened = openFiles('findings', invocation.operands, invocation);
  const { process, table } = needSpans('findings', opened);
  const sums = sumSpans(process.layout, table);
  const findings = findingsOf(process, { rows: table, sums });
  // Silence about a heap that was not seen would pass for health.
  const notRead = unreadWarnings(process, sums.totals);
  const complete = notRead.length === 0;
  if (options.format === 'json') out.line(jsonText({ schemaVersion, findings, complete, notRead }, 2));
  else if (options.format === 'ndjson') for (const finding of findings) out.line(jsonText(finding));
  else out.write(findingsText(findings, notRead, marksOf(process.layout)('mspan')));
  opened.target.close();
  const failed = failOn !== undefined && findings.some(({ severity }) => severities.indexOf(severity) >= threshold);
  return failed ? 1 : 0;
}

export const findings: CommandSpec = {
  name: 'findings',
  operands: 'FILE…',
  summary: 'the diagnosis: what is wrong, the evidence, what it means, what to do',
  options: [{ flags: '--fail-on <severity>', help: 'exit 1 if there is one of low, medium, high, or worse' }],
  examples: ['spanscope findings ./server core.1234', 'spanscope findings ./server core.1234 --fail-on medium'],
  run: runFindings,
};
