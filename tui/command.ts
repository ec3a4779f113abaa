// The command line after `:`: what can be typed, what it means, and how Tab completes it. Errors are sentences.
import type { SpanColumn } from '../src/session/protocol.js';
import { addressFrom } from './numbers.js';

export type ParsedCommand =
  | { readonly kind: 'overview' }
  | { readonly kind: 'refresh' }
  | { readonly kind: 'spans'; readonly filter: string | undefined }
  | { readonly kind: 'span'; readonly address: string }
  | { readonly kind: 'goto'; readonly address: string }
  | { readonly kind: 'memory'; readonly address: string; readonly length: number }
  | { readonly kind: 'find'; readonly address: string }
  | { readonly kind: 'goroutines'; readonly filter: string | undefined }
  | { readonly kind: 'goroutine'; readonly goid: string }
  | { readonly kind: 'threads' }
  | { readonly kind: 'thread'; readonly tid: number }
  | { readonly kind: 'pointers'; readonly address: string; readonly length: number }
  | { readonly kind: 'gc' }
  | { readonly kind: 'arenas' }
  | { readonly kind: 'findings' }
  | { readonly kind: 'how' }
  | { readonly kind: 'marks' }
  | { readonly kind: 'histogram'; readonly column: SpanColumn }
  | { readonly kind: 'export'; readonly path: string }
  /** What only keys stand for. */
  | { readonly kind: 'last-span' }
  | { readonly kind: 'last-goroutine' }
  | { readonly kind: 'jump' }
  | {
      readonly kind: 'layouts';
      readonly a: string | undefined;
      readonly b: string | undefined;
      readonly struct: string | undefined;
    }
  | { readonly kind: 'help' }
  | { readonly kind: 'quit' }
  | { readonly kind: 'none' }
  | { readonly kind: 'error'; readonly text: string };

export const commandHelp: readonly { readonly usage: string; readonly help: string }[] = [
  { usage: ':overview', help: 'the first screen' },
  { usage: ':spans [FILTER]', help: 'the span table, e.g. :spans class=5 used<70' },
  { usage: ':span ADDRESS', help: 'the span of an address (inside it, or of its mspan)' },
  { usage: ':goto ADDRESS', help: 'the row of an address in the span table' },
  { usage: ':find ADDRESS', help: 'what an address is: span and slot, stack, global, function, mapping' },
  { usage: ':memory ADDRESS [LENGTH]', help: 'memory: bytes, and what each word points at' },
  { usage: ':goroutines [FILTER]', help: 'goroutines by stack, e.g. :goroutines reason=chan !package=net/http' },
  { usage: ':goroutine ID', help: 'the stack of a goroutine' },
  { usage: ':threads', help: 'threads: the goroutine each runs, and its stack' },
  { usage: ':pointers ADDRESS [LENGTH]', help: 'which stacks point there' },
  { usage: ':arenas', help: 'a map of the heap, a cell for each few pages' },
  { usage: ':gc', help: 'the GC controller: goal, trigger, cycles, every field' },
  { usage: ':findings', help: 'what is wrong or unusual, with the evidence' },
  { usage: ':how', help: 'how version, layout and roots were found' },
  { usage: ':histogram COLUMN', help: 'how often each value of a column of the span table occurs' },
  { usage: ':layouts [A [B]] [STRUCT]', help: 'field offsets: :layouts mspan, :layouts go1.21.0 go1.22.0' },
  { usage: ':marks', help: 'the marked places' },
  { usage: ':export FILE', help: 'write this view to a new file; spans as JSON lines where it ends in .ndjson' },
  { usage: ':refresh', help: 'open it anew: a live process as it is now' },
  { usage: ':help', help: 'all keys and commands' },
  { usage: ':q', help: 'quit' },
];

const names = [
  'overview',
  'refresh',
  'spans',
  'span',
  'goto',
  'find',
  'memory',
  'goroutines',
  'goroutine',
  'threads',
  'pointers',
  'arenas',
  'gc',
  'findings',
  'how',
  'histogram',
  'layouts',
  'marks',
  'export',
  'help',
  'quit',
  'q',
];

const columns: readonly SpanColumn[] = [
  'npages',
  'state',
  'spanclass',
  'sizeclass',
  'elemsize',
  'nelems',
  'freeindex',
  'allocCount',
  'allocated',
  'used',
  'sweepgen',
];

