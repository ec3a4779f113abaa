// The line at the bottom where something is typed: its keys, what Tab completes, and what Enter does with the text.

import { completeCommand, parseCommand } from './command.js';
import { frameLines } from './components/frame.js';
import { exportView } from './export.js';
import type { AppServices } from './hooks/use-app.js';
import { commandFor } from './keymap.js';
import { typedCharacter } from './keys.js';
import { currentScreen, type PromptKind } from './navigation.js';
import type { Program } from './program.js';
import { runCommand } from './run-command.js';
import { start } from './scrolling.js';
import { changeQuery } from './span-query.js';
import type { Size } from './terminal/size.js';

const longestInput = 1000;

/** A key while a prompt is open. */
export function promptKey(app: AppServices, key: string, size: Size, props: Program): void {
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
        prompt.kind === 'command'
          ? completeCommand(prompt.text, app.known)
          : prompt.kind === 'filter'
            ? completeFilter(app, prompt.text)
            : { text: prompt.text, candidates: [] };
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

/** What was typed last into such a prompt: the command before, or the filter that holds. */
function recalledText(app: AppServices, kind: PromptKind): string | undefined {
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
  const command = currentScreen(app.navigation.get()).kind === 'goroutines' ? 'goroutines ' : 'spans ';
  const done = completeCommand(`${command}${text}`, app.known);
  return { text: done.text.slice(command.length), candidates: done.candidates };
}

function acceptPrompt(app: AppServices, kind: PromptKind, text: string, size: Size, props: Program): void {
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
      if (text.trim() !== '') app.screenHandler.current?.('first-match');
      return;
    case 'address':
      if (text.trim() !== '') runCommand(app, parseCommand(`memory ${text}`), props);
      return;
    case 'export':
      if (text.trim() !== '') void exportView(app, text.trim(), props);
      return;
    case 'filter':
      if (screen.kind === 'spans')
        void changeQuery(
          app,
          { id: screen.id, height: size.rows - frameLines - 1 },
          { ...screen.query, filter: text.trim() },
        );
      else if ('filter' in screen)
        navigation.dispatch({ type: 'patch', id: screen.id, patch: { filter: text.trim(), place: start } });
  }
}
