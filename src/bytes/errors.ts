// The one error class of the engine. It states facts in fields; the sentence and the advice are written by cli/ and tui/.

/** What kind of thing went wrong; stable, so that front ends can choose words and exit codes by it. */
export type InspectErrorCode =
  | 'not-found'
  | 'no-permission'
  | 'not-a-file'
  | 'empty-file'
  | 'read-failed'
  | 'unknown-format'
  | 'truncated'
  | 'malformed'
  | 'too-large'
  | 'unsupported'
  | 'not-go'
  | 'no-image'
  | 'binary-mismatch'
  | 'unknown-go-version'
  | 'no-layout'
  | 'no-dwarf'
  | 'root-not-found'
  | 'address-not-found'
  | 'cancelled';

/**
 * A failure that ends the present request (never the program). Missing bytes in an image are not one: those are values.
 * `subject` is what it is about (a file, a section, a version), `why` a phrase without a final full stop.
 */
export class InspectError extends Error {
  readonly code: InspectErrorCode;
  readonly subject: string;
  readonly why: string;
  /** What the user can do, if there is something. */
  readonly hint: string | undefined;

  constructor(code: InspectErrorCode, subject: string, why: string, hint?: string) {
    super(`${subject}: ${why}`);
    this.name = 'InspectError';
    this.code = code;
    this.subject = subject;
    this.why = why;
    this.hint = hint;
  }
}
