// Every key of the program, as data: what `?` lists, what the status bar hints at, and what the screens obey all come from this table.
// A context is where a key has its meaning; a screen's context stands first in a chain of more general ones.

export type Context =
  | 'screen'
  | 'list'
  | 'textview'
  | 'overview'
  | 'spans'
  | 'span-map'
  | 'span-fields'
  | 'bytes'
  | 'layouts'
  | 'struct'
  | 'layout-diff'
  | 'help'
  | 'prompt';

export type Command =
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'top'
  | 'bottom'
  | 'half-down'
  | 'half-up'
  | 'page-down'
  | 'page-up'
  | 'open'
  | 'back'
  | 'quit-screen'
  | 'quit'
  | 'filter'
  | 'command'
  | 'help'
  | 'sort'
  | 'reverse'
  | 'column-left'
  | 'column-right'
  | 'next-match'
  | 'previous-match'
  | 'copy'
  | 'bytes'
  | 'redraw'
  | 'suspend'
  | 'next-pane'
  | 'previous-pane'
  | 'to-overview'
  | 'to-spans'
  | 'to-layouts'
  | 'mark'
  | 'diff'
  | 'verify'
  | 'search'
  | 'close'
  | 'accept'
  | 'cancel'
  | 'recall'
  | 'complete'
  | 'erase'
  | 'erase-all';

export interface Binding {
  readonly context: Context;
  readonly keys: readonly string[];
  readonly command: Command;
  readonly help: string;
  /** A short word for the status bar; the first bindings of the most special context come first. */
  readonly hint?: string;
}

export const bindings: readonly Binding[] = [
  {
    context: 'overview',
    keys: ['enter', 'l'],
    command: 'open',
    help: 'open the spans (of the class under the cursor)',
    hint: 'open',
  },

  { context: 'spans', keys: ['enter', 'l'], command: 'open', help: 'open the span under the cursor', hint: 'open' },
  {
    context: 'spans',
    keys: ['/'],
    command: 'filter',
    help: 'filter rows: class=5 state=inuse used<70 !noscan',
    hint: 'filter',
  },
  { context: 'spans', keys: ['s'], command: 'sort', help: 'sort by the chosen column', hint: 'sort' },
  { context: 'spans', keys: ['S'], command: 'reverse', help: 'sort the other way round' },
  { context: 'spans', keys: ['<'], command: 'column-left', help: 'choose the column to the left' },
  { context: 'spans', keys: ['>'], command: 'column-right', help: 'choose the column to the right', hint: 'column' },
  { context: 'spans', keys: ['x'], command: 'bytes', help: 'raw bytes at startAddr' },
  { context: 'spans', keys: ['y'], command: 'copy', help: 'copy startAddr to the clipboard' },

  { context: 'span-map', keys: ['tab'], command: 'next-pane', help: 'go to the fields', hint: 'fields' },
  { context: 'span-map', keys: ['shift-tab'], command: 'previous-pane', help: 'go to the fields' },
  { context: 'span-map', keys: ['left'], command: 'left', help: 'previous slot' },
  { context: 'span-map', keys: ['right'], command: 'right', help: 'next slot' },
  { context: 'span-map', keys: ['x', 'enter', 'l'], command: 'bytes', help: "the slot's bytes", hint: 'bytes' },
  { context: 'span-map', keys: ['y'], command: 'copy', help: "copy the slot's address", hint: 'copy' },
  { context: 'span-map', keys: ['n'], command: 'next-match', help: 'next slot of another state' },
  { context: 'span-map', keys: ['N'], command: 'previous-match', help: 'previous slot of another state' },

  { context: 'span-fields', keys: ['tab'], command: 'next-pane', help: 'go to the slot map', hint: 'slot map' },
  { context: 'span-fields', keys: ['shift-tab'], command: 'previous-pane', help: 'go to the slot map' },
  {
    context: 'span-fields',
    keys: ['x', 'enter', 'l'],
    command: 'bytes',
    help: "the field's bytes, or what it points to",
    hint: 'bytes',
  },
  { context: 'span-fields', keys: ['y'], command: 'copy', help: "copy the field's value", hint: 'copy' },

  { context: 'bytes', keys: ['y'], command: 'copy', help: 'copy the address of the row', hint: 'copy' },

  { context: 'layouts', keys: ['enter', 'l'], command: 'open', help: 'open the struct or the release', hint: 'open' },
  {
    context: 'layouts',
    keys: ['tab'],
    command: 'next-pane',
    help: 'structs, releases, DWARF against table',
    hint: 'pane',
  },
  { context: 'layouts', keys: ['shift-tab'], command: 'previous-pane', help: 'the pane before' },
  { context: 'layouts', keys: ['m'], command: 'mark', help: 'mark a release to compare with' },
  { context: 'layouts', keys: ['d'], command: 'diff', help: 'compare the marked release with this one' },
  {
    context: 'layouts',
    keys: ['v'],
    command: 'verify',
    help: "compare the binary's DWARF with the table",
    hint: 'verify',
  },
  { context: 'layouts', keys: ['/'], command: 'filter', help: 'show only names with this text' },
  { context: 'layouts', keys: ['y'], command: 'copy', help: 'copy the name' },

  {
    context: 'struct',
    keys: ['v'],
    command: 'verify',
    help: "compare the binary's DWARF with the table",
    hint: 'verify',
  },
  { context: 'struct', keys: ['y'], command: 'copy', help: 'copy the field' },

  { context: 'layout-diff', keys: ['y'], command: 'copy', help: 'copy the row' },

  { context: 'textview', keys: ['/'], command: 'search', help: 'search for a text', hint: 'search' },
  { context: 'textview', keys: ['n'], command: 'next-match', help: 'next match' },
  { context: 'textview', keys: ['N'], command: 'previous-match', help: 'previous match' },

  { context: 'list', keys: ['j', 'down'], command: 'down', help: 'down' },
  { context: 'list', keys: ['k', 'up'], command: 'up', help: 'up' },
  { context: 'list', keys: ['g', 'home'], command: 'top', help: 'to the first' },
  { context: 'list', keys: ['G', 'end'], command: 'bottom', help: 'to the last' },
  { context: 'list', keys: ['ctrl-d'], command: 'half-down', help: 'half a page down' },
  { context: 'list', keys: ['ctrl-u'], command: 'half-up', help: 'half a page up' },
  { context: 'list', keys: ['pagedown', 'ctrl-f', 'space'], command: 'page-down', help: 'a page down' },
  { context: 'list', keys: ['pageup', 'ctrl-b'], command: 'page-up', help: 'a page up' },

  { context: 'screen', keys: [':'], command: 'command', help: 'command line (Tab completes)', hint: 'command' },
  { context: 'screen', keys: ['?'], command: 'help', help: 'this help', hint: 'help' },
  { context: 'screen', keys: ['1'], command: 'to-overview', help: 'overview' },
  { context: 'screen', keys: ['2'], command: 'to-spans', help: 'spans' },
  { context: 'screen', keys: ['8'], command: 'to-layouts', help: 'layouts' },
  { context: 'screen', keys: ['esc', 'h'], command: 'back', help: 'cancel what runs, clear the filter, else go back' },
  { context: 'screen', keys: ['q'], command: 'quit-screen', help: 'back; on the first screen: quit', hint: 'back' },
  { context: 'screen', keys: ['ctrl-c'], command: 'quit', help: 'quit' },
  { context: 'screen', keys: ['ctrl-z'], command: 'suspend', help: 'to the shell; its fg comes back' },
  { context: 'screen', keys: ['r', 'ctrl-l'], command: 'redraw', help: 'draw the screen anew' },

  { context: 'help', keys: ['esc', 'q', '?', 'h'], command: 'close', help: 'close the help', hint: 'close' },
  { context: 'help', keys: ['/'], command: 'filter', help: 'show only lines with this text', hint: 'filter' },
  { context: 'help', keys: [':'], command: 'command', help: 'command line' },
  { context: 'help', keys: ['ctrl-z'], command: 'suspend', help: 'to the shell; its fg comes back' },
  { context: 'help', keys: ['ctrl-c'], command: 'quit', help: 'quit' },

  { context: 'prompt', keys: ['enter'], command: 'accept', help: 'do it', hint: 'do it' },
  { context: 'prompt', keys: ['esc'], command: 'cancel', help: 'leave the prompt', hint: 'cancel' },
  { context: 'prompt', keys: ['tab'], command: 'complete', help: 'complete the word', hint: 'complete' },
  { context: 'prompt', keys: ['backspace'], command: 'erase', help: 'erase a character' },
  { context: 'prompt', keys: ['up'], command: 'recall', help: 'what was typed here last' },
  { context: 'prompt', keys: ['ctrl-u'], command: 'erase-all', help: 'erase all' },
  { context: 'prompt', keys: ['ctrl-z'], command: 'suspend', help: 'to the shell; its fg comes back' },
  { context: 'prompt', keys: ['ctrl-c'], command: 'quit', help: 'quit' },
];

