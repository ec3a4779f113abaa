// From the words of a command line to an opened target, its runtime and its span table: what every command begins with.
import { InspectError } from '../../bytes/errors.js';
import { type GoProcess, openProcess } from '../../runtime/process.js';
import type { SpanTable } from '../../runtime/span-table.js';
import { openTarget } from '../../target/open.js';
import type { Target } from '../../target/target.js';
import type { Invocation } from '../command.js';
import { UsageError } from '../options.js';

export interface Opened {
  readonly target: Target;
  /** Absent for a binary alone, or where the image does not hold a Go runtime that can be found: `whyNot` says why. */
  readonly process: GoProcess | undefined;
}

/**
 * Bytes of bytecode after which V8 optimizes a function: its own default, and what suits a run that is over soon (both measured on Node 20). Opening is one: what it goes through differs from step to step. A guess costs
 * half as much CPU time.
 */
const usualBudget = 67_584;
export const shortRunBudget = 1_000_000;

/** Opens what `files` name. A command with no file is wrong usage. `anyProcess`: where no layout is known, goes on without. */
export function openFiles(
  name: string,
  files: readonly string[],
  invocation: Invocation,
  { anyProcess = false }: { readonly anyProcess?: boolean } = {},
): Opened {
  const { options, warn } = invocation;
  // Asking for the time loads a module that nothing else needs here.
  const started = options.trace ? performance.now() : 0;
  invocation.optimizeAfter(shortRunBudget);
  const opened = openTargetOnly(name, files, invocation);
  const process = opened.image ? openRuntime(opened, options, anyProcess ? warn : undefined) : undefined;
  const target = process?.target ?? opened;
  invocation.optimizeAfter(usualBudget);
  // Who wants to know how things were found wants to know all of them.
  if (options.trace) process?.allRoots();
  // What a guess went by came after the rest was told.
  if (options.trace && target !== opened) for (const line of target.trace.slice(opened.trace.length)) warn(line);
  if (options.trace) for (const line of process?.trace ?? []) warn(line);
  if (options.trace && target.live) {
    const { reads, bytes } = target.live.memory.traffic;
    warn(`read ${bytes} bytes of pid:${target.live.pid} in ${reads} reads so far`);
  }
  if (options.trace) warn(`opened in ${(performance.now() - started).toFixed(0)} ms`);
  return { target, process };
}

/** The same, without a look for the runtime in it. */
export function openTargetOnly(name: string, files: readonly string[], { options, out, warn }: Invocation): Target {
  const all = options.pid === undefined ? files : [...files, `pid:${options.pid}`];
  if (all.length === 0 && options.open.regions === undefined)
    throw new UsageError(name, 'no file given: name a Go binary and an image');
  const target = releasing(openTarget({ files: all, options: options.open }), warn);
  if (target.live && !target.live.moving) out.hold();
  if (options.trace) for (const line of target.trace) warn(line);
  return target;
}

/** `warn`: what is told where there is no layout, instead of failing. */
function openRuntime(
  target: Target,
  { open }: Invocation['options'],
  warn: Invocation['warn'] | undefined,
): GoProcess | undefined {
  try {
    return openProcess(target, open);
  } catch (error) {
    if (!warn || !(error instanceof InspectError)) throw error;
    warn(`${error.subject}: ${error.why}: going on without the runtime’s structures`);
    return undefined;
  }
}

/** A process that was held still goes on when the target is closed; what went wrong with that is told then. */
function releasing(target: Target, warn: Invocation['warn']): Target {
  const { live } = target;
  if (!live) return target;
  const told = live.warnings.length;
  return {
    ...target,
    close() {
      target.close();
      for (const line of live.warnings.slice(told)) warn(line);
    },
  };
}

/** csv holds rows: a command whose result is one document has none. */
export function refuseCsv(name: string, { options }: Invocation): void {
  if (options.format === 'csv')
    throw new UsageError('--format csv', `${name} has no rows: it is shown as table or json`);
}

/** For commands that need an image: the process, or an error that says what is missing. */
export function needProcess(name: string, { target, process }: Opened): GoProcess {
  if (!target.image)
    throw new InspectError(
      'no-image',
      name,
      'an image is missing',
      'give a core, FILE@ADDRESS or --regions beside the binary',
    );
  if (!process)
    throw new InspectError(
      'root-not-found',
      target.image.path,
      'nothing tells its Go version, and no layout that is known explains it',
      '--go VERSION tells it',
    );
  return process;
}

function hintFor({ target: { binary, holder } }: Opened): string | undefined {
  if (!binary) return `name the Go binary beside the image${holder?.path ? `: it was ${holder.path}` : ''}`;
  if (binary.info.hasSymbols || binary.info.hasDwarf) return undefined;
  return 'the binary has neither symbols nor DWARF: name an unstripped twin of it, or --root mheap_=ADDRESS';
}

/** The span table, or an error that says why there is none. */
export function needSpans(name: string, opened: Opened): { process: GoProcess; table: SpanTable } {
  const process = needProcess(name, opened);
  const table = process.spans();
  if (!table) {
    throw new InspectError(
      'root-not-found',
      'mheap_',
      process.whyNoSpans ?? 'its spans can’t be read',
      hintFor(opened),
    );
  }
  return { process, table };
}
