// The text that filters lists of goroutines: words that all must hold, `!` before one that must not. `state=waiting`, `reason=chan`, `func=serve`, `package=net/http`,
// `goid=18`, `system`; any other word is looked for in state, wait reason and function names.
import { InspectError } from '../bytes/errors.js';
import { packageOf } from './goroutine-query.js';

/** What a filter looks at. `names` are the functions on the stack and the one that started it; undefined until it is unwound. */
export interface FilteredGoroutine {
  readonly goid: string;
  readonly status: string;
  readonly waitReason: string;
  readonly system: boolean;
  readonly names: readonly string[];
}

export type GoroutineTest = (goroutine: FilteredGoroutine) => boolean;

/** Keys that a word may have; what `Tab` completes. */
export const goroutineFilterWords = ['state=', 'reason=', 'func=', 'package=', 'goid=', 'system'] as const;

/** Throws an InspectError that names the word it does not understand. */
export function parseGoroutineFilter(text: string): GoroutineTest {
  const tests = text
    .trim()
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word): GoroutineTest => {
      if (!word.startsWith('!') || word === '!') return testOf(word);
      const test = testOf(word.slice(1));
      return (goroutine) => !test(goroutine);
    });
  return (goroutine) => tests.every((test) => test(goroutine));
}

function testOf(word: string): GoroutineTest {
  const equals = word.indexOf('=');
  if (word === 'system') return ({ system }) => system;
  if (equals < 0) {
    const wanted = word.toLowerCase();
    return ({ status, waitReason, names }) =>
      status.toLowerCase().includes(wanted) ||
      waitReason.toLowerCase().includes(wanted) ||
      names.some((name) => name.toLowerCase().includes(wanted));
  }
  const [key, value] = [word.slice(0, equals), word.slice(equals + 1)];
  const lowered = value.toLowerCase();
  switch (key) {
    case 'state': {
      const states = value.split(',');
      return ({ status }) => states.includes(status);
    }
    case 'reason':
      return ({ waitReason }) => waitReason.toLowerCase().includes(lowered);
    case 'func':
      return ({ names }) => names.some((name) => name.includes(value));
    case 'package':
      return ({ names }) => names.some((name) => packageOf(name) === value);
    case 'goid':
      return ({ goid }) => goid === value;
    default:
      throw new InspectError(
        'unsupported',
        `filter ${word}`,
        `there is no ${key}`,
        `known are ${goroutineFilterWords.join(' ')}, and any text`,
      );
  }
}
