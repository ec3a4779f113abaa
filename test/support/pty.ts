// A program in a pseudo-terminal, with a screen that shows what it draws.
import { spawn } from '@lydell/node-pty';
import { createScreen, type Screen } from './screen.js';

export interface PtyProgram {
  readonly screen: Screen;
  /** All bytes so far, as text. */
  output(): string;
  type(keys: string): void;
  resize(columns: number, rows: number): void;
  kill(signal: string): void;
  /** Closes the terminal under the program, as a window that is shut does. */
  hangUp(): void;
  readonly pid: number;
  /** Resolves when the program has ended and its last output is there. */
  readonly ended: Promise<{ exitCode: number; signal: number | undefined }>;
}

export interface PtyOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Without output for so long after its end, a program has said all. */
const quietMs = 100;

export function runInPty(file: string, args: readonly string[], options: PtyOptions = {}): PtyProgram {
  const { columns = 80, rows = 24 } = options;
  const { NO_COLOR: _unset, ...inherited } = process.env as Record<string, string>;
  const child = spawn(file, [...args], {
    name: 'xterm-256color',
    cols: columns,
    rows,
    cwd: options.cwd ?? process.cwd(),
    env: { ...inherited, ...options.env },
  });
  const screen = createScreen(columns, rows);
  let output = '';
  let heard = 0;
  child.onData((data) => {
    output += data;
    heard = performance.now();
    screen.write(data);
  });
  const ended = new Promise<{ exitCode: number; signal: number | undefined }>((resolve) => {
    child.onExit(({ exitCode, signal }) => {
      // On a busy machine the end is heard of before the last bytes are.
      const settled = () => {
        if (performance.now() - heard > quietMs) resolve({ exitCode, signal });
        else setTimeout(settled, quietMs);
      };
      heard = performance.now();
      settled();
    });
  });
  return {
    screen,
    output: () => output,
    type: (keys) => child.write(keys),
    resize(nextColumns, nextRows) {
      screen.resize(nextColumns, nextRows);
      child.resize(nextColumns, nextRows);
    },
    kill: (signal) => child.kill(signal),
    // node-pty has it, its types have not.
    hangUp: () => (child as unknown as { destroy(): void }).destroy(),
    pid: child.pid,
    ended,
  };
}
