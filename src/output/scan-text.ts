// `stacks --scan` for people: the likely chain first, then what else stands behind a call.
import type { CandidateResult, ScanResult } from '../analysis/results-goroutines.js';
import { grouped, printable } from './format.js';

/** `most`: words outside of the chain that are shown; 0 for all. */
export function scanText(
  { what, goid, tid, status, sp, pc, func, end, complete, candidates }: ScanResult,
  most: number,
): string {
  const whose = what === 'goroutine' ? `goroutine ${goid} [${status}]` : what === 'thread' ? `thread ${tid}` : 'stack';
  const likely = candidates.filter((candidate) => candidate.likely);
  const rest = candidates.filter((candidate) => !candidate.likely);
  const shown = most === 0 ? rest : rest.slice(0, most);
  const lines = [
    `${whose}, scanned from SP ${sp}${end === null ? '' : ` to ${end}`}`,
    ...(pc === null ? [] : [`  in ${func ?? '?'} at ${pc}`]),
    ...likely.map(line),
    ...(complete
      ? []
      : [
          likely.length > 0
            ? '  the chain ends before a function that nothing called'
            : '  no chain of calls is borne out',
        ]),
    ...(shown.length > 0
      ? [`  ${grouped(rest.length)} other words that look like return addresses:`, ...shown.map(line)]
      : []),
    ...(shown.length < rest.length
      ? [`  showing ${grouped(shown.length)} of ${grouped(rest.length)} (--limit 0 for all)`]
      : []),
  ];
  return `${lines.map((text) => printable(text)).join('\n')}\n`;
}

function line({ at, pc, func, offset, file, line: number, score, reasons }: CandidateResult): string {
  const place =
    func === null
      ? ''
      : `  ${func} +0x${(offset ?? 0).toString(16)}${file === null ? '' : `  ${file}:${number ?? '?'}`}`;
  return `  ${at}  ${pc}  ${score.toFixed(2)}${place}  ${reasons.join(', ')}`;
}
