// Where the user is: a stack of screens, each with its own cursor, filter and sort, and what lies over it (prompt, help, a message).
// One pure reducer; no data of the target is in here.
import type { GoroutineColumn, GoroutineQuery, SpanColumn, SpanQuery } from '../src/session/protocol.js';

/** A position in something longer than the screen. `top` is the first row shown. */
export interface Place {
  readonly cursor: number;
  readonly top: number;
}

export type LayoutPane = 'structs' | 'releases' | 'verify';
export type GcPane = 'pacing' | 'fields';
/** Memory as one word a line with what it points at, or as sixteen bytes a line. */
export type MemoryView = 'words' | 'bytes';
/** Goroutines with one stack as one row, or each on its own. */
export type GoroutineView = 'groups' | 'flat';
export type MapMode = 'occupancy' | 'state' | 'class';

export type Screen =
  | { readonly kind: 'overview'; readonly id: number; readonly place: Place }
  | {
      readonly kind: 'spans';
      readonly id: number;
      readonly place: Place;
      readonly query: SpanQuery;
      readonly column: SpanColumn;
      readonly seek: string | undefined;
    }
  | {
      readonly kind: 'span';
      readonly id: number;
      readonly address: string;
      readonly pane: 'map' | 'fields';
      /** `place` is of the fields, `slot` of the map. */
      readonly place: Place;
      readonly slot: Place;
      readonly search: string;
    }
  | {
      readonly kind: 'memory';
      readonly id: number;
      /** The range that was asked for; what stands around it can be scrolled to. `length` 0: an address alone. */
      readonly address: string;
      readonly length: number;
      readonly what: string;
      /** Addresses, of the line under the cursor and of the first line: memory has no first row to count from. */
      readonly place: Place;
      readonly view: MemoryView;
    }
  | {
      readonly kind: 'gc';
      readonly id: number;
      readonly pane: GcPane;
      readonly place: Place;
      readonly filter: string;
    }
  | {
      readonly kind: 'arenas';
      readonly id: number;
      /** `cursor` is a cell, `top` a line of the map. */
      readonly place: Place;
      readonly pagesPerCell: number;
      readonly mode: MapMode;
    }
  | { readonly kind: 'findings'; readonly id: number; readonly place: Place; readonly search: string }
  | {
      readonly kind: 'finding';
      readonly id: number;
      /** Its place in the list of findings, and its id for the path. */
      readonly index: number;
      readonly name: string;
      readonly place: Place;
      readonly search: string;
    }
  | { readonly kind: 'how'; readonly id: number; readonly place: Place; readonly search: string }
  | {
      readonly kind: 'find';
      readonly id: number;
      readonly address: string;
      readonly place: Place;
      readonly search: string;
    }
  | {
      readonly kind: 'histogram';
      readonly id: number;
      readonly query: SpanQuery;
      readonly column: SpanColumn;
      readonly place: Place;
      readonly search: string;
    }
  | {
      readonly kind: 'goroutines';
      readonly id: number;
      readonly list: GoroutineView;
      readonly place: Place;
      readonly filter: string;
      /** The runtime's own too. */
      readonly system: boolean;
      /** Only those with the stack of this goroutine. */
      readonly like: string | null;
      readonly order: GoroutineQuery['sort'];
      readonly chosen: GoroutineColumn;
      /** A goid whose row the cursor goes to. */
      readonly seek: string | undefined;
    }
  | {
      readonly kind: 'goroutine';
      readonly id: number;
      readonly goid: string;
      /** The runtime's own frames too. */
      readonly all: boolean;
      readonly place: Place;
    }
  | { readonly kind: 'threads'; readonly id: number; readonly place: Place; readonly search: string }
  | { readonly kind: 'thread'; readonly id: number; readonly tid: number; readonly all: boolean; readonly place: Place }
  | {
      readonly kind: 'pointers';
      readonly id: number;
      /** Which stacks point into [address, end). */
      readonly address: string;
      readonly end: string;
      readonly what: string;
      readonly place: Place;
      readonly search: string;
    }
  | { readonly kind: 'marks'; readonly id: number; readonly place: Place; readonly search: string }
  | {
      readonly kind: 'layouts';
      readonly id: number;
      readonly name: string;
      readonly pane: LayoutPane;
      readonly place: Place;
      readonly filter: string;
      readonly marked: string | undefined;
    }
  | {
      readonly kind: 'struct';
      readonly id: number;
      readonly name: string;
      readonly struct: string;
      readonly place: Place;
      readonly search: string;
    }
  | {
      readonly kind: 'layout-diff';
      readonly id: number;
      readonly a: string;
      readonly b: string;
      readonly struct: string | undefined;
      readonly place: Place;
      readonly search: string;
    };

