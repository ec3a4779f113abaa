// The worker thread's side: one engine, one request at a time, progress and cancellation.
// A cancel can't interrupt synchronous work by message; it comes through shared memory: the id of the request to stop.
import { parentPort, workerData } from 'node:worker_threads';
import { InspectError } from '../bytes/errors.js';
import { createEngine } from './engine.js';
import type { CallName, ErrorReply, FromEngine, ToEngine } from './protocol.js';

const port = parentPort;
if (!port) throw new Error('engine-worker runs in a worker thread only');

const { cancelled } = workerData as { cancelled: SharedArrayBuffer };
const cancelId = new Int32Array(cancelled);
const engine = createEngine();
const send = (message: FromEngine) => port.postMessage(message);

function replyOf(error: unknown): ErrorReply {
  if (error instanceof InspectError)
    return { code: error.code, subject: error.subject, why: error.why, hint: error.hint };
  return {
    code: 'unexpected',
    subject: 'unexpected error',
    why: error instanceof Error ? error.message : String(error),
    hint: undefined,
  };
}

port.on('message', (message: ToEngine) => {
  if (message.type === 'close') {
    engine.close();
    port.close();
    return;
  }
  if (message.type === 'cancel') return;
  const { id, call, params } = message;
  const onProgress = (done: number, total: number) => {
    if (Atomics.load(cancelId, 0) === id) throw new InspectError('cancelled', call, 'was cancelled');
    send({ type: 'progress', id, what: call, done, total });
  };
  try {
    send({ type: 'result', id, result: engine.call(call as CallName, params as never, onProgress) });
  } catch (error) {
    send({ type: 'error', id, error: replyOf(error) });
  }
});
