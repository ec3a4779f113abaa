// The prompt in the place of the status bar: a command, a filter or a search text, with what Tab found.
import type { Line } from '../line.js';
import type { Prompt } from '../navigation.js';

const marks = { command: ':', filter: '/', search: '/', 'help-filter': '/' } as const;

export function promptLine(prompt: Prompt, width: number): Line {
  const candidates = prompt.candidates.join(' ');
  // A text longer than the line is shown from its end, where it is being typed.
  const text = prompt.text.length > width - 4 ? prompt.text.slice(prompt.text.length - width + 4) : prompt.text;
  return [' ', ['key', marks[prompt.kind]], text, ['cursor', ' '], '  ', ['dim', candidates]];
}
