// What the next key means: the context it is looked up in, and whether it means the same while the rows of a span table are still under way.
import type { Command, Context } from './bindings/binding.js';
import { commandFor } from './keymap.js';
import { currentScreen, type Navigation, type PromptKind } from './navigation.js';
import type { Screen } from './screen-state.js';
import { isMotion } from './scrolling.js';

/** The context whose keys hold on a screen. */
export function screenContext(screen: Screen): Context {
  if (screen.kind === 'gc') return screen.pane === 'pacing' ? 'gc-pacing' : 'gc-fields';
  if (screen.kind === 'span') return screen.pane === 'map' ? 'span-map' : 'span-fields';
  if (screen.kind === 'goroutines') return screen.list === 'groups' ? 'groups' : 'goroutines';
  if (screen.kind === 'layouts' && screen.pane === 'verify') return 'layouts-verified';
  return screen.kind;
}

/** Changes whenever the next key may mean something else than this one. */
export function contextMark(state: Navigation): string {
  const screen = currentScreen(state);
  return `${screen.id} ${screenContext(screen)} ${state.prompt?.kind ?? ''} ${state.help !== undefined}`;
}

/** What is the same on every screen and needs none of what it shows. */
const elsewhere: readonly Command[] = [
  'command',
  'help',
  'how',
  'jump',
  'quit',
  'quit-screen',
  'redraw',
  'suspend',
  'to-arenas',
  'to-findings',
  'to-gc',
  'to-goroutine',
  'to-goroutines',
  'to-layouts',
  'to-overview',
  'to-span',
];

const always: ReadonlySet<Command> = new Set<Command>([
  ...elsewhere,
  'back',
  'mark',
  'next-pane',
  'previous-pane',
  'to-spans',
]);

/** Whether a key asks for what the screen on top is about; where that is still under way, the key has to wait. */
export function needsWhatIsShown(state: Navigation, key: string): boolean {
  if (state.prompt !== undefined || state.help !== undefined) return false;
  const command = commandFor(screenContext(currentScreen(state)), key);
  return command !== undefined && !always.has(command);
}

/** On a span table whose rows are being sorted, filtered or sought. Moving is among them: what moved is moved again in the new order. */
const sameInBothOrders: ReadonlySet<Command> = new Set<Command>([
  ...elsewhere,
  'column-left',
  'column-right',
  'export',
  'filter',
]);

/** Prompts whose text is for what is on the screen, whatever the table does. */
const ownPrompts: ReadonlySet<PromptKind> = new Set<PromptKind>(['help-filter', 'search', 'address']);

/**
 * Whether a key does the same now as once the span table of the screen `id` has its new rows. Typed ahead or not, the outcome is then the same. Esc is
 * no matter of this: it ends the waiting.
 */
export function sameMeanwhile(state: Navigation, id: number, key: string): boolean {
  if (state.prompt !== undefined) {
    const command = commandFor('prompt', key);
    return ownPrompts.has(state.prompt.kind) || (command !== 'accept' && command !== 'recall');
  }
  if (state.help !== undefined) return true;
  const screen = currentScreen(state);
  const command = commandFor(screenContext(screen), key);
  if (command === undefined) return true;
  // Elsewhere only what leads back into the table asks for its query; `h` would stop what runs.
  if (screen.id !== id) return command !== 'to-spans' && command !== 'back';
  return isMotion(command) || sameInBothOrders.has(command);
}
