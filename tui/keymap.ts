// Every key of the program, as data (`bindings/`): what `?` lists, what the status bar hints at, and what the screens obey all come from these tables.
import type { Binding, Command, Context } from './bindings/binding.js';
import { generalBindings } from './bindings/general.js';
import { goroutineBindings } from './bindings/goroutines.js';
import { heapBindings } from './bindings/heap.js';

export const bindings: readonly Binding[] = [...heapBindings, ...goroutineBindings, ...generalBindings];

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
  'layouts-verified': ['layouts', ...list],
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

/** What leads to where one is already. It does no harm there, and is no help. */
const leadsHere: Readonly<Partial<Record<Context, Command>>> = { how: 'how', 'layouts-verified': 'verify' };

/** The hints for the status bar: `Enter open`, `/ filter`, … */
export function hintsFor(context: Context): readonly { readonly key: string; readonly text: string }[] {
  return bindingsIn(context).flatMap((b) =>
    b.hint === undefined || b.command === leadsHere[context] ? [] : [{ key: keyLabel(b.keys[0] ?? ''), text: b.hint }],
  );
}
