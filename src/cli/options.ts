// The options of the command line as data: help, parsing and errors are all made from these tables.
import type { InspectError } from '../bytes/errors.js';
import { parseRelease } from '../layout/release.js';
import { allRootNames } from '../runtime/roots/names.js';
import type { OpenOptions } from '../session/protocol.js';

/** A wrong command line: exit 2. `what` and `why` as the contract's `spanscope: WHAT: WHY`. */
export class UsageError extends Error {
  readonly what: string;
  readonly why: string;
  readonly hint: string;
  constructor(what: string, why: string, hint = 'spanscope --help shows what there is') {
    super(`${what}: ${why}`);
    this.name = 'UsageError';
    this.what = what;
    this.why = why;
    this.hint = hint;
  }
}

export interface OptionSpec {
  /** As commander reads it: `--limit <n>`. */
  readonly flags: string;
  readonly help: string;
  /** May be given several times. */
  readonly repeatable?: boolean;
  /** Only for commands that open files. */
  readonly files?: boolean;
}

export const globalOptions: readonly OptionSpec[] = [
  { flags: '--json', help: 'one JSON document' },
  { flags: '--format <format>', help: 'table, json, ndjson or csv (rows only)' },
  { flags: '--limit <n>', help: 'rows shown; 0 = all (default: all; 50 in tables)' },
  { flags: '--regions <file>', help: 'raw regions: lines of ADDRESS FILE [OFFSET LENGTH]', files: true },
  { flags: '--pid <pid>', help: 'a live process (as pid:N)', files: true },
  {
    flags: '--stop',
    help: 'hold a live process still while it is read; it goes on also if spanscope is killed',
    files: true,
  },
  { flags: '--go <version>', help: 'the Go version, instead of what is detected', files: true },
  {
    flags: '--layout <source>',
    help: 'a layout file (of `layout generate`), or `dwarf`: the binary’s DWARF',
    files: true,
  },
  {
    flags: '--root <name=address>',
    help: 'where a runtime variable stands, e.g. mheap_=0x5a3f20',
    repeatable: true,
    files: true,
  },
  { flags: '--sysroot <folder>', help: 'where the files that the image names stand (a container’s root)', files: true },
  { flags: '--proc <folder>', help: 'copies of /proc/PID/maps, auxv, environ, … taken with the image', files: true },
  {
    flags: '--bias <address>',
    help: 'load bias of a position-independent binary: start of its first mapping − its first p_vaddr',
    files: true,
  },
  { flags: '--without <line>', help: 'as if the tables of that release line were not there', repeatable: true },
  { flags: '--force', help: 'go on although binary and image do not belong together', files: true },
  { flags: '--trace', help: 'say on stderr how each thing was found, and how long it took', files: true },
  { flags: '--debug', help: 'stack traces of unexpected errors' },
  { flags: '--quiet', help: 'no progress, no warnings on stderr' },
  { flags: '--no-color', help: 'no colour (also: NO_COLOR)' },
  { flags: '--ascii', help: 'ASCII characters only' },
  {
    flags: '--no-cache',
    help: 'keep nothing in the user’s cache folder: no unpacked file, no place of a root, no guessed release',
  },
];

/** `traceback`: the runtime's own dump, for commands that show goroutines. */
export type Format = 'table' | 'json' | 'ndjson' | 'csv' | 'traceback';

/** Raw values as commander gives them, keyed by camel-case name. */
export type RawOptions = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

export interface GlobalOptions {
  readonly format: Format;
  /** Undefined: the format's default. */
  readonly limit: number | undefined;
  readonly open: OpenOptions;
  readonly pid: string | undefined;
  readonly trace: boolean;
  readonly debug: boolean;
  readonly quiet: boolean;
  readonly color: boolean;
  readonly ascii: boolean;
  /** Whether the user's cache folder may be used. */
  readonly cache: boolean;
}

const formats: readonly string[] = ['table', 'json', 'ndjson', 'csv'];

