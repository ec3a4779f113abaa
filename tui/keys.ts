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
 * it is drawn. `hold` stops the queue until a promise settles (a row that is being fetched, a table that is being sorted), but for the keys
 * that mean the same before and after: those go on, unless one that has to wait stands before them.
 */
export class KeyQueue {
  private readonly keys: string[] = [];
  private waiting = false;
  /** Of each hold, which keys may go on. */
  private readonly holds = new Set<(key: string) => boolean>();
  private awaited = false;
  private draining = false;
  private readonly handle: (key: string) => 'next' | 'wait';
  private readonly needsScreen: (key: string) => boolean;

  /** `needsScreen`: whether a key asks for what the screen on top is about, which may be awaited. */
  constructor(handle: (key: string) => 'next' | 'wait', needsScreen: (key: string) => boolean = () => true) {
    this.handle = handle;
    this.needsScreen = needsScreen;
  }

  push(keys: readonly string[]): void {
    for (const key of keys) {
      if (urgent.has(key) && this.stuck) {
        this.keys.length = 0;
        this.handle(key);
      } else this.keys.push(key);
    }
    this.drain();
  }

  /** Told by each screen that is drawn. */
  setAwaited(awaited: boolean): void {
    if (this.awaited === awaited) return;
    this.awaited = awaited;
    // Told in the middle of a drawing: the screen's own way to take keys is set up after it.
    if (!awaited) queueMicrotask(() => this.drain());
  }

  resume(): void {
    this.waiting = false;
    this.drain();
  }

  async hold<T>(promise: Promise<T>, mayGoOn: (key: string) => boolean = () => false): Promise<T> {
    // Two holds are two, also with the same function.
    const mark = (key: string) => mayGoOn(key);
    this.holds.add(mark);
    try {
      return await promise;
    } finally {
      this.holds.delete(mark);
      // What the promise's user does with its value comes before the next key.
      setImmediate(() => this.drain());
    }
  }

  /** Whether keys wait for more than the next drawing. */
  private get stuck(): boolean {
    const key = this.keys[0];
    return this.holds.size > 0 || (!this.waiting && key !== undefined && !this.mayGoOn(key));
  }

  private drain(): void {
    if (this.draining) return;
    this.draining = true;
    while (!this.waiting) {
      const key = this.keys[0];
      if (key === undefined || !this.mayGoOn(key)) break;
      this.keys.shift();
      if (this.handle(key) === 'wait') this.waiting = true;
    }
    this.draining = false;
  }

  private mayGoOn(key: string): boolean {
    for (const each of this.holds) if (!each(key)) return false;
    return !(this.awaited && this.needsScreen(key));
  }
}
