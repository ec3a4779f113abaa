// `goroutines`, `goroutine ID` and `threads`: who is where, and why.

import { boundedFrames, type ElidedFrames } from '../../analysis/bounded-frames.js';
import {
  filterGoroutines,
  type GoroutineFilter,
  groupGoroutines,
  hasStack,
  stateName,
} from '../../analysis/goroutine-query.js';
import { GoroutineList } from '../../analysis/goroutines.js';
import { schemaVersion } from '../../analysis/overview.js';
import type { GoroutineResult } from '../../analysis/results-goroutines.js';
import { threadResults } from '../../analysis/threads.js';
import { InspectError } from '../../bytes/errors.js';
import { loadConstants } from '../../layout/constants.js';
import { isTold } from '../../layout/exact.js';
import { layoutsFolder } from '../../layout/load.js';
import { grouped, jsonText, type Mark, marksOf } from '../../output/format.js';
import { flatLines, goroutineText, groupText } from '../../output/goroutines-text.js';
import { csvCell } from '../../output/spans-text.js';
import { threadText } from '../../output/threads-text.js';
import { type TracebackOptions, tracebackText } from '../../output/traceback-text.js';
import { godebugSetting } from '../../runtime/godebug.js';
import type { GoProcess } from '../../runtime/process.js';
import type { CommandSpec, Invocation } from '../command.js';
import { type RawOptions, text, UsageError } from '../options.js';
import { framesOption, mostFramesOf, warnOfElided } from './elided.js';
import { needProcess, openFiles, refuseCsv } from './files.js';

/** Groups or lines of a table where no limit is given. */
const tableLimit = 50;

const noAllgs = 'allgs was not found, or can’t be read: no goroutine is known';

const sorts: Readonly<Record<string, (a: GoroutineResult, b: GoroutineResult) => number>> = {
  goid: (a, b) => Number(a.goid) - Number(b.goid),
  wait: (a, b) => (b.waitSinceAtLeast ?? -1) - (a.waitSinceAtLeast ?? -1),
  state: (a, b) => stateName(a).localeCompare(stateName(b)),
};

function filterOf(raw: RawOptions): GoroutineFilter | undefined {
  const [state, reason, func, inPackage] = ['state', 'reason', 'func', 'package'].map((name) => text(raw, name));
  const states = state?.split(',').map((word) => word.trim());
  if (states) {
    const known = loadConstants(layoutsFolder()).statusNames();
    for (const word of states)
      if (!known.includes(word)) throw new UsageError(`--state ${word}`, `is none of ${known.join(', ')}`);
  }
  const unfiltered = [states, reason, func, inPackage].every((value) => value === undefined);
  if (unfiltered && raw.user !== true) return undefined;
  return {
    ...(states ? { states } : {}),
    ...(reason === undefined ? {} : { reason }),
    ...(func === undefined ? {} : { func }),
    ...(inPackage === undefined ? {} : { package: inPackage }),
    system: raw.user !== true,
  };
}

