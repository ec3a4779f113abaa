// Goroutines for someone who looks through them: rows at once, stacks as they are unwound, a slice of work with each question. What is on the screen is unwound first.
// Of each goroutine only a row is kept, of each distinct stack its names; a whole stack is made again for the one that is looked at.
import type { Goroutine } from '../runtime/goroutines.js';
import type { GoProcess } from '../runtime/process.js';
import { type FilteredGoroutine, type GoroutineTest, parseGoroutineFilter } from './goroutine-filter.js';
import type { GoroutineColumn, GoroutineQuery, GroupQuery } from './goroutine-queries.js';
import { hasStack, stateName } from './goroutine-query.js';
import { GoroutineList } from './goroutines.js';
import { addressText, bigCount } from './numbers.js';
import type { BrowseState, GoroutineRow, GoroutineWindow, GroupRow, GroupWindow } from './results-browse.js';
import { type StackGroup, StackGroups } from './stack-groups.js';
import { usedOf } from './stack-window.js';

/** Says how far it is, and throws where it is to stop. */
export type OnUnwound = (done: number, total: number) => void;

export interface Slice {
  readonly ms: number;
  /** Goroutines between two looks at the clock. */
  readonly batch: number;
}

/** Unwinding with one question: short enough for what is asked behind it. A small program is done with the first. */
const slice: Slice = { ms: 120, batch: 32 };

/** What is kept of an unwound goroutine. */
interface Unwound {
  readonly group: StackGroup;
  readonly thread: number | null;
  readonly waits: number | null;
  readonly startedBy: string | null;
  readonly used: number | null;
}

export class GoroutineBrowser {
  readonly list: GoroutineList;
  readonly #alive: readonly Goroutine[];
  readonly #dead: number;
  readonly #unwound: (Unwound | undefined)[];
  readonly #groups = new StackGroups();
  /** Whose each is: 1 the program's, 2 the runtime's; 0 not looked at yet. */
  readonly #whose: Uint8Array;
  #lastOrder: { readonly key: string; readonly indices: readonly number[] } | undefined;
  readonly #slice: Slice;
  #done = 0;
  #next = 0;

  constructor(process: GoProcess, work: Slice = slice) {
    this.#slice = work;
    this.list = new GoroutineList(process);
    this.#alive = this.list.goroutines.filter(({ status }) => status === undefined || hasStack(status));
    this.#dead = this.list.goroutines.length - this.#alive.length;
    this.#unwound = new Array<Unwound | undefined>(this.#alive.length).fill(undefined);
    this.#whose = new Uint8Array(this.#alive.length);
  }