/** `more`: formats that this command has besides the common ones. */
export function readGlobalOptions(raw: RawOptions, more: readonly string[] = []): GlobalOptions {
  const format = raw.json ? 'json' : (text(raw, 'format') ?? 'table');
  const known = [...formats, ...more];
  if (!known.includes(format)) throw new UsageError(`--format ${format}`, `is none of ${known.join(', ')}`);
  const limit = text(raw, 'limit');
  const pid = text(raw, 'pid');
  if (pid !== undefined && !/^[1-9]\d*$/.test(pid)) throw new UsageError(`--pid ${pid}`, 'is no process id');
  return {
    format: format as Format,
    limit: limit === undefined ? undefined : wholeNumber('--limit', limit),
    open: openOptions(raw),
    pid,
    trace: raw.trace === true,
    debug: raw.debug === true,
    quiet: raw.quiet === true,
    color: raw.color !== false,
    ascii: raw.ascii === true,
    cache: raw.cache !== false,
  };
}

function openOptions(raw: RawOptions): OpenOptions {
  const roots: Record<string, number> = {};
  for (const item of list(raw, 'root')) {
    const [name, address] = splitOnce(item, '=');
    if (!name || !address) throw new UsageError(`--root ${item}`, 'is not NAME=ADDRESS');
    const full = name.startsWith('runtime.') ? name : `runtime.${name}`;
    if (!allRootNames.some((known) => known === full))
      throw new UsageError(
        `--root ${item}`,
        'is none of the runtime’s variables that are looked for',
        allRootNames.map((known) => known.slice('runtime.'.length)).join(' '),
      );
    roots[full] = addressValue(`--root ${name}`, address);
    if (roots[full] === 0) throw new UsageError(`--root ${item}`, 'is nil: no variable stands there');
  }
  const regions = text(raw, 'regions');
  const go = text(raw, 'go');
  const layout = text(raw, 'layout');
  const bias = text(raw, 'bias');
  const sysroot = text(raw, 'sysroot');
  const proc = text(raw, 'proc');
  const without = list(raw, 'without');
  for (const line of without)
    if (!parseRelease(line)) throw new UsageError(`--without ${line}`, 'is no release line, like go1.24');
  return {
    roots,
    ...(regions === undefined ? {} : { regions }),
    ...(go === undefined ? {} : { go }),
    ...(layout === undefined ? {} : { layout }),
    ...(bias === undefined ? {} : { bias: addressValue('--bias', bias) }),
    ...(sysroot === undefined ? {} : { sysroot }),
    ...(proc === undefined ? {} : { proc }),
    ...(raw.force === true ? { force: true } : {}),
    ...(raw.stop === true ? { stop: true } : {}),
    ...(without.length > 0 ? { without } : {}),
  };
}

export function text(raw: RawOptions, name: string): string | undefined {
  const value = raw[name];
  return typeof value === 'string' ? value : undefined;
}

function list(raw: RawOptions, name: string): readonly string[] {
  const value = raw[name];
  return Array.isArray(value) ? value : [];
}

export function wholeNumber(option: string, value: string): number {
  if (!/^\d{1,15}$/.test(value)) throw new UsageError(`${option} ${value}`, 'is no whole number');
  return Number(value);
}

/** `0xc000012000` or decimal, below 2^53. */
export function addressValue(what: string, value: string): number {
  const number = /^(0x[0-9a-f]{1,16}|\d{1,16})$/i.test(value) ? Number(value) : Number.NaN;
  if (Number.isNaN(number)) throw new UsageError(`${what} ${value}`, 'is no address');
  if (!Number.isSafeInteger(number))
    throw new UsageError(`${what} ${value}`, 'is no address of a Go program: those end below 2^53');
  return number;
}

export function splitOnce(value: string, separator: string): [string, string | undefined] {
  const at = value.indexOf(separator);
  return at < 0 ? [value, undefined] : [value.slice(0, at), value.slice(at + separator.length)];
}

/** Codes that mean "the command line was wrong" (2) rather than "the input can't be used" (3). */
export function exitCodeOf(error: InspectError): 2 | 3 {
  return error.code === 'no-image' ||
    error.subject.startsWith('--') ||
    error.code === 'address-not-found' ||
    (error.code === 'unsupported' && error.subject.startsWith('filter '))
    ? 2
    : 3;
}
