// What is asked of the lists of goroutines: which, in which order.

export type GoroutineColumn = 'goid' | 'state' | 'wait' | 'func' | 'stack';

export interface GroupQuery {
  readonly filter: string;
  /** The runtime's own too. */
  readonly system: boolean;
}

export interface GoroutineQuery extends GroupQuery {
  readonly sort: { readonly column: GoroutineColumn; readonly descending: boolean };
  /** Only those with the same state and stack as this one. */
  readonly like: string | null;
}
