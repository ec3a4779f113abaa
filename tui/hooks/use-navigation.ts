// The navigation state for components: kept outside React, so that several keys in one turn each see what the one before did.
import { useSyncExternalStore } from 'react';
import { type Action, initialNavigation, type Navigation, reduce } from '../navigation.js';

export interface NavigationStore {
  get(): Navigation;
  dispatch(action: Action): void;
  subscribe(listener: () => void): () => void;
}

export function createNavigation(): NavigationStore {
  let state = initialNavigation();
  const listeners = new Set<() => void>();
  return {
    get: () => state,
    dispatch(action) {
      const next = reduce(state, action);
      if (next === state) return;
      state = next;
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export function useNavigation(store: NavigationStore): Navigation {
  return useSyncExternalStore(store.subscribe, store.get);
}
