// The rows of one sorted and filtered table around the places that are looked at. Rows come in windows of fixed size; a few windows
// are kept, the least recently used are dropped. A million rows cost as much here as a hundred.
import type { SpanRow, SpanWindow } from '../src/analysis/results.js';

export const windowRows = 128;
const keptWindows = 24;

export class RowCache {
  /** Rows of the whole table and rows that pass the filter; undefined until the first window is here. */
  total: number | undefined;
  matching: number | undefined;
  /** Why the last window did not come. */
  error: unknown;
  private readonly windows = new Map<number, SpanWindow>();
  private readonly pending = new Map<number, Promise<void>>();
  private readonly fetchWindow: (from: number, count: number) => Promise<SpanWindow>;
  private readonly onChange: () => void;

  constructor(fetchWindow: (from: number, count: number) => Promise<SpanWindow>, onChange: () => void) {
    this.fetchWindow = fetchWindow;
    this.onChange = onChange;
  }

  /** The row at a position of the table, if it is here. */
  at(position: number): { readonly row: SpanRow; readonly index: number } | undefined {
    const window = this.windows.get(Math.floor(position / windowRows));
    if (window === undefined) return undefined;
    const offset = position - window.from;
    const row = window.rows[offset];
    return row === undefined ? undefined : { row, index: window.indices[offset] ?? -1 };
  }

  /** Fetches what is missing of `count` rows from `from`. Settles when they are here or could not be had. */
  async ensure(from: number, count: number): Promise<void> {
    const first = Math.floor(Math.max(0, from) / windowRows);
    const last = Math.floor(Math.max(0, from + count - 1) / windowRows);
    const waits: Promise<void>[] = [];
    for (let number = first; number <= last; number++) {
      if (this.matching !== undefined && number > 0 && number * windowRows >= this.matching) break;
      const window = this.windows.get(number);
      if (window !== undefined) {
        this.windows.delete(number);
        this.windows.set(number, window);
      } else waits.push(this.pending.get(number) ?? this.fetch(number));
    }
    await Promise.all(waits);
  }

  /** Forgets an error, so that the windows are asked for again. */
  forgetError(): void {
    this.error = undefined;
  }

  private fetch(number: number): Promise<void> {
    const promise = this.fetchWindow(number * windowRows, windowRows)
      .then(
        (window) => {
          this.total = window.total;
          this.matching = window.matching;
          this.error = undefined;
          this.windows.set(number, window);
          const oldest = this.windows.keys().next();
          if (this.windows.size > keptWindows && !oldest.done) this.windows.delete(oldest.value);
        },
        (error: unknown) => {
          this.error = error;
        },
      )
      .then(() => {
        this.pending.delete(number);
        this.onChange();
      });
    this.pending.set(number, promise);
    return promise;
  }
}