const chains: Readonly<Record<Context, readonly Context[]>> = {
  screen: ['screen'],
  list: ['list', 'screen'],
  textview: ['textview', 'list', 'screen'],
  overview: ['overview', 'list', 'screen'],
  spans: ['spans', 'list', 'screen'],
  'span-map': ['span-map', 'list', 'screen'],
  'span-fields': ['span-fields', 'textview', 'list', 'screen'],
  bytes: ['bytes', 'list', 'screen'],
  layouts: ['layouts', 'list', 'screen'],
  struct: ['struct', 'textview', 'list', 'screen'],
  'layout-diff': ['layout-diff', 'textview', 'list', 'screen'],
  help: ['help', 'list'],
  prompt: ['prompt'],
};

export const contexts = Object.keys(chains) as readonly Context[];

/** The bindings that hold in a context, special ones first. */
export function bindingsIn(context: Context): readonly Binding[] {
  return chains[context].flatMap((link) => bindings.filter((binding) => binding.context === link));
}

const tables = new Map<Context, Map<string, Command>>();

/** What a key does in a context; undefined if nothing. */
export function commandFor(context: Context, key: string): Command | undefined {
  let table = tables.get(context);
  if (table === undefined) {
    table = new Map(bindingsIn(context).flatMap((binding) => binding.keys.map((k) => [k, binding.command] as const)));
    tables.set(context, table);
  }
  return table.get(key);
}

const keyLabels: Readonly<Record<string, string>> = {
  up: '↑',
  down: '↓',
  left: '←',
  right: '→',
  enter: 'Enter',
  esc: 'Esc',
  tab: 'Tab',
  'shift-tab': 'Shift-Tab',
  space: 'Space',
  pageup: 'PgUp',
  pagedown: 'PgDn',
  home: 'Home',
  end: 'End',
  backspace: 'Backspace',
};

/** `ctrl-d` as `Ctrl-d`, `enter` as `Enter`: how a key is shown to people. */
export function keyLabel(key: string): string {
  return keyLabels[key] ?? (key.startsWith('ctrl-') ? `Ctrl-${key.slice(5)}` : key);
}

/** The hints for the status bar: `Enter open`, `/ filter`, … */
export function hintsFor(context: Context): readonly { readonly key: string; readonly text: string }[] {
  return bindingsIn(context).flatMap((b) =>
    b.hint === undefined ? [] : [{ key: keyLabel(b.keys[0] ?? ''), text: b.hint }],
  );
}