export type ScreenKind = Screen['kind'];
export type ScreenOf<K extends ScreenKind> = Extract<Screen, { kind: K }>;
type WithoutId<S> = S extends Screen ? Omit<S, 'id'> : never;
export type NewScreen = WithoutId<Screen>;

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

/** What may change in a screen, whatever its kind. */
export interface ScreenPatch {
  readonly place?: Place;
  readonly slot?: Place;
  readonly query?: SpanQuery;
  readonly column?: SpanColumn;
  readonly seek?: string | undefined;
  readonly pane?: 'map' | 'fields' | LayoutPane | GcPane;
  readonly view?: MemoryView;
  readonly mode?: MapMode;
  readonly pagesPerCell?: number;
  readonly filter?: string;
  readonly search?: string;
  readonly marked?: string | undefined;
  readonly list?: GoroutineView;
  readonly system?: boolean;
  readonly order?: GoroutineQuery['sort'];
  readonly chosen?: GoroutineColumn;
  readonly all?: boolean;
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

export const start: Place = { cursor: 0, top: 0 };
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

/** The place after moving the cursor to `cursor`, in `count` rows of which `height` are seen. */
export function placeAt(place: Place, cursor: number, count: number, height: number): Place {
  const at = Math.max(0, Math.min(cursor, count - 1));
  return { cursor: at, top: visibleTop({ cursor: at, top: place.top }, count, height) };
}

/** The first row to show so that the cursor is seen and no row is wasted below the end. */
export function visibleTop(place: Place, count: number, height: number): number {
  const rows = Math.max(1, height);
  const highest = Math.max(0, count - rows);
  let top = Math.min(Math.max(0, place.top), highest);
  if (place.cursor < top) top = place.cursor;
  if (place.cursor >= top + rows) top = place.cursor - rows + 1;
  return Math.max(0, Math.min(top, highest));
}

export type Motion = 'up' | 'down' | 'top' | 'bottom' | 'half-down' | 'half-up' | 'page-down' | 'page-up';
const motions: ReadonlySet<string> = new Set<Motion>([
  'up',
  'down',
  'top',
  'bottom',
  'half-down',
  'half-up',
  'page-down',
  'page-up',
]);

export function isMotion(command: string): command is Motion {
  return motions.has(command);
}

/** The first row shown after a motion key, where nothing is under a cursor: each key scrolls. */
export function scrolled(place: Place, motion: Motion, count: number, height: number): Place {
  const rows = Math.max(1, height);
  const pages = motion.startsWith('half') ? Math.ceil(rows / 2) : motion.startsWith('page') ? rows : 1;
  const up = motion === 'up' || motion === 'half-up' || motion === 'page-up';
  const wanted = motion === 'top' ? 0 : motion === 'bottom' ? count : place.top + (up ? -pages : pages);
  const top = Math.max(0, Math.min(wanted, count - rows));
  return { cursor: top, top };
}

/** The place after a motion key. Whole pages move the view with the cursor, so that the cursor keeps its line. */
export function moved(place: Place, motion: Motion, count: number, height: number): Place {
  const rows = Math.max(1, height);
  const by = (delta: number): Place => {
    const cursor = Math.max(0, Math.min(place.cursor + delta, count - 1));
    return { cursor, top: visibleTop({ cursor, top: place.top + delta }, count, rows) };
  };
  switch (motion) {
    case 'up':
      return placeAt(place, place.cursor - 1, count, rows);
    case 'down':
      return placeAt(place, place.cursor + 1, count, rows);
    case 'top':
      return start;
    case 'bottom':
      return placeAt(place, count - 1, count, rows);
    case 'half-down':
      return by(Math.ceil(rows / 2));
    case 'half-up':
      return by(-Math.ceil(rows / 2));
    case 'page-down':
      return by(rows);
    case 'page-up':
      return by(-rows);
  }
}
