// What each kind of screen is about, and what of it may change: plain data, none of the target's.
import type { GoroutineColumn, GoroutineQuery, SpanColumn, SpanQuery } from '../src/session/protocol.js';
import type { Place } from './scrolling.js';

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
