// Where the user is: a stack of screens, each with its own cursor, filter and sort, and what lies over it (prompt, help, a message).
// One pure reducer; no data of the target is in here.
import type { SpanQuery } from '../src/session/protocol.js';
import type { NewScreen, Screen, ScreenPatch } from './screen-state.js';
import { type Place, start } from './scrolling.js';

export type PromptKind = 'command' | 'filter' | 'search' | 'help-filter' | 'address' | 'export';

export interface Prompt {
  readonly kind: PromptKind;
  readonly text: string;
  readonly candidates: readonly string[];
}

export interface Navigation {
  readonly stack: readonly Screen[];
  readonly nextId: number;
  readonly prompt: Prompt | undefined;
  readonly help: { readonly filter: string; readonly place: Place } | undefined;
  readonly message: { readonly text: string; readonly bad: boolean } | undefined;
  /** Places to come back to, newest last. */
  readonly marks: readonly Screen[];
}

export type Action =
  | { readonly type: 'push'; readonly screen: NewScreen }
  | { readonly type: 'go'; readonly screen: NewScreen }
  | { readonly type: 'back' }
  | { readonly type: 'patch'; readonly id: number; readonly patch: ScreenPatch }
  | { readonly type: 'prompt'; readonly prompt: Prompt | undefined }
  | { readonly type: 'help'; readonly help: Navigation['help'] }
  | { readonly type: 'message'; readonly text: string; readonly bad: boolean }
  | { readonly type: 'clear-message' }
  | { readonly type: 'mark' };

export const allSpans: SpanQuery = { filter: '', sort: { column: 'index', descending: false } };
const deepest = 50;
const mostMarks = 50;

/** A memory screen at an address; `length` bytes from there are what was asked for. */
export function memoryAt(address: string, length = 0, what = ''): NewScreen {
  const at = Number(address);
  return { kind: 'memory', address, length, what, place: { cursor: at, top: at }, view: 'words' };
}

/** The screen of a span, on its slot map. */
export function spanAt(address: string, slot = 0): NewScreen {
  return { kind: 'span', address, pane: 'map', place: start, slot: { cursor: slot, top: 0 }, search: '' };
}

export function findAt(address: string): NewScreen {
  return { kind: 'find', address, place: start, search: '' };
}

/** The list of goroutines, by groups of one stack. */
export function goroutinesWith(filter = ''): NewScreen {
  const order = { column: 'goid', descending: false } as const;
  return {
    kind: 'goroutines',
    list: 'groups',
    place: start,
    filter,
    system: false,
    like: null,
    order,
    chosen: 'goid',
    seek: undefined,
  };
}

/** The stack of a goroutine, the cursor on one of its frames. */
export function goroutineAt(goid: string, frame = 0): NewScreen {
  return { kind: 'goroutine', goid, all: true, place: { cursor: frame, top: Math.max(0, frame - 3) } };
}

/** Which stacks point into `length` bytes from an address on. */
export function pointersTo(address: string, length: number, what: string): NewScreen {
  const end = `0x${(BigInt(address) + BigInt(Math.max(1, length))).toString(16)}`;
  return { kind: 'pointers', address, end, what, place: start, search: '' };
}

export function initialNavigation(): Navigation {
  const screen: Screen = { kind: 'overview', id: 1, place: start };
  return { stack: [screen], nextId: 2, prompt: undefined, help: undefined, message: undefined, marks: [] };
}

export function currentScreen(navigation: Navigation): Screen {
  return navigation.stack.at(-1) as Screen;
}

export function reduce(state: Navigation, action: Action): Navigation {
  switch (action.type) {
    case 'push':
      return pushed(state, state.stack, action.screen);
    case 'go': {
      // A main screen that is already open is gone back to, keeping its place unless it is asked for something else.
      const at = state.stack.findIndex((screen) => screen.kind === action.screen.kind);
      return at < 0 ? pushed(state, state.stack.slice(0, 1), action.screen) : returned(state, at, action.screen);
    }
    case 'back':
      return state.stack.length > 1 ? { ...state, stack: state.stack.slice(0, -1), message: undefined } : state;
    case 'patch':
      return {
        ...state,
        stack: state.stack.map((screen) =>
          screen.id === action.id ? ({ ...screen, ...action.patch } as Screen) : screen,
        ),
      };
    case 'prompt':
      return { ...state, prompt: action.prompt, message: action.prompt ? undefined : state.message };
    case 'help':
      return { ...state, help: action.help };
    case 'message':
      return { ...state, message: { text: action.text, bad: action.bad } };
    case 'mark':
      return { ...state, marks: [...state.marks, currentScreen(state)].slice(-mostMarks) };
    case 'clear-message':
      return state.message === undefined ? state : { ...state, message: undefined };
  }
}

function pushed(state: Navigation, below: readonly Screen[], screen: NewScreen): Navigation {
  // The root stays; of a very deep stack the oldest screens above it are forgotten.
  const kept = below.length < deepest ? below : [...below.slice(0, 1), ...below.slice(2)];
  const added = { ...screen, id: state.nextId } as Screen;
  return {
    ...state,
    stack: [...kept, added],
    nextId: state.nextId + 1,
    prompt: undefined,
    help: undefined,
    message: undefined,
  };
}

function returned(state: Navigation, at: number, wanted: NewScreen): Navigation {
  const below = state.stack.slice(0, at);
  const found = state.stack[at] as Screen;
  const bare = { prompt: undefined, help: undefined, message: undefined };
  if (
    found.kind === 'spans' &&
    wanted.kind === 'spans' &&
    (wanted.query.filter !== found.query.filter || wanted.seek !== undefined)
  ) {
    return {
      ...state,
      ...bare,
      stack: [...below, { ...found, query: wanted.query, place: start, seek: wanted.seek, id: state.nextId }],
      nextId: state.nextId + 1,
    };
  }
  if (found.kind === 'goroutines' && wanted.kind === 'goroutines' && wanted.filter !== found.filter)
    return pushed(state, below, wanted);
  if (found.kind === 'layouts' && wanted.kind === 'layouts' && wanted.name !== found.name)
    return pushed(state, state.stack, wanted);
  return { ...state, ...bare, stack: [...below, found] };
}