function runGoroutines(invocation: Invocation): number {
  const { options, raw, out } = invocation;
  const sort = text(raw, 'sort');
  const compare = sort === undefined ? undefined : sorts[sort];
  if (sort !== undefined && !compare)
    throw new UsageError(`--sort ${sort}`, `is none of ${Object.keys(sorts).join(', ')}`);
  const filter = filterOf(raw);
  const frames = mostFramesOf(raw);
  const opened = openFiles('goroutines', invocation.operands, invocation);
  const process = needProcess('goroutines', opened);
  const list = new GoroutineList(process);
  const people = options.format === 'table' || options.format === 'traceback';
  // Without a filter a dump has those of the program, as the runtime's has.
  const shown = filter ?? (people ? { system: raw.system === true || raw.all === true } : undefined);
  const matching: (GoroutineResult & ElidedFrames)[] = [];
  let alive = 0;
  // One by one: of a long stack no more is kept than is shown.
  for (const goroutine of list.goroutines) {
    const result = list.result(goroutine, options.format === 'traceback');
    if (hasStack(result.status)) alive += 1;
    if (!shown || filterGoroutines([result], shown).length > 0)
      matching.push(people ? result : boundedFrames(result, frames));
  }
  if (compare) matching.sort(compare);
  const limit = options.limit ?? (options.format === 'table' ? tableLimit : 0);
  const cut = <T>(items: readonly T[]): readonly T[] => (limit === 0 ? items : items.slice(0, limit));
  switch (options.format) {
    case 'json':
      out.write(
        `{"schemaVersion":${schemaVersion},${isTold(process.layout, 'g') ? '"source":"inferred",' : ''}${list.known ? '' : '"missing":["runtime.allgs"],'}"total":${list.goroutines.length},"unreadable":${list.unreadable},"goroutines":[`,
      );
      cut(matching).forEach((goroutine, i) => {
        out.write(`${i === 0 ? '\n' : ',\n'}${jsonText(goroutine)}`);
      });
      out.line(']}');
      break;
    case 'ndjson':
      for (const goroutine of cut(matching)) out.line(jsonText(goroutine));
      break;
    case 'csv':
      writeCsv(cut(matching), invocation);
      break;
    case 'traceback': {
      const how = tracebackOptions(process, raw);
      for (const goroutine of cut(matching)) out.write(tracebackText(goroutine, how));
      break;
    }
    default:
      writeTable(matching, cut, invocation, compare !== undefined, marksOf(process.layout)('g'));
      if (list.known)
        writeSummary(
          { alive, dead: list.goroutines.length - alive, shown: matching.length, plain: filter === undefined },
          invocation,
        );
  }
  if (!people && options.format !== 'csv')
    for (const { goid, ...goroutine } of cut(matching)) warnOfElided(`goroutine ${goid}`, goroutine, invocation);
  if (!list.known) invocation.warn(`${noAllgs} (threads shows what runs)`);
  if (list.unreadable > 0) invocation.warn(`allgs: ${grouped(list.unreadable)} g’s can’t be read, they are not shown`);
  if (list.unread.size > 0)
    invocation.warn(
      list.unread.size === 1
        ? 'a goroutine has a stack that is not read: it overlaps another’s, or SP lies below it'
        : `${grouped(list.unread.size)} goroutines have stacks that are not read: they overlap others’, or SP lies below them`,
    );
  if (!list.functions) invocation.warn('the program’s function table can’t be read: no stacks, no names');
  opened.target.close();
  return 0;
}

/** As the program itself would dump its goroutines. */
function tracebackOptions(process: GoProcess, raw: RawOptions): TracebackOptions {
  const { traceback: traits } = process.layout.traits;
  const labels = traits.labels && (godebugSetting(process, 'tracebacklabels') ?? traits.labels.fallback);
  return { traits, all: raw.all === true, labels: labels === '1' };
}

function writeTable(
  rows: readonly GoroutineResult[],
  cut: <T>(items: readonly T[]) => readonly T[],
  { raw, out }: Invocation,
  sorted: boolean,
  mark: Mark,
): void {
  if (raw.flat === true || sorted) {
    const shown = cut(rows);
    for (const line of flatLines(shown, mark)) out.line(line);
    if (shown.length < rows.length)
      out.line(`showing ${grouped(shown.length)} of ${grouped(rows.length)} (--limit 0 for all)`);
    return;
  }
  const groups = groupGoroutines(rows);
  const shown = cut(groups);
  for (const group of shown) out.line(groupText(group, raw.all === true, mark));
  if (shown.length < groups.length)
    out.line(`showing ${grouped(shown.length)} of ${grouped(groups.length)} groups (--limit 0 for all)`);
}

/** How many there are of what is not shown. */
function writeSummary(
  {
    alive,
    dead,
    shown,
    plain,
  }: { readonly alive: number; readonly dead: number; readonly shown: number; readonly plain: boolean },
  { out }: Invocation,
): void {
  const hidden = alive - shown;
  const rest = [
    ...(hidden > 0
      ? [plain ? `${grouped(hidden)} of the runtime’s own (--system)` : `${grouped(hidden)} filtered out`]
      : []),
    ...(dead > 0 ? [`${grouped(dead)} dead`] : []),
  ];
  out.line(`${grouped(shown)} goroutines${rest.length > 0 ? `; not shown: ${rest.join(', ')}` : ''}`);
}

const csvColumns = ['goid', 'status', 'waitReason', 'waitSinceAtLeast', 'lockedToThread', 'thread', 'system', 'func', 'file', 'line', 'startFunc', 'createdBy', 'complete'] as const; // biome-ignore format: a list of names

function writeCsv(rows: readonly GoroutineResult[], { out }: Invocation): void {
  out.line(csvColumns.join(','));
  for (const row of rows) {
    const top = row.frames[0];
    const cells = { ...row, func: top?.func, file: top?.file, line: top?.line, createdBy: row.createdBy?.func };
    out.line(csvColumns.map((name) => csvCell(cells[name])).join(','));
  }
}

