// The rows of a list that grows while the engine works: those around the place that is looked at, and how far the list is. One piece of the list is kept, for while it fills
// in, what stands elsewhere is soon somewhere else.
import type { BrowseState, GoroutineRow, GroupRow } from '../src/analysis/results-browse.js';

/** Rows in one piece. */
const pieceRows = 256;
/** A piece is fetched anew when less than this is left of it above or below what is seen. */
const marginRows = 32;

interface Piece<R> extends BrowseState {
  readonly matching: number;
  readonly from: number;
  readonly rows: readonly R[];
  readonly position: number;
}

interface Range {
  readonly from: number;
  readonly count: number;
  readonly keep?: string;
}

export class FillingRows<R> {
  /** The last answer: undefined until the first is here. */
  latest: Piece<R> | undefined;
  /** The answer before that one. */
  previous: Piece<R> | undefined;
  /** Why the last answer did not come. */
  error: unknown;
  private pending: Promise<void> | undefined;
  private wanted: Range | undefined;
  private readonly fetchPiece: (range: Range, signal: AbortSignal | undefined) => Promise<Piece<R>>;
  private readonly onChange: () => void;

  constructor(fetchPiece: (range: Range, signal: AbortSignal | undefined) => Promise<Piece<R>>, onChange: () => void) {
    this.fetchPiece = fetchPiece;
    this.onChange = onChange;
  }

  get matching(): number | undefined {
    return this.latest?.matching;
  }

  /** All stacks are unwound: the list stays as it is. */
  get complete(): boolean {
    return this.latest !== undefined && this.latest.unwound >= this.latest.total;
  }

  at(position: number): R | undefined {
    return this.latest?.rows[position - this.latest.from];
  }

  forgetError(): void {
    this.error = undefined;
  }

  /** Fetches what is missing around `count` rows from `from`. Settles when it is here or can't be had; of several wishes at once the last holds. */
  async ensure(from: number, count: number): Promise<void> {
    if (this.covers(from, count)) return;
    this.wanted = { from, count };
    while (this.wanted !== undefined) {
      if (this.pending !== undefined) {
        await this.pending;
        continue;
      }
      const { wanted } = this;
      this.wanted = undefined;
      if (!this.covers(wanted.from, wanted.count)) await this.fetch(wanted.from, wanted.count, undefined, undefined);
    }
  }

  /** One step on in filling. Returns where the row of the goid `keep` stands now, -1 if it is not in the list. */
  async more(from: number, count: number, keep: string | undefined, signal: AbortSignal): Promise<number> {
    while (this.pending !== undefined) await this.pending;
    await this.fetch(from, count, keep, signal);
    return this.latest?.position ?? -1;
  }

  private covers(from: number, count: number): boolean {
    const { latest } = this;
    if (latest === undefined) return false;
    const first = Math.max(0, from - marginRows);
    const last = Math.min(latest.matching, from + count + marginRows);
    return first >= latest.from && last <= latest.from + latest.rows.length;
  }

  private fetch(from: number, count: number, keep: string | undefined, signal: AbortSignal | undefined): Promise<void> {
    const rows = Math.max(pieceRows, count + 2 * marginRows);
    const first = Math.max(0, Math.floor(from - (rows - count) / 2));
    const range = { from: first, count: rows, ...(keep === undefined ? {} : { keep }) };
    const promise = this.fetchPiece(range, signal)
      .then(
        (piece) => {
          this.previous = this.latest;
          this.latest = piece;
          this.error = undefined;
        },
        (error: unknown) => {
          // Where only filling was stopped, what is here stays.
          if (signal?.aborted !== true) this.error = error;
        },
      )
      .then(() => {
        this.pending = undefined;
        this.onChange();
      });
    this.pending = promise;
    return promise;
  }
}

export type GroupRows = FillingRows<GroupRow>;
export type GoroutineRows = FillingRows<GoroutineRow>;
