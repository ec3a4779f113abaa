// What a failed question is answered with: the fields of an error, ready to be sent.
import { InspectError } from '../bytes/errors.js';
import type { ErrorReply } from './protocol.js';

export function replyOf(error: unknown): ErrorReply {
  if (error instanceof InspectError)
    return { code: error.code, subject: error.subject, why: error.why, hint: error.hint };
  return {
    code: 'unexpected',
    subject: 'unexpected error',
    why: error instanceof Error ? error.message : String(error),
    hint: undefined,
  };
}
