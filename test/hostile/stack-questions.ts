// Asks of a damaged image what stands on its stacks: goroutines, threads, unwound and scanned stacks, who allocates, functions. As text and JSON, like the others.
import { allocationSites, allocations } from '../../src/analysis/allocation.js';
import { filterGoroutines, groupGoroutines } from '../../src/analysis/goroutine-query.js';
import { GoroutineList } from '../../src/analysis/goroutines.js';
import { scanResults } from '../../src/analysis/stack-results.js';
import { binarySymbolRows, symbolRows } from '../../src/analysis/symbols.js';
import { threadResults } from '../../src/analysis/threads.js';
import { InspectError } from '../../src/bytes/errors.js';
import { allocationText } from '../../src/output/allocation-text.js';
import { jsonText, printable } from '../../src/output/format.js';
import { goroutineText, groupText } from '../../src/output/goroutines-text.js';
import { scanText } from '../../src/output/scan-text.js';
import { threadText } from '../../src/output/threads-text.js';
import { tracebackText } from '../../src/output/traceback-text.js';
import { type GoProcess, openProcess } from '../../src/runtime/process.js';
import type { OpenRequest } from '../../src/session/protocol.js';
import { openTarget } from '../../src/target/open.js';

/** `symbols`: also for every function that there is. */
export function askStacks(
  request: OpenRequest,
  harmful: RegExp,
  symbols = true,
): { answered: number; refused: number } {
  const sums = { answered: 0, refused: 0 };
  const ask = (name: string, question: () => string) => {
    try {
      const shown = question();
      sums.answered += 1;
      if (harmful.test(shown))
        throw new Error(`${name}: a control character is shown: ${JSON.stringify(shown.match(harmful))}`);
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      sums.refused += 1;
    }
  };
  ask('open', () => {
    const target = openTarget(request);
    try {
      let process: GoProcess | undefined;
      ask('process', () => {
        process = openProcess(target, {});
        return '';
      });
      if (process) askProcess(process, ask);
      if (process && symbols) ask('symbols', () => symbolsText(symbolRows(process!, () => true)));
      ask('scan', () => textOf(scanResults(target, process, {}), (scan) => scanText(scan, 10) + jsonText(scan)));
      if (symbols) ask('symbols of the binary', () => symbolsText(binarySymbolRows(target, () => true)));
    } finally {
      target.close();
    }
    return '';
  });
  return sums;
}

type Ask = (name: string, question: () => string) => void;

function askProcess(process: GoProcess, ask: Ask): void {
  ask('goroutines', () => {
    const list = new GoroutineList(process);
    const all = list.goroutines.map((one) => list.result(one, true));
    const { traceback: traits } = process.layout.traits;
    const groups = groupGoroutines(filterGoroutines(all, { system: true }));
    return (
      textOf(
        all,
        (one) =>
          jsonText(one) +
          goroutineText(one) +
          [true, false].map((all) => tracebackText(one, { traits, all, labels: all }).replaceAll('\t', '')).join(''),
      ) + textOf(groups, (group) => groupText(group, true))
    );
  });
  ask('threads', () => textOf(threadResults(process), (thread) => threadText(thread) + jsonText(thread)));
  ask('allocations', () => {
    const results = allocations(process);
    return allocationText(results, allocationSites(results)) + jsonText(results);
  });
}

const mostRows = 5000;

function symbolsText(rows: ReturnType<typeof symbolRows>): string {
  if (typeof rows === 'string') return rows;
  let text = '';
  let count = 0;
  for (const row of rows) {
    count += 1;
    if (count <= mostRows) text += printable(`${row.func} ${row.file}:${row.line}\n`) + jsonText(row);
  }
  return text;
}

function textOf<T>(items: Iterable<T>, text: (item: T) => string): string {
  let all = '';
  for (const item of items) all += `${text(item)}\n`;
  return all;
}
