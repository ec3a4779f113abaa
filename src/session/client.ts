// The front end's side of the session: starts the engine's worker thread and turns messages into promises.
import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { FirstAnswers, FirstCall } from './first-answers.js';
import type { CallName, Calls, ErrorReply, FromEngine, OpenRequest, ToEngine } from './protocol.js';

export interface Progress {
  readonly what: string;
  readonly done: number;
  readonly total: number;
}

export interface CallOptions {
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** A rejected call rejects with a `SessionError`, which has the fields of an ErrorReply. */
export interface SessionClient {
  call<K extends CallName>(call: K, params: Calls[K]['params'], options?: CallOptions): Promise<Calls[K]['result']>;
  close(): Promise<void>;
}

export class SessionError extends Error implements ErrorReply {
  readonly code: string;
  readonly subject: string;
  readonly why: string;
  readonly hint: string | undefined;
  constructor({ code, subject, why, hint }: ErrorReply) {
    super(`${subject}: ${why}`);
    this.name = 'SessionError';
    this.code = code;
    this.subject = subject;
    this.why = why;
    this.hint = hint;
  }
}

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (error: SessionError) => void;
  readonly onProgress: ((progress: Progress) => void) | undefined;
}

/** The worker's file stands beside the bundle that this module is in. */
function workerFile(): URL {
  const beside = new URL('./engine-worker.js', import.meta.url);
  return existsSync(beside) ? beside : new URL('../../dist/engine-worker.js', import.meta.url);
}

const endedError = (why: string) => new SessionError({ code: 'engine-ended', subject: 'engine', why, hint: undefined });
const cancelledError = (call: CallName) =>
  new SessionError({ code: 'cancelled', subject: call, why: 'was cancelled', hint: undefined });

/** Cancelled requests that are remembered at once: the one that runs and those that wait behind it. */
const cancelSlots = 64;

export interface Session extends SessionClient {
  /** Whether what was asked first is answered at once, without the worker. */
  readonly answersAtOnce: boolean;
  /** Starts the worker before it is needed. */
  prepare(): void;
}

/**
 * Starts the engine: at once, or, where `first` gives the first answers, with the first question beyond them. Nothing is opened yet: the first
 * call is `openTarget`.
 */
export function createSession(first?: FirstAnswers): Session {
  let own = first;
  let opened: OpenRequest | undefined;
  let engine: SessionClient | undefined;
  const worker = (): SessionClient => {
    if (engine !== undefined) return engine;
    engine = startWorker();
    // What stops the opening here stops the calls behind it too, and they say so.
    if (opened !== undefined) engine.call('openTarget', opened).catch(() => undefined);
    own?.close();
    own = undefined;
    return engine;
  };
  if (own === undefined) worker();
  return {
    answersAtOnce: own !== undefined,
    prepare: () => void worker(),
    async call(call, params, options) {
      if (own === undefined || !isFirst(call)) return worker().call(call, params, options);
      if (options?.signal?.aborted) throw cancelledError(call);
      if (call === 'openTarget') opened = params as OpenRequest;
      const answer = own.call(call, params as Calls[FirstCall]['params'] as never);
      if (!answer.ok) throw new SessionError(answer.error);
      return answer.result;
    },
    async close() {
      own?.close();
      own = undefined;
      await engine?.close();
    },
  };
}

function isFirst(call: CallName): call is FirstCall {
  return call === 'openTarget' || call === 'overview';
}

function startWorker(): SessionClient {
  const cancelled = new SharedArrayBuffer(4 * cancelSlots);
  const cancelId = new Int32Array(cancelled);
  const worker = new Worker(workerFile(), { workerData: { cancelled }, stdout: false, stderr: false });
  const waiting = new Map<number, Waiting>();
  let nextId = 1;
  let ended: string | undefined;
  const failAll = (why: string) => {
    ended ??= why;
    for (const { reject } of waiting.values()) reject(endedError(ended));
    waiting.clear();
  };
  worker.on('message', (message: FromEngine) => {
    const call = waiting.get(message.id);
    if (!call) return;
    if (message.type === 'progress') {
      call.onProgress?.({ what: message.what, done: message.done, total: message.total });
      return;
    }
    waiting.delete(message.id);
    if (message.type === 'result') call.resolve(message.result as never);
    else call.reject(new SessionError(message.error));
  });
  worker.on('error', (error) => failAll(error instanceof Error ? error.message : String(error)));
  worker.on('exit', () => failAll('it has ended'));
  const post = (message: ToEngine) => worker.postMessage(message);
  return {
    call(call, params, options) {
      const id = nextId;
      nextId += 1;
      const { signal } = options ?? {};
      return new Promise((resolve, reject) => {
        if (ended !== undefined) return reject(endedError(ended));
        if (signal?.aborted) return reject(cancelledError(call));
        signal?.addEventListener('abort', () => Atomics.store(cancelId, id % cancelId.length, id), { once: true });
        waiting.set(id, { resolve: resolve, reject, onProgress: options?.onProgress });
        post({ type: 'call', id, call, params } as ToEngine);
      });
    },
    async close() {
      // Told now: an answer that is on its way would come or not, as fast as the machine is.
      failAll('it has been closed');
      post({ type: 'close' });
      await worker.terminate();
    },
  };
}
