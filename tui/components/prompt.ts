// The prompt in the place of the status bar: a command, a filter or a search text, with what Tab found.
import type { Line } from '../line.js';
import type { Prompt } from '../navigation.js';

const marks = {
  command: ':',
  filter: '/',
  search: '/',
  'help-filter': '/',
  address: 'go to address: ',
  export: 'write this view to file: ',
} as const;

/** `busy`: what its Enter may have to wait for. */
export function promptLine(prompt: Prompt, width: number, busy = ''): Line {
  const candidates = prompt.candidates.join(' ');
  // A text longer than the line is shown from its end, where it is being typed.
  const room = width - 3 - marks[prompt.kind].length;
  const text = prompt.text.length > room ? prompt.text.slice(prompt.text.length - room) : prompt.text;
  return [
    ' ',
    ['key', marks[prompt.kind]],
    text,
    ['cursor', ' '],
    '  ',
    ['dim', candidates === '' ? busy : candidates],
  ];
}
