// What keys and commands do, the same on every screen: prompts, help, going there and back. A screen's own keys go to its handler.
import { completeCommand, type ParsedCommand, parseCommand } from './command.js';
import { frameLines } from './components/frame.js';
import { helpLines } from './components/help.js';
import type { AppServices } from './hooks/use-app.js';
import type { NavigationStore } from './hooks/use-navigation.js';
import { type Context, commandFor } from './keymap.js';
import { type KeyQueue, typedCharacter } from './keys.js';
import {
  allSpans,
  currentScreen,
  isMotion,
  type NewScreen,
  type Prompt,
  type Screen,
  scrolled,
  start,
} from './navigation.js';
import { changeQuery } from './span-query.js';
import type { Size } from './terminal/size.js';
import type { Theme } from './theme.js';
import type { UiSession } from './ui-session.js';

/** What only the program around the screens can do. */
export interface Program {
  onQuit(): void;
  /** The terminal's content is not to be trusted: draw all of it anew. */
  onRedraw(): void;
  /** Back to the shell until its `fg`. */
  onSuspend(): void;
  onCopy(text: string): void;
}

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
    hold: (promise) => keys.hold(promise),
    screenHandler: { current: undefined },
    known: { structs: [], releases: [], lastCommand: undefined },
  };
}

/** The context whose keys hold on a screen. */
export function screenContext(screen: Screen): Context {
  if (screen.kind === 'span') return screen.pane === 'map' ? 'span-map' : 'span-fields';
  return screen.kind;
}

/** Changes whenever the next key may mean something else than this one. */
export function contextMark(navigation: NavigationStore): string {
  const state = navigation.get();
  const screen = currentScreen(state);
  return `${screen.id} ${screenContext(screen)} ${state.prompt?.kind ?? ''} ${state.help !== undefined}`;
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
    case 'to-overview':
      runCommand(app, { kind: 'overview' }, props);
      return;
    case 'to-spans':
      runCommand(app, { kind: 'spans', filter: undefined }, props);
      return;
    case 'to-layouts':
      runCommand(app, { kind: 'layouts', a: undefined, b: undefined, struct: undefined }, props);
      return;
    default:
      app.screenHandler.current?.(command);
  }
}

function openCommandLine(app: AppServices): void {
  app.navigation.dispatch({ type: 'prompt', prompt: { kind: 'command', text: '', candidates: [] } });
}

/** Esc: stops what is slow; else clears the filter or the search; else goes back. */
function goBack(app: AppServices, screen: Screen, size: Size): void {
  if (app.session.cancelSlow()) return;
  const { navigation } = app;
  if (screen.kind === 'spans' && screen.query.filter !== '') {
    void changeQuery(app, { id: screen.id, height: size.rows - frameLines - 1 }, { ...screen.query, filter: '' });
  } else if (screen.kind === 'layouts' && screen.filter !== '')
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
      help: { ...help, place: scrolled(help.place, command, helpLength(app, help.filter), height) },
    });
  }
}

function helpLength(app: AppServices, filter: string): number {
  return helpLines(screenContext(currentScreen(app.navigation.get())), filter).length;
}

function promptKey(app: AppServices, key: string, size: Size, props: Program): void {
  const { navigation } = app;
  const { prompt } = navigation.get();
  if (prompt === undefined) return;
  const set = (text: string, candidates: readonly string[] = []) =>
    navigation.dispatch({ type: 'prompt', prompt: { ...prompt, text, candidates } });
  const command = commandFor('prompt', key);
  switch (command) {
    case 'quit':
      props.onQuit();
      return;
    case 'suspend':
      props.onSuspend();
      return;
    case 'cancel':
      navigation.dispatch({ type: 'prompt', prompt: undefined });
      return;
    case 'erase':
      if (prompt.text === '') navigation.dispatch({ type: 'prompt', prompt: undefined });
      else set([...prompt.text].slice(0, -1).join(''));
      return;
    case 'erase-all':
      set('');
      return;
    case 'recall': {
      const recalled = recalledText(app, prompt.kind);
      if (recalled !== undefined) set(recalled);
      return;
    }
    case 'complete': {
      const done =
        prompt.kind === 'command' ? completeCommand(prompt.text, app.known) : completeFilter(app, prompt.text);
      set(done.text, done.candidates.length > 1 ? done.candidates : []);
      return;
    }
    case 'accept':
      navigation.dispatch({ type: 'prompt', prompt: undefined });
      acceptPrompt(app, prompt.kind, prompt.text, size, props);
      return;
    default: {
      const typed = typedCharacter(key);
      if (typed !== undefined && prompt.text.length < longestInput) set(prompt.text + typed);
    }
  }
}

