// The line that a dump begins a goroutine with, in the runtime's own words (runtime/traceback.go, goroutineheader): `goroutine 18 [chan receive, 3 minutes]:`.
import { stateName } from '../analysis/goroutine-query.js';
import type { GoroutineResult } from '../analysis/results-goroutines.js';
import type { LabelTraits } from '../layout/types.js';

const nanosecondsPerMinute = 60e9;

/** Statuses whose minutes a dump tells: of a leaked one it doesn't. */
const tellsMinutes: ReadonlySet<string> = new Set(['waiting', 'syscall']);

/** `labels`: how they are shown; undefined where they are not. */
export function goroutineHeader(goroutine: GoroutineResult, labels: LabelTraits | undefined): string {
  const text = labels && labelsText(goroutine, labels);
  const [inside, behind] = labels?.place === 'inside' ? [text && ` labels:${text}`, ''] : ['', text && ` ${text}`];
  return `goroutine ${goroutine.goid} [${stateText(goroutine)}${inside ?? ''}]${behind ?? ''}:`;
}

/** What stands in brackets, labels left out. */
export function stateText(goroutine: GoroutineResult): string {
  const { status, waitReason, waitSinceAtLeast, lockedToThread, scanned, bubble } = goroutine;
  const minutes = tellsMinutes.has(status) ? Math.floor((waitSinceAtLeast ?? 0) / nanosecondsPerMinute) : 0;
  const state = /^status \d+$/.test(status) ? '???' : stateName({ status, waitReason });
  return [
    `${state}${scanned ? ' (scan)' : ''}${bubble?.durable ? ' (durable)' : ''}`,
    ...(minutes >= 1 ? [`${minutes} minutes`] : []),
    ...(lockedToThread ? ['locked to thread'] : []),
    ...(bubble ? [`synctest ${bubble.kind} ${bubble.id}`] : []),
  ].join(', ');
}

function labelsText({ labels = [] }: GoroutineResult, { quoted }: LabelTraits): string {
  const word = (text: string) => (quoted === 'needed' && /^[\w./]*$/.test(text) ? text : quotedText(text));
  return labels.length === 0 ? '' : `{${labels.map(({ key, value }) => `${word(key)}: ${word(value)}`).join(', ')}}`;
}

/** runtime/print.go, printquoted: ASCII alone stands as it is. */
function quotedText(text: string): string {
  const escaped = [...text].map((char) => {
    const short = shortEscapes.get(char);
    if (short !== undefined) return short;
    const code = char.codePointAt(0)!;
    const hex = code.toString(16);
    if (code >= 0x20 && code < 0x7f) return char;
    if (code < 0x7f) return `\\x${hex.padStart(2, '0')}`;
    return code < 0x1_0000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
  });
  return `"${escaped.join('')}"`;
}

const shortEscapes: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\\', '\\\\'],
  ['"', '\\"'],
]);
