// No command: the terminal UI where there is a terminal, else the overview. Without a file: the sample image (also `demo`).
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InspectError } from '../../bytes/errors.js';
import { firstAnswers } from '../../session/first-answers.js';
import type { CommandSpec, Invocation } from '../command.js';
import { UsageError } from '../options.js';
import { runOverview } from './overview.js';

/** The files of the sample image: they stand beside the program, in fixtures/sample. */
function sampleFiles(): readonly string[] {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (let depth = 0; depth < 6; depth += 1) {
    const sample = join(folder, 'fixtures', 'sample');
    const files = [join(sample, 'server'), join(sample, 'core.sparse')];
    if (files.every((file) => existsSync(file))) return files;
    folder = dirname(folder);
  }
  throw new InspectError(
    'not-found',
    'sample image',
    'does not stand beside the program',
    'name a Go binary and an image instead',
  );
}

/** Words that look like a command rather than a file. */
const commandLike = /^[a-z][a-z-]*$/;

/** A first word that is neither a command nor a file is a mistyped command. */
export function refuseUnknownCommand([first]: readonly string[]): void {
  if (first !== undefined && commandLike.test(first) && !existsSync(first)) {
    throw new UsageError(first, 'unknown command, and no file is called so');
  }
}

async function runInteractive(invocation: Invocation): Promise<number> {
  const { operands, options, out } = invocation;
  refuseUnknownCommand(operands);
  const named = operands.length > 0 || options.open.regions !== undefined || options.pid !== undefined;
  const files = named ? [...operands, ...(options.pid === undefined ? [] : [`pid:${options.pid}`])] : sampleFiles();
  const wantsText = options.format !== 'table' || !process.stdin.isTTY || !process.stdout.isTTY;
  if (wantsText) return runOverview({ ...invocation, operands: files, options: { ...options, pid: undefined } });
  out.flush();
  const { runTui } = await invocation.loadTui();
  const color = options.color && !process.env.NO_COLOR;
  const request = { files, options: options.open };
  return runTui(request, { color, ascii: options.ascii }, firstAnswers(request));
}

export const interactive: CommandSpec = {
  name: '',
  operands: 'FILE…',
  summary: 'the terminal UI, or the overview where stdout is no terminal',
  options: [],
  examples: ['spanscope ./server core.1234'],
  run: runInteractive,
};

export const demo: CommandSpec = {
  name: 'demo',
  operands: '',
  summary: 'opens the sample image',
  options: [],
  examples: ['spanscope demo'],
  run(invocation) {
    const [extra] = invocation.operands;
    if (extra !== undefined) throw new UsageError('demo', `takes no file, but ${extra} was given`);
    return runInteractive(invocation);
  },
};
