// Every key of the program, as data: what `?` lists, what the status bar hints at, and what the screens obey all come from this table.
// A context is where a key has its meaning; a screen's context stands first in a chain of more general ones.

export type Context =
  | 'screen'
  | 'moving'
  | 'list'
  | 'textview'
  | 'overview'
  | 'spans'
  | 'span-map'
  | 'span-fields'
  | 'memory'
  | 'gc-pacing'
  | 'gc-fields'
  | 'arenas'
  | 'findings'
  | 'finding'
  | 'how'
  | 'find'
  | 'histogram'
  | 'groups'
  | 'goroutines'
  | 'goroutine'
  | 'threads'
  | 'thread'
  | 'pointers'
  | 'marks'
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
  | 'first-match'
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
  | 'to-span'
  | 'to-arenas'
  | 'to-gc'
  | 'to-goroutines'
  | 'to-goroutine'
  | 'to-layouts'
  | 'to-findings'
  | 'mark'
  | 'jump'
  | 'histogram'
  | 'export'
  | 'how'
  | 'find'
  | 'address'
  | 'all'
  | 'goroutine'
  | 'pointers'
  | 'mode'
  | 'zoom-in'
  | 'zoom-out'
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
    help: 'open what the line tells of: spans, the GC, goroutines, a finding',
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
  { context: 'spans', keys: ['x'], command: 'bytes', help: 'memory at startAddr' },
  { context: 'spans', keys: ['F'], command: 'histogram', help: 'how often each value of the chosen column occurs' },
  { context: 'spans', keys: ['y'], command: 'copy', help: 'copy startAddr to the clipboard' },

  { context: 'span-map', keys: ['tab'], command: 'next-pane', help: 'go to the fields', hint: 'fields' },
  { context: 'span-map', keys: ['shift-tab'], command: 'previous-pane', help: 'go to the fields' },
  { context: 'span-map', keys: ['left'], command: 'left', help: 'previous slot' },
  { context: 'span-map', keys: ['right'], command: 'right', help: 'next slot' },
  { context: 'span-map', keys: ['x', 'enter', 'l'], command: 'bytes', help: "the slot's memory", hint: 'memory' },
  { context: 'span-map', keys: ['p'], command: 'pointers', help: 'which stacks point into the slot', hint: 'stacks' },
  { context: 'span-map', keys: ['y'], command: 'copy', help: "copy the slot's address", hint: 'copy' },
  { context: 'span-map', keys: ['n'], command: 'next-match', help: 'next slot of another state' },
  { context: 'span-map', keys: ['N'], command: 'previous-match', help: 'previous slot of another state' },

  { context: 'span-fields', keys: ['tab'], command: 'next-pane', help: 'go to the slot map', hint: 'slot map' },
  { context: 'span-fields', keys: ['shift-tab'], command: 'previous-pane', help: 'go to the slot map' },
  {
    context: 'span-fields',
    keys: ['x', 'enter', 'l'],
    command: 'bytes',
    help: "the field's memory, or what it points to",
    hint: 'memory',
  },
  {
    context: 'span-fields',
    keys: ['p'],
    command: 'pointers',
    help: 'which stacks point into the span',
    hint: 'stacks',
  },
  { context: 'span-fields', keys: ['y'], command: 'copy', help: "copy the field's value", hint: 'copy' },

  {
    context: 'memory',
    keys: ['enter', 'l', 'x'],
    command: 'open',
    help: 'follow the pointer under the cursor',
    hint: 'follow',
  },
  { context: 'memory', keys: ['g'], command: 'address', help: 'go to an address', hint: 'go to' },
  {
    context: 'memory',
    keys: ['t'],
    command: 'mode',
    help: 'words with what they point at, or sixteen bytes a line',
    hint: 'view',
  },
  {
    context: 'memory',
    keys: ['f'],
    command: 'find',
    help: 'what the word under the cursor points at, in full',
    hint: 'find',
  },
  {
    context: 'memory',
    keys: ['p'],
    command: 'pointers',
    help: 'which stacks point into the slot that the line is in, or to the line',
  },
  { context: 'memory', keys: ['o'], command: 'top', help: 'back to where this screen began' },
  { context: 'memory', keys: ['y'], command: 'copy', help: 'copy the address of the line' },

  { context: 'gc-pacing', keys: ['tab'], command: 'next-pane', help: 'go to the fields', hint: 'fields' },
  { context: 'gc-pacing', keys: ['shift-tab'], command: 'previous-pane', help: 'go to the fields' },
  { context: 'gc-pacing', keys: ['/'], command: 'filter', help: 'show only fields with this text' },
  { context: 'gc-pacing', keys: ['y'], command: 'copy', help: 'copy the line' },

  { context: 'gc-fields', keys: ['tab'], command: 'next-pane', help: 'go to pacing and cycles', hint: 'pacing' },
  { context: 'gc-fields', keys: ['shift-tab'], command: 'previous-pane', help: 'go to pacing and cycles' },
  { context: 'gc-fields', keys: ['/'], command: 'filter', help: 'show only fields with this text', hint: 'filter' },
  { context: 'gc-fields', keys: ['y'], command: 'copy', help: "copy the field's value", hint: 'copy' },

  { context: 'arenas', keys: ['enter', 'l'], command: 'open', help: 'open the first span of the cell', hint: 'open' },
  { context: 'arenas', keys: ['left'], command: 'left', help: 'the cell before' },
  { context: 'arenas', keys: ['right'], command: 'right', help: 'the next cell' },
  { context: 'arenas', keys: ['t'], command: 'mode', help: 'colour by occupancy, state, class', hint: 'by' },
  { context: 'arenas', keys: ['+', '='], command: 'zoom-in', help: 'fewer pages a cell', hint: 'zoom in' },
  { context: 'arenas', keys: ['-'], command: 'zoom-out', help: 'more pages a cell', hint: 'zoom out' },
  { context: 'arenas', keys: ['n'], command: 'next-match', help: 'next cell that looks different' },
  { context: 'arenas', keys: ['N'], command: 'previous-match', help: 'the one before' },
  { context: 'arenas', keys: ['x'], command: 'bytes', help: "memory at the cell's address" },
  { context: 'arenas', keys: ['y'], command: 'copy', help: "copy the cell's address" },

  { context: 'findings', keys: ['enter', 'l'], command: 'open', help: 'open the evidence', hint: 'open' },
  { context: 'findings', keys: ['y'], command: 'copy', help: 'copy the finding' },

  {
    context: 'finding',
    keys: ['enter', 'l'],
    command: 'open',
    help: 'open the span or the address of the line',
    hint: 'open',
  },
  { context: 'finding', keys: ['x'], command: 'bytes', help: 'memory at the address of the line', hint: 'memory' },
  { context: 'finding', keys: ['y'], command: 'copy', help: 'copy the address, or the line' },

  {
    context: 'how',
    keys: ['enter', 'l'],
    command: 'open',
    help: 'what stands at the address of the root',
    hint: 'open',
  },
  { context: 'how', keys: ['x'], command: 'bytes', help: 'memory at the root', hint: 'memory' },
  { context: 'how', keys: ['y'], command: 'copy', help: 'copy the address, or the line' },

  { context: 'find', keys: ['enter', 'l'], command: 'open', help: 'open what the line names', hint: 'open' },
  { context: 'find', keys: ['x'], command: 'bytes', help: 'memory at the address of the line', hint: 'memory' },
  {
    context: 'find',
    keys: ['p'],
    command: 'pointers',
    help: 'which stacks point into its slot, or its span',
    hint: 'stacks',
  },
  { context: 'find', keys: ['y'], command: 'copy', help: 'copy the address, or the line' },

  { context: 'histogram', keys: ['enter', 'l'], command: 'open', help: 'the spans with this value', hint: 'open' },
  { context: 'histogram', keys: ['y'], command: 'copy', help: 'copy the value' },

  {
    context: 'groups',
    keys: ['enter', 'l'],
    command: 'open',
    help: 'open the goroutines with this state and stack',
    hint: 'open',
  },
  {
    context: 'groups',
    keys: ['/'],
    command: 'filter',
    help: 'filter: any text, state=waiting reason=chan func=serve package=main !system',
    hint: 'filter',
  },
  { context: 'groups', keys: ['tab'], command: 'next-pane', help: 'goroutines one by one', hint: 'each' },
  { context: 'groups', keys: ['shift-tab'], command: 'previous-pane', help: 'goroutines one by one' },
  { context: 'groups', keys: ['a'], command: 'all', help: "the runtime's own goroutines too, or not", hint: 'all' },
  { context: 'groups', keys: ['y'], command: 'copy', help: 'copy the goid of the first' },

  {
    context: 'goroutines',
    keys: ['enter', 'l'],
    command: 'open',
    help: 'open the stack of the goroutine',
    hint: 'open',
  },
  {
    context: 'goroutines',
    keys: ['/'],
    command: 'filter',
    help: 'filter: any text, state=waiting reason=chan func=serve package=main !system',
    hint: 'filter',
  },
  { context: 'goroutines', keys: ['tab'], command: 'next-pane', help: 'groups of one stack', hint: 'groups' },
  { context: 'goroutines', keys: ['shift-tab'], command: 'previous-pane', help: 'groups of one stack' },
  { context: 'goroutines', keys: ['a'], command: 'all', help: "the runtime's own goroutines too, or not", hint: 'all' },
  { context: 'goroutines', keys: ['s'], command: 'sort', help: 'sort by the chosen column', hint: 'sort' },
  { context: 'goroutines', keys: ['S'], command: 'reverse', help: 'sort the other way round' },
  { context: 'goroutines', keys: ['<'], command: 'column-left', help: 'choose the column to the left' },
  {
    context: 'goroutines',
    keys: ['>'],
    command: 'column-right',
    help: 'choose the column to the right',
    hint: 'column',
  },
  { context: 'goroutines', keys: ['x'], command: 'bytes', help: 'memory of the g' },
  { context: 'goroutines', keys: ['y'], command: 'copy', help: 'copy the goid' },

  {
    context: 'goroutine',
    keys: ['enter', 'l'],
    command: 'open',
    help: "the frame's slots: its memory, each pointer followed",
    hint: 'slots',
  },
  { context: 'goroutine', keys: ['a'], command: 'all', help: "with the runtime's own frames, or without", hint: 'all' },
  { context: 'goroutine', keys: ['f'], command: 'find', help: 'what the pc is' },
  { context: 'goroutine', keys: ['x'], command: 'bytes', help: 'memory at the pc' },
  { context: 'goroutine', keys: ['y'], command: 'copy', help: 'copy the pc' },

  { context: 'threads', keys: ['enter', 'l'], command: 'open', help: 'open the stack of the thread', hint: 'open' },
  { context: 'threads', keys: ['x'], command: 'bytes', help: 'memory at the pc' },
  { context: 'threads', keys: ['y'], command: 'copy', help: 'copy the thread ID' },

  {
    context: 'thread',
    keys: ['enter', 'l'],
    command: 'open',
    help: "the frame's slots: its memory, each pointer followed",
    hint: 'slots',
  },
  { context: 'thread', keys: ['a'], command: 'all', help: "with the runtime's own frames, or without", hint: 'all' },
  { context: 'thread', keys: ['o'], command: 'goroutine', help: 'the goroutine that it runs', hint: 'goroutine' },
  { context: 'thread', keys: ['f'], command: 'find', help: 'what the pc is' },
  { context: 'thread', keys: ['x'], command: 'bytes', help: 'memory at the pc' },
  { context: 'thread', keys: ['y'], command: 'copy', help: 'copy the pc' },

  { context: 'pointers', keys: ['enter', 'l'], command: 'open', help: 'the frame that holds the word', hint: 'frame' },
  { context: 'pointers', keys: ['x'], command: 'bytes', help: 'memory where the word stands', hint: 'memory' },
  { context: 'pointers', keys: ['y'], command: 'copy', help: 'copy where the word stands' },

  { context: 'marks', keys: ['enter', 'l'], command: 'open', help: 'go to the marked place', hint: 'go' },
  { context: 'marks', keys: ['y'], command: 'copy', help: 'copy the line' },

  { context: 'layouts', keys: ['enter', 'l'], command: 'open', help: 'open the struct or the release', hint: 'open' },
  {
    context: 'layouts',
    keys: ['tab'],
    command: 'next-pane',
    help: 'structs, releases, whether the table is right',
    hint: 'pane',
  },
  { context: 'layouts', keys: ['shift-tab'], command: 'previous-pane', help: 'the pane before' },
  { context: 'layouts', keys: ['d'], command: 'diff', help: 'compare releases: d on the one, then d on the other' },
  {
    context: 'layouts',
    keys: ['v'],
    command: 'verify',
    help: 'verify the table: by DWARF, by the image',
    hint: 'verify',
  },
  { context: 'layouts', keys: ['/'], command: 'filter', help: 'show only names with this text' },
  { context: 'layouts', keys: ['y'], command: 'copy', help: 'copy the name' },

  {
    context: 'struct',
    keys: ['v'],
    command: 'verify',
    help: 'verify the table: by DWARF, by the image',
    hint: 'verify',
  },
  { context: 'struct', keys: ['y'], command: 'copy', help: 'copy the field' },

  { context: 'layout-diff', keys: ['y'], command: 'copy', help: 'copy the row' },

  { context: 'textview', keys: ['/'], command: 'search', help: 'search for a text', hint: 'search' },
  { context: 'textview', keys: ['n'], command: 'next-match', help: 'next match' },
  { context: 'textview', keys: ['N'], command: 'previous-match', help: 'previous match' },

  { context: 'moving', keys: ['j', 'down'], command: 'down', help: 'down' },
  { context: 'moving', keys: ['k', 'up'], command: 'up', help: 'up' },
  { context: 'list', keys: ['g', 'home'], command: 'top', help: 'to the first' },
  { context: 'list', keys: ['G', 'end'], command: 'bottom', help: 'to the last' },
  { context: 'moving', keys: ['ctrl-d'], command: 'half-down', help: 'half a page down' },
  { context: 'moving', keys: ['ctrl-u'], command: 'half-up', help: 'half a page up' },
  { context: 'moving', keys: ['pagedown', 'ctrl-f', 'space'], command: 'page-down', help: 'a page down' },
  { context: 'moving', keys: ['pageup', 'ctrl-b'], command: 'page-up', help: 'a page up' },

  { context: 'screen', keys: [':'], command: 'command', help: 'command line (Tab completes)', hint: 'command' },
  { context: 'screen', keys: ['?'], command: 'help', help: 'this help', hint: 'help' },
  { context: 'screen', keys: ['1'], command: 'to-overview', help: 'overview' },
  { context: 'screen', keys: ['2'], command: 'to-spans', help: 'spans' },
  { context: 'screen', keys: ['3'], command: 'to-span', help: 'the span looked at last' },
  { context: 'screen', keys: ['4'], command: 'to-arenas', help: 'arenas: a map of the heap' },
  { context: 'screen', keys: ['5'], command: 'to-gc', help: 'GC controller' },
  { context: 'screen', keys: ['6'], command: 'to-goroutines', help: 'goroutines' },
  { context: 'screen', keys: ['7'], command: 'to-goroutine', help: 'the goroutine looked at last' },
  { context: 'screen', keys: ['8'], command: 'to-layouts', help: 'layouts' },
  { context: 'screen', keys: ['0'], command: 'to-findings', help: 'findings' },
  { context: 'screen', keys: ['m'], command: 'mark', help: 'mark this place' },
  { context: 'screen', keys: ["'"], command: 'jump', help: 'jump to the last mark (:marks lists them)' },
  { context: 'screen', keys: ['e'], command: 'export', help: 'write this view to a file' },
  { context: 'screen', keys: ['esc', 'h'], command: 'back', help: 'cancel what runs, clear the filter, else go back' },
  { context: 'screen', keys: ['q'], command: 'quit-screen', help: 'back; on the first screen: quit', hint: 'back' },
  { context: 'screen', keys: ['w'], command: 'how', help: 'how version, layout and roots were found', hint: 'how' },
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

const text = ['textview', 'list', 'moving', 'screen'] as const;
const list = ['list', 'moving', 'screen'] as const;
const chains: Readonly<Record<Context, readonly Context[]>> = {
  screen: ['screen'],
  moving: ['moving', 'screen'],
  list,
  textview: text,
  overview: ['overview', ...list],
  spans: ['spans', ...list],
  'span-map': ['span-map', ...list],
  'span-fields': ['span-fields', ...text],
  memory: ['memory', 'moving', 'screen'],
  'gc-pacing': ['gc-pacing', ...list],
  'gc-fields': ['gc-fields', ...list],
  arenas: ['arenas', ...list],
  findings: ['findings', ...text],
  finding: ['finding', ...text],
  how: ['how', ...text],
  find: ['find', ...text],
  histogram: ['histogram', ...text],
  groups: ['groups', ...list],
  goroutines: ['goroutines', ...list],
  goroutine: ['goroutine', ...list],
  threads: ['threads', ...text],
  thread: ['thread', ...list],
  pointers: ['pointers', ...text],
  marks: ['marks', ...text],
  layouts: ['layouts', ...list],
  struct: ['struct', ...text],
  'layout-diff': ['layout-diff', ...text],
  help: ['help', 'list', 'moving'],
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
