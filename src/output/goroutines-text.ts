// `goroutines` for people.
import type { GoroutineResult } from '../analysis/results-goroutines.js';
import { printable } from './format.js';

export function goroutinesText(goroutines: readonly GoroutineResult[]): string {
  return goroutines.map(one).join('\n');
}

function one({ goid, status, waitReason, frames, complete, stoppedBecause }: GoroutineResult): string {
  const head = `goroutine ${goid} [${waitReason ?? status}]:${complete ? '' : ` (${stoppedBecause})`}`;
  return `${[head, ...frames.map((f) => `${f.func}(...)\n\t${f.file}:${f.line} +0x${f.offset.toString(16)} ${f.how}${f.inlined ? ' inlined' : ''}`)].map((line) => printable(line)).join('\n')}\n`;
}
