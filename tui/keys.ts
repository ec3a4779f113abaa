// Keys by name, one at a time: what the terminal sends (a sequence, or a run of characters that arrived together) becomes a list of names
// such as `j`, `ctrl-d`, `up`, `enter`, `esc`. A queue hands them out and waits where a key changed what the next one means.

const named: Readonly<Record<string, string>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\u007f': 'backspace',
  '\b': 'backspace',
  '\u001b': 'esc',
  ' ': 'space',
};

/** By the last character of `ESC [ … X` and `ESC O X`. */
const byLetter: Readonly<Record<string, string>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  H: 'home',
  F: 'end',
  Z: 'shift-tab',
};
/** By the number in `ESC [ N ~`. */
const byNumber: Readonly<Record<string, string>> = {
  1: 'home',
  4: 'end',
  5: 'pageup',
  6: 'pagedown',
  7: 'home',
  8: 'end',
};

/** The keys in one piece of input: one escape sequence, or characters without any. Unknown sequences are no keys. */
export function keyNames(input: string): string[] {
  if (!input.startsWith('\u001b')) return [...input].flatMap(characterName);
  const rest = input.slice(1);
  if (rest.startsWith('\u001b')) return ['esc', ...keyNames(rest)];
  const sequence = /^(?:\[|O)([\d;]*)([A-Za-z~])$/.exec(rest);
  if (sequence !== null) {
    const [, numbers = '', letter = ''] = sequence;
    // Modifiers (`1;5A` is Ctrl-↑) change nothing: there are no such keys here.
    const name = letter === '~' ? byNumber[numbers.split(';')[0] ?? ''] : byLetter[letter];
    return name === undefined ? [] : [name];
  }
  if (rest.length > 1 && (rest.startsWith('[') || rest.startsWith('O'))) return [];
  // Esc and a character that arrive together look like Meta; there are no Meta keys here.
  return ['esc', ...[...rest].flatMap(characterName)];
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
