// What a command is, and how its arguments are read: commander does the reading, tables say what there is.
import { Command, CommanderError } from 'commander';
import type { FirstAnswers } from '../session/first-answers.js';
import type { OpenRequest } from '../session/protocol.js';
import {
  type Format,
  type GlobalOptions,
  globalOptions,
  type OptionSpec,
  type RawOptions,
  readGlobalOptions,
  UsageError,
} from './options.js';
import type { Output } from './stdout.js';

/** Loads the terminal UI, a bundle of its own: only when it is wanted. */
export type LoadTui = () => Promise<{
  runTui(
    request: OpenRequest,
    options: { readonly color: boolean; readonly ascii: boolean },
    first: FirstAnswers | undefined,
  ): Promise<number>;
}>;

/** What only the few lines that start the program can do. */
export interface Launched {
  readonly loadTui: LoadTui;
  /** Tells the engine of JavaScript after how many bytes of bytecode that a function has run it is optimized: in short runs that costs more than it gives. */
  readonly optimizeAfter: (bytes: number) => void;
}

export interface Invocation extends Launched {
  /** What stands on the command line besides options: files, and for some commands an address or a name first. */
  readonly operands: readonly string[];
  readonly options: GlobalOptions;
  readonly raw: RawOptions;
  readonly out: Output;
  /** A line on stderr, unless --quiet. */
  readonly warn: (line: string) => void;
}

export interface CommandSpec {
  readonly name: string;
  /** Operands as help shows them: `ADDR FILE…`. */
  readonly operands: string;
  readonly summary: string;
  readonly options: readonly OptionSpec[];
  readonly examples: readonly string[];
  /** Formats besides table, json, ndjson and csv. */
  readonly formats?: readonly Format[];
  /** False where it opens no file: options about files are then not offered. */
  readonly opensFiles?: boolean;
  /** Runs it; the exit code. */
  readonly run: (invocation: Invocation) => number | Promise<number>;
}

/** Names of options that take a value: `--limit`, … of every command, to tell values from operands. */
export function valueOptions(commands: readonly CommandSpec[]): ReadonlySet<string> {
  const specs = [...globalOptions, ...commands.flatMap((command) => command.options)];
  return new Set(specs.filter(({ flags }) => flags.includes('<')).map(({ flags }) => flags.split(' ')[0]!));
}

/** Positions of the operands in `argv`, options and their values left out. */
export function operandPositions(argv: readonly string[], withValue: ReadonlySet<string>): number[] {
  const positions: number[] = [];
  for (let i = 0; i < argv.length; i += 1) {
    const word = argv[i]!;
    if (word === '--') return [...positions, ...argv.slice(i + 1).map((_, k) => i + 1 + k)];
    if (word.startsWith('-') && word !== '-') {
      if (withValue.has(word)) i += 1;
    } else positions.push(i);
  }
  return positions;
}

/** Commander writes nothing itself and asks no stream: what it would write is taken and goes out through `Output`. */
const silent = {
  writeErr: () => undefined,
  writeOut: () => undefined,
  getOutHelpWidth: () => 80,
  getErrHelpWidth: () => 80,
  getOutHasColors: () => false,
  getErrHasColors: () => false,
};

/** Those of the command, which may say of a common one what it is here, and the common ones. */
function optionsOf({ options, opensFiles }: CommandSpec): readonly OptionSpec[] {
  const own = new Set(options.map(({ flags }) => flags));
  const common = globalOptions.filter(({ flags, files }) => !own.has(flags) && (opensFiles !== false || !files));
  return [...options, ...common];
}

function commanderFor(spec: CommandSpec): Command {
  const command = new Command(`spanscope ${spec.name}`.trim());
  command
    .usage(`${spec.operands} [options]`)
    .description(spec.summary)
    .argument('[operands...]')
    .helpOption('-h, --help', 'this help');
  for (const { flags, help, repeatable } of optionsOf(spec)) {
    if (repeatable)
      command.option(flags, help, (value: string, previous: string[] | undefined) => [...(previous ?? []), value]);
    else command.option(flags, help);
  }
  command.addHelpText('after', `\nExamples:\n${spec.examples.map((example) => `  $ ${example}`).join('\n')}\n`);
  return command.exitOverride().configureOutput(silent);
}

/** The help text of one command. */
export function helpOf(spec: CommandSpec): string {
  let text = '';
  commanderFor(spec).configureOutput({ writeOut: (piece) => { text += piece; } }).outputHelp(); // biome-ignore format: short
  return text;
}

/** Reads the words after the command's name; undefined where help was asked for. Throws UsageError. */
export function parseArguments(
  spec: CommandSpec,
  words: readonly string[],
): Omit<Invocation, 'out' | 'warn' | keyof Launched> | undefined {
  const command = commanderFor(spec);
  try {
    command.parse([...words], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.helpDisplayed' || error.code === 'commander.help') return undefined;
    const message = error.message
      .replace(/^error: /, '')
      .split('\n')
      .join(' ');
    throw new UsageError(spec.name || 'command line', message);
  }
  const raw = command.opts<RawOptions>();
  return { operands: command.args, raw, options: readGlobalOptions(raw, spec.formats) };
}
