// Results go out here: buffered, synchronous, and quietly over when nobody reads any more (`spanscope spans … | head`).
import { writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { foldText } from '../output/fold.js';

const flushAt = 1 << 16;
/** What is kept back at most while a process stands still for us: a pager that is not read must not hold it. */
const heldAtMost = 1 << 26;

/** Thrown when the reader of stdout is gone: the program ends with what it has done. */
export class PipeClosed extends Error {}

export class Output {
  #pending: string[] = [];
  #length = 0;
  #flushAt = flushAt;
  readonly #columns: number | undefined;

  /** `columns`: what is written is text for people, in whole lines, and the terminal has so many. */
  constructor(columns?: number) {
    this.#columns = columns;
  }

  /** From now on everything is kept until `flush`, as far as there is room. */
  hold(): void {
    this.#flushAt = heldAtMost;
  }

  write(whole: string): void {
    const text = this.#columns === undefined ? whole : foldText(whole, this.#columns);
    this.#pending.push(text);
    this.#length += text.length;
    if (this.#length >= this.#flushAt) this.flush();
  }

  line(text = ''): void {
    this.write(`${text}\n`);
  }

  /** Bytes as they are, behind what was written before; they are written when it returns. */
  bytes(bytes: Uint8Array): void {
    this.flush();
    writeFully(1, bytes);
  }

  flush(): void {
    if (this.#length === 0) return;
    const bytes = Buffer.from(this.#pending.join(''), 'utf8');
    this.#pending = [];
    this.#length = 0;
    writeFully(1, bytes);
  }
}

/** Of the terminal that stdout (1) or stderr (2) is; undefined where it is none, or does not say. */
export function terminalColumns(fd: 1 | 2): number | undefined {
  if (!isatty(fd)) return undefined;
  const { columns } = fd === 1 ? process.stdout : process.stderr;
  return columns > 0 ? columns : undefined;
}

/** Writes all of `bytes`, waiting where a pipe is full. */
export function writeFully(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(fd, bytes, done);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE' || code === 'EOF') throw new PipeClosed();
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
  }
}
