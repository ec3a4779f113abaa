// Keys as the terminal sent them: on a slow line the bytes of one key (an arrow is Esc [ A) may come in two reads, and a lone Esc is a key too.
import { EventEmitter } from 'node:events';

/** Milliseconds in which the rest of a key must come: unnoticed by who presses Esc, and more than lies between the pieces of one key. */
export const patienceMs = 50;

/** The end of a text where an escape sequence has begun that is not over (ECMA-48 CSI with its parameters, SS3; Linux's console has Esc [ [ A). */
const unfinished = /\u001b{1,2}(?:\[\[?[0-?]*[ -/]*|O)?$/;
const escapeOnly = /^\u001b{1,2}$/;
const continues = /^[[O]/;

/** What is used of a terminal's input. */
export type KeySource = Pick<
  NodeJS.ReadStream,
  'isTTY' | 'read' | 'setEncoding' | 'setRawMode' | 'ref' | 'unref' | 'on' | 'off'
>;

/**
 * Stands before a terminal's input, for Ink, and hands out no piece of a key: one that has begun is held until it is whole, or for `patienceMs`. An Esc is handed out before
 * what was typed after it, so that the two are not taken for Alt and a key. Listens between `ref` and `unref`, which forgets what is held.
 */
export class WholeKeys extends EventEmitter {
  readonly #source: KeySource;
  /** Whole keys that are still to be handed out, each in its own turn of the event loop: Ink joins what it reads in one. */
  readonly #waiting: string[] = [];
  #next: string | null = null;
  #held = '';
  #timer: NodeJS.Timeout | undefined;
  #turn: NodeJS.Immediate | undefined;

  constructor(source: KeySource) {
    super();
    this.#source = source;
  }

  get isTTY(): boolean {
    return this.#source.isTTY;
  }

  /** The keys that "readable" told of; null if they were read. */
  read(): string | null {
    const keys = this.#next;
    this.#next = null;
    return keys;
  }

  setEncoding(encoding: BufferEncoding): this {
    this.#source.setEncoding(encoding);
    return this;
  }

  setRawMode(raw: boolean): this {
    this.#source.setRawMode(raw);
    return this;
  }

  ref(): this {
    this.#source.ref();
    this.#source.off('readable', this.#onReadable);
    this.#source.on('readable', this.#onReadable);
    return this;
  }

  unref(): this {
    this.#source.off('readable', this.#onReadable);
    this.#source.unref();
    clearTimeout(this.#timer);
    clearImmediate(this.#turn);
    this.#turn = undefined;
    this.#held = '';
    this.#waiting.length = 0;
    return this;
  }

  readonly #onReadable = (): void => {
    for (;;) {
      const piece: string | Buffer | null = this.#source.read();
      if (piece === null) return;
      this.#take(piece.toString());
    }
  };

  #take(piece: string): void {
    clearTimeout(this.#timer);
    if (escapeOnly.test(this.#held) && !continues.test(piece)) this.#giveHeld();
    const text = this.#held + piece;
    const end = text.search(unfinished);
    this.#held = end < 0 ? '' : text.slice(end);
    this.#give(end < 0 ? text : text.slice(0, end));
    if (this.#held !== '') this.#timer = setTimeout(() => this.#giveHeld(), patienceMs);
  }

  #giveHeld(): void {
    const held = this.#held;
    this.#held = '';
    this.#give(held);
  }

  #give(keys: string): void {
    if (keys === '') return;
    this.#waiting.push(keys);
    if (this.#turn === undefined) this.#hand();
  }

  #hand(): void {
    this.#turn = undefined;
    const keys = this.#waiting.shift();
    if (keys === undefined) return;
    this.#next = (this.#next ?? '') + keys;
    this.emit('readable');
    this.#turn = setImmediate(() => this.#hand());
  }
}
