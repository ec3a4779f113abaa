// Real processes for tests of live reading: the programs of the committed images, and any other; all are killed after each test.
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { threadStates } from '../../src/image/proc-status.js';
import { until } from './patience.js';
import type { TempFolder } from './run-cli.js';

export type Running = ChildProcess & { pid: number };

export class LivePrograms {
  readonly #folder: TempFolder;
  readonly #children: ChildProcess[] = [];
  #started = 0;

  constructor(folder: TempFolder) {
    this.#folder = folder;
  }

  start(program: string, ...args: string[]): Running {
    return this.#run(program, args, 'ignore');
  }

  /** A Go program of `fixtures/images`: `churn` allocates at full speed with the collector running, `block` stands still. It has printed its report, a line. */
  async go(name: string, mode: 'churn' | 'block', dump: 'ignore' | 'pipe' = 'ignore'): Promise<Running> {
    // A file of its own: one that still runs can't be written.
    this.#started += 1;
    const server = this.#folder.unpacked(`${name}.${this.#started}`, 'images', name, 'server.gz');
    chmodSync(server, 0o755);
    const child = this.#run(server, [mode, '1'], dump);
    await firstLine(child);
    // The thread that printed has gone to sleep too.
    if (mode === 'block' && !(await until(() => threadStates(child.pid).every((state) => state === 'S'))))
      throw new Error(`${name} does not stand still`);
    return child;
  }

  kill(): void {
    for (const child of this.#children.splice(0)) child.kill('SIGKILL');
  }

  #run(program: string, args: readonly string[], dump: 'ignore' | 'pipe'): Running {
    const child = spawn(program, args, {
      stdio: ['pipe', 'pipe', dump],
      env: { ...process.env, GOTRACEBACK: 'all' },
    });
    this.#children.push(child);
    if (child.pid === undefined) throw new Error(`${program} did not start`);
    return child as Running;
  }
}

/** Resolves when `child` has printed the end of a line. */
export function firstLine({ stdout }: ChildProcess): Promise<void> {
  return new Promise((resolve) => stdout!.on('data', (piece: Buffer) => piece.includes('\n') && resolve()));
}

/** A thread that the kernel has just made: it stands in clone, has called nothing yet, and nothing has called it. */
export const hasBegun = ({ frames }: { readonly frames: readonly { readonly func: string | null }[] }): boolean =>
  frames.length !== 1 || frames[0]!.func !== 'runtime.clone';

/** In the middle of these SP and PC are of two stacks: no table tells the frame, and a scan does. */
export const betweenStacks = /^(runtime\.)?(gogo|mcall|systemstack|morestack|asmcgocall|gosave_systemstack_switch)$/;
