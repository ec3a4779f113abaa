// Lines below a list with all of what is known of the row under the cursor, where the row itself has no room for it.
import { type Line, wrapText } from '../line.js';

const textHeight = 3;
/** A rule and the text. */
export const aboutHeight = textHeight + 1;

/** That many lines; where even they are too few, the last one says so. */
export function aboutLines(text: string, width: number): Line[] {
  const words = wrapText(text, width - 3);
  const shown = words.slice(0, textHeight);
  if (words.length > textHeight) shown[textHeight - 1] = `${shown[textHeight - 1]?.slice(0, width - 5)} …`;
  const lines = Array.from({ length: textHeight }, (_, i): Line => [' ', shown[i] ?? '']);
  return [[['dim', '─'.repeat(width)]], ...lines];
}

/** What keeps the lines below a short list at the bottom. */
export const emptyLines = (count: number): Line[] => Array.from({ length: Math.max(0, count) }, () => []);
