// `stacks`: every thread and goroutine by PC and SP, unwound or, with --scan, searched for return addresses.

import { allocationSites, allocations, allocationsNotSeen } from '../../analysis/allocation.js';
import { boundedFrames } from '../../analysis/bounded-frames.js';
import { hasStack } from '../../analysis/goroutine-query.js';
import { GoroutineList } from '../../analysis/goroutines.js';
import { schemaVersion } from '../../analysis/overview.js';
import type { FrameResult } from '../../analysis/results-goroutines.js';
import { type StackSelection, scanResults } from '../../analysis/stack-results.js';
import { threadResults } from '../../analysis/threads.js';
import { InspectError } from '../../bytes/errors.js';
import { allocationText, imagesAllocationText } from '../../output/allocation-text.js';
import { jsonText, marksOf } from '../../output/format.js';
import { goroutineText } from '../../output/goroutines-text.js';
import { scanText } from '../../output/scan-text.js';
import { threadText } from '../../output/threads-text.js';
import { eachImage } from '../../target/each-image.js';
import type { CommandSpec, Invocation } from '../command.js';
import { addressValue, type RawOptions, splitOnce, text, UsageError, wholeNumber } from '../options.js';
import { framesOption, mostFramesOf, warnOfElided } from './elided.js';
import { needProcess, openFiles, refuseCsv } from './files.js';

/** Words outside of the likely chain that a table shows of each stack. */
const tableLimit = 10;

function selectionOf(raw: RawOptions): StackSelection {
  const [goid, tid, range] = [text(raw, 'goroutine'), text(raw, 'thread'), text(raw, 'range')];
  if (goid !== undefined && !/^\d{1,19}$/.test(goid)) throw new UsageError(`--goroutine ${goid}`, 'is no goid');
  return {
    ...(goid === undefined ? {} : { goid }),
    ...(tid === undefined ? {} : { tid: wholeNumber('--thread', tid) }),
    ...(range === undefined ? {} : { range: rangeValue(range) }),
  };
}

/** `START-END` or `START+LENGTH`. */
function rangeValue(value: string): { start: number; end: number } {
  const [first, until] = splitOnce(value, '-');
  const [from, length] = splitOnce(first, '+');
  const start = addressValue('--range', from);
  if (until === undefined && length === undefined)
    throw new UsageError(`--range ${value}`, 'is neither START-END nor START+LENGTH');
  const end = until === undefined ? start + addressValue('--range', length!) : addressValue('--range', until);
  if (end <= start || !Number.isSafeInteger(end)) throw new UsageError(`--range ${value}`, 'is empty');
  return { start, end };
}

function runStacks(invocation: Invocation): number {
  const { options, raw, out } = invocation;
  refuseCsv('stacks', invocation);
  const selection = selectionOf(raw);
  mostFramesOf(raw);
  if (selection.range && raw.scan !== true)
    throw new UsageError('--range', 'needs --scan: nothing tells where its frames begin');
  if (raw.alloc === true && raw.scan === true) throw new UsageError('--alloc', 'goes by exact stacks: not with --scan');
  if (raw.each === true && raw.alloc !== true) throw new UsageError('--each', 'goes with --alloc');
  if (raw.alloc === true) {
    writeAllocations(invocation);
    return 0;
  }
  const opened = openFiles('stacks', invocation.operands, invocation, { anyProcess: raw.scan === true });
  if (raw.scan === true) {
    if (!opened.target.image) needProcess('stacks', opened);
    const stacks = some(scanResults(opened.target, opened.process, selection, invocation.warn), selection);
    if (options.format === 'table') for (const stack of stacks) out.line(scanText(stack, options.limit ?? tableLimit));
    else writeDocuments(stacks, 'stacks', invocation);
  } else writeUnwound(invocation, opened, selection);
  opened.target.close();
  return 0;
}

/** The same; where a stack was named that is not there, an error. */
function* some<T>(stacks: Iterable<T>, { goid, tid }: StackSelection): Generator<T> {
  let found = false;
  for (const stack of stacks) {
    found = true;
    yield stack;
  }
  const named = goid === undefined ? (tid === undefined ? undefined : `thread ${tid}`) : `goroutine ${goid}`;
  if (!found && named !== undefined)
    throw new InspectError(
      'address-not-found',
      named,
      'is none of this image’s that has a stack to scan',
      'spanscope goroutines and spanscope threads list them',
    );
}

