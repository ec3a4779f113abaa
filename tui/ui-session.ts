// The session as the screens use it: opens the target, queues questions until that is done, remembers answers (an image does not change),
// and knows what is running, so that the status bar can show it and Esc can stop it. Knows nothing of React or of the terminal.

import { type Marks, markOf, unmarked } from '../src/output/format.js';
import { type SessionClient, SessionError } from '../src/session/client.js';
import type {
  CallName,
  Calls,
  ErrorReply,
  GoroutineQuery,
  GroupQuery,
  OpenedResult,
  OpenRequest,
  SpanQuery,
} from '../src/session/protocol.js';
import { FillingRows, type GoroutineRows, type GroupRows } from './filling-rows.js';
import { RowCache } from './row-cache.js';

export interface Activity {
  readonly what: string;
  readonly done: number;
  readonly total: number;
}

interface Running {
  readonly controller: AbortController;
  /** Undefined as long as it is not told of. */
  activity: Activity | undefined;
}

/** A call that runs longer than this is told of, and can be stopped by Esc, even if it reports no progress. */
const slowAfterMs = 400;
const progressEveryMs = 100;
/** What is over sooner is not told of: the status bar would only flicker. */
const toldAfterMs = 30;
const rememberedAnswers = 64;
const rememberedTables = 4;
/** Answers that are small and asked for again and again. */
const remembered: ReadonlySet<CallName> = new Set<CallName>([
  'overview',
  'span',
  'gc',
  'findings',
  'find',
  'memory',
  'goroutine',
  'threads',
  'thread',
  'stackPointers',
  'heapMap',
  'histogram',
  'provenance',
  'layoutList',
  'layoutShow',
  'layoutDiff',
  'layoutVerify',
]);

/** What is told of a call while it runs, where its name does not say it. */
const words: Readonly<Partial<Record<CallName, string>>> = {
  goroutineGroups: 'unwinding stacks',
  goroutineWindow: 'unwinding stacks',
  stackPointers: 'looking through stacks',
  openTarget: 'opening',
};

/** Goes on when its screen is left: what takes its time there, the walk over all spans, every other screen needs too. */
const goesOn = 'overview';

export class UiSession {
  private readonly client: SessionClient;
  private readonly request: OpenRequest;
  private readonly running = new Set<Running>();
  private readonly answers = new Map<string, unknown>();
  private ongoing: Promise<Calls[typeof goesOn]['result']> | undefined;
  private readonly tables = new Map<string, RowCache>();
  private readonly lists = new Map<string, GroupRows | GoroutineRows>();
  private readonly listeners = new Set<() => void>();
  private telling: NodeJS.Timeout | undefined;
  private opening: Promise<OpenedResult>;
  opened: OpenedResult | undefined;
  openError: ErrorReply | undefined;
  /** Counts up when failed questions are to be asked again. */
  attempt = 0;
  /** Counts up whenever something that `subscribe` tells about has changed. */
  version = 0;

  constructor(client: SessionClient, request: OpenRequest) {
    this.client = client;
    this.request = request;
    this.opening = this.open();
  }

  /** The mark of numbers that are read of a struct, by its name. */
  readonly marks: Marks = (struct) => (this.told(struct) ? markOf('inferred') : unmarked);

  /** Whether an image told where the fields of a struct stand. */
  told(struct: string): boolean {
    return this.opened?.told.includes(struct) ?? false;
  }

  /** Settles when the target is open; rejects with an ErrorReply. */
  whenOpen(): Promise<OpenedResult> {
    return this.opening;
  }

  private open(): Promise<OpenedResult> {
    this.openError = undefined;
    const opening = this.run('openTarget', this.request, undefined).then(
      (result) => {
        this.opened = result;
        this.changed();
        return result;
      },
      (error: unknown) => {
        this.openError = errorReply(error);
        this.changed();
        throw error;
      },
    );
    opening.catch(() => undefined);
    return opening;
  }

