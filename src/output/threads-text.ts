// `threads` for people.
import type { ThreadResult } from '../analysis/results-goroutines.js';
import { fold } from './fold.js';
import { type Marks, printable, unmarked } from './format.js';
import { frameTable } from './goroutines-text.js';

const stacks: Readonly<Record<ThreadResult['on'], string>> = {
  goroutine: 'on its goroutine’s stack',
  g0: 'on its own stack (g0)',
  gsignal: 'in a signal handler (gsignal)',
  other: 'on a stack that is none of Go’s',
  unknown: 'on a stack that is not known',
};

/** Linux fs/proc/array.c, task_state_array. */
const states: Readonly<Record<string, string>> = {
  R: 'running',
  S: 'sleeping',
  D: 'sleeping in the kernel, uninterruptible',
  T: 'stopped',
  t: 'stopped by a debugger',
  I: 'idle',
};

const stateText = (letter: string): string => states[letter] ?? `state ${letter}`;

export function threadText(thread: ThreadResult, marks: Marks = () => unmarked): string {
  const { tid, name, state, registers, signal, m, mid, goid, on, complete, stoppedBecause } = thread;
  const whose =
    m === null
      ? 'no m of Go’s'
      : `m ${marks('m')(String(mid))} ${m}${goid === null ? '' : `, goroutine ${marks('g')(String(goid))}`}`;
  const head = [
    `thread ${tid}${name ? ` (${name})` : ''}  ${whose}, ${stacks[on]}${signal === 0 ? '' : `, signal ${signal}`}`,
    ...(state === undefined
      ? []
      : [`  ${stateText(state)}${registers === null ? '' : `, SP and PC from ${registers}`}`]),
  ].map((line) => printable(line));
  const lines = [
    ...head.flatMap((line) => fold(line, 2)),
    ...frameTable(thread).map((line) => printable(line)),
    ...(complete ? [] : fold(printable(`  ${stoppedBecause}`), 2)),
  ];
  return `${lines.join('\n')}\n`;
}