export function parseCommand(text: string): ParsedCommand {
  const trimmed = text.trim().replace(/^:/, '').trim();
  if (trimmed === '') return { kind: 'none' };
  const [word = '', ...rest] = trimmed.split(/\s+/);
  const argument = trimmed.slice(word.length).trim();
  switch (word) {
    case 'q':
    case 'quit':
    case 'q!':
      return { kind: 'quit' };
    case 'help':
      return { kind: 'help' };
    case 'refresh':
      return { kind: 'refresh' };
    case 'overview':
      return { kind: 'overview' };
    case 'spans':
      return { kind: 'spans', filter: argument === '' ? undefined : argument.replace(/^\//, '').trim() };
    case 'span':
      return withAddress(word, rest, (address) => ({ kind: 'span', address }));
    case 'goto':
      return withAddress(word, rest, (address) => ({ kind: 'goto', address }));
    case 'bytes':
    case 'memory':
      return parseMemory(rest);
    case 'goroutines':
      return { kind: 'goroutines', filter: argument === '' ? undefined : argument.replace(/^\//, '').trim() };
    case 'goroutine':
      return /^\d{1,19}$/.test(argument)
        ? { kind: 'goroutine', goid: argument.replace(/^0+(?=.)/, '') }
        : { kind: 'error', text: ':goroutine needs a goid, e.g. :goroutine 18' };
    case 'thread':
      return /^\d{1,10}$/.test(argument)
        ? { kind: 'thread', tid: Number(argument) }
        : { kind: 'error', text: ':thread needs a thread ID, e.g. :thread 1234' };
    case 'pointers': {
      const parsed = parseMemory(rest, 'pointers');
      return parsed.kind === 'memory' ? { ...parsed, kind: 'pointers' } : parsed;
    }
    case 'find':
      return withAddress(word, rest, (address) => ({ kind: 'find', address }));
    case 'gc':
    case 'arenas':
    case 'findings':
    case 'how':
    case 'marks':
    case 'threads':
      return { kind: word };
    case 'histogram': {
      const column = columns.find((each) => each === rest[0]);
      return column === undefined
        ? { kind: 'error', text: `:histogram takes a column: ${columns.join(' ')}` }
        : { kind: 'histogram', column };
    }
    case 'export':
      return argument === ''
        ? { kind: 'error', text: ':export needs the name of a new file, e.g. :export spans.ndjson' }
        : { kind: 'export', path: argument };
    case 'layouts':
    case 'layout':
      return parseLayouts(rest);
    default: {
      if (/^0x[0-9a-f]+$/i.test(word)) return withAddress('goto', [word], (address) => ({ kind: 'goto', address }));
      const near = names.filter((name) => name.startsWith(word.slice(0, 2)));
      const hint = near.length > 0 ? `did you mean :${near[0]}?` : 'the commands are in ? help';
      return { kind: 'error', text: `there is no command :${word}; ${hint}` };
    }
  }
}

function withAddress(word: string, args: readonly string[], make: (address: string) => ParsedCommand): ParsedCommand {
  const [text] = args;
  if (text === undefined) return { kind: 'error', text: `:${word} needs an address, e.g. :${word} 0xc000012000` };
  const address = addressFrom(text);
  return address === undefined
    ? { kind: 'error', text: `${text} is not an address; write it as 0xc000012000` }
    : make(address);
}

function parseMemory(args: readonly string[], word = 'memory'): ParsedCommand {
  return withAddress(word, args, (address) => {
    const length = args[1] === undefined ? 0 : Number(args[1]);
    if (!Number.isSafeInteger(length) || length < 0)
      return { kind: 'error', text: `${args[1]} is not a number of bytes` };
    if (!Number.isSafeInteger(Number(address)))
      return { kind: 'error', text: `${address} lies above all that a process can have (2^53)` };
    return { kind: 'memory', address, length };
  });
}

const releasePattern = /^(?:go)?\d+\.\d+|^devel|\//;

function parseLayouts(args: readonly string[]): ParsedCommand {
  const releases = args.filter((arg) => releasePattern.test(arg));
  const structs = args.filter((arg) => !releasePattern.test(arg));
  if (releases.length > 2) return { kind: 'error', text: ':layouts compares two releases, not more' };
  if (structs.length > 1) return { kind: 'error', text: `:layouts takes one struct; ${structs[1]} is one too many` };
  const named = releases.map((release) => (/^\d/.test(release) ? `go${release}` : release));
  return { kind: 'layouts', a: named[0], b: named[1], struct: structs[0]?.replace(/^runtime\./, '') };
}

export interface Completions {
  readonly structs: readonly string[];
  readonly releases: readonly string[];
}

const filterWords = [
  'class=',
  'state=inuse',
  'state=manual',
  'state=free',
  'used<',
  'used>',
  'elemsize=',
  'npages>',
  'noscan',
  'scan',
  'suspect',
  'nelems=',
  'freeindex=',
  'allocCount=',
  'sweepgen=',
  'base=0x',
];

const goroutineWords = [
  'state=waiting',
  'state=running',
  'state=runnable',
  'state=syscall',
  'reason=',
  'func=',
  'package=',
  'goid=',
  'system',
];

/** The text with its last word completed as far as all candidates agree, and the candidates. */
export function completeCommand(
  text: string,
  known: Completions,
): { readonly text: string; readonly candidates: readonly string[] } {
  const start = text.lastIndexOf(' ') + 1;
  const word = text.slice(start);
  const command = text.trimStart().split(/\s+/)[0] ?? '';
  let candidates: readonly string[];
  if (start === 0) candidates = names.filter((name) => name !== 'q');
  else if (command === 'spans') candidates = filterWords;
  else if (command === 'goroutines') candidates = goroutineWords;
  else if (command === 'histogram') candidates = columns;
  else if (command === 'layouts') candidates = [...known.structs, ...known.releases];
  else candidates = [];
  const fitting = candidates.filter((candidate) => candidate.startsWith(word));
  if (fitting.length === 0) return { text, candidates: [] };
  const common = fitting.reduce(commonStart);
  const done = fitting.length === 1 && !common.endsWith('=') ? `${common} ` : common;
  return { text: text.slice(0, start) + done, candidates: fitting };
}

function commonStart(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return a.slice(0, length);
}
