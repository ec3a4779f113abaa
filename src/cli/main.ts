// The program's entry: chooses the command, runs it, and turns every failure into one line and an exit code.
// Loads the terminal UI only when it is asked for.
import { InspectError } from '../bytes/errors.js';
import { fold, foldText } from '../output/fold.js';
import { printable } from '../output/format.js';
import {
  type CommandSpec,
  helpOf,
  type Launched,
  type LoadTui,
  operandPositions,
  parseArguments,
  valueOptions,
} from './command.js';
import { commands, interactive } from './commands/all.js';
import { refuseUnknownCommand } from './commands/interactive.js';
import { exitCodeOf, UsageError } from './options.js';
import { Output, PipeClosed, terminalColumns, writeFully } from './stdout.js';
import { cacheFolder, unpackInputs } from './unpack-inputs.js';

interface Chosen {
  readonly spec: CommandSpec;
  readonly words: readonly string[];
}

/** Finds the command's name among the operands (`spans`, `layout show`) and takes it out of the words. */
function choose(argv: readonly string[]): Chosen {
  const positions = operandPositions(argv, valueOptions(commands));
  const [first, second] = positions;
  if (first === undefined) return { spec: interactive, words: argv };
  const word = argv[first]!;
  if (word === 'help') return choose([...argv.filter((_, i) => i !== first), '--help']);
  const pair = second === undefined ? undefined : commands.find(({ name }) => name === `${word} ${argv[second]}`);
  if (pair) return { spec: pair, words: argv.filter((_, i) => i !== first && i !== second) };
  const spec = commands.find(({ name }) => name === word);
  if (spec) return { spec, words: argv.filter((_, i) => i !== first) };
  return { spec: interactive, words: argv };
}

function overallHelp(): string {
  const width = Math.max(...commands.map(({ name }) => name.length)) + 2;
  const rows = commands.flatMap(({ name, summary }) => fold(`  ${name.padEnd(width)}${summary}`, width + 2));
  return [
    'spanscope: inspect the heap metadata of a Go program in its binary and a core,',
    '  a raw memory image or a live process',
    '',
    'Usage: spanscope [COMMAND] FILE… [options]',
    '  FILE: the Go binary, an ELF core, a raw image as FILE@ADDRESS, a live process',
    '  as pid:N; in any order',
    '  Without a command: the terminal UI (stdout is no terminal: the overview).',
    '  Without anything: the sample image.',
    '',
    'Commands:',
    ...rows,
    '',
    'spanscope COMMAND --help shows its options and an example.',
    'Examples:',
    '  $ spanscope ./server core.1234',
    '  $ spanscope overview ./server core.1234 --json',
    '  $ spanscope pid:1234',
    '  $ spanscope spans ./server core.1234 --state inuse --sort elemsize --reverse',
    '',
  ].join('\n');
}

function complain(what: string, why: string, hint: string | undefined): void {
  const lines = [`spanscope: ${what}: ${why}`, ...(hint ? [`  ${hint}`] : [])];
  say(forStderr(`${lines.map((line) => printable(line, 1000)).join('\n')}\n`));
}

/** Folded to the width of the terminal, if stderr is one. */
function forStderr(text: string): string {
  const columns = terminalColumns(2);
  return columns === undefined ? text : foldText(text, columns);
}

/** On stderr; where nobody reads it any more, nothing is left to say. */
function say(text: string): void {
  try {
    writeFully(2, Buffer.from(text));
  } catch (error) {
    if (!(error instanceof PipeClosed)) throw error;
  }
}

async function run(argv: readonly string[], launched: Launched): Promise<number> {
  const help = new Output(terminalColumns(1));
  const { spec, words } = choose(argv);
  if (spec === interactive && (words.includes('--help') || words.includes('-h'))) {
    refuseUnknownCommand(operandPositions(words, valueOptions(commands)).map((i) => words[i] ?? ''));
    help.write(overallHelp());
    help.flush();
    return 0;
  }
  const parsed = parseArguments(spec, words);
  if (!parsed) {
    help.write(helpOf(spec));
    help.flush();
    return 0;
  }
  const out = new Output(parsed.options.format === 'table' ? terminalColumns(1) : undefined);
  const warn = (line: string) => {
    const text = `spanscope: ${printable(line, 1000)}\n`;
    if (!parsed.options.quiet) writeFully(2, Buffer.from(forStderr(text)));
  };
  if (spec.opensFiles === false) {
    const code = await spec.run({ ...parsed, ...launched, out, warn });
    out.flush();
    return code;
  }
  const { files, cleanUp } = await unpackInputs({ ...parsed, warn });
  try {
    const { options } = parsed;
    const open = { ...options.open, unpacked: files, ...(options.cache ? { cache: cacheFolder() } : {}) };
    const code = await spec.run({ ...parsed, ...launched, options: { ...options, open }, out, warn });
    out.flush();
    return code;
  } finally {
    cleanUp();
  }
}

/** Runs one command line (without the program's name); the exit code. Never rejects. `optimizeAfter`: see `Launched`. */
export async function main(
  argv: readonly string[],
  loadTui: LoadTui,
  optimizeAfter: Launched['optimizeAfter'] = () => undefined,
): Promise<number> {
  try {
    return await run(argv, { loadTui, optimizeAfter });
  } catch (error) {
    if (error instanceof PipeClosed) return 0;
    if (error instanceof UsageError) {
      complain(error.what, error.why, error.hint);
      return 2;
    }
    if (error instanceof InspectError) {
      complain(error.subject, error.why, error.hint);
      return exitCodeOf(error);
    }
    const debug = argv.includes('--debug');
    const hint = debug ? undefined : 'please report it; --debug shows where it came from';
    complain('unexpected error', error instanceof Error ? error.message : String(error), hint);
    if (debug && error instanceof Error) say(`${error.stack}\n`);
    return 3;
  }
}
