// Asks the engine everything that a user can ask of a target, and writes each answer as text and JSON. Only an InspectError may come out; what else does is
// the fuzzer's find.
import { InspectError } from '../../src/bytes/errors.js';
import { findText, memoryText } from '../../src/output/find-text.js';
import { findingsText } from '../../src/output/findings-text.js';
import { jsonText } from '../../src/output/format.js';
import { gcText } from '../../src/output/gc-text.js';
import { layoutShowText } from '../../src/output/layout-text.js';
import { overviewText } from '../../src/output/overview-text.js';
import { spanDetailText, spanLine } from '../../src/output/spans-text.js';
import { layoutVerifyText } from '../../src/output/verify-text.js';
import { createEngine, type Engine } from '../../src/session/engine.js';
import type { CallName, Calls, OpenRequest } from '../../src/session/protocol.js';
import { askStacks } from './stack-questions.js';

export interface Answers {
  readonly opened: boolean;
  readonly answered: number;
  readonly refused: number;
  /** CPU time that the dearest of a user's commands costs: opening the target, and the one question that takes longest. */
  readonly seconds: number;
}

/** Control characters but the newline, and those that turn the direction of text. */
export const harmful = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
/** What a sentence must not hold: a value that was not there, or an object put into words. (A float of the image may be NaN.) */
const nonsense = /\bundefined\b|\[object /;
const query = { filter: '', sort: { column: 'base', descending: false } } as const;

export function askEverything(
  request: OpenRequest,
  interesting: readonly number[],
  verify: boolean,
  onStacks = true,
): Answers {
  const asking = new Asking();
  const { engine } = asking;
  try {
    const opened = asking.ask('openTarget', request, () => '');
    if (!opened) return { opened: false, answered: 0, refused: asking.refused, seconds: asking.opening };
    asking.ask('overview', {}, overviewText);
    asking.ask('gc', {}, gcText);
    asking.ask('findings', {}, ({ findings, notRead }) => findingsText(findings, notRead));
    asking.ask('provenance', {}, () => '');
    const window = asking.ask('spanWindow', { query, from: 0, count: 40 }, ({ rows }) =>
      rows.map((row) => spanLine(row)).join('\n'),
    );
    asking.ask('spanWindow', { query: { ...query, filter: 'used<90 state=inuse' }, from: 5, count: 20 }, () => '');
    const rows = window?.rows ?? [];
    for (const row of [rows[0], rows[rows.length >> 1], rows.at(-1)])
      if (row) asking.ask('span', { address: row.addr }, (span) => spanDetailText(span, true));
    for (const address of interesting) {
      asking.ask('find', { address: `0x${address.toString(16)}` }, findText);
      asking.ask('memory', { address: `0x${address.toString(16)}`, length: 128 }, (memory) => memoryText(memory, 8));
    }
    asking.ask('heapMap', { pagesPerCell: 8, from: 0, count: 400 }, () => '');
    if (onStacks) {
      const before = process.cpuUsage();
      const stacks = askStacks(request, harmful);
      asking.took(before, stacks.answered);
      asking.answered += stacks.answered;
      asking.refused += stacks.refused;
    }
    asking.ask('histogram', { filter: '', column: 'elemsize' }, () => '');
    if (verify) {
      asking.ask('layoutShow', { name: '' }, layoutShowText);
      asking.ask('layoutVerify', {}, layoutVerifyText);
    }
    return {
      opened: true,
      answered: asking.answered,
      refused: asking.refused,
      seconds: asking.opening + asking.slowest,
    };
  } finally {
    engine.close();
  }
}

class Asking {
  readonly engine: Engine = createEngine();
  answered = 0;
  refused = 0;
  opening = 0;
  slowest = 0;

  /** CPU time since `before`, of so many questions that cost about the same. */
  took(before: NodeJS.CpuUsage, questions: number): void {
    const { user, system } = process.cpuUsage(before);
    this.slowest = Math.max(this.slowest, (user + system) / 1e6 / Math.max(1, questions));
  }

  ask<K extends CallName>(
    name: K,
    params: Calls[K]['params'],
    text: (result: Calls[K]['result']) => string,
  ): Calls[K]['result'] | undefined {
    const before = process.cpuUsage();
    try {
      const result = this.engine.call(name, params, () => undefined);
      const words = text(result);
      const shown = words + jsonText(result);
      if (nonsense.test(words))
        throw new Error(`${name} says ${JSON.stringify(words.match(/.*(undefined|\[object ).*/)?.[0])}`);
      this.answered += 1;
      if (harmful.test(shown))
        throw new Error(`${name}: a control character is shown: ${JSON.stringify(shown.match(harmful))}`);
      return result;
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      const line = `${error.subject}: ${error.why}`;
      if (error.why === '' || nonsense.test(line)) throw new Error(`${name} is refused with no clear line: ${line}`);
      this.refused += 1;
      return undefined;
    } finally {
      if (name === 'openTarget') {
        this.took(before, 1);
        [this.opening, this.slowest] = [this.slowest, 0];
      } else this.took(before, 1);
    }
  }
}