const longestInput = 1000;

/** What was typed last into such a prompt: the command before, or the filter that holds. */
function recalledText(app: AppServices, kind: Prompt['kind']): string | undefined {
  const screen = currentScreen(app.navigation.get());
  if (kind === 'command') return app.known.lastCommand;
  if (kind === 'help-filter') return app.navigation.get().help?.filter;
  if (screen.kind === 'spans') return screen.query.filter;
  return 'filter' in screen ? screen.filter : 'search' in screen ? screen.search : undefined;
}

function completeFilter(
  app: AppServices,
  text: string,
): { readonly text: string; readonly candidates: readonly string[] } {
  const done = completeCommand(`spans ${text}`, app.known);
  return { text: done.text.slice('spans '.length), candidates: done.candidates };
}

function acceptPrompt(
  app: AppServices,
  kind: 'command' | 'filter' | 'search' | 'help-filter',
  text: string,
  size: Size,
  props: Program,
): void {
  const { navigation } = app;
  const screen = currentScreen(navigation.get());
  switch (kind) {
    case 'command':
      app.known.lastCommand = text;
      runCommand(app, parseCommand(text), props);
      return;
    case 'help-filter':
      navigation.dispatch({ type: 'help', help: { filter: text.trim(), place: start } });
      return;
    case 'search':
      navigation.dispatch({ type: 'patch', id: screen.id, patch: { search: text.trim() } });
      if (text.trim() !== '') app.screenHandler.current?.('next-match');
      return;
    case 'filter':
      if (screen.kind === 'spans')
        void changeQuery(
          app,
          { id: screen.id, height: size.rows - frameLines - 1 },
          { ...screen.query, filter: text.trim() },
        );
      else if (screen.kind === 'layouts')
        navigation.dispatch({ type: 'patch', id: screen.id, patch: { filter: text.trim(), place: start } });
  }
}

/** Does what was typed after `:`, or what a digit stands for. */
function runCommand(app: AppServices, command: ParsedCommand, props: Program): void {
  const { navigation } = app;
  const go = (screen: NewScreen) => navigation.dispatch({ type: 'go', screen });
  switch (command.kind) {
    case 'none':
      return;
    case 'error':
      app.notify(command.text, true);
      return;
    case 'quit':
      props.onQuit();
      return;
    case 'help':
      navigation.dispatch({ type: 'help', help: { filter: '', place: start } });
      return;
    case 'overview':
      go({ kind: 'overview', place: start });
      return;
    case 'spans': {
      const open = navigation.get().stack.find((screen) => screen.kind === 'spans');
      const query =
        command.filter === undefined && open?.kind === 'spans'
          ? open.query
          : { ...allSpans, filter: command.filter ?? '' };
      go({ kind: 'spans', place: start, query, column: 'base', seek: undefined });
      return;
    }
    case 'goto': {
      const open = navigation.get().stack.find((screen) => screen.kind === 'spans');
      const query = open?.kind === 'spans' ? open.query : allSpans;
      go({ kind: 'spans', place: start, query, column: 'base', seek: command.address });
      return;
    }
    case 'span':
      app.push({ kind: 'span', address: command.address, pane: 'map', place: start, slot: start, search: '' });
      return;
    case 'bytes':
      app.push({ kind: 'bytes', address: command.address, length: command.length, what: 'memory', place: start });
      return;
    case 'layouts':
      showLayouts(app, command);
  }
}

function showLayouts(app: AppServices, { a, b, struct }: Extract<ParsedCommand, { kind: 'layouts' }>): void {
  // A release without an arch means the arch of what is open.
  const arch = app.session.opened?.goText.split('/').at(-1);
  const full = (release: string) =>
    release.includes('/') || arch === undefined || arch === '' ? release : `${release}/${arch}`;
  if (a !== undefined && b !== undefined)
    app.push({ kind: 'layout-diff', a: full(a), b: full(b), struct, place: start, search: '' });
  else if (struct !== undefined)
    app.push({ kind: 'struct', name: a === undefined ? '' : full(a), struct, place: start, search: '' });
  else
    app.navigation.dispatch({
      type: 'go',
      screen: {
        kind: 'layouts',
        name: a === undefined ? '' : full(a),
        pane: 'structs',
        place: start,
        filter: '',
        marked: undefined,
      },
    });
}
