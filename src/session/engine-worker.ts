// The worker thread's side: one engine, one request at a time, progress and cancellation.
// A cancel can't interrupt synchronous work by message; it comes through shared memory: the ids of requests to stop.
import type { MessagePort } from 'node:worker_threads';
import { InspectError } from '../bytes/errors.js';
import { createEngine } from './engine.js';
import { replyOf } from './error-reply.js';
import type { FromEngine, ToEngine } from './protocol.js';

/** Answers the messages of `port` until it is told to close. `cancelled` holds the ids of requests to stop, each at its own place (id modulo length). */
export function serveEngine(port: MessagePort, { cancelled }: { readonly cancelled: SharedArrayBuffer }): void {
  const cancelId = new Int32Array(cancelled);
  const engine = createEngine();
  const send = (message: FromEngine) => port.postMessage(message);
  port.on('message', (message: ToEngine) => {
    if (message.type === 'close') {
      engine.close();
      port.close();
      return;
    }
    if (message.type === 'cancel') return;
    const { id, call, params } = message;
    const onProgress = (done: number, total: number) => {
      if (Atomics.load(cancelId, id % cancelId.length) === id)
        throw new InspectError('cancelled', call, 'was cancelled');
      send({ type: 'progress', id, what: call, done, total });
    };
    try {
      send({ type: 'result', id, result: engine.call(call, params, onProgress) });
    } catch (error) {
      send({ type: 'error', id, error: replyOf(error) });
    }
  });
}
