// A terminal without a window: takes what a program writes and tells what a user would see.
import xterm from '@xterm/headless';
import { patienceMs } from './patience.js';

export interface Screen {
  write(text: string): void;
  /** What is on the screen, a string a row, without trailing spaces, once all that was written is drawn, and no frame by half. */
  lines(): Promise<string[]>;
  text(): Promise<string>;
  /** Waits until the screen's text has `part` (or fits a test); fails with what is seen instead. */
  waitFor(part: string | RegExp, timeoutMs?: number): Promise<string>;
  resize(columns: number, rows: number): void;
  /** Where the next character would go. */
  cursorColumn(): Promise<number>;
  /** The number of cells that are drawn inverse, or in a colour. */
  styledCells(): Promise<{ inverse: number; colored: number }>;
  /** Whether the alternate screen is shown, once all that was written is drawn. */
  alternate(): Promise<boolean>;
  readonly columns: number;
  readonly rows: number;
  dispose(): void;
}

export function createScreen(columns: number, rows: number): Screen {
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 1000 });
  // A frame stands between these two (DECSET 2026); a pipe or a terminal may deliver it in pieces.
  let inFrame = false;
  for (const final of ['h', 'l'])
    terminal.parser.registerCsiHandler({ prefix: '?', final }, (modes) => {
      if (modes.includes(2026)) inFrame = final === 'h';
      return false;
    });
  const drawn = async () => {
    // What the program does without waiting for anything belongs to it, as a second frame that corrects the first.
    await new Promise((resolve) => setImmediate(resolve));
    const end = performance.now() + patienceMs;
    do {
      await new Promise<void>((resolve) => terminal.write('', resolve));
      if (inFrame) await new Promise((resolve) => setTimeout(resolve, 5));
    } while (inFrame && performance.now() < end);
  };
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
    async waitFor(part, timeoutMs = patienceMs) {
      const end = performance.now() + timeoutMs;
      for (;;) {
        const text = await screen.text();
        if (typeof part === 'string' ? text.includes(part) : part.test(text)) return text;
        if (performance.now() > end) throw new Error(`waited for ${part}; on the screen is:\n${text}`);
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
    async alternate() {
      await drawn();
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
