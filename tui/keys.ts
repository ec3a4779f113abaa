// Keys by name, one at a time: what Ink reports (a key, or a run of characters that arrived together) becomes a list of names such as
// `j`, `ctrl-d`, `up`, `enter`, `esc`. A queue hands them out and waits where a key changed what the next one means.
import type { Key } from 'ink';

const named: Readonly<Record<string, string>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\u007f': 'backspace',
  '\b': 'backspace',
  '\u001b': 'esc',
  ' ': 'space',
};

/** The names of the keys in one event of Ink's `useInput`. */
export function keyNames(input: string, key: Key): string[] {
  if (key.upArrow) return ['up'];
  if (key.downArrow) return ['down'];
  if (key.leftArrow) return ['left'];
  if (key.rightArrow) return ['right'];
  if (key.pageUp) return ['pageup'];
  if (key.pageDown) return ['pagedown'];
  if (key.home) return ['home'];
  if (key.end) return ['end'];
  if (key.tab) return [key.shift ? 'shift-tab' : 'tab'];
  if (key.return) return ['enter'];
  if (key.backspace || key.delete) return ['backspace'];
  if (key.escape) return ['esc'];
  if (key.ctrl && input.length === 1) return [`ctrl-${input}`];
  const names = [...input].flatMap(characterName);
  // Esc and a letter that arrive together look like Meta; there are no Meta keys here.
  return key.meta && !key.ctrl ? ['esc', ...names] : names;
}

function characterName(char: string): string[] {
  const name = named[char];
  if (name !== undefined) return [name];
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x20) return [`ctrl-${String.fromCharCode(code + 0x60)}`];
  return [char];
}

/** The character a key types into a prompt; undefined for keys that type nothing. */
export function typedCharacter(key: string): string | undefined {
  if (key === 'space') return ' ';
  return [...key].length === 1 ? key : undefined;
}

/** Keys that are taken even while something is awaited. */
const urgent = new Set(['ctrl-c', 'esc']);

/**
 * Keys in order of arrival. `handle` says `wait` when the next key must see the screen that this one brought; `resume` is called when
 * it is drawn. `hold` stops the queue until a promise settles (a row that is being fetched, a table that is being sorted).
 */
export class KeyQueue {
  private readonly keys: string[] = [];
  private waiting = false;
  private holds = 0;
  private draining = false;
  private readonly handle: (key: string) => 'next' | 'wait';

  constructor(handle: (key: string) => 'next' | 'wait') {
    this.handle = handle;
  }

  push(keys: readonly string[]): void {
    for (const key of keys) {
      if (this.holds > 0 && urgent.has(key)) {
        this.keys.length = 0;
        this.handle(key);
      } else this.keys.push(key);
    }
    this.drain();
  }

  resume(): void {
    this.waiting = false;
    this.drain();
  }

  async hold<T>(promise: Promise<T>): Promise<T> {
    this.holds++;
    try {
      return await promise;
    } finally {
      this.holds--;
      // What the promise's user does with its value comes before the next key.
      setImmediate(() => this.drain());
    }
  }

  get held(): boolean {
    return this.holds > 0;
  }

  private drain(): void {
    if (this.draining) return;
    this.draining = true;
    while (!this.waiting && this.holds === 0) {
      const key = this.keys.shift();
      if (key === undefined) break;
      if (this.handle(key) === 'wait') this.waiting = true;
    }
    this.draining = false;
  }
}
