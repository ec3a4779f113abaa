// What keys and commands do, the same on every screen: prompts, help, going there and back. A screen's own keys go to its handler.

import type { Command } from './bindings/binding.js';
import type { ParsedCommand } from './command.js';
import { frameLines } from './components/frame.js';
import { helpLines } from './components/help.js';
import type { AppServices } from './hooks/use-app.js';
import type { NavigationStore } from './hooks/use-navigation.js';
import { screenContext } from './key-meaning.js';
import { commandFor } from './keymap.js';
import type { KeyQueue } from './keys.js';
import { currentScreen } from './navigation.js';
import type { Program } from './program.js';
import { promptKey } from './prompts.js';
import { runCommand } from './run-command.js';
import type { NewScreen, Screen } from './screen-state.js';
import { isMotion, scrolled, start } from './scrolling.js';
import { changeQuery } from './span-query.js';
import type { Size } from './terminal/size.js';
import type { Theme } from './theme.js';
import type { UiSession } from './ui-session.js';

/** What screens can reach, for one program. */
export function createServices(
  session: UiSession,
  navigation: NavigationStore,
  theme: Theme,
  keys: KeyQueue,
  copy: (text: string) => void,
): AppServices {
  const notify = (text: string, bad = false) => navigation.dispatch({ type: 'message', text, bad });
  return {
    session,
    navigation,
    theme,
    push: (screen: NewScreen) => navigation.dispatch({ type: 'push', screen }),
    notify,
    copy: (text: string) => {
      copy(text);
      notify(`copied ${text}`);
    },
    hold: (promise, mayGoOn) => keys.hold(promise, mayGoOn),
    setAwaited: (awaited) => keys.setAwaited(awaited),
    moves: { current: undefined },
    screenHandler: { current: undefined },
    viewLines: { current: undefined },
    known: { structs: [], releases: [], lastCommand: undefined, lastSpan: undefined, lastGoroutine: undefined },
  };
}

/** Does what a key means at this moment. */
export function handleKey(app: AppServices, key: string, size: Size, props: Program): void {
  const { navigation, session } = app;
  const state = navigation.get();
  if (state.prompt !== undefined) {
    promptKey(app, key, size, props);
    return;
  }
  navigation.dispatch({ type: 'clear-message' });
  if (state.help !== undefined) {
    helpKey(app, key, size, props);
    return;
  }
  const screen = currentScreen(state);
  const command = commandFor(screenContext(screen), key);
  switch (command) {
    case undefined:
      return;
    case 'quit':
      props.onQuit();
      return;
    case 'quit-screen':
      if (state.stack.length === 1) props.onQuit();
      else navigation.dispatch({ type: 'back' });
      return;
    case 'back':
      goBack(app, screen, size);
      return;
    case 'command':
      openCommandLine(app);
      return;
    case 'suspend':
      props.onSuspend();
      return;
    case 'help':
      navigation.dispatch({ type: 'help', help: { filter: '', place: start } });
      return;
    case 'redraw':
      props.onRedraw();
      session.retry();
      return;
    case 'mark':
      navigation.dispatch({ type: 'mark' });
      app.notify("marked; ' comes back here, :marks lists the marks");
      return;
    case 'export':
      navigation.dispatch({ type: 'prompt', prompt: { kind: 'export', text: '', candidates: [] } });
      return;
    default: {
      const leading = leadsTo[command];
      if (leading !== undefined) runCommand(app, leading, props);
      else app.screenHandler.current?.(command);
    }
  }
}

/** Keys that are short for a command. */
const leadsTo: Readonly<Partial<Record<Command, ParsedCommand>>> = {
  'to-overview': { kind: 'overview' },
  'to-spans': { kind: 'spans', filter: undefined },
  'to-span': { kind: 'last-span' },
  'to-arenas': { kind: 'arenas' },
  'to-gc': { kind: 'gc' },
  'to-goroutines': { kind: 'goroutines', filter: undefined },
  'to-goroutine': { kind: 'last-goroutine' },
  'to-layouts': { kind: 'layouts', a: undefined, b: undefined, struct: undefined },
  'to-findings': { kind: 'findings' },
  how: { kind: 'how' },
  jump: { kind: 'jump' },
};

function openCommandLine(app: AppServices): void {
  app.navigation.dispatch({ type: 'prompt', prompt: { kind: 'command', text: '', candidates: [] } });
}

/** Esc: stops what is slow; else clears the filter or the search; else goes back. */
function goBack(app: AppServices, screen: Screen, size: Size): void {
  if (app.session.cancelSlow()) return;
  const { navigation } = app;
  if (screen.kind === 'spans' && screen.query.filter !== '') {
    void changeQuery(app, { id: screen.id, height: size.rows - frameLines - 1 }, { ...screen.query, filter: '' });
  } else if ('filter' in screen && screen.filter !== '')
    navigation.dispatch({ type: 'patch', id: screen.id, patch: { filter: '', place: start } });
  else if ('search' in screen && screen.search !== '')
    navigation.dispatch({ type: 'patch', id: screen.id, patch: { search: '' } });
  else navigation.dispatch({ type: 'back' });
}

function helpKey(app: AppServices, key: string, size: Size, props: Program): void {
  const { navigation } = app;
  const { help } = navigation.get();
  const command = commandFor('help', key);
  if (command === undefined || help === undefined) return;
  if (command === 'quit') props.onQuit();
  else if (command === 'suspend') props.onSuspend();
  else if (command === 'command') {
    navigation.dispatch({ type: 'help', help: undefined });
    openCommandLine(app);
  } else if (command === 'filter')
    navigation.dispatch({ type: 'prompt', prompt: { kind: 'help-filter', text: '', candidates: [] } });
  else if (command === 'close')
    navigation.dispatch({
      type: 'help',
      help: key === 'esc' && help.filter !== '' ? { filter: '', place: start } : undefined,
    });
  else if (isMotion(command)) {
    const height = size.rows - frameLines - 1;
    navigation.dispatch({
      type: 'help',
      help: { ...help, place: scrolled(help.place, command, helpLength(app, help.filter, size), height) },
    });
  }
}

function helpLength(app: AppServices, filter: string, { columns }: Size): number {
  return helpLines(screenContext(currentScreen(app.navigation.get())), filter, columns).length;
}