  /** Asks the engine; an answer that is remembered comes without asking. Rejects with an ErrorReply. */
  async call<K extends CallName>(
    call: K,
    params: Calls[K]['params'],
    signal?: AbortSignal,
  ): Promise<Calls[K]['result']> {
    const known = this.peek(call, params);
    if (known !== undefined) return known;
    return call === goesOn ? this.askOnce() : this.ask(call, params, signal);
  }

  private askOnce(): Promise<Calls[typeof goesOn]['result']> {
    if (this.ongoing !== undefined) return this.ongoing;
    const ongoing = this.ask(goesOn, {}, undefined).finally(() => {
      if (this.ongoing === ongoing) this.ongoing = undefined;
    });
    this.ongoing = ongoing;
    return ongoing;
  }

  private async ask<K extends CallName>(
    call: K,
    params: Calls[K]['params'],
    signal: AbortSignal | undefined,
  ): Promise<Calls[K]['result']> {
    const { opening } = this;
    await opening;
    const result = await this.run(call, params, signal);
    // What was asked of the target before `refresh` is no answer about the one opened since.
    if (remembered.has(call) && opening === this.opening) {
      this.answers.set(answerKey(call, params), result);
      const oldest = this.answers.keys().next();
      if (this.answers.size > rememberedAnswers && !oldest.done) this.answers.delete(oldest.value);
    }
    return result;
  }

  /** The answer to a question that was already answered. */
  peek<K extends CallName>(call: K, params: Calls[K]['params']): Calls[K]['result'] | undefined {
    return this.answers.get(answerKey(call, params)) as Calls[K]['result'] | undefined;
  }

  /** The rows of a query, fetched in windows. */
  table(query: SpanQuery): RowCache {
    const key = JSON.stringify(query);
    const known = this.tables.get(key);
    const table =
      known ??
      new RowCache(
        (from, count) => this.call('spanWindow', { query, from, count }),
        () => this.changed(),
      );
    this.tables.delete(key);
    this.tables.set(key, table);
    const oldest = this.tables.keys().next();
    if (this.tables.size > rememberedTables && !oldest.done) this.tables.delete(oldest.value);
    return table;
  }

  /** Groups of goroutines, and goroutines one by one; lists that fill in. */
  groups(query: GroupQuery): GroupRows {
    return this.list(
      `groups ${JSON.stringify(query)}`,
      () =>
        new FillingRows(
          (range, signal) => this.call('goroutineGroups', { query, ...range }, signal),
          () => this.changed(),
        ),
    );
  }

  goroutines(query: GoroutineQuery): GoroutineRows {
    return this.list(
      JSON.stringify(query),
      () =>
        new FillingRows(
          (range, signal) => this.call('goroutineWindow', { query, ...range }, signal),
          () => this.changed(),
        ),
    );
  }

  private list<L extends GroupRows | GoroutineRows>(key: string, make: () => L): L {
    const known = (this.lists.get(key) as L | undefined) ?? make();
    this.lists.delete(key);
    this.lists.set(key, known);
    const oldest = this.lists.keys().next();
    if (this.lists.size > rememberedTables && !oldest.done) this.lists.delete(oldest.value);
    return known;
  }

  private async run<K extends CallName>(
    call: K,
    params: Calls[K]['params'],
    signal: AbortSignal | undefined,
  ): Promise<Calls[K]['result']> {
    if (signal?.aborted) throw new SessionError({ code: 'cancelled', subject: call, why: 'stopped', hint: undefined });
    const controller = new AbortController();
    const entry: Running = { controller, activity: undefined };
    const timer = setTimeout(() => {
      if (entry.activity !== undefined) return;
      entry.activity = { what: words[call] ?? 'reading', done: 0, total: 0 };
      this.changed();
    }, slowAfterMs);
    const onAbort = () => this.stop(entry);
    signal?.addEventListener('abort', onAbort);
    this.running.add(entry);
    try {
      return await this.client.call(call, params, {
        signal: controller.signal,
        onProgress: (progress) => {
          const first = entry.activity === undefined;
          entry.activity = { ...progress, what: words[call] ?? progress.what };
          if (first) this.changed();
          else this.progressed();
        },
      });
    } finally {
      clearTimeout(timer);
      this.running.delete(entry);
      signal?.removeEventListener('abort', onAbort);
      if (entry.activity !== undefined) this.changed();
    }
  }

