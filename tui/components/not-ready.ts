// The body of a screen whose answer is not here: it is awaited, or there is a reason why it does not come.
import type { ErrorReply } from '../../src/session/protocol.js';
import { type Line, wrapText } from '../line.js';

export function notReadyBody(error: ErrorReply | undefined, width: number, waiting = 'opening…'): Line[] {
  if (error === undefined) return [[], [['dim', `   ${waiting}`]]];
  if (error.code === 'cancelled') return [[], ['   stopped; ', ['key', 'r'], ' asks again']];
  const words = wrapText(`${error.subject === '' ? '' : `${error.subject}: `}${error.why}`, Math.max(20, width - 8));
  return [
    [],
    ...words.map((text, i): Line => [['bad', i === 0 ? '   ✗ ' : '     '], text]),
    ...(error.hint === undefined
      ? []
      : wrapText(error.hint, Math.max(20, width - 8)).map((text): Line => ['     ', ['dim', text]])),
  ];
}
