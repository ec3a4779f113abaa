// `find ADDR` and `memory ADDR [LEN]`: what an address is, and what stands there.
import { existsSync } from 'node:fs';
import { createFinder } from '../../analysis/find.js';
import { maxMemory, memoryOf } from '../../analysis/memory.js';
import { findText, memoryText } from '../../output/find-text.js';
import { jsonText } from '../../output/format.js';
import type { CommandSpec, Invocation } from '../command.js';
import { addressValue, UsageError } from '../options.js';
import { type Opened, openFiles, refuseCsv } from './files.js';

/** Bytes that `memory` shows where no length is given. */
const defaultLength = 256;

function finderOf(opened: Opened) {
  return createFinder(opened.target, opened.process, opened.process?.spans());
}

function write<T>({ options, out }: Invocation, result: T, text: (result: T) => string): void {
  if (options.format === 'table') out.write(text(result));
  else out.line(jsonText(result, options.format === 'json' ? 2 : undefined));
}

function runFind(invocation: Invocation): number {
  const [first, ...files] = invocation.operands;
  if (first === undefined) throw new UsageError('find', 'no address given: spanscope find ADDR FILE…');
  const address = addressValue('find', first);
  refuseCsv('find', invocation);
  const opened = openFiles('find', files, invocation);
  write(invocation, finderOf(opened).find(address), findText);
  opened.target.close();
  return 0;
}

const units: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2 };

/** `256`, `0x100`, `4k`, `1m`; undefined for what is none of these. */
function lengthOf(word: string): number | undefined {
  const match = /^(0x[0-9a-f]{1,13}|\d{1,15})([km]?)$/i.exec(word);
  return match ? Number(match[1]) * units[match[2]!.toLowerCase()]! : undefined;
}

function runMemory(invocation: Invocation): number {
  const [first, second, ...rest] = invocation.operands;
  if (first === undefined) throw new UsageError('memory', 'no address given: spanscope memory ADDR [LEN] FILE…');
  const address = addressValue('memory', first);
  // A file may be called 256: then it is one.
  const named = second !== undefined && !existsSync(second) ? lengthOf(second) : undefined;
  if (named !== undefined && (named === 0 || named > maxMemory))
    throw new UsageError(`memory ${first} ${second}`, `a length is 1 to ${maxMemory} bytes`);
  const files = second === undefined ? [] : named === undefined ? [second, ...rest] : rest;
  refuseCsv('memory', invocation);
  const opened = openFiles('memory', files, invocation);
  const result = memoryOf(opened.target, finderOf(opened), address, named ?? defaultLength);
  write(invocation, result, (memory) => memoryText(memory, opened.target.memory.pointerSize));
  opened.target.close();
  return 0;
}

export const find: CommandSpec = {
  name: 'find',
  operands: 'ADDR FILE…',
  summary: 'what an address is: slot and span, stack of which goroutine, global, function, mapping',
  options: [],
  examples: ['spanscope find 0xc000112040 ./server core.1234', 'spanscope find 0x4a1f20 ./server core.1234 --json'],
  run: runFind,
};

export const memory: CommandSpec = {
  name: 'memory',
  operands: 'ADDR [LEN] FILE…',
  summary: 'bytes and words at an address, each pointer with what it leads to (LEN: 256, 0x100, 4k)',
  options: [],
  examples: ['spanscope memory 0xc000112000 ./server core.1234', 'spanscope memory 0xc000112000 4k ./server core.1234'],
  run: runMemory,
};
