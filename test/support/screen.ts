// A terminal without a window: takes what a program writes and tells what a user would see.
import xterm from '@xterm/headless';

export interface Screen {
  write(text: string): void;
  /** What is on the screen, a string a row, without trailing spaces, once all that was written is drawn. */
  lines(): Promise<string[]>;
  text(): Promise<string>;
  /** Waits until the screen's text has `part` (or fits a test); fails with what is seen instead. */
  waitFor(part: string | RegExp, timeoutMs?: number): Promise<string>;
  resize(columns: number, rows: number): void;
  /** Where the next character would go. */
  cursorColumn(): Promise<number>;
  /** The number of cells that are drawn inverse, or in a colour. */
  styledCells(): Promise<{ inverse: number; colored: number }>;
  readonly alternate: boolean;
  readonly columns: number;
  readonly rows: number;
  dispose(): void;
}

export function createScreen(columns: number, rows: number): Screen {
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 1000 });
  const drawn = () => new Promise<void>((resolve) => terminal.write('', resolve));
  const screen: Screen = {
    write: (text) => terminal.write(text),
    async lines() {
      await drawn();
      const { active } = terminal.buffer;
      return Array.from(
        { length: terminal.rows },
        (_, row) => active.getLine(active.viewportY + row)?.translateToString(true) ?? '',
      );
    },
    async text() {
      return (await screen.lines()).join('\n');
    },
    async waitFor(part, timeoutMs = 10_000) {
      const end = Date.now() + timeoutMs;
      for (;;) {
        const text = await screen.text();
        if (typeof part === 'string' ? text.includes(part) : part.test(text)) return text;
        if (Date.now() > end) throw new Error(`waited for ${part}; on the screen is:\n${text}`);
        await new Promise((resolve) => setTimeout(resolve, 15));
      }
    },
    resize: (nextColumns, nextRows) => terminal.resize(nextColumns, nextRows),
    async cursorColumn() {
      await drawn();
      return terminal.buffer.active.cursorX;
    },
    async styledCells() {
      await drawn();
      let inverse = 0;
      let colored = 0;
      const { active } = terminal.buffer;
      for (let row = 0; row < terminal.rows; row++) {
        const line = active.getLine(active.viewportY + row);
        for (let column = 0; column < terminal.cols; column++) {
          const cell = line?.getCell(column);
          if (cell?.isInverse()) inverse++;
          if (cell && !cell.isFgDefault()) colored++;
        }
      }
      return { inverse, colored };
    },
    get alternate() {
      return terminal.buffer.active.type === 'alternate';
    },
    get columns() {
      return terminal.cols;
    },
    get rows() {
      return terminal.rows;
    },
    dispose: () => terminal.dispose(),
  };
  return screen;
}
