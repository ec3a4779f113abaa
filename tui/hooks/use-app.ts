// What every screen can reach: the session, the navigation, the theme, and the few things the program can do for it.
import { createContext, useContext } from 'react';
import type { Command } from '../bindings/binding.js';
import type { NewScreen } from '../screen-state.js';
import type { Motion } from '../scrolling.js';
import type { Theme } from '../theme.js';
import type { UiSession } from '../ui-session.js';
import type { NavigationStore } from './use-navigation.js';

export interface AppServices {
  readonly session: UiSession;
  readonly navigation: NavigationStore;
  readonly theme: Theme;
  push(screen: NewScreen): void;
  notify(text: string, bad?: boolean): void;
  copy(text: string): void;
  /** Keys wait until the promise settles; Esc does not, nor the keys of which `mayGoOn` says so. */
  hold<T>(promise: Promise<T>, mayGoOn?: (key: string) => boolean): Promise<T>;
  /** Whether what the screen on top is about is still under way: then keys that ask for it wait. */
  setAwaited(awaited: boolean): void;
  /** The span table that gets new rows, and how the cursor was moved meanwhile: it is moved again among them. */
  readonly moves: { current: { readonly id: number; readonly motions: Motion[] } | undefined };
  /** The handler of the screen that is on top. */
  readonly screenHandler: { current: ((command: Command) => void) | undefined };
  /** All lines of the view on top, for its export. */
  readonly viewLines: { current: ((path: string) => AsyncIterable<string>) | undefined };
  /** What `:` + Tab can complete besides commands, what was typed there last, and the mspan and the goid looked at last. */
  readonly known: {
    structs: readonly string[];
    releases: readonly string[];
    lastCommand: string | undefined;
    lastSpan: string | undefined;
    lastGoroutine: string | undefined;
  };
}

export const AppContext = createContext<AppServices | undefined>(undefined);

export function useApp(): AppServices {
  const services = useContext(AppContext);
  if (services === undefined) throw new Error('a screen outside of the app');
  return services;
}