function writeUnwound(
  invocation: Invocation,
  opened: ReturnType<typeof openFiles>,
  { goid, tid }: StackSelection,
): void {
  const { options, raw, out } = invocation;
  const process = needProcess('stacks', opened);
  const threads =
    goid === undefined ? threadResults(process).filter((thread) => tid === undefined || thread.tid === tid) : [];
  const list = tid === undefined ? new GoroutineList(process) : undefined;
  const named = list?.goroutines.filter(
    (g) => g.status !== undefined && hasStack(g.status) && (goid === undefined || String(g.goid) === goid),
  );
  if (threads.length === 0 && !named?.length)
    throw new InspectError(
      'address-not-found',
      'stacks',
      'no such goroutine or thread',
      'spanscope goroutines and spanscope threads list them',
    );
  const most = mostFramesOf(raw);
  // One by one: of a long stack no more is kept than is shown.
  function* documents() {
    for (const thread of threads) yield bounded(`thread ${thread.tid}`, { what: 'thread', ...thread });
    for (const goroutine of named ?? [])
      yield bounded(`goroutine ${goroutine.goid}`, { what: 'goroutine', ...list!.result(goroutine) });
  }
  const bounded = <T extends { readonly frames: readonly FrameResult[] }>(whose: string, row: T) => {
    const shown = boundedFrames(row, most);
    warnOfElided(whose, shown, invocation);
    return shown;
  };
  if (options.format === 'table') {
    const marks = marksOf(process.layout);
    for (const thread of threads) out.line(threadText(thread, marks));
    for (const goroutine of named ?? []) out.line(goroutineText(list!.result(goroutine), marks('g')));
  } else writeDocuments(documents(), 'stacks', invocation);
}

/** Of one image, or with --each of several, and the sites of all of them together. */
function writeAllocations(invocation: Invocation): void {
  const { options, raw, out, operands } = invocation;
  const each = raw.each === true ? eachImage(operands, options.open.unpacked) : [{ image: undefined, files: operands }];
  const images = each.map(({ image, files }) => {
    const opened = openFiles('stacks', files, invocation);
    const process = needProcess('stacks', opened);
    const results = allocations(process);
    const notSeen = allocationsNotSeen(process);
    opened.target.close();
    const name = image ?? opened.target.image?.path ?? '';
    if (notSeen !== undefined) invocation.warn(`${name}: ${notSeen}`);
    return { image: name, results, notSeen };
  });
  const sites = allocationSites(images.flatMap(({ results }) => results));
  if (raw.each !== true) {
    const { results, notSeen } = images[0]!;
    if (options.format === 'table') out.write(allocationText(results, sites));
    else if (options.format === 'ndjson') for (const result of results) out.line(jsonText(result));
    else out.line(jsonText({ schemaVersion, notSeen: notSeen ?? null, allocations: results, sites }, 2));
  } else if (options.format === 'table') out.write(imagesAllocationText(images, sites));
  else if (options.format === 'ndjson')
    for (const { image, results } of images) for (const result of results) out.line(jsonText({ image, ...result }));
  else {
    const documents = images.map(({ image, results, notSeen }) => ({
      image,
      notSeen: notSeen ?? null,
      allocations: results,
    }));
    out.line(jsonText({ schemaVersion, images: documents, sites }, 2));
  }
}

function writeDocuments(rows: Iterable<unknown>, name: string, { options, out }: Invocation): void {
  if (options.format === 'ndjson') for (const row of rows) out.line(jsonText(row));
  else {
    out.write(`{"schemaVersion":${schemaVersion},"${name}":[`);
    let first = true;
    for (const row of rows) {
      out.write(`${first ? '\n' : ',\n'}${jsonText(row)}`);
      first = false;
    }
    out.line(']}');
  }
}

export const stacks: CommandSpec = {
  name: 'stacks',
  operands: 'FILE…',
  summary: 'the stack of every thread and goroutine by PC and SP; --scan needs no unwind tables',
  options: [
    { flags: '--scan', help: 'search stacks for return addresses: works without pclntab, binary, or readable g’s' },
    { flags: '--alloc', help: 'only stacks inside the allocator, sweeper or scavenger: who asked, and for what' },
    { flags: '--each', help: 'with --alloc: several cores of one program, each by itself and their sites together' },
    { flags: '--goroutine <id>', help: 'only this goroutine' },
    { flags: '--thread <tid>', help: 'only this thread' },
    { flags: '--range <start-end>', help: 'with --scan: these addresses (also START+LENGTH)' },
    framesOption,
  ],
  examples: [
    'spanscope stacks ./server core.1234 --thread 1234',
    'spanscope stacks ./server core.1234 --scan',
    'spanscope stacks ./server core.1234 --alloc',
    'spanscope stacks ./server core.1 core.2 core.3 --alloc --each',
    'spanscope stacks core.1234 --scan --range 0xc00008e000+0x2000',
  ],
  run: runStacks,
};