  /** Groups by size, what is unwound so far. `keep`: the goid of a group whose place is asked for. */
  groups(
    { filter, system }: GroupQuery,
    from: number,
    count: number,
    keep: string | undefined,
    tell: OnUnwound,
  ): GroupWindow {
    const test = parseGoroutineFilter(filter);
    this.#unwindMore(tell);
    const fitting = [...this.#groups.values()].flatMap((group) => {
      const members = group.members.filter((index) => this.#fits(index, test, system));
      return members.length === 0 ? [] : [{ group, members, waits: this.#longest(members) }];
    });
    fitting.sort(
      (a, b) =>
        b.members.length - a.members.length || (b.waits ?? -1) - (a.waits ?? -1) || a.members[0]! - b.members[0]!,
    );
    const start = Math.max(0, Math.min(from, fitting.length));
    const kept = keep === undefined ? undefined : this.#unwound[this.#indexOf(keep)]?.group;
    return {
      ...this.#state(
        system,
        fitting.reduce((sum, { members }) => sum + members.length, 0),
      ),
      matching: fitting.length,
      from: start,
      position: kept ? fitting.findIndex(({ group }) => group === kept) : -1,
      rows: fitting
        .slice(start, start + Math.max(0, count))
        .map(({ group, members, waits }) => this.#groupRow(group, members, waits)),
    };
  }

  /** A window of goroutines in an order; those in it are unwound, whatever the others are. */
  goroutines(
    query: GoroutineQuery,
    from: number,
    count: number,
    keep: string | undefined,
    tell: OnUnwound,
  ): GoroutineWindow {
    const test = parseGoroutineFilter(query.filter);
    this.#unwindMore(tell);
    const fitting = this.#ordered(query, test);
    const start = Math.max(0, Math.min(from, fitting.length));
    const shown = fitting.slice(start, start + Math.max(0, count));
    for (const index of shown) this.#unwindAt(index);
    return {
      ...this.#state(query.system, fitting.length),
      matching: fitting.length,
      from: start,
      position: keep === undefined ? -1 : fitting.indexOf(this.#indexOf(keep)),
      rows: shown.map((index) => this.#row(index)),
    };
  }

  /** Indices of those that fit, in order; kept for the next window. */
  #ordered(query: GoroutineQuery, test: GoroutineTest): readonly number[] {
    const key = `${this.#done} ${JSON.stringify(query)}`;
    if (this.#lastOrder?.key === key) return this.#lastOrder.indices;
    const like = query.like === null ? undefined : this.#unwindAt(this.#indexOf(query.like)).group;
    const sortable = this.#needsStacks(query) ? this.#indices(true) : this.#indices(false);
    const fitting = sortable.filter(
      (index) => (!like || this.#unwound[index]?.group === like) && this.#fits(index, test, query.system),
    );
    const compare = this.#order(query.sort.column);
    const sign = query.sort.descending ? -1 : 1;
    fitting.sort((a, b) => sign * compare(a, b) || a - b);
    // Whoever the list is made from may have been unwound for it.
    this.#lastOrder = { key: `${this.#done} ${JSON.stringify(query)}`, indices: fitting };
    return fitting;
  }

  /** The goroutine of a goid, one that is alive before one that was. */
  goroutine(goid: string): Goroutine | undefined {
    const same = (goroutine: Goroutine) => String(goroutine.goid) === goid;
    return this.#alive.find(same) ?? this.list.goroutines.find(same);
  }

  #indexOf(goid: string): number {
    return this.#alive.findIndex((goroutine) => String(goroutine.goid) === goid);
  }

  /** What can't be told before a stack is unwound. */
  #needsStacks({ filter, sort, like }: GoroutineQuery): boolean {
    return filter !== '' || like !== null || sort.column === 'func' || sort.column === 'stack';
  }

  #indices(onlyUnwound: boolean): number[] {
    const indices = this.#alive.map((_, index) => index);
    return onlyUnwound ? indices.filter((index) => this.#unwound[index] !== undefined) : indices;
  }

  #unwindMore(tell: OnUnwound): void {
    const total = this.#alive.length;
    const until = performance.now() + this.#slice.ms;
    for (let n = 0; this.#next < total; n += 1) {
      if (n % this.#slice.batch === 0) {
        if (n > 0 && performance.now() > until) break;
        if (total > this.#slice.batch) tell(this.#done, total);
      }
      this.#unwindAt(this.#next);
      this.#next += 1;
    }
  }

  #unwindAt(index: number): Unwound {
    const known = this.#unwound[index];
    if (known) return known;
    const goroutine = this.#alive[index];
    if (!goroutine) return nobody;
    const result = this.list.result(goroutine);
    const unwound: Unwound = {
      group: this.#groups.add(result, index),
      thread: result.thread,
      waits: result.waitSinceAtLeast,
      startedBy:
        result.createdBy?.func === undefined || result.createdBy.func === null
          ? null
          : this.#groups.name(result.createdBy.func),
      used: usedOf(result),
    };
    this.#unwound[index] = unwound;
    this.#done += 1;
    return unwound;
  }

  #fits(index: number, test: GoroutineTest, system: boolean): boolean {
    const unwound = this.#unwound[index];
    if (this.#isSystem(index) && !system) return false;
    const { goid, status, waitReason } = this.#alive[index]!;
    const startedBy = unwound?.startedBy;
    const seen: FilteredGoroutine = {
      goid: String(goid),
      status: status ?? 'unknown',
      waitReason: waitReason ?? '',
      system: this.#isSystem(index),
      get names() {
        return [...(unwound?.group.names ?? []), ...(startedBy ? [startedBy] : [])];
      },
    };
    return test(seen);
  }

  /** Known before a stack is unwound, but for those whose stack tells. */
  #isSystem(index: number): boolean {
    if (this.#whose[index] === 0) this.#whose[index] = this.list.isSystem(this.#alive[index]!) ? 2 : 1;
    return this.#whose[index] === 2;
  }

  #longest(members: readonly number[]): number | null {
    let longest: number | null = null;
    for (const index of members) {
      const waits = this.#unwound[index]?.waits ?? null;
      if (waits !== null && (longest === null || waits > longest)) longest = waits;
    }
    return longest;
  }

  #order(column: GoroutineColumn): (a: number, b: number) => number {
    const state = (index: number) => stateName(this.#alive[index]!);
    const func = (index: number) => this.#unwound[index]?.group.top?.func ?? '';
    switch (column) {
      case 'goid':
        return (a, b) => this.#goid(a) - this.#goid(b);
      case 'state':
        return (a, b) => compareText(state(a), state(b));
      case 'wait':
        // waitsince is the moment it began: the smaller, the longer; 0 is none.
        return (a, b) => this.#waitedFrom(b) - this.#waitedFrom(a);
      case 'func':
        return (a, b) => compareText(func(a), func(b));
      case 'stack':
        return (a, b) => (this.#unwound[a]?.used ?? -1) - (this.#unwound[b]?.used ?? -1);
    }
  }

  #goid(index: number): number {
    return Number(this.#alive[index]!.goid);
  }

  #waitedFrom(index: number): number {
    return this.#alive[index]!.waitSince || Number.MAX_SAFE_INTEGER;
  }

  #state(system: boolean, goroutines: number): BrowseState {
    return {
      total: this.#alive.length,
      unwound: this.#done,
      goroutines,
      dead: this.#dead,
      systemHidden: system ? 0 : this.#alive.reduce((sum, _, index) => sum + (this.#isSystem(index) ? 1 : 0), 0),
      known: this.list.known,
      unreadable: this.list.unreadable,
      functions: this.list.functions !== undefined,
    };
  }