  /**
   * Work of several calls, shown as `what` while it takes long. Esc ends it at once, even where the engine does not hear of it: rejects with
   * `cancelled`. `signal` ends it too.
   */
  async during<T>(
    what: string,
    signal: AbortSignal,
    work: (signal: AbortSignal, report: (done: number, total: number) => void) => Promise<T>,
  ): Promise<T> {
    const controller = new AbortController();
    const entry: Running = { controller, activity: { what, done: 0, total: 0 } };
    const onAbort = () => this.stop(entry);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort);
    this.running.add(entry);
    const timer = setTimeout(() => this.changed(), toldAfterMs);
    const report = (done: number, total: number) => {
      entry.activity = { what, done, total };
      this.progressed();
    };
    try {
      return await Promise.race([work(controller.signal, report), whenAborted(controller.signal, what)]);
    } finally {
      clearTimeout(timer);
      this.running.delete(entry);
      signal.removeEventListener('abort', onAbort);
      this.changed();
    }
  }

  /** Told of no more, with what is drawn next: its screen was left. */
  private stop(entry: Running): void {
    this.running.delete(entry);
    entry.controller.abort();
  }

  /** What is running and tells of itself: what knows how far it is, if there is any. */
  get activity(): Activity | undefined {
    let found: Activity | undefined;
    for (const { activity } of this.running) {
      if (activity !== undefined && activity.total > 0) return activity;
      found ??= activity;
    }
    return found;
  }

  /** Stops what is told of, and nothing else: a key that the user means to go back with must not be lost. False if there was nothing to stop. */
  cancelSlow(): boolean {
    let any = false;
    for (const entry of this.running) {
      if (entry.activity === undefined) continue;
      entry.controller.abort();
      any = true;
    }
    return any;
  }

  /** Opens the target anew and forgets all answers: a live process as it is now. */
  refresh(): void {
    this.answers.clear();
    this.ongoing = undefined;
    this.tables.clear();
    this.lists.clear();
    this.opening = this.open();
    this.attempt++;
    this.changed();
  }

  /** Asks again what failed or was stopped. */
  retry(): void {
    if (this.openError !== undefined) this.opening = this.open();
    this.attempt++;
    this.changed();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  getVersion = (): number => this.version;

  /** Tells of progress now and then: drawing it takes the time that keys want. */
  private progressed(): void {
    if (this.telling !== undefined) return;
    this.telling = setTimeout(() => {
      this.telling = undefined;
      if (this.activity !== undefined) this.changed();
    }, progressEveryMs);
    this.telling.unref();
  }

  private changed(): void {
    this.version++;
    for (const listener of this.listeners) listener();
  }
}

/** Rejects once the signal is aborted. */
function whenAborted(signal: AbortSignal, what: string): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(new SessionError({ code: 'cancelled', subject: what, why: 'stopped', hint: undefined }));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

function answerKey(call: CallName, params: unknown): string {
  return `${call} ${JSON.stringify(params)}`;
}

/** Whatever was thrown, as the engine's error shape. */
export function errorReply(error: unknown): ErrorReply {
  if (typeof error === 'object' && error !== null && 'why' in error && 'subject' in error) return error as ErrorReply;
  return {
    code: 'internal',
    subject: 'internal error',
    why: error instanceof Error ? error.message : String(error),
    hint: undefined,
  };
}

/** An error as a sentence, with the advice if there is one. */
export function errorText(error: ErrorReply): string {
  const what = error.subject === '' ? error.why : `${error.subject}: ${error.why}`;
  return error.hint === undefined ? what : `${what} (${error.hint})`;
}
