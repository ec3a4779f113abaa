// The bottom line: which layout serves, what the screen says of itself, what is running, and the keys that matter now.
// A message takes the whole line until the next key.
import { rootsText } from '../../src/output/format.js';
import type { Context } from '../bindings/binding.js';
import { hintsFor } from '../keymap.js';
import { type Line, leftRight, lineWidth, type Segment, wrapText } from '../line.js';
import type { Navigation } from '../navigation.js';
import { grouped } from '../numbers.js';
import type { Activity, UiSession } from '../ui-session.js';

export interface StatusInput {
  readonly session: UiSession;
  readonly context: Context;
  readonly status: readonly string[];
  readonly width: number;
  /** On the first screen `q` quits. */
  readonly atRoot: boolean;
}

/** What was just said, wrapped: an error must be readable to its end. */
export function messageLines({ text, bad }: NonNullable<Navigation['message']>, width: number): Line[] {
  return wrapText(text, width - 4).map(
    (part, i): Line => [' ', i > 0 ? '  ' : bad ? ['bad', '✗ '] : ['good', '✓ '], part],
  );
}

export function statusLine({ session, context, status, width, atRoot }: StatusInput): Line {
  const left: Line = [' ', ...leftPart(session, status, width)];
  return leftRight(left, hintsThatFit(context, atRoot, width - lineWidth(left) - 2), width);
}

/** On a narrower terminal the keys are worth more than that all roots are sure. */
const roomForGoodNews = 100;

function leftPart(session: UiSession, status: readonly string[], width: number): Segment[] {
  const { activity } = session;
  if (activity !== undefined) {
    return [
      ['warn', activityWords(activity)],
      ['dim', ' · Esc cancels'],
    ];
  }
  if (session.opened === undefined) return [['note', status.join(' · ')]];
  const { layoutText } = session.opened;
  const rootsWords = rootsOf(session);
  // What is not certain stands out; that all is well is short.
  const sure = layoutText.startsWith('~') ? 'warn' : 'note';
  const doubtful = rootsWords.endsWith('?');
  const tells = doubtful || (rootsWords !== '' && width >= roomForGoodNews);
  const roots: Segment[] = tells ? [[doubtful ? 'warn' : 'note', ` · ${rootsWords}`]] : [];
  const rest = status.length === 0 ? '' : ` · ${status.join(' · ')}`;
  return [[sure, layoutWords(layoutText)], ...roots, ['note', rest]];
}

/** Of all roots once the question how they were found is answered; before that of those that every screen needs. */
function rootsOf(session: UiSession): string {
  const found = session.peek('provenance', {});
  return found === undefined ? (session.opened?.rootsText ?? '') : rootsText(Object.values(found.roots));
}

/** `reading spans 30%`; `sorting…` where nobody knows how far it is. */
export function activityWords({ what, done, total }: Activity): string {
  if (total > 0) return `${what} ${Math.floor((100 * done) / total)}%`;
  return done > 0 ? `${what} ${grouped(done)}` : `${what}…`;
}

/** `table go1.22.5/amd64` as `layout table go1.22.5/amd64`; what is already a sentence stays. */
function layoutWords(text: string): string {
  return /^~?(layout|no layout)/.test(text) || text === '' ? text : `layout ${text}`;
}

/** The hints of the present context, most special first, as many as fit; the way to the help has its place in any case. */
function hintsThatFit(context: Context, atRoot: boolean, room: number): Line {
  const hints = hintsFor(context).map((hint) => (atRoot && hint.key === 'q' ? { ...hint, text: 'quit' } : hint));
  const width = (hint: { readonly key: string; readonly text: string }) => hint.key.length + hint.text.length + 3;
  const help = hints.find((hint) => hint.text === 'help');
  let used = help === undefined ? 0 : width(help);
  const line: Segment[] = [];
  for (const hint of hints) {
    if (hint !== help) {
      if (used + width(hint) > room) continue;
      used += width(hint);
    }
    line.push(['key', hint.key], ['dim', ` ${hint.text}  `]);
  }
  return line;
}
