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
  /** Resolves when the program has ended. */
  readonly ended: Promise<{ exitCode: number; signal: number | undefined }>;
}

export interface PtyOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

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
  child.onData((data) => {
    output += data;
    screen.write(data);
  });
  const ended = new Promise<{ exitCode: number; signal: number | undefined }>((resolve) => {
    child.onExit(({ exitCode, signal }) => resolve({ exitCode, signal }));
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