  #groupRow(
    { top, frames, complete, stoppedBecause }: StackGroup,
    members: readonly number[],
    waits: number | null,
  ): GroupRow {
    const { status, waitReason } = this.#alive[members[0]!]!;
    // The list of them by goid begins with it.
    const first = members.reduce((least, index) => (this.#goid(index) < this.#goid(least) ? index : least));
    return {
      goid: bigCount(this.#alive[first]!.goid),
      count: members.length,
      status: status ?? 'unknown',
      waitReason: waitReason ?? null,
      waitSinceAtLeast: waits,
      system: this.#isSystem(members[0]!),
      top,
      frames,
      complete,
      stoppedBecause,
    };
  }

  #row(index: number): GoroutineRow {
    const { goid, g, status, waitReason, lockedm, stack } = this.#alive[index]!;
    const { group, waits, thread, used } = this.#unwindAt(index);
    return {
      goid: bigCount(goid),
      g: addressText(g),
      status: status ?? 'unknown',
      waitReason: waitReason ?? null,
      waitSinceAtLeast: waits,
      system: this.#isSystem(index),
      thread,
      lockedToThread: lockedm !== 0,
      top: group.top,
      frames: group.frames,
      complete: group.complete,
      stoppedBecause: group.stoppedBecause,
      stackUsed: used,
      stackSize: Math.max(0, stack.hi - stack.lo),
    };
  }
}

const nobody: Unwound = {
  group: { key: '', members: [], names: [], top: null, frames: 0, complete: false, stoppedBecause: null },
  thread: null,
  waits: null,
  startedBy: null,
  used: null,
};

const compareText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
