// Rows of a text that is read, searched and followed: a line each, and what its keys do.
import type { Line } from '../line.js';
import type { NewScreen } from '../screen-state.js';

export interface TextRow {
  readonly line: Line;
  /** What is copied; the line's text where it is empty. */
  readonly name: string;
  /** Where Enter leads. */
  readonly to?: NewScreen;
  /** The address that the row is about: `x` shows its memory. */
  readonly address?: string;
}

export const textRow = (line: Line, rest: Omit<Partial<TextRow>, 'line'> = {}): TextRow => ({
  line,
  name: '',
  ...rest,
});
