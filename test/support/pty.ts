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

/** What node-pty has and its types have not. */
interface Inner {
  readonly _socket: { readonly readableEnded: boolean; destroy(error?: Error): unknown };
  destroy(): void;
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
  // node-pty closes its end 200 ms after the program's, read or not. On a busy machine the last bytes are still to be read then: Linux itself says when all are (EIO, or the end).
  const { _socket: socket } = child as unknown as Inner;
  const destroy = socket.destroy.bind(socket);
  let hungUp = process.platform !== 'linux';
  const mayClose = () => hungUp || socket.readableEnded;
  socket.destroy = (error) => (error === undefined && !mayClose() ? socket : destroy(error));
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
    hangUp() {
      hungUp = true;
      (child as unknown as Inner).destroy();
    },
    pid: child.pid,
    ended,
  };
}
