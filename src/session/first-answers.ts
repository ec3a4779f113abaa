// The first answers about a small image, in the caller's own thread: starting a worker for them costs more than they do. Whatever takes longer
// (large files, processes, what must be unpacked first) is left to the worker, so that keys are answered meanwhile.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { createEngine } from './engine.js';
import { replyOf } from './error-reply.js';
import type { Calls, ErrorReply, OpenRequest } from './protocol.js';

/** Bytes on disk of all files together. */
const smallEnough = 32 << 20;
const elfMagic = '\u007fELF';
const packMagic = 'SPNSPRS1';

/** The questions that the first screen asks. */
export type FirstCall = 'openTarget' | 'overview';

export type FirstAnswer<K extends FirstCall> =
  | { readonly ok: true; readonly result: Calls[K]['result'] }
  | { readonly ok: false; readonly error: ErrorReply };

export interface FirstAnswers {
  call<K extends FirstCall>(call: K, params: Calls[K]['params']): FirstAnswer<K>;
  close(): void;
}

/** Undefined where the request is not small for sure. */
export function firstAnswers({ files, options }: OpenRequest): FirstAnswers | undefined {
  if (options.regions !== undefined || files.length === 0) return undefined;
  let total = 0;
  for (const file of files) {
    const size = plainSize(file);
    if (size === undefined) return undefined;
    total += size;
  }
  if (total > smallEnough) return undefined;
  const engine = createEngine();
  return {
    call(call, params) {
      try {
        return { ok: true, result: engine.call(call, params, () => undefined) };
      } catch (error) {
        return { ok: false, error: replyOf(error) };
      }
    },
    close: () => engine.close(),
  };
}

/** Of a regular file that is ELF or a packed core; undefined of anything else. */
function plainSize(path: string): number | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const stat = fstatSync(file);
    if (!stat.isFile()) return undefined;
    const head = Buffer.alloc(8);
    readSync(file, head, 0, 8, 0);
    const magic = head.toString('latin1');
    return magic.startsWith(elfMagic) || magic === packMagic ? stat.size : undefined;
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
