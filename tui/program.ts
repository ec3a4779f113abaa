// What the screens need of the program that they are drawn by: only main.tsx has a terminal and files.

/** What only the program around the screens can do. */
export interface Program {
  onQuit(): void;
  /** The terminal's content is not to be trusted: draw all of it anew. */
  onRedraw(): void;
  /** Back to the shell until its `fg`. */
  onSuspend(): void;
  onCopy(text: string): void;
  /** Writes lines to a new file; rejects where it exists or can't be written. */
  onExport(path: string, lines: AsyncIterable<string>): Promise<void>;
}