function runGoroutine(invocation: Invocation): number {
  const { options, raw, out } = invocation;
  const [first, ...files] = invocation.operands;
  if (first === undefined || !/^\d{1,19}$/.test(first))
    throw new UsageError('goroutine', 'no goid given: spanscope goroutine ID FILE…');
  refuseCsv('goroutine', invocation);
  const most = mostFramesOf(raw);
  const opened = openFiles('goroutine', files, invocation);
  const process = needProcess('goroutine', opened);
  const list = new GoroutineList(process, first);
  // A dead g keeps its number until it is used again.
  const named = list.goroutines;
  const found = named.find(({ status }) => status !== undefined && hasStack(status)) ?? named[0];
  if (!found)
    throw new InspectError(
      'address-not-found',
      `goroutine ${first}`,
      list.known ? 'is none of this image’s' : noAllgs,
      list.known ? 'spanscope goroutines lists them' : 'spanscope threads shows what runs',
    );
  const goroutine = list.result(found, options.format === 'traceback');
  if (options.format === 'traceback') out.write(tracebackText(goroutine, tracebackOptions(process, raw)));
  else if (options.format === 'table') out.write(goroutineText(goroutine, marksOf(process.layout)('g')));
  else {
    const bounded = boundedFrames(goroutine, most);
    out.line(jsonText({ schemaVersion, ...bounded }, options.format === 'json' ? 2 : undefined));
    warnOfElided(`goroutine ${first}`, bounded, invocation);
  }
  opened.target.close();
  return 0;
}

function runThreads(invocation: Invocation): number {
  const { options, raw, out } = invocation;
  refuseCsv('threads', invocation);
  const frames = mostFramesOf(raw);
  const opened = openFiles('threads', invocation.operands, invocation);
  const process = needProcess('threads', opened);
  const whole = threadResults(process);
  const threads = options.format === 'table' ? [] : whole.map((thread) => boundedFrames(thread, frames));
  for (const thread of threads) warnOfElided(`thread ${thread.tid}`, thread, invocation);
  if (options.format === 'json') out.line(jsonText({ schemaVersion, threads }, 1));
  else if (options.format === 'ndjson') for (const thread of threads) out.line(jsonText(thread));
  else if (whole.length === 0) out.line('the image has no threads: raw memory tells no registers');
  else for (const thread of whole) out.line(threadText(thread, marksOf(process.layout)));
  opened.target.close();
  return 0;
}

export const goroutines: CommandSpec = {
  name: 'goroutines',
  operands: 'FILE…',
  summary: 'every goroutine: status, wait reason and time, stack; grouped by identical stack',
  formats: ['traceback'],
  options: [
    { flags: '--flat', help: 'one line a goroutine, not grouped' },
    { flags: '--state <list>', help: 'running, waiting, …, dead; several joined by commas' },
    { flags: '--reason <text>', help: 'only with this in their wait reason' },
    { flags: '--func <text>', help: 'only with a function of this (part of a) name on their stack' },
    { flags: '--package <path>', help: 'only with a function of this package on their stack' },
    { flags: '--sort <column>', help: 'goid, wait (longest first) or state; implies --flat' },
    { flags: '--system', help: 'the runtime’s own goroutines too' },
    { flags: '--user', help: 'in json, ndjson and csv: without the runtime’s own and dead ones' },
    { flags: '--all', help: 'with the runtime’s own goroutines and frames' },
    {
      flags: '--format <format>',
      help: 'table, json, ndjson, csv (rows only), or traceback: as the program itself would dump them',
    },
    framesOption,
  ],
  examples: [
    'spanscope goroutines ./server core.1234',
    'spanscope goroutines ./server core.1234 --reason chan --sort wait',
    'spanscope goroutines ./server core.1234 --format traceback > dump.txt',
  ],
  run: runGoroutines,
};

export const goroutine: CommandSpec = {
  name: 'goroutine',
  operands: 'ID FILE…',
  summary: 'one goroutine: each frame with pc, SP and why it is believed',
  formats: ['traceback'],
  options: [
    { flags: '--all', help: 'in a traceback: the runtime’s own frames too' },
    { flags: '--format <format>', help: 'table, json, ndjson, or traceback: as the program itself would dump it' },
    framesOption,
  ],
  examples: ['spanscope goroutine 18 ./server core.1234'],
  run: runGoroutine,
};

export const threads: CommandSpec = {
  name: 'threads',
  operands: 'FILE…',
  summary: 'every thread: its m, the goroutine it runs, its stack',
  options: [framesOption],
  examples: ['spanscope threads ./server core.1234'],
  run: runThreads,
};
